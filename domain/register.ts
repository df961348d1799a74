/**
 * One cell of the lattice: the set of observations of one object that nothing dominates.
 * Join is commutative, associative and idempotent [R1..R3]; no vendor clock decides what the domain's own order can. *Pure.*
 */
import { canonical, sameJson } from "./canonical.ts";

/** For each status, those it may still become and never return from (immediate successors; the closure is taken). */
export type StatusOrder = Readonly<Record<string, ReadonlyArray<string>>>;

export interface Observation<D = unknown> {
  readonly status: string;
  /** The vendor's clock, in its unit. For the answer to a re-read: its `readAt`. */
  readonly at: number;
  /** Two readings closer than this are not ordered by the clock. Same unit as `at`. */
  readonly trust: number;
  /** The canonical fields. */
  readonly data: D;
}

export interface Register<D = unknown> {
  /** Undominated observations in canonical order, each once. */
  readonly observations: ReadonlyArray<Observation<D>>;
  /** Greatest lower bound of what a re-read saw; null when the object was never re-read. */
  readonly readAt: number | null;
}

export interface Shown<D = unknown> {
  readonly observation: Observation<D>;
  readonly ambiguous: boolean;
}

export const emptyRegister: Register<never> = { observations: [], readAt: null };

const closures = new WeakMap<StatusOrder, Map<string, Set<string>>>();
const above = (order: StatusOrder, status: string): Set<string> => {
  let closure = closures.get(order);
  if (!closure) {
    closure = new Map();
    closures.set(order, closure);
  }
  let set = closure.get(status);
  if (!set) {
    set = new Set();
    closure.set(status, set);
    for (const next of order[status] ?? []) {
      set.add(next);
      for (const further of above(order, next)) set.add(further);
    }
  }
  return set;
};

/** Strictly greater in the vendor's own order: `a` cannot become `b` again once left behind. */
export const isAbove = (order: StatusOrder | undefined, a: string, b: string): boolean =>
  order !== undefined && above(order, b).has(a);

/**
 * At least as great in status? With an order: equal or above (incomparable statuses are a conflict).
 * Without one, every status ranks equal.
 */
const atLeast = (order: StatusOrder | undefined, a: string, b: string): boolean =>
  order === undefined || a === b || isAbove(order, a, b);

const later = (a: Observation, b: Observation): boolean => a.at - b.at >= Math.max(a.trust, b.trust);

/** `y` dominates `x`: at least as great in status *and* clock, and greater in one. A strict partial order. */
export const dominates = (order: StatusOrder | undefined, y: Observation, x: Observation): boolean =>
  y.at >= x.at && atLeast(order, y.status, x.status) && (isAbove(order, y.status, x.status) || later(y, x));

const encoded = new WeakMap<Observation, string>();
/** Observations compare on their canonical fields. */
const encode = (o: Observation): string => {
  let text = encoded.get(o);
  if (text === undefined) {
    text = canonical([o.status, o.at, o.trust, o.data as never]);
    encoded.set(o, text);
  }
  return text;
};
/** As their encodings are. */
const same = (a: Observation, b: Observation): boolean =>
  a.at === b.at && a.status === b.status && a.trust === b.trust && sameJson(a.data as never, b.data as never);

const reduce = <D>(
  order: StatusOrder | undefined,
  all: ReadonlyArray<Observation<D>>,
  readAt: number | null,
): ReadonlyArray<Observation<D>> => {
  const kept: Array<Observation<D>> = [];
  for (const x of all) {
    if (readAt !== null && x.at < readAt) continue;
    if (all.some((y) => y !== x && dominates(order, y, x))) continue;
    if (kept.some((y) => same(y, x))) continue;
    kept.push(x);
  }
  return kept.length < 2 ? kept : kept.sort((a, b) => (encode(a) < encode(b) ? -1 : 1));
};

const maxReadAt = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

/** Least upper bound. */
export const join = <D>(order: StatusOrder | undefined, a: Register<D>, b: Register<D>): Register<D> => {
  const readAt = maxReadAt(a.readAt, b.readAt);
  return { observations: reduce(order, [...a.observations, ...b.observations], readAt), readAt };
};

/** Join one observation; `read` when it answers a re-read, whose clock is its `readAt`. Returns `register` itself when nothing changed. */
export const observe = <D>(
  order: StatusOrder | undefined,
  register: Register<D>,
  observation: Observation<D>,
  read: boolean,
): Register<D> => {
  const readAt = read ? maxReadAt(register.readAt, observation.at) : register.readAt;
  if (readAt === register.readAt) {
    if (readAt !== null && observation.at < readAt) return register;
    for (const o of register.observations) {
      if (dominates(order, o, observation) || same(o, observation)) return register;
    }
    return { observations: withOne(order, register.observations, observation), readAt };
  }
  return { observations: reduce(order, [...register.observations, observation], readAt), readAt };
};

/** One more that nothing here dominates, nor is the same as: what it dominates goes, and it takes its place in the order. */
const withOne = <D>(
  order: StatusOrder | undefined,
  all: ReadonlyArray<Observation<D>>,
  one: Observation<D>,
): ReadonlyArray<Observation<D>> => {
  const kept = all.filter((x) => !dominates(order, one, x));
  if (kept.length === 0) return [one];
  const text = encode(one);
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (encode(kept[middle]!) < text) low = middle + 1;
    else high = middle;
  }
  kept.splice(low, 0, one);
  return kept;
};

/** The greatest clock of each status and trust: a few, however many observations there are. */
const newestOf = (all: ReadonlyArray<Observation>): ReadonlyArray<Observation> => {
  const newest = new Map<string, Observation>();
  for (const x of all) {
    const key = `${x.trust} ${x.status}`;
    const before = newest.get(key);
    if (before === undefined || x.at > before.at) newest.set(key, x);
  }
  return [...newest.values()];
};

/**
 * What is shown: the maximal statuses, and within equal status the greatest clock. More than one value left is ambiguous,
 * shown by a fixed rule (smallest canonical encoding) until a re-read settles it [R6].
 */
export const shown = <D>(order: StatusOrder | undefined, register: Register<D>): Shown<D> | null => {
  const all = register.observations;
  if (all.length === 0) return null;
  if (all.length === 1) return { observation: all[0]!, ambiguous: false };
  const maximal = among(all, newestOf(all), (y, x) => isAbove(order, y.status, x.status));
  const newest = among(maximal, newestOf(maximal), (y, x) => atLeast(order, y.status, x.status) && later(y, x));
  let chosen = newest[0]!;
  let smallest = value(chosen);
  let ambiguous = false;
  for (const x of newest.slice(1)) {
    const text = value(x);
    if (text !== smallest) ambiguous = true;
    if (text < smallest) {
      chosen = x;
      smallest = text;
    }
  }
  return { observation: chosen, ambiguous };
};

const among = <D>(
  all: ReadonlyArray<Observation<D>>,
  against: ReadonlyArray<Observation>,
  beats: (y: Observation, x: Observation) => boolean,
): ReadonlyArray<Observation<D>> => all.filter((x) => !against.some((y) => beats(y, x)));

const values = new WeakMap<Observation, string>();
/** What an observation says, without when it was said. */
const value = (o: Observation): string => {
  let text = values.get(o);
  if (text === undefined) {
    text = canonical([o.status, o.data as never]);
    values.set(o, text);
  }
  return text;
};
