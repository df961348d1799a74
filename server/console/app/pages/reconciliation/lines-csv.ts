/** Lines as a file for a spreadsheet: one row for each currency at risk. Amounts are decimals of their currency. *Pure.* */
import { toDecimal } from "../../../../../domain/money.ts";
import { csv, type Row } from "../../../../../domain/reports/csv.ts";
import type { Line } from "./report.ts";

const columns = [
  ...["id", "leg", "status", "currency", "atRisk", "difference", "systems", "items", "matchedBy"],
  ...["since", "owner", "team", "cause", "wouldPutItRight", "account", "exception"],
];

const amount = (minor: number | undefined, currency: string): string | null =>
  minor === undefined || currency === "" ? null : toDecimal(minor, currency);

export const linesCsv = (lines: ReadonlyArray<Line>): string =>
  csv(
    lines.flatMap((line): ReadonlyArray<Row> => {
      const currencies = [...new Set([...Object.keys(line.atRiskMinor), ...Object.keys(line.differenceMinor)])].sort();
      const systems = Object.entries(line.systems);
      return (currencies.length === 0 ? [""] : currencies).map((currency) => ({
        id: line.id,
        leg: line.leg,
        status: line.status,
        currency,
        atRisk: amount(line.atRiskMinor[currency], currency),
        difference: amount(line.differenceMinor[currency], currency),
        systems: systems.map(([system]) => system).join(" "),
        items: systems.flatMap(([, { ids }]) => ids).join(" "),
        matchedBy: line.matchedBy.join(" "),
        since: line.ageFrom === null ? null : new Date(line.ageFrom).toISOString(),
        owner: line.owner.connection,
        team: line.owner.team,
        cause: line.cause,
        wouldPutItRight: line.act?.says ?? null,
        account: line.account,
        exception: line.exception,
      }));
    }),
    columns,
  );
