/** The working of a rating: tier by tier, with minimum and maximum, rounding, credits, shares and re-rating. *Pure.* */
import { toDecimal } from "../../domain/money.ts";
import type { RateAnswer, RateInput } from "../../domain/rating/calculate.ts";
import type { DrawDown } from "../../domain/rating/credits.ts";
import type { Rated } from "../../domain/rating/rate.ts";
import { parse, toText } from "../../domain/rating/rational.ts";
import { type Cell, figure, paragraphs, table, word } from "./table.ts";

type Usage = Extract<RateAnswer, { deltas: unknown }>;

const stepHeads = [word("step"), figure("quantity"), figure("unit price"), figure("exact")];
const stepRows = ({ currency, lines }: Rated): ReadonlyArray<ReadonlyArray<Cell>> =>
  lines.map(({ label, quantity, unitPrice, exact, amountMinor }) => [
    label,
    quantity,
    unitPrice,
    exact,
    toDecimal(amountMinor, currency),
  ]);

/** How the exact sum became the amount; nothing to say where it already was one. */
const roundedText = ({ exact, amount, rounding }: Rated): string | null =>
  toText(parse(amount)) === exact ? null : `rounded ${rounding}, once, at the end of the line: ${exact} to ${amount}`;

const ratedText = (rated: Rated): string =>
  paragraphs([
    table([...stepHeads, figure(rated.currency)], stepRows(rated), [
      ["total", rated.quantity, null, rated.exact, rated.amount],
    ]),
    roundedText(rated),
  ]);

const creditsText = ({ lines, drawn, due, expired }: DrawDown, currency: string): string => {
  const amount = (minor: number): string => toDecimal(minor, currency);
  const rows = lines.map((line) => [line.grant, amount(line.drawn), amount(line.left)]);
  const gone = expired.map(({ grant, left }) => `${grant} had ${amount(left)} left when it expired`);
  return paragraphs([
    table([word("credit"), figure("drawn"), figure("left")], rows, [["total", amount(drawn), null]]),
    `due after credits: ${amount(due)} ${currency}`,
    gone.join("\n"),
  ]);
};

const usageText = ({ currency, lines, total, ...rest }: Usage): string => {
  const rows = lines.flatMap(
    ({ period, from, version, uses, rated }): ReadonlyArray<ReadonlyArray<Cell>> => [
      [period, from, version, uses === 1 ? "1 use" : `${uses} uses`, rated.quantity, null, rated.exact, rated.amount],
      ...stepRows(rated).map((row) => [null, null, null, `  ${row[0]}`, ...row.slice(1)]),
    ],
  );
  const deltas = rest.deltas.map(({ period, wasMinor, nowMinor, delta }) => [
    period,
    toDecimal(wasMinor, currency),
    toDecimal(nowMinor, currency),
    delta,
  ]);
  const unpriced = rest.unpriced.map(({ id, quantity }) => `${id}: ${quantity}, and no version was in force`);
  const said = (what: string, ids: ReadonlyArray<string>): string | null =>
    ids.length === 0 ? null : `${what}: ${ids.join(", ")}`;
  return paragraphs([
    table([word("period"), word("from"), figure("version"), ...stepHeads, figure(currency)], rows, [
      ["total", null, null, null, null, null, null, total],
    ]),
    lines.map(({ rated }) => roundedText(rated)).find((text) => text !== null) === undefined
      ? null
      : "each line is rounded once, at its end; its steps are rounded together, so that they sum to it",
    deltas.length === 0
      ? null
      : table([word("re-rated period"), figure("was"), figure("is now"), figure("difference")], deltas),
    rest.duplicates === 0 ? null : `repeated, and counted once: ${rest.duplicates}`,
    said(
      "one id with two contents, or two corrections that nothing orders; the smallest encoding was taken",
      rest.conflicts,
    ),
    said("corrections of what is not there; not counted", rest.orphans),
    unpriced.length === 0 ? null : `not priced:\n  ${unpriced.join("\n  ")}`,
  ]);
};

/** What the charge takes off before it looks up a price. */
const includedText = (input: RateInput): string | null =>
  "charge" in input && input.charge.included !== undefined
    ? `${toText(parse(input.charge.included))} units are included, and come off before the price is looked up`
    : null;

export const rateText = (input: RateInput, answer: RateAnswer): string => {
  if ("deltas" in answer) return usageText(answer);
  const included = includedText(input);
  if ("shares" in answer) {
    const { rated, shares } = answer;
    const rows = shares.map(({ entity, quantity, amount }) => [entity, quantity, amount]);
    const total = [["total", rated.quantity, rated.amount]];
    return paragraphs([
      ratedText(rated),
      included,
      table([word("shared by use"), figure("quantity"), figure(rated.currency)], rows, total),
    ]);
  }
  return paragraphs([
    ratedText(answer),
    included,
    answer.credits ? creditsText(answer.credits, answer.currency) : null,
  ]);
};
