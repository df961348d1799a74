/** Rated use in the books: what has its price and no invoice yet is earned as it was used. *Pure.* */
import { toDecimal } from "../money.ts";
import type { Party } from "../party.ts";
import type { UsageItem } from "../reports/flow.ts";
import { tell } from "../revenue/tell.ts";
import type { BookEntry } from "./entry.ts";
import type { ScheduledLine } from "./invoice.ts";
import { isUnbilled, type RatedLine } from "./rated.ts";
import { refusal, type Unstated } from "./unstated.ts";

export const usageOf = (
  { id, party, meter, currency, state, amountMinor, reason }: RatedLine,
  account: string,
): UsageItem => ({
  id,
  account: party === null ? null : account,
  meter,
  currency,
  reached: state,
  valueMinor: amountMinor,
  ...(reason === undefined ? {} : { reason }),
});

/** What was used, has its price, and is on no invoice: earned day by day, an unbilled receivable until it is billed. */
export const unbilledUse = (
  rated: ReadonlyArray<RatedLine>,
  billed: ReadonlyArray<ScheduledLine>,
  parties: ReadonlyArray<Party>,
  unstated: Unstated[],
): { readonly entries: ReadonlyArray<BookEntry>; readonly lines: ReadonlyArray<ScheduledLine> } => {
  const entries: BookEntry[] = [];
  const lines: ScheduledLine[] = [];
  for (const line of rated) {
    const { id, entity, currency, amountMinor, product, agreement, from, to, jurisdiction } = line;
    if (!isUnbilled(line) || amountMinor === null || amountMinor === 0) continue;
    const onInvoice = billed.some(
      ({ contract, product: sold, recognition }) =>
        contract === agreement &&
        sold === product &&
        "from" in recognition &&
        recognition.from < to &&
        recognition.to > from,
    );
    if (onInvoice) continue;
    const party = line.party ?? parties[0]?.id ?? "";
    try {
      const recognition = from < to ? ({ method: "day", from, to } as const) : ({ method: "point", on: from } as const);
      const dimensions = {
        ...(product === null ? {} : { product }),
        ...(agreement === null ? {} : { contract: agreement }),
      };
      const amount = toDecimal(amountMinor, currency);
      const told = tell({ id, entity, currency, acts: [], lines: [{ id, amount, recognition, dimensions }] });
      const about = `usage/${id}`;
      for (const entry of told.entries) entries.push({ ...entry, party, about, corrects: null });
      const common = { id, party, product, entity, jurisdiction, currency, invoice: null, contract: agreement };
      lines.push({ ...common, amountMinor, billedMinor: 0, recognition, booked: told.lines[0]!.booked });
    } catch (error) {
      unstated.push({ about: id, reason: refusal(error), entity, currency, amountMinor });
    }
  }
  return { entries, lines };
};
