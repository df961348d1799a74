/** A NetSuite that works: real books behind its REST addresses, a log of committed documents, and the events its script sends. */
import type { Hono } from "hono";
import { simulatorToken } from "./config.ts";
import type { FinancialType, RecordType } from "./schema.ts";
import { makeDoor, render, type SimulatorAuth } from "./simulator-http.ts";
import {
  type DepositEntry,
  type Doc,
  type Done,
  type Faults,
  makeBooks,
  type Outcome,
  type Placing,
  type Side,
} from "./simulator-state.ts";

export interface CommittedEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** An `update` says what the document says now: it replaces what earlier entries of it said. */
  readonly op: "create" | "update";
  readonly recordType: RecordType;
  readonly internalId: string;
  readonly externalId: string | null;
  /** Internal id. */
  readonly customer: string;
  readonly currency: string | null;
  /** Signed by ledger side; zero for customers and for what was voided or deleted. */
  readonly amountMinor: number;
  readonly side: Side | null;
  readonly reverses?: {
    readonly recordType: RecordType;
    readonly internalId: string;
    readonly externalId: string | null;
  };
}

/** What our user-event script would send: a JSON body. */
export type ScriptBody = Readonly<Record<string, unknown>>;

/** One committed write with everything that it changed: appended durably, a list of them restores the state. */
export interface Change {
  readonly entry: CommittedEntry;
  readonly docs: ReadonlyArray<Doc>;
  readonly events: ReadonlyArray<ScriptBody>;
}
export interface Snapshot {
  readonly version: 1;
  readonly docs: ReadonlyArray<Doc>;
  readonly committed: ReadonlyArray<CommittedEntry>;
  readonly pending: ReadonlyArray<ScriptBody>;
  readonly sequence: number;
}

export interface SimulatorOptions {
  readonly now: () => number;
  readonly auth?: SimulatorAuth;
  /** Internal id → name, the parent first; absent: an account without OneWorld. */
  readonly subsidiaries?: Readonly<Record<string, string>>;
  /** How a delay passes; default: real time. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Awaited before the write is answered. */
  readonly onCommit?: (entry: CommittedEntry, change: Change) => void | Promise<void>;
}

/** The net effect of a log: per outside id (a reversal counts for what it reverses), currency and side. Zeros are left out. */
export const netEffects = (
  committed: ReadonlyArray<CommittedEntry>,
): ReadonlyArray<{
  readonly externalId: string;
  readonly currency: string;
  readonly side: Side;
  readonly amountMinor: number;
}> => {
  const latest = new Map(committed.map((entry) => [`${entry.recordType}:${entry.internalId}`, entry]));
  const sums = new Map<string, { externalId: string; currency: string; side: Side; amountMinor: number }>();
  for (const entry of latest.values()) {
    const externalId = entry.reverses ? entry.reverses.externalId : entry.externalId;
    const { currency, side, amountMinor } = entry;
    if (externalId === null || currency === null || side === null) continue;
    const key = JSON.stringify([externalId, currency, side]);
    const sum = sums.get(key) ?? { externalId, currency, side, amountMinor: 0 };
    sum.amountMinor += amountMinor;
    sums.set(key, sum);
  }
  return [...sums]
    .filter(([, sum]) => sum.amountMinor !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => sum);
};

const realSleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const instant = (ms: number): string => new Date(ms).toISOString();

export const makeNetsuiteSimulator = (options: SimulatorOptions) => {
  const { now, onCommit } = options;
  const faults: Faults = {
    closedPeriods: new Set(),
    rejectCustomers: new Set(),
    strictApplication: false,
    rateLimit: null,
    outageUntil: 0,
    delayMs: 0,
    loseAnswers: 0,
  };
  const books = makeBooks(now, faults, options.subsidiaries);
  const committed: CommittedEntry[] = [];
  let pending: ScriptBody[] = [];
  let sequence = 0;
  let acts: Promise<unknown> = Promise.resolve();

  const eventOf = (doc: Doc, verb: string): ScriptBody => {
    sequence += 1;
    const record = render(doc, books);
    const { recordType, internalId, externalId } = doc;
    const id = `ns-evt-${String(sequence).padStart(6, "0")}`;
    const { lastModifiedDate } = record;
    const head = { recordType, internalId, externalId, lastModifiedDate, sequence };
    return { id, type: `${recordType}.${verb}`, time: instant(now()), ...head, record };
  };

  const entryOf = (doc: Doc, op: "create" | "update"): CommittedEntry => {
    const { recordType, internalId, externalId, customer, currency, side } = doc;
    const reversed = doc.reverses === null ? undefined : books.findNamed(doc.reverses);
    return {
      seq: committed.length + 1,
      at: doc.modifiedAt,
      ...{ op, recordType, internalId, externalId, customer },
      currency: side === null ? null : currency,
      amountMinor: doc.gone === null && doc.charge?.stage !== "NON_BILLABLE" ? doc.signedMinor : 0,
      side,
      ...(reversed
        ? {
            reverses: {
              recordType: reversed.recordType,
              internalId: reversed.internalId,
              externalId: reversed.externalId,
            },
          }
        : {}),
    };
  };

  /** Into the log and the script's queue, at once with the books; a write that changed nothing leaves no trace. */
  const record = (done: Done, verb?: string): Change | null => {
    if (done.op === "none") return null;
    const entry = entryOf(done.doc, done.op);
    const told = ({ recordType }: Doc) => recordType === "invoice" || recordType === "charge";
    const edits = done.touched.filter((doc) => doc.modifiedAt === done.doc.modifiedAt && told(doc));
    const events = [
      eventOf(done.doc, verb ?? (done.op === "create" ? "create" : "edit")),
      ...edits.map((doc) => eventOf(doc, "edit")),
    ];
    committed.push(entry);
    pending.push(...events);
    return { entry, docs: [done.doc, ...done.touched], events };
  };
  const commit = async (outcome: Outcome): Promise<void> => {
    if (outcome._tag === "Refused") return;
    const change = record(outcome);
    if (change && onCommit) await onCommit(change.entry, change);
  };

  /** An act of a person in NetSuite: same books, same log, same events. Refusals are thrown: the caller is a test or a sample. */
  const act = (outcome: Outcome, verb?: string): Doc => {
    if (outcome._tag === "Refused") throw new Error(`netsuite simulator: ${outcome.code}: ${outcome.detail}`);
    const change = record(outcome, verb);
    if (change && onCommit) {
      const durable = Promise.resolve(onCommit(change.entry, change));
      acts = Promise.all([acts, durable]);
      acts.catch(() => undefined);
    }
    return outcome.doc;
  };
  const operations = {
    createCustomer: (externalId: string, name: string, email: string | null, currency: string | null): Doc =>
      act(books.putCustomer(externalId, { name, email, currency })),
    void: (type: FinancialType | "deposit", internalId: string): Doc =>
      act(books.remove(type, internalId, "void"), "void"),
    delete: (type: RecordType, internalId: string): Doc => act(books.remove(type, internalId, "deleted"), "delete"),
    /** Today, unless it says when. */
    deposit: (entry: Omit<DepositEntry, "tranDate"> & Partial<DepositEntry>): Doc =>
      act(books.putDeposit({ tranDate: instant(now()).slice(0, 10), ...entry })),
    rebook: (type: FinancialType, internalId: string, fields: Placing): Doc =>
      act(books.rebook(type, internalId, fields)),
    /** NetSuite's billing run for one customer, up to a day (`2026-01-31`): the invoices that it made. */
    billCharges: (customer: string, upTo: string): ReadonlyArray<Doc> =>
      books.billCharges(customer, upTo).map((outcome) => act(outcome)),
    /** Cash that a person enters on an invoice; all that is open, unless it says how much. */
    payInvoice: (invoice: string, amountMinor?: number): Doc => {
      const { currency } = books.find("invoice", invoice) ?? { currency: "" };
      const said = { amountMinor: amountMinor ?? books.openBalance(invoice), currency: currency ?? "", memo: null };
      const entry = { ...said, tranDate: instant(now()).slice(0, 10), externalId: null, number: null, appliesTo: null };
      return act(books.transform(invoice, "customerPayment", entry));
    },
    setAmount: (type: FinancialType | "deposit", internalId: string, amountMinor: number): Doc =>
      act(books.setAmount(type, internalId, amountMinor)),
    rename: (type: RecordType, internalId: string, name: string): Doc =>
      act(books.patch(type, internalId, type === "customer" ? { name } : { number: name })),
  };

  const auth: SimulatorAuth = options.auth ?? { bearer: simulatorToken };
  let door: Hono | null = null;

  return {
    /** Built at first use. */
    get app(): Hono {
      door ??= makeDoor({ now, books, faults, auth, sleep: options.sleep ?? realSleep, commit });
      return door;
    },
    faults,
    operations,
    committed: committed as ReadonlyArray<CommittedEntry>,
    /** When the operations so far are durable; rejects when one could not be made so. */
    flush: async (): Promise<void> => {
      await acts;
    },
    /** What the customer still owes on the invoice, minor units; below zero when more was applied than it asks for. */
    openBalance: (invoiceInternalId: string): number => books.openBalance(invoiceInternalId),
    /** The record as `GET` shows it; null when there is none. */
    record: (type: RecordType, internalId: string): ScriptBody | null => {
      const doc = books.find(type, internalId);
      return doc ? render(doc, books) : null;
    },
    /** What the script would have sent since the last call, in order. */
    drainEvents: (): ReadonlyArray<ScriptBody> => {
      const drained = pending;
      pending = [];
      return drained;
    },
    snapshot: (): Snapshot => ({
      version: 1,
      docs: books.state().docs,
      committed: [...committed],
      pending: [...pending],
      sequence,
    }),
    /** Into a fresh simulator: a snapshot, then the changes that were committed after it. Events may be drained again. */
    restore: (snapshot: Snapshot | null, changes: ReadonlyArray<Change> = []): void => {
      const take = (
        docs: ReadonlyArray<Doc>,
        entries: ReadonlyArray<CommittedEntry>,
        events: ReadonlyArray<ScriptBody>,
      ) => {
        for (const doc of docs) books.restore(doc);
        committed.push(...entries);
        pending.push(...events);
        sequence = Math.max(sequence, ...events.map((event) => Number(event["sequence"])));
      };
      if (snapshot) {
        take(snapshot.docs, snapshot.committed, snapshot.pending);
        sequence = Math.max(sequence, snapshot.sequence);
      }
      for (const change of changes) take(change.docs, [change.entry], change.events);
    },
  };
};
export type NetsuiteSimulator = ReturnType<typeof makeNetsuiteSimulator>;
