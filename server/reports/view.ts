/** `GET /v1/reports/{name}` and the parts of one of its cells, over every account or one; now, or as it was known. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { ExchangeRate } from "../../domain/accounting/exchange.ts";
import { usualAccounting } from "../../domain/booking.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { reportNamed } from "../../domain/books/reports/all.ts";
import type { Asked, Report } from "../../domain/books/reports/report.ts";
import { ownedBy } from "../../domain/books/rules.ts";
import { localDay } from "../../domain/calendar/zone.ts";
import type { Json } from "../../domain/canonical.ts";
import { entitiesOf } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { ReportQuery } from "../host/host.ts";
import { slicing } from "../reconciliation/live.ts";
import { resolve } from "../views/find.ts";
import { ratesIn } from "./keeping.ts";
import { pastOf } from "./past.ts";
import { Running, runOver } from "./run.ts";
import { shelfOf } from "./shelf.ts";

const rowsAtOnce = 200;
export const usualWithin = 90;

const refused = (problem: string, detail: string, parameter?: string): Json => ({
  refused: { problem, detail, ...(parameter === undefined ? {} : { members: { parameter } }) },
});

export const askedOf = (
  { accounting }: Pick<Engine, "accounting">,
  {
    entity,
    currency,
    from,
    to,
    asOf,
    within,
    measure,
  }: Omit<ReportQuery, "name" | "report" | "cell" | "knownAt" | "account">,
  now: number,
): Asked => ({
  entity,
  currency,
  from,
  to,
  asOf: asOf ?? localDay(now, (accounting ?? usualAccounting).timeZone),
  within: within ?? usualWithin,
  measure: measure ?? "transaction",
  rules: accounting ?? usualAccounting,
});

export const bookReport = (engine: Engine, query: ReportQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const report = reportNamed(query.report)!;
    yield* engine.fold;
    const entities = entitiesOf(engine.accounting ?? usualAccounting, engine.systems.keys());
    if (query.entity !== null && !entities.includes(query.entity))
      return refused(
        "bad-parameter",
        `entity: there is no legal entity ${JSON.stringify(query.entity)}; there are ${entities.join(", ")}`,
        "entity",
      );
    const party = query.account === null ? null : yield* resolve(engine, query.account);
    if (query.account !== null && party === null)
      return refused(
        "bad-parameter",
        `account: no account, party or object is known as ${JSON.stringify(query.account)}`,
        "account",
      );
    const now = query.knownAt ?? Math.max(engine.core.now, yield* Clock.currentTimeMillis);
    const asked = askedOf(engine, query, now);
    let rates: ReadonlyArray<ExchangeRate> = [];
    const running = new Running(report, asked, query.cell, () => rates);
    const turn = slicing();
    let seq = engine.core.position;
    let untied: string | null;
    if (query.knownAt !== null) {
      const past = yield* pastOf(engine, query.knownAt, party);
      if ("refused" in past) return refused(past.refused, past.detail);
      seq = past.position;
      rates = past.rates;
      untied = yield* runOver(running, past.roots, past.booksOf, turn);
    } else {
      rates = ratesIn(engine.core);
      const shelf = shelfOf(engine);
      shelf.refresh();
      const booksOf = (root: string): Effect.Effect<AccountBooks, StoreError> => shelf.ledgerOf(root);
      untied =
        party === null
          ? yield* overAll(engine, running, booksOf, turn)
          : yield* runOver(running, [engine.core.root(party)], booksOf, turn);
    }
    if (untied !== null) return refused("report-untied", `${report.name}: ${untied}`);
    return query.cell === null
      ? tableJson(engine, report, running, asked, query, seq)
      : cellJson(running, query, report);
  });

/** Page by page, so that no list of them is held. */
const overAll = (
  engine: Engine,
  running: Running,
  booksOf: (root: string) => Effect.Effect<AccountBooks, StoreError>,
  turn: () => Effect.Effect<void>,
): Effect.Effect<string | null, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    // A store that cannot write can still be read, as of its last snapshot.
    yield* Effect.ignore(engine.snapshot);
    for (let after: string | null = null; ; ) {
      const rows: ReadonlyArray<{ readonly id: string; readonly body: string | null }> = yield* snapshots.accounts({
        after,
        stage: null,
        sync: null,
        limit: rowsAtOnce,
      });
      const roots = rows.flatMap(({ body }) => {
        const root = body === null ? null : (JSON.parse(body) as { readonly root: string }).root;
        return root === null || core.root(root) !== root ? [] : [root];
      });
      const untied = yield* runOver(running, roots, booksOf, turn);
      if (untied !== null) return untied;
      if (rows.length < rowsAtOnce) return null;
      after = rows.at(-1)!.id;
    }
  });

const pathOf = (report: Report, query: ReportQuery, row: Readonly<Record<string, Json>>): string => {
  const search = new URLSearchParams();
  for (const name of report.parameters) {
    if (report.key.includes(name)) continue;
    const value = query[name];
    if (value !== null) search.set(name, name === "knownAt" ? new Date(value as number).toISOString() : String(value));
  }
  for (const name of report.key) search.set(name, row[name] === null ? "" : String(row[name]));
  return `/v1/reports/${report.name}/entries?${search}`;
};

const tableJson = (
  engine: Engine,
  report: Report,
  running: Running,
  asked: Asked,
  query: ReportQuery,
  seq: number,
): Json => {
  const { columns, rows } = report.table(running.sums, asked);
  const { policy } = engine.core.surroundings;
  const { basis, owner } = ownedBy(report.word, policy, engine.accounting ?? usualAccounting);
  return {
    report: report.name,
    title: report.title,
    basis,
    owner,
    asOf: asked.asOf,
    knownAt: query.knownAt,
    columns: [...columns],
    rows: rows.map(
      (row) => ({ ...row, entries: pathOf(report, query, row as Readonly<Record<string, Json>>) }) as Json,
    ),
    unstated: {
      total: running.leftOut,
      moneyMinor: Object.fromEntries([...running.leftOutMinor].sort()),
      items: running.unstated as unknown as Json,
    },
    notes: [...running.notes],
    accounts: running.accounts,
    seq,
  };
};

const cellJson = (running: Running, query: ReportQuery, report: Report): Json => ({
  report: report.name,
  column: query.cell!.column,
  row: query.cell!.row,
  amountMinor: running.cellMinor,
  total: running.partCount,
  items: running.parts as unknown as Json,
});
