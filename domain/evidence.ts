/**
 * A party's evidence: one register per object, and the indexes that say which invoice a change touches.
 * Everything but the registers is derived and can be rebuilt from them. *Pure* (its maps are owned by the caller).
 */
import type { CreditNoteData, ObjectData, PaymentData, PaymentMentionData, PostingData, RefundData } from "./event.ts";
import { kindOf } from "./event.ts";
import { composed, type Orders, orderOf, subjectOfCell } from "./observation.ts";
import {
  emptyRegister,
  join,
  type Observation,
  observe,
  type Register,
  type Shown,
  type StatusOrder,
  shown,
} from "./register.ts";

/** Subjects of what this party's own documents look like in the target (`replica/<connection>:<subject>`): not source evidence. */
export const replicaPrefix = "replica/";

export class Evidence {
  /** By subject, or by `subject#field` where each field has a register of its own. */
  readonly registers = new Map<string, Register<ObjectData>>();
  private readonly fieldCells = new Map<string, Set<string>>();
  private readonly shownValues = new Map<string, Shown<ObjectData>>();
  /** Subjects whose register is ambiguous. */
  readonly ambiguous = new Set<string>();

  /** intent → payments that carry it, and mentions that carry it. */
  private readonly paymentsByIntent = new Map<string, Set<string>>();
  private readonly mentionsByIntent = new Map<string, Set<string>>();
  private readonly mentionsByPayment = new Map<string, Set<string>>();
  private readonly invoicesByPayment = new Map<string, ReadonlyArray<string>>();
  readonly payments = new Set<string>();
  readonly paymentsByInvoice = new Map<string, Set<string>>();
  /** Documents that the party has in this system, by their number. */
  readonly postingsByNumber = new Map<string, Set<string>>();
  readonly creditNotesByInvoice = new Map<string, Set<string>>();
  readonly refundsByPayment = new Map<string, Set<string>>();
  readonly disputesByPayment = new Map<string, Set<string>>();
  readonly fundsByPayment = new Map<string, Set<string>>();

  private readonly orders: Orders;
  constructor(orders: Orders) {
    this.orders = orders;
  }

  order(cell: string): StatusOrder | undefined {
    return orderOf(this.orders, cell);
  }

  /** Has anything been said of the object? */
  has(subject: string): boolean {
    return this.shownValues.has(subject);
  }

  private cellsOf(subject: string): Iterable<string> {
    return this.fieldCells.get(subject) ?? [subject];
  }

  /** Everything that is kept of an object. */
  observations(subject: string): ReadonlyArray<Observation<ObjectData>> {
    return [...this.cellsOf(subject)].flatMap((cell) => this.registers.get(cell)?.observations ?? []);
  }

  /** The observations that tie: of the registers of the object that are ambiguous. */
  doubted(subject: string): ReadonlyArray<Observation<ObjectData>> {
    return [...this.cellsOf(subject)].flatMap((cell) => {
      const register = this.registers.get(cell);
      return register && shown(this.order(cell), register)?.ambiguous ? register.observations : [];
    });
  }

  shown(subject: string): Shown<ObjectData> | undefined {
    return this.shownValues.get(subject);
  }

  /** The shown fields of an object, with the status under the `status` key as the schemas have it. */
  data<D extends ObjectData>(subject: string): D | undefined {
    return this.shownValues.get(subject)?.observation.data as D | undefined;
  }

  /** Invoices that a payment goes to, in id order. */
  invoicesOf(payment: string): ReadonlyArray<string> {
    return this.invoicesByPayment.get(payment) ?? [];
  }

  /** Join one observation. Returns the invoices whose view may have changed, or null when the register did not change. */
  observe(cell: string, observation: Observation<ObjectData>, read: boolean): Set<string> | null {
    const before = this.registers.get(cell) ?? emptyRegister;
    const after = observe(this.order(cell), before, observation, read);
    return after === before ? null : this.replace(cell, after);
  }

  /** Join a whole register (an object that was waiting for its party). */
  join(cell: string, register: Register<ObjectData>): Set<string> | null {
    const before = this.registers.get(cell) ?? emptyRegister;
    return this.replace(cell, join(this.order(cell), before, register));
  }

  /** Put a register in the place of what is there; null: nothing is said there any more. Only for corrections: it is no join. */
  reset(cell: string, register: Register<ObjectData> | null): Set<string> {
    if (register !== null) return this.replace(cell, register);
    if (!this.registers.has(cell)) return new Set();
    const subject = subjectOfCell(cell);
    const cells = this.fieldCells.get(subject);
    const others = cells !== undefined && [...cells].some((other) => other !== cell);
    // The last register of an object is emptied first, so that it leaves every index.
    const touched = others ? new Set<string>() : this.replace(cell, emptyRegister);
    this.registers.delete(cell);
    cells?.delete(cell);
    const rest = others ? [...cells!][0]! : null;
    if (rest !== null) for (const invoice of this.replace(rest, this.registers.get(rest)!)) touched.add(invoice);
    if (cells?.size === 0) this.fieldCells.delete(subject);
    return touched;
  }

  private composed(subject: string): Shown<ObjectData> {
    let ambiguous = false;
    const fields = [...this.fieldCells.get(subject)!].flatMap((cell) => {
      const field = shown(this.order(cell), this.registers.get(cell)!);
      if (field?.ambiguous) ambiguous = true;
      return field === null ? [] : [{ cell, observation: field.observation }];
    });
    return { observation: composed(subject, fields), ambiguous };
  }

  private replace(cell: string, register: Register<ObjectData>): Set<string> {
    const touched = new Set<string>();
    this.registers.set(cell, register);
    const subject = subjectOfCell(cell);
    if (cell !== subject) add(this.fieldCells, subject, cell);
    const was = this.shownValues.get(subject);
    const empty = cell !== subject && this.fieldCells.get(subject)!.size === 1 && register.observations.length === 0;
    const now = cell === subject ? shown(this.order(cell), register) : empty ? null : this.composed(subject);
    if (now) this.shownValues.set(subject, now);
    else this.shownValues.delete(subject);
    if (now?.ambiguous) this.ambiguous.add(subject);
    else this.ambiguous.delete(subject);
    if (was) this.reindex(drop, subject, was.observation.data, touched);
    if (now) this.reindex(add, subject, now.observation.data, touched);
    return touched;
  }

  /** Put what an object says into the indexes, or take it out of them: the same places either way. */
  private reindex(edit: typeof add, subject: string, data: ObjectData, touched: Set<string>): void {
    switch (kindOf(subject)) {
      case "invoice":
        touched.add(subject);
        break;
      case "posting": {
        const { number } = data as PostingData;
        if (number) edit(this.postingsByNumber, number, subject);
        break;
      }
      case "credit_note": {
        const { invoice } = data as CreditNoteData;
        edit(this.creditNotesByInvoice, invoice, subject);
        touched.add(invoice);
        break;
      }
      case "payment": {
        const { intent } = data as PaymentData;
        if (edit === add) this.payments.add(subject);
        else this.payments.delete(subject);
        if (intent) edit(this.paymentsByIntent, intent, subject);
        this.allocate(subject, edit === add ? (data as PaymentData) : undefined, touched);
        break;
      }
      case "payment_mention": {
        const { intent, payment } = data as PaymentMentionData;
        if (intent) edit(this.mentionsByIntent, intent, subject);
        if (payment) edit(this.mentionsByPayment, payment, subject);
        this.reallocate(data as PaymentMentionData, touched);
        break;
      }
      case "refund":
      case "dispute":
      case "dispute_funds": {
        const { payment } = data as RefundData;
        edit(this.byPayment(subject), payment, subject);
        for (const invoice of this.invoicesOf(payment)) touched.add(invoice);
        break;
      }
    }
  }

  private byPayment(subject: string): Map<string, Set<string>> {
    const kind = kindOf(subject);
    return kind === "refund"
      ? this.refundsByPayment
      : kind === "dispute"
        ? this.disputesByPayment
        : this.fundsByPayment;
  }

  /** A mention changed: every payment that it may lead somewhere else. */
  private reallocate(mention: PaymentMentionData, touched: Set<string>): void {
    if (mention.payment) this.allocate(mention.payment, this.data<PaymentData>(mention.payment), touched);
    if (mention.intent) {
      for (const payment of this.paymentsByIntent.get(mention.intent) ?? []) {
        this.allocate(payment, this.data<PaymentData>(payment), touched);
      }
    }
  }

  /** Which invoices does the payment go to: those it names, and those that a mention of it names. */
  private allocate(payment: string, data: PaymentData | undefined, touched: Set<string>): void {
    const before = this.invoicesOf(payment);
    const invoices = new Set<string>();
    if (data) {
      if (data.invoice) invoices.add(data.invoice);
      for (const mention of this.mentionsOf(payment, data.intent)) if (mention.invoice) invoices.add(mention.invoice);
    }
    const after = [...invoices].sort();
    for (const invoice of before) {
      touched.add(invoice);
      if (!invoices.has(invoice)) drop(this.paymentsByInvoice, invoice, payment);
    }
    for (const invoice of after) {
      touched.add(invoice);
      add(this.paymentsByInvoice, invoice, payment);
    }
    if (after.length > 0) this.invoicesByPayment.set(payment, after);
    else this.invoicesByPayment.delete(payment);
  }

  /** Live mentions of a payment, in subject order. */
  mentionsOf(payment: string, intent: string | null): ReadonlyArray<PaymentMentionData> {
    const subjects = new Set([
      ...(this.mentionsByPayment.get(payment) ?? []),
      ...((intent && this.mentionsByIntent.get(intent)) || []),
    ]);
    return [...subjects]
      .sort()
      .map((subject) => this.data<PaymentMentionData>(subject)!)
      .filter((mention) => mention.status !== "canceled");
  }
}

const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
};

const drop = (map: Map<string, Set<string>>, key: string, value: string): void => {
  const set = map.get(key);
  if (!set) return;
  set.delete(value);
  if (set.size === 0) map.delete(key);
};
