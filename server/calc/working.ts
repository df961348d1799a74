/** The working of a calculation, for people to read: every step, how it was counted, where it was rounded, and the sum. *Pure.* */
import type { ProrateAnswer } from "../../domain/contract/prorate.ts";
import { toDecimal } from "../../domain/money.ts";
import type { RateAnswer, RateInput } from "../../domain/rating/calculate.ts";
import type { CalculatorName } from "../../domain/reports/calculate.ts";
import type { MovementRow, MrrAnswer } from "../../domain/reports/recurring.ts";
import type { Allocated } from "../../domain/revenue/allocate.ts";
import type { Modified } from "../../domain/revenue/modify.ts";
import type { Schedule } from "../../domain/revenue/schedule.ts";
import { rateText } from "./rate-working.ts";
import { figure, paragraphs, table, word } from "./table.ts";

const prorateText = ({ currency, convention, rounding, net, lines }: ProrateAnswer): string => {
  const unit = lines[0]?.unit ?? "days";
  const rows = lines.map(({ label, from, to, part, of, share, whole, exact, amountMinor }) => [
    label,
    from,
    to,
    part,
    of,
    share,
    whole,
    exact,
    toDecimal(amountMinor, currency),
  ]);
  const heads = [word("line"), word("from"), word("to"), figure(unit), figure("of"), figure("share")];
  const total = [["total", null, null, null, null, null, null, null, net]];
  return paragraphs([
    table([...heads, figure("whole"), figure("exact"), figure(currency)], rows, total),
    unit === "seconds"
      ? "real seconds: a day of a clock change counts for what it lasts"
      : `days counted ${convention}, \`to\` is the day after the last`,
    rounding === "largest_remainder"
      ? "split by largest remainder, so that the parts sum to the whole"
      : `each line rounded ${rounding}, once, at its end`,
  ]);
};

const scheduleText = ({ currency, totalMinor, scheduledMinor, residue, entries }: Schedule): string => {
  const amount = (minor: number): string => toDecimal(minor, currency);
  const rows = entries.map(({ from, to, date, period, share, amountMinor, recognizedMinor, remainingMinor }) => [
    from,
    to,
    date,
    period,
    share,
    amount(amountMinor),
    amount(recognizedMinor),
    amount(remainingMinor),
  ]);
  const heads = [word("from"), word("to"), word("effective"), word("period"), figure("share"), figure(currency)];
  const left = totalMinor - scheduledMinor;
  return paragraphs([
    table([...heads, figure("earned"), figure("deferred")], rows, [
      ["total", null, null, null, null, amount(scheduledMinor)],
    ]),
    residueText[residue],
    left === 0 ? null : `not scheduled yet: ${amount(left)} of ${amount(totalMinor)} ${currency}`,
    entries.flatMap(({ late }) => (late === null ? [] : [late.reason])).join("\n"),
  ]);
};
const residueText: Readonly<Record<Schedule["residue"], string>> = {
  cumulative: "what is earned to date is rounded half_up, and an entry is the difference to the one before",
  last: "each entry is rounded half_up, and the rest is in the last",
  first: "each entry is rounded half_up, and the rest is in the first",
  truncate: "each entry is cut to the minor unit, and the rest is in the last of the greatest",
  largest_remainder: "the largest remainders are rounded up",
};

const allocateText = ({ currency, priceMinor, sspMinor, lines }: Allocated): string => {
  const amount = (minor: number): string => toDecimal(minor, currency);
  const rows = lines.map(({ id, sspMinor: ssp, share, beforeDiscountsMinor, discountsMinor, amount: gets }) => [
    id,
    amount(ssp),
    share ?? "residual",
    amount(beforeDiscountsMinor),
    discountsMinor === 0 ? null : `-${amount(discountsMinor)}`,
    gets,
  ]);
  const heads = [word("obligation"), figure("standalone"), figure("share"), figure("before discounts")];
  return paragraphs([
    table([...heads, figure("own discounts"), figure(currency)], rows, [
      ["total", amount(sspMinor), null, null, null, amount(priceMinor)],
    ]),
    "by standalone prices; the largest remainders are rounded up, so that the parts sum to the price",
  ]);
};

const treatmentText: Readonly<Record<Modified["treatment"], string>> = {
  separate: "a separate contract: what is added is distinct, at its standalone price",
  prospective: "prospective: the rest of the old and the new together, from now on",
  catch_up: "cumulative catch-up: what was earned so far is put right on the day of the change",
};
const modifyText = ({ currency, treatment, total, lines, ...sums }: Modified): string => {
  const amount = (minor: number): string => toDecimal(minor, currency);
  const rows = lines.map(({ label, units, perUnit, exact, amountMinor }) => [
    label,
    units,
    perUnit,
    exact,
    amount(amountMinor),
  ]);
  return paragraphs([
    treatmentText[treatment],
    table([word("step"), figure("units"), figure("per unit"), figure("exact"), figure(currency)], rows),
    table(
      [word("revenue"), figure(currency)],
      [
        ["before the change", amount(sums.recognizedBeforeMinor)],
        ["on the day of the change", amount(sums.adjustmentMinor)],
        ["still to be earned", amount(sums.remainingMinor)],
      ],
      [["total", total]],
    ),
  ]);
};

const movements = ["newMinor", "expansionMinor", "contractionMinor", "churnMinor", "reactivationMinor"] as const;
const movementText = (rows: ReadonlyArray<MovementRow>, currency: string): string => {
  const amount = (minor: number): string => toDecimal(minor, currency);
  const percent = (share: string | null): string | null => (share === null ? null : `${share} %`);
  return table(
    [
      word("month"),
      figure("start"),
      ...movements.map((name) => figure(name.replace("Minor", ""))),
      figure("end"),
      figure("net retention"),
      figure("gross"),
    ],
    rows.map((row) => [
      row.month,
      amount(row.startMinor),
      ...movements.map((name) => amount(row[name])),
      amount(row.endMinor),
      percent(row.nrrPercent),
      percent(row.grrPercent),
    ]),
  );
};
const mrrText = ({ currency, recurring, lines, movement }: MrrAnswer): string =>
  paragraphs([
    recurring === null
      ? null
      : table(
          [word("price"), figure("quantity"), word("for"), figure("a month"), word("")],
          lines.map(({ price, quantity, per, monthly, counted }) => [
            price,
            quantity,
            per,
            monthly,
            counted ? null : "left out",
          ]),
          [
            ["MRR", null, null, recurring.mrr, currency],
            ["ARR", null, null, recurring.arr, currency],
          ],
        ),
    movement.length === 0 ? null : movementText(movement, currency),
  ]);

/** `answer` is what `calculate` gave this calculator for `input`. */
export const workingOf = (name: CalculatorName, input: unknown, answer: unknown): string => {
  switch (name) {
    case "rate":
      return rateText(input as RateInput, answer as RateAnswer);
    case "prorate":
      return prorateText(answer as ProrateAnswer);
    case "schedule":
      return scheduleText(answer as Schedule);
    case "allocate":
      return allocateText(answer as Allocated);
    case "modify":
      return modifyText(answer as Modified);
    case "mrr":
      return mrrText(answer as MrrAnswer);
  }
};
