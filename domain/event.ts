/**
 * The canonical event: what one system says about one object, in the words of the domain.
 * Adapters make them, the journal keeps them, the party joins them. *Pure.*
 */
import * as Schema from "effect/Schema";
import {
  DepositData,
  EntitlementData,
  LineData,
  PayoutData,
  PayoutItemData,
  TaxDocumentData,
  UsageTotalData,
} from "./counterpart.ts";
import { AmountMinor, Currency, Instant, Subject } from "./event-leaf.ts";
import { personal } from "./personal.ts";
import { AmendmentData, ExchangeRateData, TermsData } from "./terms.ts";
import { UseData } from "./use.ts";

export type {
  DepositData,
  EntitlementData,
  LineData,
  PayoutData,
  PayoutItemData,
  TaxDocumentData,
  UsageTotalData,
} from "./counterpart.ts";
export { AmountMinor, Currency, Instant, Subject } from "./event-leaf.ts";
export type { AmendmentData, ExchangeRateData, TermsData } from "./terms.ts";
export type { UseData } from "./use.ts";

const orNull = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema);

/** One customer id of one system. Status `deleted` is what the system said, not our act. */
export const AccountData = Schema.Struct({
  status: Schema.Literal("active", "deleted"),
  name: personal(orNull(Schema.String)),
  email: personal(orNull(Schema.String)),
  currency: orNull(Currency),
  /** The customer id, in the same connection, of the company above this one; a relation between accounts, not a link. */
  parent: orNull(Schema.String),
  /** What the law knows the company by (registration or tax number), as the system has it. */
  legalId: orNull(Schema.String),
});

/** A deal or a priced offer, before a contract: `won` is evidence that the customer agreed. */
export const QuoteData = Schema.Struct({
  status: Schema.Literal("open", "won", "lost", "deleted"),
  name: orNull(Schema.String),
  number: orNull(Schema.String),
  currency: orNull(Currency),
  amountMinor: orNull(AmountMinor),
  /** The deal that the offer belongs to. */
  deal: orNull(Subject),
  closedAt: orNull(Instant),
});

/** What the customer agreed to, as CRM or CPQ has it. */
export const ContractData = Schema.Struct({
  status: Schema.Literal("draft", "activated", "expired", "cancelled", "deleted"),
  name: orNull(Schema.String),
  number: orNull(Schema.String),
  currency: orNull(Currency),
  amountMinor: orNull(AmountMinor),
  startAt: orNull(Instant),
  endAt: orNull(Instant),
  /** `quote/…` that it came from. */
  quote: orNull(Subject),
  /** `connection:sub_1`, where the CRM names the subscription that fulfils it. */
  subscription: orNull(Schema.String),
});

/** What one unit costs, and for which stretch of time. */
const Recurring = Schema.Struct({
  unit: Schema.Literal("day", "week", "month", "year"),
  every: Schema.Int.pipe(Schema.between(1, 1200)),
  /** Priced by use. */
  metered: Schema.Boolean,
});

/** One thing that a subscription bills again and again. */
const SubscriptionItem = Schema.Struct({
  id: Schema.String,
  product: orNull(Schema.String),
  /** `price/…` of the catalogue. */
  price: orNull(Subject),
  quantity: orNull(Schema.Number.pipe(Schema.int())),
  /** Decimal string of minor units. */
  unitAmountDecimal: orNull(Schema.String),
  currency: orNull(Currency),
  recurring: orNull(Recurring),
}).annotations({
  examples: [
    {
      id: "si_1",
      product: "platform",
      price: "price/price_1",
      quantity: 1,
      unitAmountDecimal: "120000",
      currency: "USD",
      recurring: { unit: "month", every: 1, metered: false },
    },
  ],
});

/** Stripe's subscription words are the canonical ones. `endAt`: when the term ends or ended, null while it renews for ever. */
export const SubscriptionData = Schema.Struct({
  status: Schema.Literal(
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "paused",
    "canceled",
  ),
  startAt: orNull(Instant),
  endAt: orNull(Instant),
  /** `connection:contractId`, where billing names the contract that it fulfils. */
  contract: orNull(Schema.String),
  /** All that it bills now, where the system says so. */
  items: Schema.optionalWith(orNull(Schema.Array(SubscriptionItem)), { exact: true }),
  trialEndAt: Schema.optionalWith(orNull(Instant), { exact: true }),
});

export const InvoiceData = Schema.Struct({
  status: Schema.Literal("draft", "open", "uncollectible", "paid", "void", "deleted"),
  number: orNull(Schema.String),
  currency: Currency,
  /** What the customer owes for this document before payments, credits and balance. */
  totalMinor: AmountMinor,
  taxMinor: AmountMinor,
  /** Customer balance used up by this invoice, zero or more. */
  balanceUsedMinor: AmountMinor,
  /** `subscription/…`, or null for a one-off invoice. */
  subscription: orNull(Subject),
  /** Start of the service period billed. */
  periodStart: orNull(Instant),
  periodEnd: orNull(Instant),
  finalizedAt: orNull(Instant),
  /** When each came about, where the system says so. */
  dueAt: Schema.optionalWith(orNull(Instant), { exact: true }),
  paidAt: Schema.optionalWith(orNull(Instant), { exact: true }),
  voidedAt: Schema.optionalWith(orNull(Instant), { exact: true }),
  uncollectibleAt: Schema.optionalWith(orNull(Instant), { exact: true }),
  /** The legal entity that issued it, where the system says so. */
  entity: Schema.optionalWith(orNull(Schema.String), { exact: true }),
});

export const CreditNoteData = Schema.Struct({
  status: Schema.Literal("issued", "void"),
  number: orNull(Schema.String),
  currency: Currency,
  totalMinor: AmountMinor,
  /** The part that lowered what was still to be paid (issued before payment), zero or more. */
  prePaymentMinor: AmountMinor,
  invoice: Subject,
  issuedAt: orNull(Instant),
});

/** The movement itself: Stripe's charge, or its out-of-band payment record. */
export const PaymentData = Schema.Struct({
  status: Schema.Literal("pending", "authorized", "succeeded", "failed", "canceled"),
  currency: Currency,
  amountMinor: AmountMinor,
  /** `invoice/…` when the movement itself names it. */
  invoice: orNull(Subject),
  /** `payment_intent/…`: the mention that leads to the invoice when the movement does not name it. */
  intent: orNull(Subject),
  paidAt: orNull(Instant),
});

/** An object that only mentions a movement (Stripe: PaymentIntent, InvoicePayment). Never money of its own. */
export const PaymentMentionData = Schema.Struct({
  status: Schema.Literal("open", "paid", "canceled"),
  invoice: orNull(Subject),
  intent: orNull(Subject),
  /** `payment/…` when it names the movement directly. */
  payment: orNull(Subject),
  /** The part of the movement that goes to `invoice`; null when not said. */
  amountMinor: orNull(AmountMinor),
});

export const RefundData = Schema.Struct({
  status: Schema.Literal("pending", "succeeded", "failed", "canceled"),
  currency: Currency,
  amountMinor: AmountMinor,
  payment: Subject,
  refundedAt: orNull(Instant),
});

export const DisputeData = Schema.Struct({
  status: Schema.Literal(
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "closed",
  ),
  currency: Currency,
  amountMinor: AmountMinor,
  payment: Subject,
});

/** The money of a dispute, apart from its case: `withdrawn` took it, `reinstated` gave it back. */
export const DisputeFundsData = Schema.Struct({
  status: Schema.Literal("withdrawn", "reinstated"),
  currency: Currency,
  amountMinor: AmountMinor,
  payment: Subject,
  withdrawnAt: orNull(Instant),
  reinstatedAt: Schema.optionalWith(orNull(Instant), { exact: true }),
});

export const ProductData = Schema.Struct({
  status: Schema.Literal("active", "archived", "deleted"),
  name: orNull(Schema.String),
});

export const PriceData = Schema.Struct({
  status: Schema.Literal("active", "archived", "deleted"),
  product: orNull(Subject),
  currency: orNull(Currency),
  /** Decimal string of minor units; a price may be finer than a minor unit. */
  unitAmountDecimal: orNull(Schema.String),
  /** Absent: it is charged once, or the system does not say. */
  recurring: Schema.optionalWith(orNull(Recurring), { exact: true }),
});

/** A financial document as an ERP reports it: receivable, credit memo, cash application, refund, chargeback or reversal. */
export const PostingData = Schema.Struct({
  status: Schema.Literal("open", "paid", "void", "deleted"),
  /** The ERP's own record type (`invoice`, `creditMemo`, `customerPayment`, `customerRefund`, `journalEntry`). */
  recordType: Schema.String,
  number: orNull(Schema.String),
  currency: Currency,
  amountMinor: AmountMinor,
  /** The date that its books have it under, and the legal entity whose books those are; where the system says so. */
  postedAt: Schema.optionalWith(orNull(Instant), { exact: true }),
  entity: Schema.optionalWith(orNull(Schema.String), { exact: true }),
  /** Of an invoice that bills charges: what is still to be paid, and the external ids of the charges. */
  openMinor: Schema.optionalWith(orNull(AmountMinor), { exact: true }),
  charges: Schema.optionalWith(orNull(Schema.Array(Schema.String)), { exact: true }),
  /** `invoice:12`, the document that it applies to; where the system says so. */
  appliesTo: Schema.optionalWith(orNull(Schema.String), { exact: true }),
});

export const dataSchemas = {
  account: AccountData,
  quote: QuoteData,
  contract: ContractData,
  subscription: SubscriptionData,
  invoice: InvoiceData,
  credit_note: CreditNoteData,
  payment: PaymentData,
  payment_mention: PaymentMentionData,
  refund: RefundData,
  dispute: DisputeData,
  dispute_funds: DisputeFundsData,
  product: ProductData,
  price: PriceData,
  posting: PostingData,
  line: LineData,
  tax_document: TaxDocumentData,
  usage_total: UsageTotalData,
  entitlement: EntitlementData,
  payout: PayoutData,
  payout_item: PayoutItemData,
  deposit: DepositData,
  terms: TermsData,
  amendment: AmendmentData,
  use: UseData,
  exchange_rate: ExchangeRateData,
} as const;

export type ObjectKind = keyof typeof dataSchemas;
export type DataOf<K extends ObjectKind> = (typeof dataSchemas)[K]["Type"];
export type ObjectData = { [K in ObjectKind]: DataOf<K> }[ObjectKind];
export type AccountData = DataOf<"account">;
export type QuoteData = DataOf<"quote">;
export type ContractData = DataOf<"contract">;
export type SubscriptionData = DataOf<"subscription">;
export type InvoiceData = DataOf<"invoice">;
export type CreditNoteData = DataOf<"credit_note">;
export type PaymentData = DataOf<"payment">;
export type PaymentMentionData = DataOf<"payment_mention">;
export type RefundData = DataOf<"refund">;
export type DisputeData = DataOf<"dispute">;
export type DisputeFundsData = DataOf<"dispute_funds">;
export type PostingData = DataOf<"posting">;

/** Objects of the connection's catalogue: they belong to no party and never link accounts. */
export const catalogueKinds: ReadonlySet<string> = new Set([
  "product",
  "price",
  "payout",
  "payout_item",
  "deposit",
  "exchange_rate",
]);

/**
 * The vendor's best logical clock for the object. All three in one unit (milliseconds for vendors that only have time).
 * `tick`: the clock's resolution. `trust`: two readings closer than this are not ordered by the clock.
 */
export const VendorClock = Schema.Struct({ at: Schema.Number, tick: Schema.Number, trust: Schema.Number });
export type VendorClock = typeof VendorClock.Type;

/** `operator` > `external-id` > `metadata` > `heuristic`. */
export const LinkRank = Schema.Literal("operator", "external-id", "metadata", "heuristic");
export type LinkRank = typeof LinkRank.Type;

/** This party says it is the same company as `target` (`connection:customerId`); a null target is an operator's *separate*. */
export const LinkClaim = Schema.Struct({ rank: LinkRank, target: orNull(Schema.String) });
export type LinkClaim = typeof LinkClaim.Type;

/** What an object is taken to say of which only some fields are known: the filler of field-wise sources. */
export const blanks = {
  account: { status: "active", name: null, email: null, currency: null, parent: null, legalId: null },
  quote: { status: "open", name: null, number: null, currency: null, amountMinor: null, deal: null, closedAt: null },
  contract: {
    status: "draft",
    name: null,
    number: null,
    currency: null,
    amountMinor: null,
    startAt: null,
    endAt: null,
    quote: null,
    subscription: null,
  },
} as const satisfies Partial<{ [K in ObjectKind]: DataOf<K> }>;
/** Kinds that a field-wise source may speak of. */
export type FieldwiseKind = keyof typeof blanks;

export interface CanonicalEvent {
  /** The vendor's event id; several canonical events may share it. */
  readonly id: string;
  /** The connection. */
  readonly source: string;
  /** `noun.verb`, past tense: `invoice.finalized`. */
  readonly type: string;
  readonly subject: string;
  /** When the vendor says it happened. Epoch milliseconds, UTC. */
  readonly time: number;
  /** The customer id (within `source`) that owns the subject; null when the payload does not say. */
  readonly owner: string | null;
  /** The subject (within `source`) whose owner owns this one, for objects that name no customer (refund → charge). */
  readonly via: string | null;
  readonly clock: VendorClock;
  /** True for the answer to a re-read: `clock.at` is then the `readAt`. */
  readonly read: boolean;
  readonly data: ObjectData;
  /**
   * For sources that send only what changed: the fields of `data` that this event says something about; what else `data` holds
   * is filler. One register a field. Absent: the whole object. A source does one or the other for a kind, always.
   */
  readonly fields?: ReadonlyArray<string>;
  readonly links: ReadonlyArray<LinkClaim>;
  /** The external id that the object carries in `source`, if any; when it is one of our outside ids the event is an echo. */
  readonly externalId: string | null;
  readonly correlationid: string | null;
  readonly traceparent: string | null;
  /** `tieout/<kind>/<version>`. */
  readonly dataschema: string;
}

export const kindOf = (subject: string): ObjectKind => subject.slice(0, subject.indexOf("/")) as ObjectKind;
export const foreignIdOf = (subject: string): string => subject.slice(subject.indexOf("/") + 1);
export const subjectOf = (kind: ObjectKind | "payment_intent", foreignId: string): string => `${kind}/${foreignId}`;

/** A canonical event as Schema, for the rims: documents, validation of what was stored by an older version, generators. */
export const CanonicalEvent = Schema.Struct({
  id: Schema.String,
  source: Schema.String,
  type: Schema.String.pipe(Schema.pattern(/^(?!xstate\.)[a-z_]+(\.[a-z_]+)+$/)),
  subject: Subject,
  time: Instant,
  owner: orNull(Schema.String),
  via: orNull(Subject),
  clock: VendorClock,
  read: Schema.Boolean,
  data: Schema.Union(...(Object.values(dataSchemas) as [typeof AccountData])),
  fields: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  links: Schema.Array(LinkClaim),
  externalId: orNull(Schema.String),
  correlationid: orNull(Schema.String),
  traceparent: orNull(Schema.String),
  dataschema: Schema.String,
});
