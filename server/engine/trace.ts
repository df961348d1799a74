/**
 * Which journal entries spoke of an object, a document or a party: an index of the journal, no part of any state. Kept behind the
 * fold as search terms of the snapshots; cleared and folded again it is the same.
 */
import type { Term } from "../../domain/ports/store.ts";

/** Upper case: no word that a person looks for is. */
export const tracePrefix = "Trace ";
/** Says that the index reaches back to the first entry: a directory of an older version has none. */
export const traceIsWhole: Term = { term: `${tracePrefix}@whole`, party: "yes" };
const pool = "pool:";

/** `about`: a subject within the party's connection, `slot/…`, or what `abouts` names. Null: everything of the party. */
export const traceTerm = (party: string, about: string | null): string => `${tracePrefix}${party}|${about ?? ""}`;
export const abouts = {
  /** What people decided of the party. */
  acts: "@acts",
  /** Another party said, or ceased to say, that it is this one. */
  links: "@links",
  /** A document of a slot. */
  slot: (slot: string): string => `slot/${slot}`,
  /** Uses of a meter on one day, UTC. */
  use: (meter: string, at: number): string => `meter/${meter}/${new Date(at).toISOString().slice(0, 10)}`,
  /** What put an entry's decoding right; of the pool of its connection. */
  corrections: (position: number): string => `corrects/${position}`,
  /** What the target itself reports of a document. */
  replica: (global: string): string => `replica/${global}`,
} as const;

/** Positions are sorted as texts where a store sorts them. */
const rowOf = (positions: ReadonlyArray<number>): string =>
  `${String(positions[0]).padStart(12, "0")}:${positions.join(",")}`;

export interface Traced {
  /** Ascending, each once. */
  readonly positions: ReadonlyArray<number>;
  /** Subjects that waited in the pool of their connection before they were the party's. */
  readonly waited: ReadonlyArray<string>;
}

/** From what the index holds under one name, in any order and with repetition. */
export const readTrace = (values: Iterable<string>): Traced => {
  const positions = new Set<number>();
  const waited = new Set<string>();
  for (const value of values) {
    if (value.startsWith(pool)) waited.add(value.slice(pool.length));
    else for (const text of value.slice(value.indexOf(":") + 1).split(",")) positions.add(Number(text));
  }
  return { positions: [...positions].sort((a, b) => a - b), waited: [...waited].sort() };
};

interface Spoken {
  readonly positions: number[];
  /** Null: it never waited, as most do not. */
  waited: Set<string> | null;
}
/** By party, and by what was spoken about. */
type Found = Map<string, Map<string, Spoken>>;

const valuesIn = ({ positions, waited }: Spoken): string[] => {
  const values = positions.length === 0 ? [] : [rowOf(positions)];
  for (const subject of waited ?? []) values.push(`${pool}${subject}`);
  return values;
};

export class Trace {
  private found: Found = new Map();
  /** Taken last: may be on its way to the store. */
  private taken: Found = new Map();
  private begins = false;
  private began = false;

  /** The first entry of the journal comes next. */
  begin(): void {
    this.begins = true;
  }

  add(party: string, about: string, position: number): void {
    const { positions } = this.at(party, about);
    if (positions[positions.length - 1] !== position) positions.push(position);
  }

  /** What was said of the subject while it waited is the party's too. */
  adopted(party: string, subject: string): void {
    const found = this.at(party, subject);
    found.waited ??= new Set();
    found.waited.add(subject);
  }

  private at(party: string, about: string): Spoken {
    let all = this.found.get(party);
    if (all === undefined) {
      all = new Map();
      this.found.set(party, all);
    }
    let found = all.get(about);
    if (found === undefined) {
      found = { positions: [], waited: null };
      all.set(about, found);
    }
    return found;
  }

  /** It begins with the first entry, and the store may not have been told yet. */
  get isWhole(): boolean {
    return this.begins || this.began;
  }

  termOf(party: string, about: string | null): string {
    return traceTerm(party, about);
  }

  /** What the store may not have yet. */
  fresh(party: string, about: string | null): ReadonlyArray<string> {
    const values: string[] = [];
    for (const generation of [this.taken, this.found]) {
      const all = generation.get(party);
      if (all === undefined) continue;
      const one = about === null ? null : all.get(about);
      for (const found of one === null ? all.values() : one === undefined ? [] : [one]) values.push(...valuesIn(found));
    }
    return values;
  }

  /** Everything since the last call, for the store. */
  take(): ReadonlyArray<Term> {
    const terms: Term[] = [];
    for (const [term, found] of this.terms) for (const party of valuesIn(found)) terms.push({ term, party });
    if (this.begins) terms.push(traceIsWhole);
    this.began ||= this.begins;
    this.begins = false;
    this.taken = this.found;
    this.found = new Map();
    return terms;
  }

  /** Everything since the last call, by name; for verify, which takes nothing. */
  get all(): ReadonlyMap<string, Traced> {
    return new Map([...this.terms].map(([term, found]) => [term, readTrace(valuesIn(found))]));
  }

  private get terms(): ReadonlyArray<readonly [term: string, found: Spoken]> {
    return [...this.found].flatMap(([party, all]) =>
      [...all].map(([about, found]) => [traceTerm(party, about), found] as const),
    );
  }
}
