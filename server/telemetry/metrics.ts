/**
 * `GET /metrics`: what the thread that serves HTTP counts itself, and what the engine's thread answers when it is asked. Labels come
 * from the configuration, the chart and closed lists; no account, object or person is one. A silent engine costs only its own part.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Json } from "../../domain/canonical.ts";
import { deskGauges } from "./desk-metrics.ts";
import { exemplarOf } from "./engine-metrics.ts";
import type { EngineState } from "./engine-state.ts";
import { type Format, joined, newRegistry, textOf } from "./exposition.ts";
import { addProcessMetrics } from "./process-metrics.ts";

export type WebhookOutcome = "accepted" | "duplicate" | "refused";

interface WebhookLabels {
  readonly connection: string;
  readonly outcome: WebhookOutcome;
  readonly reason: string;
}

export interface ServerMetrics {
  /** `connection`: a configured one, or null; `reason`: the name of the problem, for what was refused. */
  readonly webhook: (connection: string | null, outcome: WebhookOutcome, reason: string) => void;
  /** From its arrival to its answer. `traceparent`: of its span, or null. */
  readonly answered: (outcome: WebhookOutcome, seconds: number, traceparent: string | null) => void;
  readonly text: (ask: Scrape, format?: Format) => Promise<string>;
}

/** The engine's state with the text of its own counters; null while it folds the journal's tail. */
export type Scrape = ((format: Format) => Promise<Json>) | null;

/** A scrape that waits for longer than its scraper does tells nothing at all. Milliseconds. */
const patienceMs = 5000;

/** What the room puts beside the state. */
interface Answered extends EngineState {
  readonly counters?: string;
  readonly troubles?: ReadonlyArray<unknown>;
}

/** Within `patienceMs`; null when it fails or takes longer. */
const answered = async (ask: NonNullable<Scrape>, format: Format): Promise<Answered | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patienceMs);
  });
  const asked = ask(format).then(
    (answer) => answer as unknown as Answered,
    () => null,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
};

const faultKinds = ["undecodable", "unknown-type", "conflicting-content", "poison", "envelope"];

const stateGauges = (registry: Registry) => {
  const gauge = <L extends string>(name: string, help: string, labelNames: ReadonlyArray<L> = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const accounts = gauge("tieout_accounts", "Accounts by lifecycle stage", ["stage"]);
  const regions = gauge("tieout_account_regions", "Accounts by region of the account machine and its state", [
    "region",
    "state",
  ]);
  const commands = gauge("tieout_commands_open", "Commands that are not acknowledged, cancelled or superseded", [
    "target",
    "state",
    "verb",
  ]);
  const dueAge = gauge("tieout_command_due_oldest_age_seconds", "How long the oldest due command waits; 0: none");
  const eventAge = gauge("tieout_event_unprocessed_oldest_age_seconds", "Age of the oldest entry not folded; 0: none");
  const position = gauge("tieout_journal_position", "Position of the last entry that is folded");
  const head = gauge("tieout_journal_head_position", "Position of the last entry of the journal");
  const lag = gauge("tieout_fold_lag_entries", "Entries of the journal that are not folded");
  const exceptions = gauge("tieout_exceptions", "Exceptions, finance's queue, by type", ["type"]);
  const exceptionAge = gauge("tieout_exception_oldest_age_seconds", "Age of the oldest exception of a type", ["type"]);
  const money = gauge(
    "tieout_money_at_risk_minor_units",
    "Money that exceptions are about, in minor units of its currency; currencies are never added",
    ["type", "currency"],
  );
  const faults = gauge("tieout_faults", "Faults kept, engineers' queue, by kind", ["kind"]);
  const unattributed = gauge("tieout_unattributed_objects", "Objects that no party is known for yet");
  const troubles = gauge("tieout_store_troubles", "Steps that the store refuses at the moment");
  const utilization = gauge("tieout_engine_utilization_ratio", "Of the engine's thread, since the last scrape: 0 to 1");
  const all = [accounts, regions, commands, dueAge, eventAge, position, head, lag, exceptions, exceptionAge, money];
  const others = [faults, unattributed, troubles, utilization];

  const ofDesk = deskGauges(registry);

  return (state: Answered | null): void => {
    ofDesk(state?.desk ?? null);
    // What is no longer there must not stand at its last value.
    for (const one of [...all, ...others]) one.reset();
    if (state === null) return;
    for (const [region, states] of Object.entries(state.regions)) {
      for (const [name, count] of Object.entries(states)) {
        if (region === "lifecycle") accounts.set({ stage: name }, count);
        regions.set({ region, state: name }, count);
      }
    }
    for (const { count, ...labels } of state.commands) commands.set(labels, count);
    dueAge.set(state.oldestDueCommandMs / 1000);
    eventAge.set(state.oldestUnprocessedMs / 1000);
    position.set(state.position);
    head.set(state.head);
    lag.set(Math.max(0, state.head - state.position));
    for (const { type, count, oldestAgeMs } of state.exceptions.types) {
      exceptions.set({ type }, count);
      exceptionAge.set({ type }, oldestAgeMs / 1000);
    }
    for (const { type, currency, minor } of state.exceptions.money) money.set({ type, currency }, Number(minor));
    for (const kind of faultKinds) faults.set({ kind }, 0);
    for (const [kind, count] of Object.entries(state.faults)) faults.set({ kind }, count);
    unattributed.set(state.unattributed);
    troubles.set(state.troubles?.length ?? 0);
    utilization.set(state.utilization);
  };
};

export const makeServerMetrics = (): ServerMetrics => {
  const own = newRegistry();
  addProcessMetrics(own);
  const counted = new Map<string, { readonly labels: WebhookLabels; count: number }>();
  new Counter({
    name: "tieout_webhooks_total",
    help: "Webhooks by connection and what became of them; reason: why they were refused",
    labelNames: ["connection", "outcome", "reason"] as const,
    registers: [own],
    collect() {
      this.reset();
      for (const { labels, count } of counted.values()) this.inc({ ...labels }, count);
    },
  });
  const duration = new Histogram({
    name: "tieout_webhook_duration_seconds",
    help: "From a webhook's arrival to its answer, which comes once it is durable",
    labelNames: ["outcome"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [own],
    enableExemplars: true,
  });
  const ready = new Gauge({ name: "tieout_ready", help: "1 once recovery has caught up", registers: [own] });
  const success = new Gauge({
    name: "tieout_engine_scrape_success",
    help: "1 when the engine answered this scrape; its states are missing otherwise",
    registers: [own],
  });
  // In a registry of their own: gone as a whole where the engine does not answer.
  const states = newRegistry();
  const show = stateGauges(states);

  const render = async (ask: Scrape, format: Format): Promise<string> => {
    const state = ask === null ? null : await answered(ask, format);
    ready.set(ask === null ? 0 : 1);
    success.set(state === null ? 0 : 1);
    show(state);
    const engine = state === null ? [] : [await textOf(states, format), state.counters ?? ""];
    return joined([await textOf(own, format), ...engine], format);
  };
  const scrapes = new Map<Format, Promise<string>>();

  return {
    webhook: (connection, outcome, reason) => {
      const key = `${connection ?? ""} ${outcome} ${reason}`;
      const one = counted.get(key);
      if (one) one.count += 1;
      else counted.set(key, { labels: { connection: connection ?? "", outcome, reason }, count: 1 });
    },
    answered: (outcome, seconds, traceparent) =>
      duration.observe({ labels: { outcome }, value: seconds, ...exemplarOf(traceparent) }),
    /** Scrapes that come together are one. */
    text: (ask, format = "prometheus") => {
      const under = scrapes.get(format) ?? render(ask, format).finally(() => scrapes.delete(format));
      scrapes.set(format, under);
      return under;
    },
  };
};
