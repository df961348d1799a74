/**
 * What of a party's agreements is to be charged: the lines of approved batches, charge by charge, and the records that they come to.
 * Everything approved by the time that a charge is due is one record; each later line is a record of its own. *Pure* but for its own maps.
 */
import { canonical, type Json } from "../canonical.ts";
import { sumMinor } from "../money.ts";
import { add, parse, toText, zero } from "../rating/rational.ts";
import { addTaxes, type BatchLine, type Billed, billedOf, chargeIdOf, type TaxAmount, taxOf } from "./billed.ts";
import type { UsageApproved } from "./note.ts";

type Own = Omit<BatchLine, keyof Billed> & {
  readonly batch: string;
  /** Journal time at which it was taken in. Epoch ms. */
  readonly at: number;
};

export interface Charge {
  readonly billed: Billed;
  /** Epoch ms. */
  readonly dueAt: number;
  /** In the order of the journal. */
  readonly lines: ReadonlyArray<Own>;
}

/** One invoice-ready record: an aggregate, without any single use. Amounts in minor units, without tax. */
export interface ChargeRecord {
  /** The first line of it, from 0: tells the records of a charge apart. */
  readonly index: number;
  readonly batches: ReadonlyArray<string>;
  readonly quantity: string;
  readonly amountMinor: number;
  readonly taxes: ReadonlyArray<TaxAmount>;
  readonly taxMinor: number;
  /** Noon, UTC, of the last day of its period; of a period that is not over, when it was taken in. Epoch ms. */
  readonly effectiveAt: number;
}

const noonMs = 43_200_000;

const recordOf = ({ billed }: Charge, index: number, lines: ReadonlyArray<Own>): ChargeRecord => {
  const taxes = lines.reduce<ReadonlyArray<TaxAmount>>((sum, line) => addTaxes(sum, line.taxes, 1), []);
  return {
    index,
    batches: lines.map(({ batch }) => batch),
    quantity: toText(lines.reduce((sum, { quantity }) => add(sum, parse(quantity)), zero)),
    amountMinor: sumMinor(lines.map(({ amountMinor }) => amountMinor)),
    taxes,
    taxMinor: taxOf(taxes),
    effectiveAt: Math.min(Date.parse(billed.periodEnd) - noonMs, lines.at(-1)!.at),
  };
};

/** What comes to no money is none. The first of them is the one that the others correct. */
export const recordsOf = (charge: Charge): ReadonlyArray<ChargeRecord> => {
  const { dueAt, lines } = charge;
  const early = lines.filter(({ at }) => at < dueAt);
  const first = early.length > 0 ? early : lines.slice(0, 1);
  return [
    recordOf(charge, 0, first),
    ...lines.slice(first.length).map((line, index) => recordOf(charge, first.length + index, [line])),
  ].filter(({ amountMinor, taxMinor }) => amountMinor !== 0 || taxMinor !== 0);
};

const chargeCell = "charge/";
const dueCell = "charges-due";
export const isChargeCell = (name: string): boolean => name.startsWith(chargeCell) || name === dueCell;

export class Charges {
  private readonly all = new Map<string, Charge>();
  /** Those that are not due yet, by when they are. */
  private readonly waiting = new Map<string, number>();
  /** Everything due by then is. Epoch ms; -1: nothing. */
  private due = -1;

  get isEmpty(): boolean {
    return this.all.size === 0;
  }
  get ids(): Iterable<string> {
    return this.all.keys();
  }
  get(id: string): Charge | undefined {
    return this.all.get(id);
  }
  isDue(id: string): boolean {
    return !this.waiting.has(id);
  }
  /** Something is to go out. */
  get isOwed(): boolean {
    return this.all.size > this.waiting.size;
  }
  get nextDue(): number | null {
    return this.waiting.size === 0 ? null : Math.min(...this.waiting.values());
  }

  /** The ids of the charges that changed. `at`: journal time, epoch ms. */
  take({ batch, lines }: UsageApproved, at: number): ReadonlyArray<string> {
    const changed: string[] = [];
    for (const { dueAt, ...line } of lines) {
      const id = chargeIdOf(line);
      const known = this.all.get(id);
      if (known?.lines.some((one) => one.batch === batch)) continue;
      const { quantity, quantityToDate, amountMinor, ratedToDateMinor, taxes, taxMinor } = line;
      const { versions, basis, corrects, reason } = line;
      const own: Own = {
        ...{ batch, at, quantity, quantityToDate, amountMinor, ratedToDateMinor, taxes, taxMinor },
        ...{ versions, basis, corrects, reason },
      };
      if (known === undefined) this.put(id, { billed: billedOf(line), dueAt, lines: [own] });
      else this.all.set(id, { ...known, lines: [...known.lines, own] });
      changed.push(id);
    }
    return changed;
  }

  private put(id: string, charge: Charge): void {
    this.all.set(id, charge);
    if (charge.dueAt > this.due) this.waiting.set(id, charge.dueAt);
  }

  /** Time has passed: the charges that are due now and were not before. */
  reach(now: number): ReadonlyArray<string> {
    if (this.waiting.size === 0) return [];
    const reached = [...this.waiting].filter(([, at]) => at <= now);
    for (const [id, at] of reached) {
      this.waiting.delete(id);
      this.due = Math.max(this.due, at);
    }
    return reached.map(([id]) => id);
  }

  /** With the batches that brought them, in the order of the journal. */
  *lines(): Iterable<{ readonly batch: string; readonly line: BatchLine }> {
    for (const { billed, lines } of this.all.values())
      for (const { batch, at: _, ...own } of lines) yield { batch, line: { ...billed, ...own } };
  }

  // ---------------------------------------------------------------- cells

  get cellNames(): ReadonlyArray<string> {
    if (this.all.size === 0) return [];
    return [...[...this.all.keys()].map((id) => `${chargeCell}${id}`), ...(this.due < 0 ? [] : [dueCell])];
  }

  cell(name: string): string | null {
    if (name === dueCell) return this.due < 0 ? null : canonical(this.due);
    const charge = this.all.get(name.slice(chargeCell.length));
    return charge === undefined ? null : canonical(charge as unknown as Json);
  }

  restore(name: string, body: string): void {
    if (name !== dueCell) {
      this.put(name.slice(chargeCell.length), JSON.parse(body) as Charge);
      return;
    }
    this.due = JSON.parse(body) as number;
    for (const [id, at] of this.waiting) if (at <= this.due) this.waiting.delete(id);
  }
}

/** Its subject within the party, as a source of documents. */
export const chargeSubject = (id: string): string => `${chargeCell}${id}`;
export const chargeIn = (subject: string): string => subject.slice(chargeCell.length);
export const chargesDue = dueCell;
