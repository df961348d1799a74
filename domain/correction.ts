/**
 * A correction: the bytes of an earlier entry decoded again to something else. It names what every register that the old decoding
 * had a part in holds without it, so that a wrong observation does not stay as a rival of the right one. *Pure.*
 */
import type { Json } from "./canonical.ts";
import type { CanonicalEvent, ObjectData } from "./event.ts";
import { joinLink, type LinkRegister } from "./link.ts";
import { type Orders, observationsOf, orderOf, subjectOfCell } from "./observation.ts";
import type { Entry } from "./ports/store.ts";
import { emptyRegister, observe, type Register } from "./register.ts";

export interface Reset {
  /** Or the pool of a connection, for what belongs to nobody yet. */
  readonly party: string;
  readonly subject: string;
  /** By register; null: nothing is said there any more. */
  readonly cells: Readonly<Record<string, Register<ObjectData> | null>>;
  /** Absent: the claims do not change. */
  readonly links?: LinkRegister;
}

export interface Correction {
  readonly replay: string;
  /** Position of the entry whose bytes were decoded again. */
  readonly corrects: number;
  /** The last entry that the resets take in. */
  readonly through: number;
  readonly resets: ReadonlyArray<Reset>;
}

export const correctionIn = (note: Json): Correction | null => {
  const found = note as Partial<Correction> | null;
  return found !== null && typeof found === "object" && typeof found.corrects === "number"
    ? (found as Correction)
    : null;
};

/** What holds of each entry: its own decoding, or the last correction of it. */
export const inForce = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
  const last = new Map<number, number>();
  for (const { position, note } of entries) {
    const correction = correctionIn(note);
    if (correction !== null) last.set(correction.corrects, Math.max(position, last.get(correction.corrects) ?? 0));
  }
  return entries.filter(({ position, note }) => {
    const correction = correctionIn(note);
    return correction === null ? !last.has(position) : last.get(correction.corrects) === position;
  });
};

/** Every register of an object, as these entries make it. */
export const registersOf = (
  orders: Orders,
  source: string,
  subject: string,
  entries: ReadonlyArray<Pick<Entry, "events">>,
): Readonly<Record<string, Register<ObjectData>>> => {
  const registers: Record<string, Register<ObjectData>> = {};
  for (const { events } of entries)
    for (const event of events) {
      if (event.source !== source || event.subject !== subject) continue;
      for (const { cell, observation } of observationsOf(event))
        registers[cell] = observe(orderOf(orders, cell), registers[cell] ?? emptyRegister, observation, event.read);
    }
  return registers;
};

/** The claims of a party, as these entries make them. */
export const linksOf = (
  party: string,
  entries: ReadonlyArray<Entry>,
  owns: (event: CanonicalEvent) => boolean,
): LinkRegister => {
  let links: LinkRegister = [];
  for (const { events, kind, note, at } of entries) {
    for (const event of events)
      if (owns(event)) for (const claim of event.links) links = joinLink(links, { ...claim, at: event.clock.at });
    const act = note as { readonly type?: string; readonly party?: string; readonly target?: string | null } | null;
    if (kind === "operator" && act?.type === "link" && act.party === party)
      links = joinLink(links, { rank: "operator", target: act.target ?? null, at });
  }
  return links;
};

/** The registers that a decoding has a part in. */
export const cellsSaid = (events: ReadonlyArray<CanonicalEvent>): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  for (const event of events)
    for (const { cell } of observationsOf(event)) {
      const global = `${event.source}:${subjectOfCell(cell)}`;
      found.set(global, (found.get(global) ?? new Set()).add(cell));
    }
  return found;
};
