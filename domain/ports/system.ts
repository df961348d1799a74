/**
 * What the engine needs of one connected system. A vendor folder provides it through its `layer.ts`;
 * nothing vendor-shaped comes out of it.
 */
import type * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type { CanonicalEvent, ObjectKind } from "../event.ts";
import type { StatusOrder } from "../register.ts";

export type Role =
  | "crm"
  | "cpq"
  | "billing"
  | "payments"
  | "tax"
  | "erp"
  | "revenue"
  | "support"
  | "usage"
  | "warehouse";

/** What is fixed about a vendor, as data: the part of the register's rule that differs by vendor. *Pure.* */
export interface SystemProfile {
  readonly vendor: string;
  readonly roles: ReadonlyArray<Role>;
  /** Which statuses can no longer be left, per object; an object without an entry has all statuses equal. */
  readonly orders: Partial<Record<ObjectKind, StatusOrder>>;
  /** The resolution of the vendor's clock, in milliseconds. */
  readonly tickMs: number;
  /** How long an unclear outcome rests before it is read back. Longer than the vendor's own timeout. */
  readonly settleWindowMs: number;
  /** Commands in flight at once. */
  readonly concurrency: number;
  /** Calls a second that the vendor allows; absent where it names no such limit. */
  readonly ratePerSecond?: number;
  /** True when an object can be read again by its id, to settle an ambiguity. */
  readonly canRead: boolean;
}

// ---------------------------------------------------------------- inbound

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as sent: parsing first would lose what was signed. */
  readonly body: Uint8Array;
}

export type Verified =
  | { readonly ok: true }
  /** `reason` is for the operator's log, in plain words; it never holds the secret or the expected signature. */
  | { readonly ok: false; readonly reason: string };

export interface Envelope {
  /** The vendor's event id. */
  readonly id: string;
  /** The vendor's event type, as sent. */
  readonly type: string;
  /** SHA-256 (hex) of the `data` part only, so that a redelivery with other delivery counters is the same event. */
  readonly dataHash: string;
}

export type Decoded =
  | {
      readonly _tag: "Events";
      readonly envelope: Envelope;
      readonly events: ReadonlyArray<CanonicalEvent>;
      /** Subjects that changed without saying how (a gap): to be read again. `*`: everything, by a poll from the beginning. */
      readonly asks?: ReadonlyArray<string>;
    }
  /** A type that this adapter has no use for: stored and counted. */
  | { readonly _tag: "Unknown"; readonly envelope: Envelope; readonly reason: string }
  /** The envelope is the vendor's, the content is not what its schema says: stored, a fault, replayed under a newer decoder. */
  | { readonly _tag: "Undecodable"; readonly envelope: Envelope; readonly reason: string }
  /** Not that vendor's envelope at all (not JSON, no event id): answered 400, a sample kept. */
  | { readonly _tag: "NotEnvelope"; readonly reason: string };

/** Pure and total: neither function throws. */
export interface Inbound {
  readonly verify: (request: SignedRequest, secrets: ReadonlyArray<string>, nowMs: number) => Verified;
  readonly decode: (body: Uint8Array, connection: string) => Decoded;
  /** The events of one recorded body, where a body may be a batch of them. Default: it is one event. */
  readonly unpack?: (body: Uint8Array) => ReadonlyArray<Uint8Array>;
}

// ---------------------------------------------------------------- outbound

/** The documents that we place in other systems. */
export type DocumentKind =
  | "customer"
  | "receivable"
  | "credit_memo"
  | "cash_application"
  | "refund"
  | "chargeback"
  | "charge"
  | "crm_subscription"
  | "crm_invoice";

/** What an ERP holds of them. */
export type ErpDocument = Exclude<DocumentKind, `crm_${string}`>;

/** `post` makes it, `update` changes what may be changed in place, `reverse` is the inverse of a posted document. */
export type Verb = "post" | "update" | "reverse";

/** What the document should say. Every field counts: two contents are the same wish when their canonical encodings are. */
export type DocumentContent = Readonly<Record<string, string | number | null>>;
/* customer:         { name, email, currency }                          name is never null
 * receivable:       { currency, amountMinor, taxMinor, number }        amountMinor > 0
 * credit_memo:      { currency, amountMinor, appliesTo, number }       appliesTo = outside id of the receivable
 * cash_application: { currency, amountMinor, appliesTo }               appliesTo = outside id of the receivable
 * refund:           { currency, amountMinor, appliesTo }               appliesTo = outside id of the cash application
 * chargeback:       { currency, amountMinor, appliesTo }               appliesTo = outside id of the cash application
 * charge:           { currency, amountMinor, taxMinor, quantity, meter, product, period, periodEnd, entity, jurisdiction } and, of a later
 *                   record, appliesTo = outside id of the first; amounts without tax, of either sign; quantity a decimal text
 * crm_subscription: { account, status, startAt, endAt }                account = the CRM's own id of the linked account; instants in epoch ms or null
 * crm_invoice:      { account, number, status, currency, amountMinor, paidMinor }   status = open | paid | uncollectible | void
 */

/** A document on which this one rests, with the foreign id it is known by. */
export interface Support {
  readonly kind: DocumentKind;
  readonly outsideId: string;
  readonly foreignId: string;
}

export interface OutboundCommand {
  /** The attempt to change; the vendor's idempotency key where it has one. */
  readonly key: string;
  /** The thing outside; carried as the vendor's external id. */
  readonly outsideId: string;
  readonly kind: DocumentKind;
  readonly verb: Verb;
  readonly content: DocumentContent;
  /** Effective date of the document. Epoch milliseconds, UTC. Not part of the wish. */
  readonly effectiveAt: number;
  /** `connection:kind/id` of the object that it stands for; for the memo field of the target, never parsed. */
  readonly sourceObject: string;
  /** The customer's record in the target system; null only for kind `customer`. */
  readonly customer: Support | null;
  /** The document named by `content.appliesTo`; null where the content has none. */
  readonly appliesTo: Support | null;
  /** What people mapped in this target since the configuration was written, by name; it goes before the configuration. Absent: nothing. */
  readonly mappings?: Readonly<Record<string, string>>;
  /** The foreign id of the document itself, for `update` and `reverse`. */
  readonly foreignId: string | null;
}

/** What the target answered, after its own normalisation. */
export interface Receipt {
  readonly foreignId: string;
  /** What the document now says, in the words of `DocumentContent`; only fields that the vendor reports back. */
  readonly content: DocumentContent;
}

/** Nothing was done, and the same request may work later: refused connection, 503 before processing, lock. */
export class Transient extends Schema.TaggedError<Transient>("domain/ports/Transient")("Transient", {
  detail: Schema.String,
}) {}
/** Nothing was done; the vendor asks for patience. */
export class Throttled extends Schema.TaggedError<Throttled>("domain/ports/Throttled")("Throttled", {
  detail: Schema.String,
  retryAfterMs: Schema.NullOr(Schema.Number),
}) {}
/** It may have been done: timeout, severed answer, 5xx after the request was sent. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>("domain/ports/OutcomeUnknown")(
  "OutcomeUnknown",
  { detail: Schema.String },
) {}
/** The code of a `RejectedFixable` that says that the accounting period of the document's date is closed. */
export const periodClosed = "PERIOD_CLOSED";
/** Refused for something that a person or later evidence can put right: mapping, address, permission, closed period, missing reference. */
export class RejectedFixable extends Schema.TaggedError<RejectedFixable>("domain/ports/RejectedFixable")(
  "RejectedFixable",
  { code: Schema.String, detail: Schema.String },
) {}
/** Refused for good, or we have a bug: same key with other content, unsupported operation. */
export class Impossible extends Schema.TaggedError<Impossible>("domain/ports/Impossible")("Impossible", {
  code: Schema.String,
  detail: Schema.String,
}) {}
/** Nothing else leaves an adapter. */
export type AnswerError = Transient | Throttled | OutcomeUnknown | RejectedFixable | Impossible;

/** An answer to a re-read: the vendor's body as it came, for the journal, with the canonical events that it holds. */
export interface ReadAnswer {
  readonly body: Uint8Array;
  readonly events: ReadonlyArray<CanonicalEvent>;
}

export interface PollAnswer {
  readonly body: Uint8Array;
  readonly events: ReadonlyArray<CanonicalEvent>;
  /** Where the next poll starts; overlaps what was seen, since repetition costs nothing. */
  readonly cursor: string;
  readonly more: boolean;
  /** As of `Decoded`. */
  readonly asks?: ReadonlyArray<string>;
}

export interface Outbound {
  readonly send: (command: OutboundCommand) => Effect.Effect<Receipt, AnswerError>;
  /**
   * Read back by outside id whether the command took effect. `null`: the target has no such document.
   * For `reverse` it answers whether the inverse exists.
   */
  readonly lookup: (command: OutboundCommand) => Effect.Effect<Receipt | null, AnswerError>;
  /** Re-read one object. `requestedAt`: our clock when the request leaves, epoch ms; the adapter derives `readAt` from it. `null`: no such object, which settles nothing. */
  readonly read: (
    subject: string,
    connection: string,
    requestedAt: number,
  ) => Effect.Effect<ReadAnswer | null, AnswerError>;
  /** What changed since `cursor` (null: from the beginning), for systems that are polled; `null` where the vendor has no poll. */
  readonly poll: ((cursor: string | null, connection: string) => Effect.Effect<PollAnswer, AnswerError>) | null;
  /**
   * Everything that the system has of what it reports, page by page, whenever it changed; null begins. The events are observations as
   * of now, so that a page repeated changes nothing. Absent: it cannot be listed.
   */
  readonly list?: (
    cursor: string | null,
    connection: string,
    requestedAt: number,
  ) => Effect.Effect<PollAnswer, AnswerError>;
  /**
   * A stream that the vendor pushes (Salesforce Pub/Sub). Runs until interrupted or it fails; each batch is handed to `deliver`, which returns
   * once batch and cursor are durable together. `cursor` null: from where the vendor's retention begins. Absent: the vendor has none.
   */
  readonly subscribe?: (
    cursor: string | null,
    connection: string,
    deliver: (answer: PollAnswer) => Effect.Effect<void>,
  ) => Effect.Effect<never, AnswerError>;
}

export interface System {
  readonly connection: string;
  readonly profile: SystemProfile;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
}
