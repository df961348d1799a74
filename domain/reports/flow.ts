/**
 * From booking to revenue, and from raw use to posting: what went in, what came out, and what stays where for which reason. *Pure.*
 */
import { effectOf, type JournalEntry } from "../accounting/entry.ts";
import { type Day, type Month, monthOf } from "../calendar/day.ts";
import { sumMinor } from "../money.ts";
import { periodsOf, type Scope, scoped } from "./revenue.ts";

/** The value of a contract when it was signed, or what an amendment added or took away. */
export interface Booking {
  readonly id: string;
  readonly on: Day;
  readonly entity: string;
  readonly currency: string;
  readonly amountMinor: number;
}

export interface FlowRow {
  readonly period: Month;
  readonly bookedMinor: number;
  /** Net of tax, less credit notes, voids and write-offs. */
  readonly billedMinor: number;
  /** Revenue less its contra accounts. */
  readonly recognizedMinor: number;
  /** Booked and not billed, billed and not recognized: to date. */
  readonly backlogMinor: number;
  readonly unrecognizedMinor: number;
}

const contra = new Set(["Refunds", "Voids", "CreditNotes", "Disputes", "Discounts"]);
const takesBack = new Set(["credit_note", "void"]);

export const bookingsToRevenue = (
  bookings: ReadonlyArray<Booking>,
  all: ReadonlyArray<JournalEntry>,
  scope: Scope,
): ReadonlyArray<FlowRow> => {
  const entries = scoped(all, scope);
  const own = bookings.filter(({ entity, currency }) => entity === scope.entity && currency === scope.currency);
  const periods = [...new Set([...periodsOf(entries), ...own.map(({ on }) => monthOf(on))])].sort();
  let [backlogMinor, unrecognizedMinor] = [0, 0];
  return periods.map((period) => {
    const inside = entries.filter((entry) => entry.period === period);
    const bookedMinor = sumMinor(own.filter(({ on }) => monthOf(on) === period).map(({ amountMinor }) => amountMinor));
    const billedMinor = sumMinor(
      inside
        .filter(({ kind }) => kind === "invoice" || kind === "debit_note" || takesBack.has(kind))
        .flatMap(({ lines }) =>
          lines.map((line) =>
            line.role === "AccountsReceivable" || line.role === "TaxPayable" || line.role === "CustomerCredits"
              ? line.side === "debit"
                ? line.amountMinor
                : -line.amountMinor
              : 0,
          ),
        ),
    );
    const recognizedMinor = sumMinor(
      inside.flatMap(({ lines }) =>
        lines.map((line) => (line.role === "Revenue" ? effectOf(line) : contra.has(line.role) ? -effectOf(line) : 0)),
      ),
    );
    backlogMinor += bookedMinor - billedMinor;
    unrecognizedMinor += billedMinor - recognizedMinor;
    return { period, bookedMinor, billedMinor, recognizedMinor, backlogMinor, unrecognizedMinor };
  });
};

export const hops = ["raw", "attributed", "rated", "invoice_ready", "posted"] as const;
export type Hop = (typeof hops)[number];

/** One use, or one batch of it: how far it came, and why not further. */
export interface UsageItem {
  readonly id: string;
  readonly account: string | null;
  readonly meter: string;
  readonly currency: string;
  readonly reached: Hop;
  /** Rated, or estimated while it is not; null when nothing is known. */
  readonly valueMinor: number | null;
  readonly reason?: string;
}

export interface CheckpointRow {
  readonly hop: Hop;
  readonly currency: string;
  readonly arrived: number;
  readonly arrivedMinor: number;
  /** Went on to the next hop. */
  readonly passed: number;
  readonly passedMinor: number;
  readonly held: number;
  readonly heldMinor: number;
  /** Held here without any value: a zero that may be none. */
  readonly unvalued: number;
  readonly reasons: ReadonlyArray<string>;
}

const currenciesOf = (items: ReadonlyArray<UsageItem>): ReadonlyArray<string> =>
  [...new Set(items.map(({ currency }) => currency))].sort();
const worth = (items: ReadonlyArray<UsageItem>): number => sumMinor(items.map(({ valueMinor }) => valueMinor ?? 0));

/** At each hop: arrived = passed + held. */
export const checkpoints = (items: ReadonlyArray<UsageItem>): ReadonlyArray<CheckpointRow> =>
  currenciesOf(items).flatMap((currency) =>
    hops.map((hop, index) => {
      const own = items.filter((item) => item.currency === currency);
      const arrived = own.filter(({ reached }) => hops.indexOf(reached) >= index);
      const passed = own.filter(({ reached }) => hops.indexOf(reached) > index);
      const held = arrived.filter(({ reached }) => reached === hop);
      const last = hop === "posted";
      return {
        hop,
        currency,
        arrived: arrived.length,
        arrivedMinor: worth(arrived),
        passed: last ? arrived.length : passed.length,
        passedMinor: worth(last ? arrived : passed),
        held: last ? 0 : held.length,
        heldMinor: last ? 0 : worth(held),
        unvalued: last ? 0 : held.filter(({ valueMinor }) => valueMinor === null).length,
        reasons: last ? [] : [...new Set(held.flatMap(({ reason }) => (reason === undefined ? [] : [reason])))].sort(),
      };
    }),
  );

export interface UnbilledRow {
  readonly account: string | null;
  readonly meter: string;
  readonly currency: string;
  readonly items: number;
  readonly valueMinor: number;
  readonly unvalued: number;
}

/** What was used and is not posted, by account (null: nobody's yet), meter and currency; the greatest value first. */
export const unbilledUsage = (items: ReadonlyArray<UsageItem>): ReadonlyArray<UnbilledRow> => {
  const groups = new Map<string, UsageItem[]>();
  for (const item of items) {
    if (item.reached === "posted") continue;
    const key = JSON.stringify([item.account, item.meter, item.currency]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups]
    .map(([key, own]) => ({
      key,
      row: {
        account: own[0]!.account,
        meter: own[0]!.meter,
        currency: own[0]!.currency,
        items: own.length,
        valueMinor: worth(own),
        unvalued: own.filter(({ valueMinor }) => valueMinor === null).length,
      },
    }))
    .sort((a, b) => b.row.valueMinor - a.row.valueMinor || (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
};
