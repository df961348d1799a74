/** Kinds that stand opposite something that billing says: lines, tax documents, use, entitlements, payouts and deposits. *Pure.* */
import * as Schema from "effect/Schema";
import { AmountMinor, Currency, Instant, Subject } from "./event-leaf.ts";

const orNull = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema);

/** Decimal text: quantities and prices may be finer than a minor unit. */
const DecimalText = Schema.String.pipe(Schema.pattern(/^-?\d{1,30}(\.\d{1,30})?$/));
/** `connection:foreignId`: an object of another system. */
const Elsewhere = Schema.String.pipe(Schema.pattern(/^[^:\s]+:\S+$/));

/** One thing sold, as a quote, contract, subscription or invoice has it. */
export const LineData = Schema.Struct({
  status: Schema.Literal("active", "deleted"),
  /** `quote/…`, `contract/…`, `subscription/…` or `invoice/…` of the same connection. */
  document: Subject,
  /** The subscription that it bills, where the document is not that itself. */
  subscription: orNull(Subject),
  /** What every system knows the thing by. */
  product: orNull(Schema.String),
  /** `price/…` of the same connection's catalogue, where the system says so. */
  price: Schema.optionalWith(orNull(Subject), { exact: true }),
  /** What its quantity was metered by; null: it was ordered. */
  meter: orNull(Schema.String),
  quantity: orNull(DecimalText),
  /** Minor units of one, as decimal text. */
  unitAmountDecimal: orNull(DecimalText),
  currency: orNull(Currency),
  amountMinor: orNull(AmountMinor),
  periodStart: orNull(Instant),
  periodEnd: orNull(Instant),
  /** It sets right a part of a period: neither its quantity nor its price is what was agreed. */
  proration: Schema.optionalWith(Schema.Boolean, { exact: true }),
});

/** What a tax service has on record for an invoice. */
export const TaxDocumentData = Schema.Struct({
  status: Schema.Literal("temporary", "committed", "void"),
  number: orNull(Schema.String),
  currency: Currency,
  totalMinor: AmountMinor,
  taxMinor: AmountMinor,
  /** `connection:in_1`, the invoice in billing. */
  invoice: orNull(Elsewhere),
  entity: orNull(Schema.String),
  documentAt: orNull(Instant),
});

/** What was used of one meter in one period: `open` may still grow, `closed` is to be billed. */
export const UsageTotalData = Schema.Struct({
  status: Schema.Literal("open", "closed", "void"),
  meter: Schema.String,
  quantity: DecimalText,
  /** `connection:sub_1`, the subscription in billing. */
  subscription: Elsewhere,
  periodStart: Instant,
  periodEnd: Instant,
});

/** What support, or the product itself, lets the customer use. */
export const EntitlementData = Schema.Struct({
  status: Schema.Literal("active", "suspended", "revoked"),
  product: orNull(Schema.String),
  quantity: orNull(DecimalText),
  /** `connection:sub_1`, the subscription in billing. */
  subscription: orNull(Elsewhere),
  startAt: orNull(Instant),
  endAt: orNull(Instant),
});

/** Money that a gateway sends to the company's bank. */
export const PayoutData = Schema.Struct({
  status: Schema.Literal("pending", "in_transit", "paid", "failed", "canceled"),
  currency: Currency,
  amountMinor: AmountMinor,
  /** What the bank statement carries. */
  reference: orNull(Schema.String),
  arrivalAt: orNull(Instant),
});

/** One movement on the gateway's balance: `netMinor` is the amount less the fee, signed. */
export const PayoutItemData = Schema.Struct({
  status: Schema.Literal("pending", "available"),
  /** The gateway's word: `charge`, `refund`, `adjustment`, `stripe_fee` … */
  movement: Schema.String,
  currency: Currency,
  amountMinor: AmountMinor,
  feeMinor: AmountMinor,
  netMinor: AmountMinor,
  /** `payout/…` that it went out with. */
  payout: orNull(Subject),
  /** The gateway's own id of what moved (`ch_1`, `re_1`). */
  source: orNull(Schema.String),
  at: orNull(Instant),
});

/** Money that the ERP has as received at the bank. */
export const DepositData = Schema.Struct({
  status: Schema.Literal("open", "cleared", "void", "deleted"),
  number: orNull(Schema.String),
  currency: Currency,
  amountMinor: AmountMinor,
  /** The payout that it is: the statement's reference, or the payout's id. */
  reference: orNull(Schema.String),
  /** Ids of the payouts, where it is several. */
  payouts: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  depositedAt: orNull(Instant),
});
export type LineData = typeof LineData.Type;
export type TaxDocumentData = typeof TaxDocumentData.Type;
export type UsageTotalData = typeof UsageTotalData.Type;
export type EntitlementData = typeof EntitlementData.Type;
export type PayoutData = typeof PayoutData.Type;
export type PayoutItemData = typeof PayoutItemData.Type;
export type DepositData = typeof DepositData.Type;
