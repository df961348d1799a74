/**
 * Brings bulk acts to their end: each item's act is an entry of its own whose id follows from the job and the item, so that a
 * server that was killed goes on where it was and does nothing twice. It takes its turn after the work.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type BulkFailure, type BulkNotes, type BulkRecord, bulk } from "../../domain/controls/bulk.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { openKey } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Act, ActRequest, Prepared } from "../operators/act.ts";
import { entriesOf } from "../operators/entries.ts";
import { prepareAct } from "../operators/prepare.ts";
import { writeDown } from "../queues/journal.ts";
import { type Command, findCommand } from "../views/command.ts";

/** Items between two notes of how far it has come. */
const batch = 50;
/** Items of which the outcome is looked up in one turn. */
const looked = 200;

const actOf = ({ act, fields }: BulkRecord, item: string): Act => {
  switch (act) {
    case "retry":
    case "cancel":
    case "approve":
      return { type: "command", verb: act, key: item };
    case "release":
      return { type: "release", account: item, object: null, party: null };
    case "assign":
      return { type: "control", topic: "desk", verb: act, id: item, fields: { assignee: fields["assignee"] ?? null } };
    case "snooze":
      return { type: "control", topic: "desk", verb: act, id: item, fields: { until: fields["until"] ?? null } };
    case "resolve":
      return { type: "control", topic: "desk", verb: act, id: item, fields: {} };
  }
};

const requestOf = (job: string, record: BulkRecord, item: string): ActRequest => {
  const { by, person, approveUpToMinor, reason } = record;
  const act = actOf(record, item);
  const why = `${reason ?? ""} (${job})`;
  const hash = sha256(canonical({ act, reason: why, by } as unknown as Json));
  return { id: `${job}:${item}`, hash, by, person, approveUpToMinor, reason: why, act, problems: [] };
};

/** What is to be sent again and is on its way, or done, by itself needs nobody: something that it lacked has arrived. */
const needsNobody: ReadonlySet<string> = new Set(["pending", "retrying", "sending", "unknown", "acked"]);

/** One item: done, or why not. */
const perform = (engine: Engine, request: ActRequest) =>
  Effect.gen(function* () {
    const prepared = (yield* prepareAct(engine, { name: "prepareAct", request })) as unknown as Prepared;
    if (prepared.status === "refused") {
      const { act } = request;
      if (act.type === "command" && act.verb === "retry") {
        const command = yield* findCommand(engine, act.key);
        if (command !== null && needsNobody.has(command.state)) return null;
      }
      return prepared.reasons?.join("; ") ?? prepared.detail;
    }
    if (prepared.status !== "ready") return null;
    const at = Math.max(yield* Clock.currentTimeMillis, prepared.notBefore);
    yield* engine.append(entriesOf(prepared.notes, request, at));
    return null;
  });

const noteOf = (job: string, { by, reason }: BulkRecord) => ({ party: controlsParty, bulk: job, by, reason }) as const;

/** The next items of a job have their turn. */
const act = (engine: Engine, job: string, record: BulkRecord) =>
  Effect.gen(function* () {
    const next = Math.min(record.next + batch, record.items.length);
    const failures: BulkFailure[] = [];
    for (const item of record.items.slice(record.next, next)) {
      const why = yield* perform(engine, requestOf(job, record, item));
      if (why !== null) failures.push({ item, state: "refused", detail: why });
      yield* Effect.yieldNow();
    }
    const note: BulkNotes = { type: "bulk.ran", ...noteOf(job, record), next, failures };
    return yield* writeDown(engine, [note as never]);
  });

/** Outcomes of commands that a job set in motion, as far as they are known in this process. */
interface Settling {
  readonly open: Set<string>;
  readonly failures: BulkFailure[];
  /** Where each item's command is in the ledger, once it was looked up. */
  readonly places: Map<string, { readonly party: string; readonly slot: string }>;
  /** Looks in a row at commands that wait for something else. */
  waiting: number;
  /** The journal position at the last look, and the looks since then: while nothing comes, nothing changes. */
  seen: number;
  looks: number;
}

/** Of an open command its party is in memory, so that asking again costs nothing. */
const lookAt = (engine: Engine, item: string, { places }: Settling) =>
  Effect.gen(function* () {
    const place = places.get(item);
    const planned = place === undefined ? undefined : engine.core.open.get(openKey(place.party, place.slot))?.planned;
    if (planned?.key === item) {
      const error = engine.core.parties.get(place!.party)?.slots.get(place!.slot)?.attempt?.error ?? null;
      return { state: planned.state, blockedBy: planned.blockedBy, hold: planned.hold, lastError: error };
    }
    const command = yield* findCommand(engine, item);
    if (command !== null) places.set(item, { party: command.party, slot: command.slot });
    return command;
  });

const failureOf = (
  item: string,
  { state, lastError, blockedBy, hold }: Pick<Command, "state" | "lastError" | "blockedBy" | "hold">,
): BulkFailure => ({
  item,
  state,
  detail: lastError ?? blockedBy ?? (hold === null ? "nothing moves it" : `it is held: ${hold}`),
});

const settle = (engine: Engine, job: string, record: BulkRecord, settling: Settling) =>
  Effect.gen(function* () {
    for (const item of [...settling.open].slice(0, looked)) {
      settling.looks += 1;
      // Those that still move come round again behind the others.
      settling.open.delete(item);
      const command = yield* lookAt(engine, item, settling);
      const state = command?.state ?? "gone";
      const moves =
        state === "sending" ||
        state === "unknown" ||
        ((state === "pending" || state === "retrying") && command?.blockedBy == null);
      const waits = command?.blockedBy != null && (state === "pending" || state === "retrying");
      settling.waiting = waits ? settling.waiting + 1 : moves ? 0 : settling.waiting;
      if (moves || waits) settling.open.add(item);
      else if (state === "rejected" || state === "held") settling.failures.push(failureOf(item, command!));
      yield* Effect.yieldNow();
    }
    // All that is left waits for something, seen twice over: nothing of this job brings it any further.
    if (settling.open.size > 0 && settling.waiting < 2 * settling.open.size) return 0;
    for (const item of settling.open) settling.failures.push(failureOf(item, (yield* lookAt(engine, item, settling))!));
    const failures = [...settling.failures].sort((a, b) => (a.item < b.item ? -1 : 1));
    const note: BulkNotes = { type: "bulk.ended", ...noteOf(job, record), failures };
    return yield* writeDown(engine, [note as never]);
  });

export interface Turns {
  /** One turn of every job that is not at its end. True: there was one. */
  readonly turn: Effect.Effect<boolean, StoreError>;
}

/** `appended`: told of what was written, so that it is folded. */
export const makeBulkRunner = (engine: Engine, appended: (position: number) => void): Turns => {
  const settlings = new Map<string, Settling>();
  const turn = Effect.gen(function* () {
    let busy = false;
    for (const [job, record] of engine.core.controls.all(bulk)) {
      if (record.state === "acting") {
        busy = true;
        const last = yield* act(engine, job, record);
        if (last > 0) appended(last);
        yield* engine.fold;
      } else if (record.state === "settling") {
        busy = true;
        let settling = settlings.get(job);
        if (settling === undefined) {
          const failed = new Set(record.failures.map(({ item }) => item));
          settling = {
            open: new Set(record.items.filter((item) => !failed.has(item))),
            failures: [],
            places: new Map(),
            waiting: 0,
            seen: -1,
            looks: 0,
          };
          settlings.set(job, settling);
        }
        if (settling.seen !== engine.core.position) settling.looks = 0;
        else if (settling.looks >= 2 * settling.open.size && settling.open.size > 0) continue;
        settling.seen = engine.core.position;
        const last = yield* settle(engine, job, record, settling);
        if (last > 0) {
          appended(last);
          settlings.delete(job);
          yield* engine.fold;
        }
      }
    }
    return busy;
  });
  return { turn };
};
