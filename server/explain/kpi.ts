/**
 * A figure of the operation by what it is made of, page by page: every contribution with what it adds, the entries that it was
 * timed between, and under which kind and id it is explained further. All pages together add up to the figure.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { accountId, partyId } from "../../domain/ids.ts";
import {
  type ByAccount,
  between,
  type Figure,
  figureName,
  figuresOf,
  type Made,
  madeOf,
  ofAccounts,
  type Stretch,
  spreadOf,
  syncName,
  varianceFigure,
} from "../../domain/kpis/figures.ts";
import { type Added, dayMs } from "../../domain/kpis/fold.ts";
import { histogramOf } from "../../domain/kpis/histogram.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { budgetMs, figureJson, reconciliationVariance, stretchOf } from "../kpis/view.ts";
import { reconciliation } from "../reconciliation/latest.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import type { Chain, Work } from "./chain.ts";
import { entriesAt } from "./history.ts";
import { explainKinds } from "./kinds.ts";

export type KpiQuery = NonNullable<Extract<Query, { readonly name: "explain" }>["kpi"]>;

/** Contributions to a page, where nothing is asked for. */
export const kpiPage = 50;

export interface KpiRoot {
  readonly root: string;
  readonly nextCursor: string | null;
  /** Entries of the journal that are not read yet: there may be more. */
  readonly behind: number;
}

interface Place {
  /** The page is of the figure as of this position. */
  readonly through: number;
  /** Contributions before it. */
  readonly from: number;
}

const placeOf = (cursor: string): Place | null => {
  const [, through, from] = /^kpi (\d{1,15}) (\d{1,15})$/.exec(decodeCursor(cursor) ?? "") ?? [];
  return through === undefined ? null : { through: Number(through), from: Number(from) };
};
/** The variance is paged as the lines of the reconciliation are. */
const linesCursor = /^lines (.+)$/;
export const isKpiCursor = (cursor: string): boolean =>
  placeOf(cursor) !== null || linesCursor.test(decodeCursor(cursor) ?? "");

/** `connection:kind/id`, where that kind is explained. */
const objectOf = (global: string): string | null => {
  const [, connection, kind, id] = /^([^:]+):([a-z_]+)\/(.+)$/.exec(global) ?? [];
  return explainKinds.some((one) => one === kind) ? `${kind} ${connection}:${id}` : null;
};

type Note = Readonly<Record<string, unknown>> | null;

/** Kinds and ids to go on with, beside the entry itself. */
const furtherOf = (entries: ReadonlyArray<Entry>, name: string): ReadonlyArray<string> => {
  const found = new Set<string>();
  for (const { note, events } of entries) {
    const { key, seen, type } = (note as Note) ?? {};
    if (typeof key === "string" && String(type).startsWith("command.")) found.add(`command ${key}`);
    const { source } = (seen ?? {}) as { readonly source?: string };
    if (source !== undefined) found.add(objectOf(source) ?? "");
    for (const event of events)
      if (name !== "invoices" || event.type === "invoice.finalized")
        found.add(objectOf(`${event.source}:${event.subject}`) ?? "");
  }
  found.delete("");
  return [...found];
};

const partyOf = ({ note, events }: Entry): string | null => {
  const { party } = ((note as Note) ?? {}) as { readonly party?: string };
  if (typeof party === "string" && !party.startsWith("@")) return party;
  const owned = events.find(({ owner }) => owner !== null);
  return owned === undefined ? null : partyId(owned.source, owned.owner!);
};

type Part = Omit<Added, "name"> & { readonly name: string; readonly root?: string };

/** What it adds to the figure. */
const addsOf = (made: Made, { name, value }: Part): Json => {
  if ("times" in made) return { milliseconds: Math.max(0, Math.trunc(value)) };
  if ("counts" in made) return { commands: value };
  return {
    ...(made.part.includes(name) ? { part: value } : {}),
    ...(made.whole.includes(name) ? { whole: value } : {}),
  };
};

const sum = (parts: ReadonlyArray<Part>, names: ReadonlyArray<string>): number =>
  parts.reduce((all, { name, value }) => (names.includes(name) ? all + value : all), 0);

/** The figure that these make; what it is called and why it is none comes with `blank`. */
const figureFrom = (blank: Figure, made: Made, parts: ReadonlyArray<Part>): Figure => {
  const reason = parts.length === 0 ? blank.reason : null;
  if ("times" in made) return { ...blank, reason, spread: spreadOf(histogramOf(parts.map(({ value }) => value))) };
  if ("counts" in made) return { ...blank, reason, count: sum(parts, made.counts) };
  return { ...blank, reason, share: { part: sum(parts, made.part), whole: sum(parts, made.whole) } };
};

const contribution = (chain: Chain, made: Made, part: Part, index: number, entries: ReadonlyMap<number, Entry>) =>
  Effect.gen(function* () {
    const { name, position, since, day, root } = part;
    const { core } = chain.engine;
    const own = [...new Set([since ?? position, position])].flatMap((at) => entries.get(at) ?? []);
    const because: string[] = [];
    for (const entry of own) because.push(yield* chain.entry(entry));
    const party = own.map(partyOf).find((one) => one !== null) ?? null;
    const account = root ?? (party === null ? null : core.root(party));
    const says = {
      adds: addsOf(made, part),
      of: name,
      day: new Date(day * dayMs).toISOString().slice(0, 10),
      account: account === null ? null : accountId(account),
      explain: [...furtherOf(own, name), `entry ${position}`],
    };
    return chain.add("contribution", `contribution:${name}/${index}`, says as unknown as Json, because);
  });

/** Every contribution of a figure that the journal tells, in order of position. */
const partsOf = (
  engine: Engine,
  id: string,
  made: Made | null,
  stretch: Stretch,
): Effect.Effect<
  { readonly parts: ReadonlyArray<Part>; readonly position: number; readonly behind: number },
  StoreError
> =>
  Effect.gen(function* () {
    if (id in between) {
      const { kpis } = engine.kpis;
      const behind = yield* engine.kpis.advance(budgetMs);
      const parts = [...ofAccounts(kpis, id as ByAccount, stretch, (party) => engine.core.root(party))]
        .map((one) => ({ ...one, name: id }))
        .sort((a, b) => a.position - b.position || (a.root < b.root ? -1 : 1));
      return { parts, position: kpis.position, behind };
    }
    if (made === null) return { parts: [], position: engine.core.position, behind: 0 };
    const names = "times" in made ? made.times : "counts" in made ? made.counts : [...made.part, ...made.whole];
    const { found, position, behind } = yield* engine.kpis.readings([...new Set(names)], stretch, budgetMs);
    return { parts: found, position, behind };
  });

const madeUp = ({ id, pair }: Figure): Made | null => {
  if (pair !== null) return { times: [syncName(pair.from, pair.to)] };
  if (id in between) return { times: [id] };
  return id in madeOf ? madeOf[id as keyof typeof madeOf] : null;
};

const root = (chain: Chain, figure: Figure, stretch: Stretch, more: object, because: ReadonlyArray<string>): string => {
  const says = {
    ...(figureJson(figure) as object),
    from: stretch.from * dayMs,
    to: stretch.to * dayMs,
    ...more,
  };
  return chain.add("kpi", `kpi:${figureName(figure)}`, says as unknown as Json, because);
};

const fromJournal = (chain: Chain, blank: Figure, stretch: Stretch, { limit, cursor }: KpiQuery): Work<KpiRoot> =>
  Effect.gen(function* () {
    const made = madeUp(blank);
    const told = yield* partsOf(chain.engine, blank.id, made, stretch);
    const { through, from } = (cursor === null ? null : placeOf(cursor)) ?? { through: told.position, from: 0 };
    const parts = told.parts.filter(({ position }) => position <= through);
    const page = parts.slice(from, from + limit);
    const positions = new Set(page.flatMap(({ since, position }) => [since ?? position, position]));
    const ascending = [...positions].sort((a, b) => a - b);
    const entries = new Map((yield* entriesAt(chain.engine, ascending)).map((entry) => [entry.position, entry]));
    const because: string[] = [];
    for (const [i, part] of page.entries()) because.push(yield* contribution(chain, made!, part, from + i, entries));
    const figure = made === null ? blank : figureFrom(blank, made, parts);
    const next = from + page.length;
    return {
      root: root(chain, figure, stretch, { contributions: parts.length, through }, because),
      nextCursor: next < parts.length ? encodeCursor(`kpi ${through} ${next}`) : null,
      behind: told.behind,
    };
  });

interface Lines {
  readonly items: ReadonlyArray<Pick<Line, "id" | "leg" | "account" | "atRiskMinor" | "evidence" | "exception">>;
  readonly total: number;
  readonly atRiskMinor: Json;
  readonly nextCursor: string | null;
  readonly waiting: number;
}

/** Open lines of the live reconciliation, as of now: their money adds up by currency, and the sums are taken at the stated rates. */
const fromLines = (chain: Chain, stretch: Stretch, { limit, cursor }: KpiQuery): Work<KpiRoot> =>
  Effect.gen(function* () {
    const { engine } = chain;
    const [, after = null] = linesCursor.exec(cursor === null ? "" : (decodeCursor(cursor) ?? "")) ?? [];
    const all = { leg: null, statuses: null, account: null, currency: null, owner: null } as const;
    const asked = yield* reconciliation(engine, { name: "reconciliation", ...all, limit, cursor: after });
    const { items, total, atRiskMinor, nextCursor, waiting } = asked as unknown as Lines;
    const because = items.map(({ id, leg, account, atRiskMinor: adds, evidence, exception }) => {
      const explain = [
        ...(exception === null ? [] : [`exception ${exception}`]),
        ...evidence.flatMap((name) => objectOf(name) ?? []),
      ];
      return chain.add(
        "contribution",
        `contribution:${id}`,
        { adds, of: leg, account, explain } as unknown as Json,
        [],
      );
    });
    const figure = varianceFigure(yield* reconciliationVariance(engine));
    const { currency, rates } = engine.queues.priorities;
    return {
      root: root(chain, figure, stretch, { contributions: total, atRiskMinor, currency, rates }, because),
      nextCursor: nextCursor === null ? null : encodeCursor(`lines ${nextCursor}`),
      behind: waiting,
    };
  });

/** Null: no figure is called so in these days. */
export const kpi = (chain: Chain, id: string, query: KpiQuery): Work<KpiRoot | null> =>
  Effect.gen(function* () {
    const { engine } = chain;
    const stretch = stretchOf(query.from, query.to, yield* Clock.currentTimeMillis);
    if (id === "reconciliation-variance") return yield* fromLines(chain, stretch, query);
    const behind = yield* engine.kpis.advance(budgetMs);
    const figures = figuresOf(engine.kpis.kpis, stretch, (party) => engine.core.root(party));
    const named = figures.find((figure) => figureName(figure) === id);
    if (named === undefined) return null;
    const told = yield* fromJournal(chain, named, stretch, query);
    return { ...told, behind: Math.max(behind, told.behind) };
  });
