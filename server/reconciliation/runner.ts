/** Brings reconciliation runs to their end, one step a turn: pull, compare, heal what is small, escalate the rest, keep the lines. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type Escalated, type EscalationNotes, escalation } from "../../domain/controls/escalation.ts";
import { type RunRecord, type RunTotals, reconciliationRun } from "../../domain/controls/reconciliation-run.ts";
import { sha256 } from "../../domain/hash.ts";
import type { NewEntry, StoreError } from "../../domain/ports/store.ts";
import { type Line, statusAt } from "../../domain/reconciliation/line.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { healing } from "./heal.ts";
import { lineJson } from "./line-json.ts";
import { slicing } from "./live.ts";
import { byTieout, makePull } from "./pull.ts";
import { neverByItself, type RunSchedule } from "./schedule.ts";

/** Lines of one page of a run. */
export const pageLines = 200;
/** Lines that a run keeps; there may be more, and it says how many. */
const mostLines = 20_000;
/** Milliseconds of comparing in one turn. */
const turnMs = 50;

export const listed = ({ systems }: Engine): ReadonlyArray<string> =>
  [...systems.values()].filter(({ outbound }) => outbound.list !== undefined).map(({ connection }) => connection);

const greatest = ({ atRiskMinor }: Line): readonly [currency: string | null, minor: number | null] =>
  Object.entries(atRiskMinor).reduce<readonly [string | null, number | null]>(
    (most, [currency, minor]) => (most[1] === null || minor > most[1] ? [currency, minor] : most),
    [null, null],
  );

const escalatedOf = (line: Line): Escalated => {
  const [currency, moneyMinor] = greatest(line);
  const { account, leg, status, ageFrom, owner, cause, evidence, act } = line;
  return {
    ...{ account, leg, status, source: evidence[0]!, moneyMinor, currency, ageFrom },
    ...{ owner: owner.connection, cause, evidence, acts: act === null ? [] : [act.says] },
  };
};

export const makeReconciliationRunner = (
  engine: Engine,
  appended: (position: number) => void,
  schedule: RunSchedule = neverByItself,
) => {
  const { core, live } = engine;
  const pull = makePull(engine, appended);

  const write = (entries: ReadonlyArray<NewEntry>): Effect.Effect<void, StoreError> =>
    entries.length === 0
      ? Effect.void
      : Effect.flatMap(engine.append(entries), (results) => {
          for (const { position } of results) appended(position);
          return Effect.asVoid(engine.fold);
        });

  /** When this process began to watch the clock. */
  let began: number | null = null;

  /** A run of the clock, when the last one is long enough ago. */
  const scheduled = Effect.gen(function* () {
    if (schedule.everyMs === null) return false;
    const now = yield* Clock.currentTimeMillis;
    began ??= now;
    const last = [...core.controls.all(reconciliationRun).values()].at(-1)?.requestedAt ?? began;
    if (last + schedule.everyMs > now) return false;
    const run = `run_${sha256(`${now} ${core.position}`).slice(0, 20)}`;
    const reason = "as often as the configuration says";
    const connections = schedule.pull ?? listed(engine);
    yield* write([ownEntry("decision", { ...byTieout, run, reason, type: "run.requested", pull: connections }, now)]);
    return true;
  });

  /** Everything that a run decides is one append: a kill before it leaves nothing, and it is done again. */
  const finish = (run: string) =>
    Effect.gen(function* () {
      const now = Math.max(core.now, yield* Clock.currentTimeMillis);
      const at = yield* Clock.currentTimeMillis;
      const open: Line[] = [];
      const statuses: Record<string, number> = {};
      const legs: Record<string, number> = {};
      const turn = slicing();
      let lines = 0;
      for (const line of live.open()) {
        const status = statusAt(line, now);
        lines += 1;
        statuses[status] = (statuses[status] ?? 0) + 1;
        legs[line.leg] = (legs[line.leg] ?? 0) + 1;
        open.push(line);
        if (lines % 200 === 0) yield* turn();
      }
      open.sort((a, b) => (a.id < b.id ? -1 : 1));
      const entries: NewEntry[] = [];
      const healed = new Set<string>();
      for (const line of open) {
        if (statusAt(line, now) === "timing") continue;
        const acts = yield* healing(engine, run, line, at);
        if (acts.length > 0) healed.add(line.id);
        entries.push(...acts);
        yield* turn();
      }
      const raised = open.filter(
        (line) => statusAt(line, now) !== "timing" && line.exception === null && !healed.has(line.id),
      );
      entries.push(...escalations(raised, at));
      const kept = open.slice(0, mostLines);
      for (let from = 0; from < kept.length; from += pageLines) {
        const page = kept.slice(from, from + pageLines).map((line) => lineJson(line, now));
        const raw = new TextEncoder().encode(JSON.stringify(page));
        entries.push(
          ownEntry("decision", { ...byTieout, run, reason: null, type: "run.page", lines: page.length }, at, raw),
        );
        yield* turn();
      }
      const matched = live.legs.reduce((sum, { name }) => sum + live.tally.matched(name), 0);
      const totals: RunTotals = {
        ...{ lines: lines + matched, statuses: { ...statuses, matched }, legs },
        ...{ healed: healed.size, escalated: raised.length, leftOut: open.length - kept.length },
      };
      entries.push(
        ownEntry("decision", { ...byTieout, run, reason: null, type: "run.finished", totals, seq: core.position }, at),
      );
      yield* write(entries);
    });

  /** What is new is raised, what is gone is cleared, what says something else says it. */
  const escalations = (raised: ReadonlyArray<Line>, at: number): ReadonlyArray<NewEntry> => {
    const before = core.controls.all(escalation);
    const notes: EscalationNotes[] = [];
    const now = new Set(raised.map(({ id }) => id));
    for (const line of raised) {
      const about = escalatedOf(line);
      const known = before.get(line.id) as Json | undefined;
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(about)) continue;
      notes.push({ ...byTieout, reason: null, type: "escalation.raised", line: line.id, about });
    }
    for (const line of before.keys())
      if (!now.has(line)) notes.push({ ...byTieout, reason: "it is gone", type: "escalation.cleared", line });
    return notes.map((note) => ownEntry("decision", note, at));
  };

  const turn = Effect.gen(function* () {
    const [next] = [...core.controls.all(reconciliationRun)].filter(([, { finishedAt }]) => finishedAt === null);
    if (next === undefined) return yield* scheduled;
    const [run, record] = next as [string, RunRecord];
    if (yield* pull.step(run, record)) return true;
    yield* engine.fold;
    if (!(yield* live.refresh(turnMs))) return true;
    yield* finish(run);
    return true;
  });
  return { turn };
};
