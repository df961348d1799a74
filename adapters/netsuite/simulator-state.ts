/**
 * The books of the simulated NetSuite: its documents, what they do to an invoice's open balance, and what it refuses.
 * Amounts are whole minor units; synchronous, so that every act is atomic. *Pure but for its own maps.*
 */
import type { FinancialType, RecordType } from "./schema.ts";

export type Side = "receivable" | "cash" | "charge";

/** What of a charge is beside the fields of every document. */
export interface ChargeFields {
  readonly item: string;
  readonly quantity: number | null;
  readonly stage: "READY_FOR_BILLING" | "PROCESSED" | "NON_BILLABLE";
  /** Our own fields on the record, by their names without the prefix. */
  readonly ours: Readonly<Record<string, string | null>>;
}

export interface Doc {
  readonly recordType: RecordType;
  readonly internalId: string;
  readonly externalId: string | null;
  /** Internal id of the customer; of a customer its own. */
  readonly customer: string;
  readonly currency: string | null;
  /** Signed by ledger side: invoice and payment up, credit memo and refund down, a journal the opposite of what it reverses. */
  readonly signedMinor: number;
  readonly side: Side | null;
  readonly taxMinor: number;
  readonly number: string | null;
  readonly name: string | null;
  readonly email: string | null;
  /** `YYYY-MM-DD`; null for customers. */
  readonly tranDate: string | null;
  /** `YYYY-MM`, where it is another than the date's. */
  readonly postingPeriod: string | null;
  /** Internal id; null in an account without OneWorld. */
  readonly subsidiary: string | null;
  readonly memo: string | null;
  /** `custbody_tieout_kind`. */
  readonly kind: string | null;
  /** `custbody_tieout_applies_to`: `invoice:12`. */
  readonly appliesTo: string | null;
  /** `custbody_tieout_reverses`. */
  readonly reverses: string | null;
  /** Internal id of the journal entry that reverses it. */
  readonly reversedBy: string | null;
  readonly gone: "void" | "deleted" | null;
  /** Internal id of the invoice whose open balance it moves, or that bills the charge; null for customers. */
  readonly invoice: string | null;
  readonly charge?: ChargeFields;
  /** Internal ids of the charges that an invoice bills. */
  readonly bills?: ReadonlyArray<string>;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** The vendor's refusal, before it is an `nsError` body. */
export interface Refused {
  readonly _tag: "Refused";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}
export interface Done {
  readonly _tag: "Done";
  readonly doc: Doc;
  readonly op: "create" | "update" | "none";
  /** Documents whose own state moved because of it: the invoice that it applies to. */
  readonly touched: ReadonlyArray<Doc>;
}
export type Outcome = Done | Refused;

export const refused = (code: string, detail: string, status = 400): Refused => ({
  _tag: "Refused",
  status,
  code,
  detail,
});
const badReference = (field: string, id: string) =>
  refused("INVALID_KEY_OR_REF", `Invalid ${field} reference key ${id}.`);
const noRecord = () =>
  refused("NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.", 404);

/** What may be wrong with the world; changed at will while it runs. */
export interface Faults {
  /** `YYYY-MM`: entries dated there are refused. */
  readonly closedPeriods: Set<string>;
  /** Internal or external ids of customers that NetSuite will not take, or take documents for. */
  readonly rejectCustomers: Set<string>;
  /** Refuse also what exceeds the open balance; else it stays as an unapplied remainder, as for a payment in NetSuite. */
  strictApplication: boolean;
  /** The next so many requests are refused as too many. */
  rateLimit: { requests: number; readonly status: 429 | 400; readonly retryAfter: string | null } | null;
  /** Epoch ms: before it every request is answered 503 and nothing is done. */
  outageUntil: number;
  /** Rest after the commit and before the answer, milliseconds. */
  delayMs: number;
  /** The next so many writes are committed and answered 504. */
  loseAnswers: number;
}

export interface Entry {
  readonly customer: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly tranDate: string;
  readonly memo: string | null;
}
export interface InvoiceEntry extends Entry {
  readonly taxMinor: number;
  readonly number: string | null;
  /** False: the lines are added to those that are there, which is what NetSuite does without `replace`. */
  readonly replace: boolean;
}
export interface AppliedEntry extends Omit<Entry, "customer"> {
  readonly externalId: string | null;
  readonly number: string | null;
  readonly appliesTo: string | null;
}
export interface RefundEntry extends Entry {
  readonly payment: string;
  readonly kind: string | null;
  readonly appliesTo: string | null;
}
export interface JournalEntry extends Omit<Entry, "amountMinor"> {
  readonly reverses: string;
  /** Debits less credits on the receivable and on the cash account. */
  readonly moved: Readonly<Record<Exclude<Side, "charge">, number>>;
}

export interface ChargeEntry extends Entry, Omit<ChargeFields, "stage"> {
  readonly taxMinor: number;
  readonly subsidiary: string | null;
  readonly appliesTo: string | null;
}

export interface DepositEntry {
  readonly amountMinor: number;
  readonly currency: string;
  readonly tranDate: string;
  readonly memo: string | null;
}
/** Where the books have a document. */
export type Placing = Partial<Pick<Doc, "tranDate" | "postingPeriod" | "subsidiary">>;

const customerDoc = {
  postingPeriod: null,
  signedMinor: 0,
  side: null,
  taxMinor: 0,
  number: null,
  tranDate: null,
  memo: null,
  kind: null,
  appliesTo: null,
  reverses: null,
  reversedBy: null,
  gone: null,
  invoice: null,
} as const;
const documentDoc = {
  postingPeriod: null,
  taxMinor: 0,
  number: null,
  name: null,
  email: null,
  kind: null,
  appliesTo: null,
  reverses: null,
  reversedBy: null,
  gone: null,
} as const;

/** `YYYY-MM` that it is posted in; null for customers. */
export const periodOf = (doc: Pick<Doc, "tranDate" | "postingPeriod">): string | null =>
  doc.postingPeriod ?? doc.tranDate?.slice(0, 7) ?? null;

const same = (a: Doc, b: Doc): boolean =>
  (Object.keys(b) as Array<keyof Doc>).every((key) => key === "modifiedAt" || a[key] === b[key]);
/** How much the invoice's open balance grows by the document: money received lowers it. */
const effectOf = (doc: Doc | undefined): number =>
  doc === undefined || doc.gone !== null || doc.side === "charge"
    ? 0
    : doc.side === "cash"
      ? -doc.signedMinor
      : doc.signedMinor;

export interface BooksState {
  readonly nextId: number;
  readonly docs: ReadonlyArray<Doc>;
}

/** `subsidiaries`: internal id → name; none: the account is without OneWorld. */
export const makeBooks = (now: () => number, faults: Faults, subsidiaries: Readonly<Record<string, string>> = {}) => {
  let nextId = 1;
  const docs = new Map<string, Doc>();
  const externalIds = new Map<string, string>();
  const balances = new Map<string, number>();

  const find = (type: RecordType, internalId: string): Doc | undefined => {
    const doc = docs.get(internalId);
    return doc?.recordType === type && doc.gone !== "deleted" ? doc : undefined;
  };
  const findExternal = (type: RecordType, externalId: string): Doc | undefined => {
    const id = externalIds.get(`${type}:${externalId}`);
    return id === undefined ? undefined : find(type, id);
  };
  const findNamed = (name: string): Doc | undefined => {
    const colon = name.indexOf(":");
    return find(name.slice(0, colon) as RecordType, name.slice(colon + 1));
  };

  const move = (invoice: string | null | undefined, minor: number): void => {
    if (invoice && minor !== 0) balances.set(invoice, openBalance(invoice) + minor);
  };
  const put = (doc: Doc): void => {
    const before = docs.get(doc.internalId);
    move(before?.invoice, -effectOf(before));
    move(doc.invoice, effectOf(doc));
    docs.set(doc.internalId, doc);
    if (doc.externalId !== null) externalIds.set(`${doc.recordType}:${doc.externalId}`, doc.internalId);
  };

  /** Store what differs; a moved open balance is a new state of the invoice as well. */
  const commit = (doc: Doc): Done => {
    const before = docs.get(doc.internalId);
    if (before !== undefined && same(before, doc)) return { _tag: "Done", doc: before, op: "none", touched: [] };
    const balance = doc.invoice === null ? 0 : openBalance(doc.invoice);
    put(doc);
    const touched: Doc[] = [];
    if (doc.invoice !== null && doc.invoice !== doc.internalId && openBalance(doc.invoice) !== balance) {
      const invoice = docs.get(doc.invoice);
      if (invoice) {
        touched.push({ ...invoice, modifiedAt: doc.modifiedAt });
        put(touched[0]!);
      }
    }
    return { _tag: "Done", doc, op: before === undefined ? "create" : "update", touched };
  };
  const create = (
    doc: Omit<Doc, "internalId" | "createdAt" | "modifiedAt" | "customer" | "invoice" | "subsidiary"> & Partial<Doc>,
  ): Done => {
    const internalId = String(nextId++);
    const at = now();
    // A document is in the books of its customer's subsidiary.
    const own = doc.customer === undefined ? undefined : docs.get(doc.customer)?.subsidiary;
    const subsidiary = own ?? Object.keys(subsidiaries)[0] ?? null;
    const named = { customer: internalId, invoice: internalId, subsidiary };
    return commit({ internalId, createdAt: at, modifiedAt: at, ...named, ...doc });
  };

  const openBalance = (invoiceId: string): number => balances.get(invoiceId) ?? 0;

  const rejects = (doc: Pick<Doc, "internalId" | "externalId">): boolean =>
    faults.rejectCustomers.has(doc.internalId) ||
    (doc.externalId !== null && faults.rejectCustomers.has(doc.externalId));
  const checkCustomer = (id: string): Refused | null => {
    const customer = find("customer", id);
    if (!customer) return badReference("entity", id);
    return rejects(customer)
      ? refused("USER_ERROR", `Customer ${id} is on hold. Transactions are not accepted.`)
      : null;
  };
  const checkPeriod = (tranDate: string | null): Refused | null =>
    tranDate !== null && faults.closedPeriods.has(tranDate.slice(0, 7))
      ? refused("USER_ERROR", `The transaction date ${tranDate} falls in an accounting period that is closed.`)
      : null;
  const checkAmount = (amountMinor: number, field: string): Refused | null =>
    amountMinor > 0 ? null : refused("USER_ERROR", `Please enter a value greater than 0 for: ${field}`);
  const first = (...checks: ReadonlyArray<() => Refused | null>): Refused | null => {
    for (const check of checks) {
      const refusal = check();
      if (refusal) return refusal;
    }
    return null;
  };

  const isOneWorld = Object.keys(subsidiaries).length > 0;
  const checkSubsidiary = (id: string | null | undefined): Refused | null =>
    isOneWorld && id != null && !Object.hasOwn(subsidiaries, id) ? badReference("subsidiary", id) : null;

  const putCustomer = (
    externalId: string,
    given: Pick<Doc, "name" | "email" | "currency"> & Partial<Pick<Doc, "subsidiary">>,
  ): Outcome => {
    const { subsidiary, ...named } = given;
    const fields = isOneWorld && subsidiary != null ? given : named;
    const unknown = checkSubsidiary(subsidiary);
    if (unknown) return unknown;
    if (faults.rejectCustomers.has(externalId)) return refused("USER_ERROR", "This customer is not accepted.");
    if (fields.name === null || fields.name.trim() === "") {
      return refused("USER_ERROR", "Please enter value(s) for: Company Name");
    }
    const before = findExternal("customer", externalId);
    if (before) return commit({ ...before, ...fields, modifiedAt: now() });
    return create({ recordType: "customer", externalId, ...customerDoc, ...fields });
  };

  const putInvoice = (externalId: string, entry: InvoiceEntry): Outcome => {
    const before = findExternal("invoice", externalId);
    const kept = before && !entry.replace ? before : null;
    const signedMinor = entry.amountMinor + (kept?.signedMinor ?? 0);
    const refusal = first(
      () => checkCustomer(entry.customer),
      () => checkAmount(signedMinor, "Amount"),
      () => checkPeriod(entry.tranDate),
      () => checkPeriod(before ? periodOf(before) : null),
    );
    if (refusal) return refusal;
    const fields = {
      customer: entry.customer,
      currency: entry.currency,
      signedMinor,
      taxMinor: entry.taxMinor + (kept?.taxMinor ?? 0),
      number: entry.number,
      tranDate: entry.tranDate,
      postingPeriod: null,
      memo: entry.memo,
    };
    if (before) return commit({ ...before, ...fields, modifiedAt: now() });
    return create({ recordType: "invoice", externalId, side: "receivable", ...documentDoc, ...fields });
  };

  /** `POST /invoice/{id}/!transform/…`: no upsert, the second one of an external id is refused. */
  const transform = (invoiceId: string, to: "creditMemo" | "customerPayment", entry: AppliedEntry): Outcome => {
    const invoice = find("invoice", invoiceId);
    if (!invoice) return noRecord();
    const taken = entry.externalId !== null && findExternal(to, entry.externalId) !== undefined;
    const allowed = faults.strictApplication ? openBalance(invoiceId) : invoice.signedMinor;
    const refusal = first(
      () => (taken ? refused("USER_ERROR", "Error while accessing a resource. This record already exists.") : null),
      () => checkCustomer(invoice.customer),
      () => (entry.currency === invoice.currency ? null : badReference("currency", entry.currency)),
      () => checkAmount(entry.amountMinor, to === "creditMemo" ? "Amount" : "Payment Amount"),
      () => checkPeriod(entry.tranDate),
      () =>
        entry.amountMinor > allowed
          ? refused("USER_ERROR", "The amount applied is greater than the amount due on the transaction.")
          : null,
    );
    if (refusal) return refusal;
    const { externalId, currency, number, tranDate, memo } = entry;
    return create({
      recordType: to,
      externalId,
      currency,
      tranDate,
      memo,
      ...documentDoc,
      number,
      customer: invoice.customer,
      side: to === "creditMemo" ? "receivable" : "cash",
      signedMinor: to === "creditMemo" ? -entry.amountMinor : entry.amountMinor,
      appliesTo: entry.appliesTo ?? `invoice:${invoiceId}`,
      invoice: invoiceId,
    });
  };

  const refundedOf = (paymentId: string, except: string | undefined): number => {
    let sum = 0;
    for (const doc of docs.values()) {
      const counts = doc.recordType === "customerRefund" && doc.gone === null && doc.reversedBy === null;
      if (counts && doc.appliesTo === `customerPayment:${paymentId}` && doc.internalId !== except)
        sum -= doc.signedMinor;
    }
    return sum;
  };

  const putRefund = (externalId: string, entry: RefundEntry): Outcome => {
    const payment = find("customerPayment", entry.payment);
    if (!payment) return badReference("doc", entry.payment);
    const before = findExternal("customerRefund", externalId);
    const already = faults.strictApplication ? refundedOf(payment.internalId, before?.internalId) : 0;
    const refusal = first(
      () => checkCustomer(entry.customer),
      () => (payment.customer === entry.customer ? null : badReference("doc", entry.payment)),
      () => (payment.currency === entry.currency ? null : badReference("currency", entry.currency)),
      () => checkAmount(entry.amountMinor, "Amount"),
      () => checkPeriod(entry.tranDate),
      () => checkPeriod(before ? periodOf(before) : null),
      () =>
        entry.amountMinor > payment.signedMinor - already
          ? refused("USER_ERROR", "The amount refunded is greater than the amount of the payment.")
          : null,
    );
    if (refusal) return refusal;
    const fields = {
      customer: entry.customer,
      currency: entry.currency,
      signedMinor: -entry.amountMinor,
      tranDate: entry.tranDate,
      memo: entry.memo,
      kind: entry.kind,
      appliesTo: entry.appliesTo ?? `customerPayment:${payment.internalId}`,
      invoice: payment.invoice,
    };
    if (before) return commit({ ...before, ...fields, modifiedAt: now() });
    return create({ recordType: "customerRefund", externalId, side: "cash", ...documentDoc, ...fields });
  };

  /** The bundle's own rule beside NetSuite's: a journal reverses one document, whole, and only once. */
  const putJournal = (externalId: string, entry: JournalEntry): Outcome => {
    const reversed = findNamed(entry.reverses);
    if (!reversed || reversed.side === null || reversed.side === "charge" || reversed.recordType === "journalEntry") {
      return badReference("custbody_tieout_reverses", entry.reverses);
    }
    const { side } = reversed;
    const other = side === "receivable" ? "cash" : "receivable";
    const before = findExternal("journalEntry", externalId);
    const reversal = reversed.reversedBy === null ? undefined : docs.get(reversed.reversedBy);
    const opposite = entry.moved[side] === -reversed.signedMinor;
    /** Cash moves against the receivable; revenue and tax against neither. */
    const counter = side === "cash" ? reversed.signedMinor : 0;
    const refusal = first(
      () => checkCustomer(entry.customer),
      () => (reversed.customer === entry.customer ? null : badReference("entity", entry.customer)),
      () => (reversed.currency === entry.currency ? null : badReference("currency", entry.currency)),
      () => checkPeriod(entry.tranDate),
      () => checkPeriod(before ? periodOf(before) : null),
      () =>
        reversed.gone === null && (!reversal || reversal.gone !== null || reversal === before)
          ? null
          : refused("USER_ERROR", `${entry.reverses} has already been reversed.`),
      () =>
        opposite && entry.moved[other] === counter
          ? null
          : refused("USER_ERROR", `The lines are not the opposite of ${entry.reverses}.`),
      () =>
        before && before.reverses !== entry.reverses
          ? refused("USER_ERROR", "The document that a journal reverses cannot be changed.")
          : null,
    );
    if (refusal) return refusal;
    const fields = { tranDate: entry.tranDate, memo: entry.memo };
    if (before) return commit({ ...before, ...fields, modifiedAt: now() });
    const done = create({
      recordType: "journalEntry",
      externalId,
      customer: entry.customer,
      currency: entry.currency,
      signedMinor: -reversed.signedMinor,
      side,
      ...documentDoc,
      ...fields,
      taxMinor: reversed.taxMinor,
      reverses: entry.reverses,
      invoice: reversed.invoice,
    });
    const marked = { ...docs.get(reversed.internalId)!, reversedBy: done.doc.internalId };
    put(marked);
    return { ...done, touched: [...done.touched.filter((doc) => doc.internalId !== marked.internalId), marked] };
  };

  const putCharge = (externalId: string, entry: ChargeEntry): Outcome => {
    const before = findExternal("charge", externalId);
    const billed = before?.charge?.stage === "PROCESSED";
    const refusal = first(
      () => checkCustomer(entry.customer),
      () => (entry.amountMinor === 0 && entry.taxMinor === 0 ? refused("USER_ERROR", "Please enter an amount.") : null),
      () => (/^[1-9]\d{0,2}$/.test(entry.item) ? null : badReference("billingItem", entry.item)),
      () => checkPeriod(entry.tranDate),
      () => checkSubsidiary(entry.subsidiary),
      () => (billed ? refused("USER_ERROR", "A charge that an invoice bills cannot be changed.") : null),
    );
    if (refusal) return refusal;
    const { customer, currency, amountMinor: signedMinor, taxMinor, tranDate, memo, appliesTo } = entry;
    const { item, quantity, ours } = entry;
    const given: ChargeFields = { item, quantity, stage: "READY_FOR_BILLING", ours };
    const charge = JSON.stringify(before?.charge) === JSON.stringify(given) ? before!.charge! : given;
    const said = { customer, currency, signedMinor, taxMinor, tranDate, memo, appliesTo, charge };
    const fields = { ...said, ...(entry.subsidiary === null ? {} : { subsidiary: entry.subsidiary }) };
    if (before) return commit({ ...before, ...fields, modifiedAt: now() });
    return create({ ...documentDoc, ...fields, recordType: "charge", externalId, side: "charge", invoice: null });
  };

  const stagedAs = (doc: Doc, stage: ChargeFields["stage"], invoice: string | null): Doc => ({
    ...doc,
    invoice,
    charge: { ...doc.charge!, stage },
    modifiedAt: now(),
  });

  /** Out of billing, or in again; what an invoice bills stays. */
  const stageCharge = (internalId: string, stage: "READY_FOR_BILLING" | "NON_BILLABLE"): Outcome => {
    const doc = find("charge", internalId);
    if (!doc?.charge) return noRecord();
    if (doc.charge.stage === stage) return { _tag: "Done", doc, op: "none", touched: [] };
    return doc.charge.stage === "PROCESSED"
      ? refused("USER_ERROR", "A charge that an invoice bills cannot be changed.")
      : commit(stagedAs(doc, stage, null));
  };

  /** NetSuite's own billing run: an invoice for each subsidiary, entity and currency with a line for each charge up to a day. */
  const billCharges = (customer: string, upTo: string): ReadonlyArray<Outcome> => {
    const groups = new Map<string, Doc[]>();
    for (const doc of docs.values()) {
      if (
        doc.charge?.stage !== "READY_FOR_BILLING" ||
        doc.gone !== null ||
        doc.customer !== customer ||
        doc.tranDate! > upTo
      )
        continue;
      const place = JSON.stringify([doc.subsidiary, doc.charge.ours["entity"], doc.currency]);
      groups.set(place, [...(groups.get(place) ?? []), doc]);
    }
    return [...groups.values()].flatMap((charges): ReadonlyArray<Outcome> => {
      const taxMinor = charges.reduce((sum, doc) => sum + doc.taxMinor, 0);
      const signedMinor = charges.reduce((sum, doc) => sum + doc.signedMinor, taxMinor);
      // What comes to nothing, or less, waits for more.
      if (signedMinor <= 0) return [];
      const { subsidiary, currency } = charges[0]!;
      const refusal = first(
        () => checkCustomer(customer),
        () => checkPeriod(upTo),
      );
      if (refusal) return [refusal];
      const bills = charges.map(({ internalId }) => internalId);
      const said = { customer, currency, subsidiary, signedMinor, taxMinor, bills, tranDate: upTo, memo: null };
      const number = `NS-${nextId}`;
      const made = create({
        ...documentDoc,
        ...said,
        ...{ recordType: "invoice", externalId: null, side: "receivable", number },
      });
      const touched = charges.map((doc) => stagedAs(doc, "PROCESSED", made.doc.internalId));
      for (const doc of touched) put(doc);
      return [{ ...made, touched: [...made.touched, ...touched] }];
    });
  };

  /** Changes that do not move money: allowed in a closed period too. */
  const patch = (
    type: RecordType,
    internalId: string,
    fields: Partial<Pick<Doc, "number" | "memo" | "name" | "email">>,
  ): Outcome => {
    const doc = find(type, internalId);
    return doc ? commit({ ...doc, ...fields, modifiedAt: now() }) : noRecord();
  };

  /** A person in NetSuite voids or deletes. */
  const remove = (type: RecordType, internalId: string, how: "void" | "deleted"): Outcome => {
    const doc = find(type, internalId);
    if (!doc) return noRecord();
    const refusal = checkPeriod(periodOf(doc));
    if (refusal) return refusal;
    const done = commit({ ...doc, gone: how, modifiedAt: now() });
    // What it billed can be billed again.
    const freed = (doc.bills ?? []).flatMap((id) => {
      const charge = find("charge", id);
      return charge?.invoice === internalId ? [stagedAs(charge, "READY_FOR_BILLING", null)] : [];
    });
    for (const charge of freed) put(charge);
    return { ...done, touched: [...done.touched, ...freed] };
  };
  /** A person in NetSuite moves a document to another date, period or subsidiary. */
  const rebook = (type: FinancialType, internalId: string, fields: Placing): Outcome => {
    const doc = find(type, internalId);
    if (!doc) return noRecord();
    const after = { ...doc, ...fields };
    const refusal = first(
      () => checkPeriod(periodOf(doc)),
      () => checkPeriod(periodOf(after)),
      () => checkSubsidiary(fields.subsidiary),
    );
    return refusal ?? commit({ ...after, modifiedAt: now() });
  };
  /** A person enters what came in at the bank. It moves no customer's balance. */
  const putDeposit = (entry: DepositEntry): Outcome => {
    const refusal = first(
      () => checkAmount(entry.amountMinor, "Amount"),
      () => checkPeriod(entry.tranDate),
    );
    if (refusal) return refusal;
    const { currency, tranDate, memo, amountMinor: signedMinor } = entry;
    const bare = { recordType: "deposit", externalId: null, customer: "", invoice: null, side: null } as const;
    return create({ ...documentDoc, ...bare, currency, tranDate, memo, signedMinor });
  };

  /** A person in NetSuite changes an amount. */
  const setAmount = (type: FinancialType | "deposit", internalId: string, amountMinor: number): Outcome => {
    const doc = find(type, internalId);
    if (!doc) return noRecord();
    return commit({ ...doc, signedMinor: Math.sign(doc.signedMinor) * amountMinor, modifiedAt: now() });
  };

  /** A document as saved; its effect on the balance is rebuilt. */
  const restore = (doc: Doc): void => {
    // One that was saved before these were kept has neither.
    put({ ...doc, postingPeriod: doc.postingPeriod ?? null, subsidiary: doc.subsidiary ?? null });
    nextId = Math.max(nextId, Number(doc.internalId) + 1);
  };
  const state = (): BooksState => ({ nextId, docs: [...docs.values()] });

  return {
    ...{ find, findExternal, findNamed, openBalance, putCustomer, putInvoice, transform, putRefund, putJournal },
    ...{ putCharge, stageCharge, billCharges },
    ...{ patch, remove, setAmount, rebook, putDeposit, restore, state, all: () => docs.values(), subsidiaries },
  };
};
export type Books = ReturnType<typeof makeBooks>;
