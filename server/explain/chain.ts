/**
 * A chain of custody under construction: hops by id, each with what it follows from. From the shown value of a register down to the
 * raw bytes; what stands above that is in `documents.ts` and `figures.ts`. Bounded: what does not fit is named, to be asked for apart.
 */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { correctionIn } from "../../domain/correction.ts";
import type { CanonicalEvent, ObjectData } from "../../domain/event.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import { fieldOf, observationsOf, subjectOfCell } from "../../domain/observation.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { type Observation, shown } from "../../domain/register.ts";
import type { Engine } from "../engine/engine.ts";
import { abouts } from "../engine/trace.ts";
import { entriesAt, positionsOf } from "./history.ts";
import { rawJson } from "./raw.ts";

export const hopTypes = [
  "kpi",
  "contribution",
  "account",
  "exception",
  "figure",
  "document",
  "command",
  "obligation",
  "stage",
  "link",
  "value",
  "observation",
  "event",
  "entry",
  "raw",
] as const;

export interface Hop {
  readonly id: string;
  readonly hop: (typeof hopTypes)[number];
  /** System → the id that it knows this by. */
  readonly ids: Readonly<Record<string, string>>;
  readonly says: Json;
  /** Ids of the hops that it follows from. */
  readonly because: ReadonlyArray<string>;
  /** What a system sent, which may hold personal data. */
  readonly personal: boolean;
}

const mostHops = 600;
const mostEntriesOfObject = 500;

export type Work<A> = Effect.Effect<A, StoreError>;

const encoded = ({ status, at, trust, data }: Observation<ObjectData>): string =>
  canonical([status, at, trust, data as unknown as Json]);

export class Chain {
  readonly engine: Engine;
  readonly hops = new Map<string, Hop>();
  /** What was left out: kind and id to ask for. */
  readonly more = new Set<string>();
  private readonly entries = new Map<number, Entry>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  get isFull(): boolean {
    return this.hops.size >= mostHops;
  }

  /** Its id; null where the chain is full and `kind id` is to be asked for instead. */
  add(
    hop: Hop["hop"],
    id: string,
    says: Json,
    because: ReadonlyArray<string | null>,
    ids: Hop["ids"] = {},
    personal = false,
  ): string {
    const follows = [...new Set(because.filter((one) => one !== null))];
    this.hops.set(id, { id, hop, ids, says, because: follows, personal });
    return id;
  }

  /** The entries that spoke of something of a party, oldest first; the newest ones where there are too many. */
  entriesOf(party: string, about: string): Work<ReadonlyArray<Entry>> {
    const self = this;
    return Effect.gen(function* () {
      const all = yield* positionsOf(self.engine, party, about);
      const positions = all.slice(-mostEntriesOfObject);
      if (positions.length < all.length) self.more.add(`entry ${all[0]}`);
      const missing = positions.filter((position) => !self.entries.has(position));
      for (const entry of yield* entriesAt(self.engine, missing)) self.entries.set(entry.position, entry);
      return positions.flatMap((position) => self.entries.get(position) ?? []);
    });
  }

  /** An entry with its link of the hash chain, and its bytes. */
  entry(entry: Entry): Work<string> {
    const self = this;
    const { position, at, kind, connection, dedup, conflictOf, note } = entry;
    const id = `entry:${position}`;
    if (this.hops.has(id)) return Effect.succeed(id);
    return Effect.gen(function* () {
      const { journal } = self.engine;
      const raw = yield* journal.raw(position);
      const link = yield* journal.link(position);
      const under =
        raw === null ? null : self.add("raw", `raw:${position}`, rawJson(raw), [], { [connection]: "bytes" }, true);
      const ids = dedup === null ? {} : { [connection]: dedup.id };
      const correction = correctionIn(note);
      const [original] = correction === null ? [] : yield* entriesAt(self.engine, [correction.corrects]);
      const corrected = original === undefined ? null : yield* self.entry(original);
      const says = { position, at, kind, connection, eventId: dedup?.id ?? null, conflictOf, note, link };
      return self.add("entry", id, says as unknown as Json, [under, corrected], ids);
    });
  }

  /** One event of an entry. */
  event(entry: Entry, index: number): Work<string> {
    const event = entry.events[index]!;
    const id = `event:${entry.position}/${index}`;
    if (this.hops.has(id)) return Effect.succeed(id);
    return Effect.map(this.entry(entry), (under) =>
      this.add("event", id, event as unknown as Json, [under], { [event.source]: event.subject }, true),
    );
  }

  /** What is shown of an object, from every register of it; null: nothing was said of it. */
  value(party: Party, subject: string): Work<string | null> {
    const self = this;
    const { evidence, connection } = party;
    const replica = subject.startsWith(replicaPrefix);
    const global = replica ? subject.slice(replicaPrefix.length) : `${connection}:${subject}`;
    const id = `value:${replica ? "replica " : ""}${global}`;
    if (this.hops.has(id)) return Effect.succeed(id);
    const now = evidence.shown(subject);
    if (now === undefined) return Effect.succeed(null);
    if (this.isFull) {
      this.more.add(replica ? `posting ${global}` : `${subject.replace("/", ` ${connection}:`)}`);
      return Effect.succeed(null);
    }
    const source = global.slice(0, global.indexOf(":"));
    const ids = { [source]: global.slice(source.length + 1) };
    return Effect.gen(function* () {
      const entries = yield* self.entriesOf(party.id, replica ? abouts.replica(global) : subject);
      const because: string[] = [];
      for (const cell of cellsOf(party, subject)) {
        const register = evidence.registers.get(cell)!;
        const best = shown(evidence.order(cell), register)!;
        const kept = best.ambiguous ? register.observations : [best.observation];
        for (const [i, observation] of kept.entries()) {
          const said: string[] = [];
          for (const entry of entries)
            for (const [index, event] of entry.events.entries())
              if (speaks(event, cell, replica ? global : null, observation)) said.push(yield* self.event(entry, index));
          const field = fieldOf(cell);
          const says = { ...observation, field, kept: register.observations.length, readAt: register.readAt };
          because.push(
            self.add("observation", `observation:${connection}:${cell}/${i}`, says as unknown as Json, said, ids, true),
          );
        }
      }
      const says = { object: global, ambiguous: now.ambiguous, ...(now.observation as object) };
      return self.add("value", id, says as unknown as Json, because, ids, true);
    });
  }
}

const cellsOf = ({ evidence }: Party, subject: string): ReadonlyArray<string> =>
  evidence.registers.has(subject)
    ? [subject]
    : [...evidence.registers.keys()].filter((cell) => cell.startsWith(subject) && subjectOfCell(cell) === subject);

/** Does the event say exactly this of the register? */
const speaks = (
  event: CanonicalEvent,
  cell: string,
  replica: string | null,
  observation: Observation<ObjectData>,
): boolean => {
  if (replica !== null) {
    if (`${event.source}:${event.subject}` !== replica) return false;
    const data = { ...event.data, externalId: event.externalId } as unknown as ObjectData;
    const { at, trust } = event.clock;
    return encoded({ status: event.data.status, at, trust, data }) === encoded(observation);
  }
  if (event.subject !== subjectOfCell(cell)) return false;
  return observationsOf(event).some((said) => said.cell === cell && encoded(said.observation) === encoded(observation));
};
