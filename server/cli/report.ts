/** `tieout report`: a report of the revenue books, as a table, CSV or JSON. Exit 1 where its figures do not tie. */
import { reportNamed, reports } from "../../domain/books/reports/all.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { csv, type Row } from "../../domain/reports/csv.ts";
import { refusedOf } from "../explain/routes.ts";
import { BadParameter } from "../http/parameters.ts";
import { questionOf } from "../reports/routes.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { askData } from "./question.ts";
import { settings } from "./settings.ts";

/** Option → parameter of the route. */
const parameters = {
  entity: "entity",
  currency: "currency",
  account: "account",
  from: "from",
  to: "to",
  "as-of": "asOf",
  "known-at": "knownAt",
  within: "within",
  measure: "measure",
} as const;

interface Answer {
  readonly title: string;
  readonly basis: string;
  readonly owner: string;
  readonly asOf: string;
  readonly columns: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<Row>;
  readonly unstated: {
    readonly total: number;
    readonly moneyMinor: Readonly<Record<string, number>>;
    readonly items: ReadonlyArray<{ readonly about: string; readonly reason: string }>;
  };
  readonly notes: ReadonlyArray<string>;
}

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const name = textOf(values, "NAME");
  const report = name === null ? undefined : reportNamed(name);
  if (report === undefined)
    throw new UsageError(
      `${name === null ? "which report?" : `there is no report ${JSON.stringify(name)};`} one of ${reports.map((each) => each.name).join(", ")}`,
    );
  if (values["json"] === true && values["csv"] === true) throw new UsageError("--json or --csv, and not both");
  const search = new URLSearchParams();
  for (const [option, parameter] of Object.entries(parameters)) {
    const text = textOf(values, option);
    if (text !== null) search.set(parameter, text);
  }
  let query: ReturnType<typeof questionOf>;
  try {
    query = questionOf(report, search);
  } catch (bad) {
    throw bad instanceof BadParameter ? new UsageError(bad.message) : bad;
  }
  const answer: Json = await askData(await settings(values), { ...query, cell: null });
  const refused = refusedOf(answer);
  if (refused !== null) throw new Failure(refused.detail);
  const told = answer as unknown as Answer;
  if (values["json"] === true) process.stdout.write(`${canonical(answer)}\n`);
  else if (values["csv"] === true) {
    const rows = told.rows.map((row) => ({ ...row, basis: told.basis, owner: told.owner }));
    process.stdout.write(csv(rows, [...told.columns, "basis", "owner"]));
  } else process.stdout.write(`${text(told)}\n`);
  // What the figures leave out is told also where standard output is a table for a machine.
  for (const { about, reason } of told.unstated.items) console.error(`left out: ${about}: ${reason}`);
  return 0;
};

const text = ({ title, basis, owner, asOf, columns, rows, unstated, notes }: Answer): string => {
  const cells = [columns, ...rows.map((row) => columns.map((name) => (row[name] == null ? "" : String(row[name]))))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)));
  const isAmount = columns.map((name) => rows.length > 0 && rows.every((row) => typeof row[name] === "number"));
  const lines = cells.map((row) =>
    row
      .map((cell, at) => (isAmount[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd(),
  );
  const left = Object.entries(unstated.moneyMinor).map(([currency, minor]) => `${minor} ${currency}`);
  return [
    `${title} as of ${asOf}, in minor units; ${basis}, the word is ${owner}'s`,
    ...lines,
    ...(unstated.total === 0
      ? []
      : [`left out: ${unstated.total} (${left.join(", ") || "no money is known of them"})`]),
    ...notes,
  ].join("\n");
};
