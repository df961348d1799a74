/** The desk's gauges: exceptions past their time, commands that wait for their target, and how late each flow is. */
import { Gauge, type Registry } from "prom-client";
import type { DeskState } from "../queues/desk-state.ts";

const states = ["ok", "at-risk", "breached"];

export const deskGauges = (registry: Registry): ((state: DeskState | null) => void) => {
  const gauge = <L extends string>(name: string, help: string, labelNames: ReadonlyArray<L>) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const overdue = gauge("tieout_exceptions_overdue", "Open exceptions past their time, by priority", ["priority"]);
  const waiting = gauge(
    "tieout_commands_waiting",
    "Commands that could go but for their target, by what they wait for",
    ["target", "why"],
  );
  const flow = gauge("tieout_service_level_state", "1 for the state that a flow of the service levels is in", [
    "flow",
    "state",
  ]);
  const owed = gauge("tieout_service_level_owed_commands", "Commands that a flow owes now", ["flow"]);
  const late = gauge("tieout_service_level_breached_commands", "Commands that a flow owes for too long", ["flow"]);
  const age = gauge("tieout_service_level_oldest_age_seconds", "Age of the oldest command that a flow owes; 0: none", [
    "flow",
  ]);
  const seconds = gauge("tieout_kpi_seconds", "A time among the figures, over the last thirty days, by quantile", [
    "kpi",
    "from",
    "to",
    "quantile",
  ]);
  const shares = gauge("tieout_kpi_share_ratio", "A share among the figures, over the last thirty days", ["kpi"]);
  const counts = gauge("tieout_kpi_commands", "A number of commands among the figures, over the last thirty days", [
    "kpi",
  ]);
  return (state) => {
    for (const one of [overdue, waiting, flow, owed, late, age, seconds, shares, counts]) one.reset();
    if (state === null) return;
    for (const { priority, count } of state.overdue) overdue.set({ priority }, count);
    for (const { count, ...labels } of state.waiting) waiting.set(labels, count);
    for (const { flow: name, state: now, open, breached, oldestAgeMs } of state.flows) {
      for (const one of states) flow.set({ flow: name, state: one }, one === now ? 1 : 0);
      owed.set({ flow: name }, open);
      late.set({ flow: name }, breached);
      age.set({ flow: name }, oldestAgeMs / 1000);
    }
    for (const { id: kpi, unit, pair, spread, share, count } of state.figures) {
      const [from, to] = [pair?.from ?? "", pair?.to ?? ""];
      const quantiles =
        spread === null
          ? []
          : ([
              [0.5, spread.p50Ms],
              [0.9, spread.p90Ms],
              [0.99, spread.p99Ms],
            ] as const);
      for (const [quantile, ms] of quantiles)
        if (ms !== null) seconds.set({ kpi, from, to, quantile: String(quantile) }, ms / 1000);
      if (share !== null && share.whole > 0) shares.set({ kpi }, share.part / share.whole);
      if (count !== null && unit === "commands") counts.set({ kpi }, count);
    }
  };
};
