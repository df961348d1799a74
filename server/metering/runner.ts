/**
 * Rates what changed and cuts batches of it when it is time, a slice a turn, and releases what was approved to the parties whose charges
 * it is. All of a cut is one append: a kill before it leaves nothing, and it is made again.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { controlsParty } from "../../domain/controls/topic.ts";
import { batchesIn, isBatch, lastCut, type UsageBatch, usageBatch } from "../../domain/controls/usage-batch.ts";
import type { UsagePriceNotes } from "../../domain/controls/usage-price.ts";
import { batchId, cutsOf } from "../../domain/metering/batch.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import { boundaryOf, dueOf, type UsageCadence } from "../../domain/metering/cadence.ts";
import { idleOf } from "../../domain/metering/idle.ts";
import type { UsageApproved, UsageIdle } from "../../domain/metering/note.ts";
import { type Waiting, waitingIn } from "../../domain/metering/waiting.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import type { Turns } from "../bulk/runner.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { learnt, rateAccount } from "./rating.ts";

/** Of rating in one turn. Milliseconds. */
const turnMs = 20;
const byTieout = { party: controlsParty, by: "tieout" } as const;

interface Work {
  /** Only rated: no batch is cut. */
  readonly cuts: boolean;
  /** Position up to which every change is looked at, and journal time there. */
  readonly through: number;
  readonly at: number;
  readonly waiting: Waiting;
  /** Parties of accounts that are still to be rated. */
  readonly left: string[];
  readonly lines: BatchLine[];
  readonly prices: Map<string, UsagePriceNotes>;
}

export const makeUsageRunner = (engine: Engine, appended: (position: number) => void, cadence: UsageCadence): Turns => {
  const { core } = engine;
  const zone = engine.accounting?.timeZone ?? "UTC";
  let work: Work | null = null;
  let passing: { readonly at: number; readonly left: string[]; readonly notes: UsageIdle[] } | null = null;
  let passedAt = Number.NEGATIVE_INFINITY;
  let passedThrough = 0;
  /** What was rated last in this process: when, and up to which position. */
  let ratedAt = Number.NEGATIVE_INFINITY;
  let ratedThrough = 0;

  const write = (entries: ReadonlyArray<NewEntry>) =>
    entries.length === 0
      ? Effect.void
      : Effect.flatMap(engine.append(entries), (results) => {
          for (const { position } of results) appended(position);
          return Effect.asVoid(engine.fold);
        });

  /** To each party the lines of its agreements. */
  const release = (batch: string, { lines }: UsageBatch) =>
    Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis;
      const byParty = new Map<string, Array<UsageApproved["lines"][number]>>();
      for (const line of lines) {
        const own = byParty.get(line.party) ?? [];
        byParty.set(line.party, own);
        own.push({ ...line, dueAt: dueOf(cadence, line.endsAt) });
      }
      const notes = [...byParty].map(([party, own]) => ({ type: "usage.approved", party, batch, lines: own }) as const);
      const released = { ...byTieout, reason: null, type: "usage-batch.released", batch } as const;
      yield* write([...notes.map((note) => ownEntry("decision", note, at)), ownEntry("decision", released, at)]);
    });

  /** A party of each account that changed after a position. */
  const changedAfter = (after: number): ReadonlyArray<string> => {
    if (core.markedThrough <= after) return [];
    const accounts = new Map<string, string>();
    for (const [party, position] of core.metering) if (position > after) accounts.set(core.root(party), party);
    return [...accounts.values()];
  };

  /** What is to be done now; null: it is not time, or nothing changed. */
  const begin = Effect.gen(function* () {
    if (!core.isSettled) yield* engine.derive;
    if (changedAfter(0).length === 0) return null;
    const now = Math.max(core.now, yield* Clock.currentTimeMillis);
    const last = core.controls.get(usageBatch, lastCut);
    if (last === null && cadence.approve !== "now") {
      // From here on the boundaries count.
      const at = yield* Clock.currentTimeMillis;
      const note = { ...byTieout, reason: null, type: "usage-batch.cut", batch: lastCut, cut: 0, through: 0 } as const;
      yield* write([ownEntry("decision", note, at)]);
      return null;
    }
    const lastAt = last === null || isBatch(last) ? Number.NEGATIVE_INFINITY : last.at;
    const cuts = cadence.approve === "now" || boundaryOf(cadence.approve, now, zone) > lastAt;
    if (!cuts && boundaryOf(cadence.rate, now, zone) <= ratedAt) return null;
    const left = [...changedAfter(cuts ? 0 : ratedThrough)];
    const { position: through } = core;
    ratedAt = now;
    ratedThrough = through;
    if (left.length === 0) return null;
    const task: Work = {
      cuts,
      through,
      at: now,
      waiting: waitingIn(core.controls.all(usageBatch)),
      left,
      lines: [],
      prices: new Map(),
    };
    return task;
  });

  const rate = (task: Work) =>
    Effect.gen(function* () {
      const until = performance.now() + turnMs;
      while (task.left.length > 0 && performance.now() < until) {
        const party = task.left.at(-1)!;
        const rated = yield* rateAccount(engine, party, task.waiting, task.at);
        if (rated === null) return;
        task.left.pop();
        if (task.cuts) task.lines.push(...rated.lines);
        for (const note of learnt(engine, rated.agreements))
          if (!task.prices.has(note.meter)) task.prices.set(note.meter, note);
        yield* Effect.yieldNow();
      }
    });

  const finish = (task: Work) =>
    Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis;
      const entries = [...task.prices.values()].map((note) => ownEntry("decision", note, at));
      if (task.cuts) {
        const cut = (core.controls.get(usageBatch, lastCut)?.cut ?? 0) + 1;
        for (const made of cutsOf(task.lines)) {
          const { entity, currency, lines } = made;
          const batch = batchId(cut, made);
          const said = { ...byTieout, batch };
          const reason = "as often as the configuration says";
          const rated = { ...said, reason, type: "usage-batch.rated", cut, entity, currency, lines } as const;
          entries.push(ownEntry("decision", rated, at));
          if (cadence.approval === "required") continue;
          const approved = { ...said, reason: "no approval is asked for", type: "usage-batch.approved" } as const;
          entries.push(ownEntry("decision", approved, at));
        }
        const { through } = task;
        const done = { ...byTieout, reason: null, type: "usage-batch.cut", batch: lastCut, cut, through } as const;
        entries.push(ownEntry("decision", done, at));
      }
      yield* write(entries);
    });

  /** What changed, and once an hour everything, a slice a turn: periods that are over without use and cost something all the same are written down. */
  const pass = Effect.gen(function* () {
    const now = Math.max(core.now, yield* Clock.currentTimeMillis);
    if (passing === null) {
      if (!core.isSettled) yield* engine.derive;
      const hour = boundaryOf("hour", now, zone);
      const left = [...changedAfter(hour > passedAt ? -1 : passedThrough)];
      [passedAt, passedThrough] = [hour, core.position];
      if (left.length === 0) return false;
      passing = { at: now, left, notes: [] };
    }
    const task = passing;
    const until = performance.now() + turnMs;
    while (task.left.length > 0 && performance.now() < until) {
      const party = task.left.at(-1)!;
      yield* engine.ensure(party);
      const members = core.membersOf(core.root(party));
      if (!core.isSettled || members.some((id) => !core.parties.has(id))) return true;
      task.left.pop();
      const account = core.meteredOf(party);
      if (account !== null) task.notes.push(...idleOf(account, task.at));
      yield* Effect.yieldNow();
    }
    if (task.left.length > 0) return true;
    passing = null;
    const at = yield* Clock.currentTimeMillis;
    yield* write(task.notes.map((note) => ownEntry("decision", note, at)));
    return task.notes.length > 0;
  });

  const turn = Effect.gen(function* () {
    for (const [batch, record] of batchesIn(core.controls.all(usageBatch)))
      if (record.state === "approved") {
        yield* release(batch, record);
        return true;
      }
    if (work === null && (yield* pass)) return true;
    work ??= yield* begin;
    if (work === null) return false;
    yield* rate(work);
    if (work.left.length > 0) return true;
    yield* finish(work);
    work = null;
    return true;
  });
  return { turn };
};
