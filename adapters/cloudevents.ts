/**
 * CloudEvents 1.0 from systems without an adapter of their own: tax, support, usage, a bank. Such a system speaks the domain's own
 * words: the type is `tax_document.committed`, the subject `tax_document/4711`, the data what `domain/event.ts` has for the kind.
 * Extensions: `owner` (the customer id there), `via` (a subject whose owner it is), `link` (`connection:customerId` of the same
 * company), `externalid`, `correlationid`, `traceparent`. *Pure* but for the system's own making.
 */
import { createHash } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Schema from "effect/Schema";
import { canonical, type Json } from "../domain/canonical.ts";
import {
  type CanonicalEvent,
  dataSchemas,
  foreignIdOf,
  kindOf,
  type ObjectData,
  type ObjectKind,
} from "../domain/event.ts";
import { type Decoded, RejectedFixable, type Role, type System } from "../domain/ports/system.ts";
import { reader } from "./reader.ts";
import { verify } from "./standard-webhooks.ts";

/** What such a system may be to the company. */
export const senderRoles = [
  "crm",
  "cpq",
  "billing",
  "payments",
  "tax",
  "erp",
  "revenue",
  "support",
  "usage",
  "warehouse",
] as const satisfies ReadonlyArray<Role>;

/** Times come in RFC 3339; closer than this two of them are not ordered. Milliseconds. */
const tickMs = 1;

const orNull = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.NullOr(schema), { default: () => null });
const Text = Schema.NonEmptyString;
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const Envelope = Schema.Struct({
  specversion: Schema.Literal("1.0"),
  id: Text,
  source: Text,
  type: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,200}$/)),
});
const Attributes = Schema.Struct({
  subject: Schema.String.pipe(Schema.pattern(/^[a-z_]+\/\S{1,200}$/)),
  time: Schema.String.pipe(
    Schema.filter(
      (text) =>
        (instantPattern.test(text) && Number.isFinite(Date.parse(text))) || "is not an instant with a time zone",
    ),
  ),
  owner: orNull(Text),
  via: orNull(Schema.String.pipe(Schema.pattern(/^[a-z_]+\/\S+$/))),
  link: orNull(Schema.String.pipe(Schema.pattern(/^[^:\s]+:\S+$/))),
  externalid: orNull(Text),
  correlationid: orNull(Schema.String),
  traceparent: orNull(Schema.String),
});

const readEnvelope = reader(Envelope);
const readAttributes = reader(Attributes);
const typePattern = /^(?!xstate\.)([a-z_]+)(\.[a-z_]+)+$/;

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
};

const isKind = (kind: string): kind is ObjectKind => Object.hasOwn(dataSchemas, kind);

/** One event in its structured form: what the journal keeps, whichever form it came in. */
export const decode = (body: Uint8Array, connection: string): Decoded => {
  const event = parse(body);
  const envelope = readEnvelope(event);
  if (Either.isLeft(envelope)) return { _tag: "NotEnvelope", reason: `no CloudEvent 1.0: ${envelope.left}` };
  const { id, type, source } = envelope.right;
  const whole = event as { readonly [key: string]: Json };
  const said = { data: whole["data"] ?? null, subject: whole["subject"] ?? null };
  const dataHash = createHash("sha256").update(canonical(said)).digest("hex");
  const known = { id, type, dataHash };
  const undecodable = (reason: string): Decoded => ({ _tag: "Undecodable", envelope: known, reason });
  if (source !== connection) return undecodable(`source: ${JSON.stringify(source)} is not the sender, ${connection}`);
  const kind = typePattern.exec(type)?.[1];
  if (kind === undefined || !isKind(kind))
    return {
      _tag: "Unknown",
      envelope: known,
      reason: `${type} is none of ${Object.keys(dataSchemas).join(", ")} with a verb`,
    };
  const attributes = readAttributes(event);
  if (Either.isLeft(attributes)) return undecodable(attributes.left);
  const { subject, time, owner, via, link, externalid, correlationid, traceparent } = attributes.right;
  if (kindOf(subject) !== kind) return undecodable(`subject: ${subject} is no ${kind}, which the type speaks of`);
  const data = reader(dataSchemas[kind] as unknown as Schema.Schema<ObjectData>, "data")(whole["data"]);
  if (Either.isLeft(data)) return undecodable(data.left);
  const at = Date.parse(time);
  const canonicalEvent: CanonicalEvent = {
    id,
    source: connection,
    type,
    subject,
    time: at,
    owner: owner ?? (kind === "account" ? foreignIdOf(subject) : null),
    via,
    clock: { at, tick: tickMs, trust: tickMs },
    read: false,
    data: data.right,
    links: link === null ? [] : [{ rank: "external-id", target: link }],
    externalId: externalid,
    correlationid,
    traceparent,
    dataschema: `tieout/${kind}/1`,
  };
  return { _tag: "Events", envelope: known, events: [canonicalEvent] };
};

// ---------------------------------------------------------------- the three forms on the wire

export const eventMedia = "application/cloudevents+json";
export const batchMedia = "application/cloudevents-batch+json";

const mediaOf = (contentType: string | undefined): string => (contentType ?? "").split(";")[0]!.trim().toLowerCase();

/** Percent-encoded where it is not plain text, as the HTTP binding has it. */
const headerText = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

const unpacked = (batch: ReadonlyArray<unknown>): ReadonlyArray<Uint8Array> =>
  batch.map((event) => new TextEncoder().encode(JSON.stringify(event)));

/** Of a recorded body: a batch is a JSON array. */
const unpack = (body: Uint8Array): ReadonlyArray<Uint8Array> => {
  const value = parse(body);
  return Array.isArray(value) ? unpacked(value) : [body];
};

/** Each event of a request in its structured form, as bytes; or why it is none. */
export const eventsIn = (
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
): Either.Either<ReadonlyArray<Uint8Array>, string> => {
  const media = mediaOf(headers["content-type"]);
  if (media === eventMedia) return Either.right([body]);
  const value = parse(body);
  if (media === batchMedia) {
    if (!Array.isArray(value)) return Either.left(`${batchMedia} is a JSON array of events`);
    return Either.right(unpacked(value));
  }
  if (headers["ce-specversion"] === undefined)
    return Either.left(`send ${eventMedia}, ${batchMedia}, or an event in headers (ce-specversion, ce-id …)`);
  if (value === undefined || !/^application\/([\w.-]+\+)?json$/.test(media))
    return Either.left("the data of an event in headers is JSON, content-type: application/json");
  const attributes = Object.entries(headers).flatMap(([name, text]) =>
    name.startsWith("ce-") && text !== undefined ? [[name.slice(3), headerText(text)] as const] : [],
  );
  const event = { ...Object.fromEntries(attributes), datacontenttype: headers["content-type"], data: value };
  return Either.right([new TextEncoder().encode(JSON.stringify(event))]);
};

// ---------------------------------------------------------------- the system

export interface CloudEventsConfig {
  readonly connection: string;
  /** What the system is to the company. */
  readonly roles: ReadonlyArray<Role>;
}

/** It speaks, and is never asked or sent anything. */
export const makeCloudEvents = ({ connection, roles }: CloudEventsConfig): System => {
  const refuse = Effect.fail(
    new RejectedFixable({ code: "no-api", detail: `connection ${connection} sends CloudEvents, and takes nothing` }),
  );
  return {
    connection,
    profile: {
      vendor: "cloudevents",
      roles,
      orders: { account: { active: ["deleted"] } },
      tickMs,
      settleWindowMs: 1000,
      concurrency: 1,
      canRead: false,
    },
    inbound: { verify, decode, unpack },
    outbound: { send: () => refuse, lookup: () => refuse, read: () => refuse, poll: null },
  };
};
