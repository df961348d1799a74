/**
 * How long raw bytes stay readable: past that the key of their month is destroyed, under an entry of the journal. Their hashes stay, and
 * so does the chain. A legal hold over a company keeps the bytes of every month, one over a period those of its months.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type * as Scope from "effect/Scope";
import { nextMonth } from "../../domain/calendar/day.ts";
import { type ErasureNotes, erasure } from "../../domain/controls/erasure.ts";
import { hold, holdsOver } from "../../domain/controls/hold.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { rangeOf } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { monthOf } from "./entries.ts";

const dayMs = 86_400_000;
const author = "retention";

/** The months that are past their time and that nothing holds. */
const expired = (engine: Engine, first: number, rawDays: number, now: number): ReadonlyArray<string> => {
  const { controls } = engine.core;
  const standing = [...controls.all(hold).values()].filter(({ lifted }) => lifted === null);
  if (standing.some(({ subject }) => subject.kind !== "period")) return [];
  const months: string[] = [];
  for (let month = monthOf(first); rangeOf(month, "UTC").until <= now - rawDays * dayMs; month = nextMonth(month)) {
    const { from, until } = rangeOf(month, "UTC");
    if (controls.get(erasure, month) === null && holdsOver(standing, from, until).length === 0) months.push(month);
  }
  return months;
};

/** Answers the months whose bytes are readable no longer. */
export const retain = (
  engine: Engine,
  rawDays: number,
  now: number,
): Effect.Effect<ReadonlyArray<string>, StoreError> =>
  Effect.gen(function* () {
    const { privacy, journal, core, snapshots } = engine;
    if (privacy === null || !privacy.sealing) return [];
    const [first] = yield* journal.read(0, 1);
    if (first === undefined) return [];
    yield* engine.fold;
    const months = expired(engine, first.at, rawDays, now);
    if (months.length === 0) return [];
    const reason = `raw bytes are kept for ${rawDays} days`;
    const notes = months.map(
      (subject): ErasureNotes => ({ type: "erasure.expired", party: controlsParty, subject, by: author, reason }),
    );
    yield* engine.append(notes.map((note) => ownEntry("decision", note, now)));
    yield* engine.fold;
    yield* privacy.carryOut(core.controls.all(erasure).values(), snapshots);
    return months;
  });

const every = "1 hour";

/** Looks each hour, for as long as the scope lives. */
export const openRetention = (
  engine: Engine,
  rawDays: number,
  log: (line: string) => void,
  scope: Scope.Scope,
): Effect.Effect<void> => {
  const look = Effect.flatMap(Clock.currentTimeMillis, (now) => retain(engine, rawDays, now)).pipe(
    Effect.tap((months) =>
      Effect.sync(() => {
        if (months.length > 0) log(`retention: the raw bytes of ${months.join(", ")} are readable no longer`);
      }),
    ),
    Effect.catchAll((error) => Effect.sync(() => log(`retention: ${error.reason}; it is tried again`))),
  );
  return Effect.asVoid(Effect.forkIn(Effect.repeat(look, Schedule.spaced(every)), scope));
};
