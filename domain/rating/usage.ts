/**
 * Which usage counts: events are identified by source and id, never change, and are corrected by new ones that name them. The
 * answer does not depend on the order of arrival. *Pure.*
 */
import * as Schema from "effect/Schema";
import { InstantText } from "../calendar/moment.ts";
import { instantOf } from "../calendar/zone.ts";
import { canonical } from "../canonical.ts";
import { field, optionalField } from "../field.ts";
import { Decimal, parse, type Rational } from "./rational.ts";

export const UsageEvent = Schema.Struct({
  source: field(Schema.String, "who reports it"),
  id: field(Schema.String, "unique within its source"),
  meter: field(Schema.String, "what is measured; events of other meters are left out"),
  time: optionalField(
    InstantText,
    "when it was used, RFC 3339 with an offset; a correction may leave it out and keeps the corrected time",
  ),
  quantity: optionalField(Decimal, "default 1; below zero takes away"),
  value: optionalField(Schema.String, "what a `unique` meter counts"),
  corrects: optionalField(Schema.String, "the id, of the same source, whose content this one replaces"),
  void: optionalField(Schema.Boolean, "with `corrects`: the corrected event did not happen"),
  received: optionalField(InstantText, "when it arrived, RFC 3339; orders two corrections of one event"),
  account: optionalField(Schema.String, "whose use it is; shown only"),
  entity: optionalField(Schema.String, "legal entity that used it; shown only"),
});
export type UsageEvent = typeof UsageEvent.Type;

/** One use as it stands after its corrections. */
export interface Use {
  readonly source: string;
  /** The id of the first event of the chain. */
  readonly id: string;
  /** The event that says so. */
  readonly by: string;
  readonly meter: string;
  /** Epoch ms. */
  readonly atMs: number;
  readonly quantity: Rational;
  readonly value: string | null;
  readonly receivedMs: number | null;
  readonly account: string | null;
  readonly entity: string | null;
}

export interface UsageView {
  /** By time, source and id. */
  readonly uses: ReadonlyArray<Use>;
  readonly duplicates: number;
  /** Same identity with other content, or two corrections of one event that nothing orders: the smallest encoding is used. */
  readonly conflicts: ReadonlyArray<string>;
  /** Corrections of an event that is not there, or in a circle: kept, not counted. */
  readonly orphans: ReadonlyArray<string>;
}

const keyOf = (source: string, id: string): string => `${source}\u0000${id}`;
const textOf = (event: UsageEvent): string => canonical({ ...event });
const byText = (a: UsageEvent, b: UsageEvent): number => {
  const [x, y] = [textOf(a), textOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

export const viewOf = (events: Iterable<UsageEvent>): UsageView => {
  const byKey = new Map<string, UsageEvent>();
  const conflicts = new Set<string>();
  let duplicates = 0;
  for (const event of events) {
    const key = keyOf(event.source, event.id);
    const known = byKey.get(key);
    if (!known) byKey.set(key, event);
    else {
      const order = byText(event, known);
      if (order === 0) duplicates += 1;
      else conflicts.add(`${event.source}/${event.id}`);
      if (order < 0) byKey.set(key, event);
    }
  }
  const corrections = new Map<string, UsageEvent[]>();
  for (const event of byKey.values()) {
    if (event.corrects === undefined) continue;
    const target = keyOf(event.source, event.corrects);
    corrections.set(target, [...(corrections.get(target) ?? []), event]);
  }
  const reached = new Set<string>();
  const uses: Use[] = [];
  for (const [key, first] of byKey) {
    if (first.corrects !== undefined) continue;
    let [standing, time, at] = [first, first.time, key];
    for (let next = corrections.get(at); next; next = corrections.get(at)) {
      const { winner, ordered } = latest(next);
      if (!ordered) conflicts.add(`${first.source}/${standing.id}`);
      for (const each of next) markAll(keyOf(each.source, each.id), corrections, reached);
      [standing, time, at] = [winner, winner.time ?? time, keyOf(winner.source, winner.id)];
    }
    if (time === undefined)
      throw new RangeError(`rating: event ${first.source}/${first.id} has no time; only a correction may leave it out`);
    if (standing.void === true) continue;
    uses.push({
      source: first.source,
      id: first.id,
      by: standing.id,
      meter: standing.meter,
      atMs: instantOf(time),
      quantity: parse(standing.quantity ?? 1),
      value: standing.value ?? null,
      receivedMs: first.received === undefined ? null : instantOf(first.received),
      account: standing.account ?? first.account ?? null,
      entity: standing.entity ?? first.entity ?? null,
    });
  }
  const orphans = [...corrections.values()]
    .flat()
    .filter(({ source, id }) => !reached.has(keyOf(source, id)))
    .map(({ source, id }) => `${source}/${id}`);
  return { uses: uses.sort(byTime), duplicates, conflicts: [...conflicts].sort(), orphans: orphans.sort() };
};

/** A losing correction and what corrects it are settled with it. */
const markAll = (
  key: string,
  corrections: ReadonlyMap<string, ReadonlyArray<UsageEvent>>,
  reached: Set<string>,
): void => {
  if (reached.has(key)) return;
  reached.add(key);
  for (const next of corrections.get(key) ?? []) markAll(keyOf(next.source, next.id), corrections, reached);
};

/** Of several corrections of one event the one received last; nothing to order them by: the smallest encoding. */
const latest = (all: ReadonlyArray<UsageEvent>): { readonly winner: UsageEvent; readonly ordered: boolean } => {
  const at = (event: UsageEvent): number => (event.received === undefined ? -1 : instantOf(event.received));
  const sorted = [...all].sort((a, b) => at(b) - at(a) || byText(a, b));
  return { winner: sorted[0]!, ordered: sorted.length === 1 || at(sorted[0]!) > at(sorted[1]!) };
};

const byTime = (a: Use, b: Use): number =>
  a.atMs - b.atMs || (a.source < b.source ? -1 : a.source > b.source ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
