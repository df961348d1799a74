/** `GET /v1/reconciliations/latest`: a page of lines, the greatest money first, and totals over everything that is in sight. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { exponentOf } from "../../domain/money.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { type Line, type LineStatus, statusAt } from "../../domain/reconciliation/line.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { resolve } from "../views/find.ts";
import { lineJson } from "./line-json.ts";
import { slicing } from "./live.ts";
import { whole } from "./tally.ts";

type LatestQuery = Extract<Query, { readonly name: "reconciliation" }>;

/** Milliseconds that one question may compare for what changed; what is left is compared with the next. */
const budgetMs = 1500;

/** In the order of the list: what comes first is greater. */
interface Place {
  readonly rank: bigint;
  readonly id: string;
}

const finest = 4;
/** One unit of any currency counts as one of any other. */
const rankOf = ({ atRiskMinor }: Line): bigint =>
  Object.entries(atRiskMinor).reduce(
    (sum, [currency, minor]) => sum + BigInt(minor) * 10n ** BigInt(finest - (exponentOf(currency) ?? 2)),
    0n,
  );
const before = (a: Place, b: Place): number =>
  a.rank !== b.rank ? (a.rank > b.rank ? -1 : 1) : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

export const linePlace = (cursor: string): Place | null => {
  const match = /^(\d+) (rec_[0-9a-f]{20})$/.exec(decodeCursor(cursor) ?? "");
  return match === null ? null : { rank: BigInt(match[1]!), id: match[2]! };
};

type Placed = Place & { readonly line: Line };

/** The first so many after a place, of however many come by. */
class Page {
  private found: Placed[] = [];
  private readonly after: Place | null;
  private readonly limit: number;
  constructor(after: Place | null, limit: number) {
    this.after = after;
    this.limit = limit;
  }
  offer(line: Line): void {
    const placed = { rank: rankOf(line), id: line.id, line };
    if (this.after !== null && before(placed, this.after) <= 0) return;
    this.found.push(placed);
    if (this.found.length > 8 * (this.limit + 1)) this.trim();
  }
  private trim(): void {
    this.found = this.found.sort(before).slice(0, this.limit + 1);
  }
  close(): { readonly lines: ReadonlyArray<Line>; readonly nextCursor: string | null } {
    this.trim();
    const shown = this.found.slice(0, this.limit);
    const last = shown.at(-1);
    return {
      lines: shown.map(({ line }) => line),
      nextCursor: this.found.length > this.limit && last ? encodeCursor(`${last.rank} ${last.id}`) : null,
    };
  }
}

interface Counted {
  total: number;
  statuses: Record<string, number>;
  atRisk: Map<string, bigint>;
}

/** By leg and over all: how many lines of each status, and their money at risk. */
class Totals {
  readonly all: Counted = { total: 0, statuses: {}, atRisk: new Map() };
  readonly legs = new Map<string, Counted>();
  add(line: Line, status: LineStatus): void {
    const leg: Counted = this.legs.get(line.leg) ?? { total: 0, statuses: {}, atRisk: new Map() };
    this.legs.set(line.leg, leg);
    for (const counted of [this.all, leg]) {
      counted.total += 1;
      counted.statuses[status] = (counted.statuses[status] ?? 0) + 1;
      for (const [currency, minor] of Object.entries(line.atRiskMinor))
        counted.atRisk.set(currency, (counted.atRisk.get(currency) ?? 0n) + BigInt(minor));
    }
  }
}
const noLines: Counted = { total: 0, statuses: {}, atRisk: new Map() };
const countedJson = ({ total, statuses, atRisk }: Counted) => ({
  total,
  statuses,
  atRiskMinor: Object.fromEntries([...atRisk].sort().map(([currency, sum]) => [currency, whole(sum)])),
});

const countOf = (roots: Iterable<string>, sees: (root: string) => boolean): number => {
  let count = 0;
  for (const root of roots) if (sees(root)) count += 1;
  return count;
};

/** `null`: no such account. */
export const reconciliation = (engine: Engine, query: LatestQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { live, core } = engine;
    const root = query.account === null ? null : yield* resolve(engine, query.account);
    if (query.account !== null && root === null) return null;
    yield* engine.fold;
    yield* live.refresh(budgetMs);
    const now = Math.max(core.now, yield* Clock.currentTimeMillis);
    const page = new Page(query.cursor === null ? null : linePlace(query.cursor), query.limit);
    const totals = new Totals();
    const wants = (line: Line, status: LineStatus): boolean =>
      (query.leg === null || line.leg === query.leg) &&
      (query.statuses === null ? status !== "matched" : query.statuses.includes(status)) &&
      (query.currency === null ||
        Object.values(line.systems).some(({ moneyMinor }) => query.currency! in moneyMinor)) &&
      (query.owner === null || line.owner.connection === query.owner || line.owner.team === query.owner);
    const take = (line: Line): void => {
      if (!engine.sees(line.account ?? "@")) return;
      const status = statusAt(line, now);
      if (!wants(line, status)) return;
      totals.add(line, status);
      page.offer(line);
    };
    const turn = slicing();
    if (root !== null) for (const line of yield* live.linesOf(live.told(core.root(root)))) take(line);
    else if (query.statuses?.includes("matched")) {
      // Matched lines are not kept: they are compared again for whoever wants to see them.
      for (const one of [...live.roots()]) {
        for (const line of yield* live.linesOf(one)) take(line);
        yield* turn();
      }
    } else {
      let seen = 0;
      for (const line of live.open()) {
        take(line);
        if (++seen % 500 === 0) yield* turn();
      }
    }
    const { lines, nextCursor } = page.close();
    const everything = engine.sees("@");
    return {
      items: lines.map((line) => lineJson(line, now)),
      nextCursor,
      ...countedJson(totals.all),
      legs: live.legs
        .filter(({ name }) => query.leg === null || name === query.leg)
        .map(({ name, what, sides, authority, toleranceMinor, roundingAccount, windowMs, healBelowMinor }) => ({
          leg: name,
          what,
          sides: sides.map((side) => side.name),
          authority,
          toleranceMinor,
          roundingAccount,
          windowMs,
          healBelowMinor,
          ...countedJson(totals.legs.get(name) ?? noLines),
          // Of everybody, whatever the filters; not for those who see a part.
          matched: everything ? live.tally.matched(name) : null,
          systems: everything ? live.tally.systems(name) : {},
        })),
      complete: live.complete,
      accounts: everything ? live.accounts : countOf(live.roots(), engine.sees),
      waiting: everything ? live.waiting : countOf(core.unreconciled, engine.sees),
      at: now,
      seq: core.position,
    };
  });
