/**
 * NetSuite's shapes as sent, only the fields that are read: records of the REST service, rows of SuiteQL, and the
 * envelope of our own user-event script. Absent and null are the same.
 */
import * as ParseResult from "effect/ParseResult";
import * as Schema from "effect/Schema";

const orNull = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.NullOr(schema), { default: () => null });

/** Printable, so that it fits a subject and a URL. */
const idPattern = /^[\x21-\x7e]{1,64}$/;
/** NetSuite prints ids as text; some scripts send them as numbers. */
export const InternalId = Schema.transform(
  Schema.Union(Schema.String, Schema.Number),
  Schema.String.pipe(Schema.pattern(idPattern, { message: () => "is not an internal id" })),
  { strict: true, decode: String, encode: (id) => id },
);

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/** Text with a zone, as epoch milliseconds. */
export const InstantText = Schema.transformOrFail(Schema.String, Schema.Number, {
  strict: true,
  decode: (text, _, ast) => {
    const at = instantPattern.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(at)
      ? ParseResult.fail(new ParseResult.Type(ast, text, "is not an instant with a time zone"))
      : ParseResult.succeed(at);
  },
  encode: (at) => ParseResult.succeed(new Date(at).toISOString()),
});

/** `2026-11-20`, as midnight UTC in epoch milliseconds. */
export const DateText = Schema.transformOrFail(Schema.String, Schema.Number, {
  strict: true,
  decode: (text, _, ast) => {
    const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(at)
      ? ParseResult.fail(new ParseResult.Type(ast, text, "is not a date (2026-11-20)"))
      : ParseResult.succeed(at);
  },
  encode: (at) => ParseResult.succeed(new Date(at).toISOString().slice(0, 10)),
});

export const Reference = Schema.Struct({ id: orNull(InternalId), refName: orNull(Schema.String) });
export type Reference = typeof Reference.Type;

const StatusValue = Schema.Struct({ id: orNull(Schema.String), refName: orNull(Schema.String) });

/** A decimal in major units: a JSON number in records, text in SuiteQL rows. */
const Amount = Schema.Union(Schema.Number, Schema.String);
const sublist = <A, I>(line: Schema.Schema<A, I>) => orNull(Schema.Struct({ items: orNull(Schema.Array(line)) }));

export const recordTypes = ["invoice", "creditMemo", "customerPayment", "customerRefund", "journalEntry"] as const;
export type FinancialType = (typeof recordTypes)[number];
export type RecordType = "customer" | "deposit" | "charge" | FinancialType;
export const isFinancial = (type: string): type is FinancialType =>
  (recordTypes as ReadonlyArray<string>).includes(type);

export const CustomerRecord = Schema.Struct({
  companyName: orNull(Schema.String),
  firstName: orNull(Schema.String),
  lastName: orNull(Schema.String),
  entityId: orNull(Schema.String),
  email: orNull(Schema.String),
  currency: orNull(Reference),
  externalId: orNull(Schema.String),
});
export type CustomerRecord = typeof CustomerRecord.Type;

/** One shape for the five financial records and the deposit: each has the fields that it has. */
export const TransactionRecord = Schema.Struct({
  status: orNull(Schema.Union(Schema.String, StatusValue)),
  /** Invoice, credit memo. */
  entity: orNull(Reference),
  /** Payment, refund. */
  customer: orNull(Reference),
  currency: orNull(Reference),
  total: orNull(Amount),
  /** Payment: its amount. */
  payment: orNull(Amount),
  otherRefNum: orNull(Schema.String),
  tranId: orNull(Schema.String),
  externalId: orNull(Schema.String),
  tranDate: orNull(DateText),
  /** The accounting period; `refName` is its name (`Nov 2026`). */
  postingPeriod: orNull(Reference),
  /** OneWorld accounts only. */
  subsidiary: orNull(Reference),
  memo: orNull(Schema.String),
  item: sublist(Schema.Struct({ item: orNull(Reference), amount: orNull(Amount) })),
  /** Journal entry. */
  line: sublist(Schema.Struct({ account: orNull(Reference), debit: orNull(Amount), entity: orNull(Reference) })),
  custbody_tieout_kind: orNull(Schema.String),
  custbody_tieout_applies_to: orNull(Schema.String),
  custbody_tieout_reverses: orNull(Schema.String),
  /** Invoice: what is still to be paid, and the external ids of the charges that it bills, separated by commas. */
  amountRemaining: orNull(Amount),
  custbody_tieout_charges: orNull(Schema.String),
});
export type TransactionRecord = typeof TransactionRecord.Type;

/** What is to be billed: one line of an invoice to come. */
export const ChargeRecord = Schema.Struct({
  billTo: orNull(Reference),
  billingItem: orNull(Reference),
  stage: orNull(Schema.Union(Schema.String, StatusValue)),
  currency: orNull(Reference),
  amount: orNull(Amount),
  quantity: orNull(Amount),
  chargeDate: orNull(DateText),
  externalId: orNull(Schema.String),
  subsidiary: orNull(Reference),
  custrecord_tieout_tax: orNull(Amount),
  custrecord_tieout_quantity: orNull(Schema.String),
  custrecord_tieout_meter: orNull(Schema.String),
  custrecord_tieout_product: orNull(Schema.String),
  custrecord_tieout_period: orNull(Schema.String),
  custrecord_tieout_period_end: orNull(Schema.String),
  custrecord_tieout_entity: orNull(Schema.String),
  custrecord_tieout_jurisdiction: orNull(Schema.String),
  custrecord_tieout_applies_to: orNull(Schema.String),
});
export type ChargeRecord = typeof ChargeRecord.Type;

/** What our user-event script sends. `delivery` is the only part that may differ between two sendings of one event. */
export const ScriptEvent = Schema.Struct({
  id: Schema.NonEmptyString,
  type: Schema.NonEmptyString,
  time: InstantText,
  recordType: Schema.String,
  internalId: InternalId,
  externalId: orNull(Schema.String),
  lastModifiedDate: InstantText,
  sequence: orNull(Schema.Number),
  /** The record as the REST service would show it; for `delete` as it last was. */
  record: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
});
export type ScriptEvent = typeof ScriptEvent.Type;

/** One row of the poll: customers and transactions in one result, each with the columns that it has. */
export const ChangedRow = Schema.Struct({
  id: InternalId,
  /** `Customer`, or the transaction's type: `CustInvc`, `Journal` … */
  type: Schema.String,
  lastmodified: InstantText,
  externalid: orNull(Schema.String),
  companyname: orNull(Schema.String),
  firstname: orNull(Schema.String),
  lastname: orNull(Schema.String),
  entityid: orNull(Schema.String),
  email: orNull(Schema.String),
  status: orNull(Schema.String),
  entity: orNull(InternalId),
  currencyid: orNull(InternalId),
  currency: orNull(Schema.String),
  total: orNull(Amount),
  otherrefnum: orNull(Schema.String),
  tranid: orNull(Schema.String),
  trandate: orNull(DateText),
  /** The period's name. */
  postingperiod: orNull(Schema.String),
  memo: orNull(Schema.String),
  unpaid: orNull(Amount),
  charges: orNull(Schema.String),
  appliesto: orNull(Schema.String),
  /** Asked for in OneWorld accounts only. */
  subsidiaryid: orNull(InternalId),
  subsidiary: orNull(Schema.String),
});
export type ChangedRow = typeof ChangedRow.Type;

export const QueryPage = Schema.Struct({ hasMore: Schema.Boolean, items: Schema.Array(Schema.Unknown) });

/** The `nsError` body. */
export const NsError = Schema.Struct({
  title: orNull(Schema.String),
  status: orNull(Schema.Number),
  "o:errorDetails": Schema.Array(
    Schema.Struct({
      detail: orNull(Schema.String),
      "o:errorCode": orNull(Schema.String),
      "o:errorPath": orNull(Schema.String),
    }),
  ),
});

export const TokenAnswer = Schema.Struct({
  access_token: Schema.NonEmptyString,
  /** Seconds; NetSuite prints it as text. */
  expires_in: Schema.Union(Schema.Number, Schema.NumberFromString),
});
