/** The routes of the reports: what may be asked of each, JSON or CSV, the parts of a cell, and revenue schedules. */
import type { Context, Hono } from "hono";
import { reportNamed, reports } from "../../domain/books/reports/all.ts";
import { measures, type Report } from "../../domain/books/reports/report.ts";
import { isDay } from "../../domain/calendar/day.ts";
import type { Json } from "../../domain/canonical.ts";
import { exponentOf } from "../../domain/money.ts";
import { isPeriod } from "../../domain/periods.ts";
import { csv, type Row } from "../../domain/reports/csv.ts";
import { securityHeaders } from "../access/headers.ts";
import { refusedOf } from "../explain/routes.ts";
import type { ReportQuery } from "../host/host.ts";
import type { Ask, Told } from "../http/ask.ts";
import { pageOfAccount } from "../http/ask.ts";
import { among, BadParameter, instantOf, listParameters, noParameters, only } from "../http/parameters.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import { routePath } from "../openapi/operation.ts";
import { describeParameter, reportPaths } from "./operations.ts";
import { schedulePlace } from "./schedules.ts";

const listed = {
  items: reports.map(({ name, title, what, word, key, parameters }) => ({
    name,
    title,
    what,
    word,
    key: [...key],
    parameters: parameters.map((one) => ({ name: one, description: describeParameter(one) })),
  })),
};

const one = (search: URLSearchParams, name: string, fits: (text: string) => boolean, form: string): string | null => {
  const text = search.get(name);
  if (text === null || fits(text)) return text;
  throw new BadParameter(name, `${name} is ${form}, and not ${JSON.stringify(text)}`);
};

const withinOf = (search: URLSearchParams): number | null => {
  const text = one(search, "within", (days) => /^\d{1,4}$/.test(days) && Number(days) > 0, "a whole number of days");
  return text === null ? null : Number(text);
};

/** `beside`: further names that are known. */
export const questionOf = (
  report: Report,
  search: URLSearchParams,
  beside: ReadonlyArray<string> = [],
): Omit<ReportQuery, "cell"> => {
  only(search, [...new Set([...report.parameters, ...beside])]);
  const text = (name: string): string | null => one(search, name, (value) => value.trim() !== "", "not empty");
  const month = (name: string): string | null => one(search, name, isPeriod, "a month such as 2026-01");
  const [from, to] = [month("from"), month("to")];
  if (from !== null && to !== null && from > to) throw new BadParameter("to", `to is before from: ${to} and ${from}`);
  return {
    name: "books",
    report: report.name,
    entity: text("entity"),
    currency: one(search, "currency", (code) => exponentOf(code) !== null, "an ISO 4217 code such as USD"),
    account: text("account"),
    from,
    to,
    asOf: one(search, "asOf", isDay, "a date such as 2026-01-31"),
    knownAt: instantOf(search, "knownAt"),
    within: withinOf(search),
    measure: among("measure", search.get("measure"), measures),
  };
};

const cellOf = (report: Report, search: URLSearchParams): NonNullable<ReportQuery["cell"]> => {
  const column = search.get("column");
  if (column === null || column === "") throw new BadParameter("column", "column is missing: which cell of the row?");
  const row = Object.fromEntries(
    report.key.flatMap((name) => (search.has(name) ? [[name, search.get(name) === "" ? null : search.get(name)]] : [])),
  );
  return { row, column };
};

const asCsv = (accept: string | undefined): boolean => /\btext\/csv\b/.test(accept ?? "");

interface Answered {
  readonly report: string;
  readonly basis: string;
  readonly owner: string;
  readonly columns: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<Row>;
  readonly unstated: { readonly total: number; readonly moneyMinor: Readonly<Record<string, number>> };
}

/** What the figures leave out stands in a header, since a table has no place for it. */
const csvOf = ({ report, basis, owner, columns, rows, unstated }: Answered): Told => ({
  text: csv(
    rows.map((row) => ({ ...row, basis, owner })),
    [...columns, "basis", "owner"],
  ),
  headers: {
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": `attachment; filename="${report}.csv"`,
    "tieout-unstated": JSON.stringify({ total: unstated.total, moneyMinor: unstated.moneyMinor }),
  },
});

type Handler = (c: Context) => Response | Promise<Response>;

export const registerReports = (app: Hono, ask: Ask): void => {
  const of = (c: Context): Report => reportNamed(c.req.param("name") ?? "")!;
  const known =
    (handler: Handler): Handler =>
    (c) => {
      if (of(c) !== undefined) return handler(c);
      const names = reports.map(({ name }) => name);
      const detail = `no report is named ${JSON.stringify(c.req.param("name"))}: there are ${names.join(", ")}`;
      return problem("no-such-report", detail, requestIdOf(c.req.header("x-request-id")), {
        members: { reports: names },
      });
    };
  // The same for everybody, and nothing of the engine's.
  app.get(reportPaths.all, (c) =>
    Response.json(listed, {
      headers: { ...securityHeaders, "x-request-id": requestIdOf(c.req.header("x-request-id")) },
    }),
  );
  app.get(
    routePath(reportPaths.one),
    known(
      ask(
        (c, search) => ({ ...questionOf(of(c), search), cell: null }),
        (answer, c) => {
          const refused = refusedOf(answer);
          if (refused !== null) return refused;
          return asCsv(c.req.header("accept")) ? csvOf(answer as unknown as Answered) : { body: answer };
        },
      ),
    ),
  );
  app.get(
    routePath(reportPaths.entries),
    known(
      ask(
        (c, search) => {
          const report = of(c);
          return { ...questionOf(report, search, [...report.key, "column"]), cell: cellOf(report, search) };
        },
        (answer) => refusedOf(answer) ?? { body: answer },
      ),
    ),
  );
  app.get(
    reportPaths.schedules,
    ask((_, search) => {
      const { filters, limit, cursor } = listParameters(search, ["account"], (text) => schedulePlace(text) !== null);
      return { name: "revenueSchedules", account: filters["account"] ?? null, limit, cursor };
    }, pageOfAccount),
  );
  app.get(
    routePath(reportPaths.schedule),
    ask(
      (c, search) => {
        noParameters(search);
        return { name: "revenueSchedule", id: c.req.param("id") ?? "" };
      },
      (answered) => {
        const { found, help } = answered as { readonly found?: Json; readonly help?: string };
        return found === undefined
          ? { problem: "no-such-object", detail: help ?? "there is no such line" }
          : { body: found };
      },
    ),
  );
};
