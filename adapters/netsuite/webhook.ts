/** The door for our own user-event script: Standard Webhooks signatures, and the script's envelope to canonical events. *Pure and total.* */
import * as Either from "effect/Either";
import { canonical, type Json } from "../../domain/canonical.ts";
import { sha256 } from "../../domain/hash.ts";
import type { Decoded, Envelope, Inbound } from "../../domain/ports/system.ts";
import { reader } from "../reader.ts";
import { verify } from "../standard-webhooks.ts";
import { eventOf, type ReadSettings } from "./mapping.ts";
import { isFinancial, type RecordType, ScriptEvent } from "./schema.ts";

export { sign, verify } from "../standard-webhooks.ts";

// ---------------------------------------------------------------- decode

/** The script's verbs (SuiteScript's event types) in the past tense. */
const verbs: Readonly<Record<string, string>> = {
  create: "created",
  edit: "updated",
  xedit: "updated",
  paybills: "updated",
  delete: "deleted",
  approve: "approved",
  reject: "rejected",
  cancel: "cancelled",
  void: "voided",
};

const utf8 = new TextDecoder("utf-8", { fatal: true });
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parse = (body: Uint8Array): Either.Either<Record<string, unknown>, string> => {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return isObject(value) ? Either.right(value) : Either.left("not a JSON object");
  } catch {
    return Either.left("not JSON");
  }
};

/** Over everything but `delivery`. What has no canonical text (a number past the doubles, nesting past the stack) hashes as its bytes. */
const hashOf = (event: Record<string, unknown>, body: Uint8Array): string => {
  const { delivery: _, ...signed } = event;
  try {
    return sha256(canonical(signed as Json));
  } catch {
    return sha256(body);
  }
};

const readEvent = reader(ScriptEvent);

const decodeWith = (settings: ReadSettings, body: Uint8Array, connection: string): Decoded => {
  const parsed = parse(body);
  if (Either.isLeft(parsed)) return { _tag: "NotEnvelope", reason: parsed.left };
  const { id, type } = parsed.right;
  if (typeof id !== "string" || id === "") return { _tag: "NotEnvelope", reason: "no event id" };
  if (typeof type !== "string" || type === "") return { _tag: "NotEnvelope", reason: "no event type" };
  const envelope: Envelope = { id, type, dataHash: hashOf(parsed.right, body) };
  if (/^(xstate|done)\./.test(type)) {
    return { _tag: "Undecodable", envelope, reason: `type: ${type} is a reserved name` };
  }
  const dot = type.indexOf(".");
  const noun = type.slice(0, Math.max(dot, 0));
  const word = type.slice(dot + 1);
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  if (noun === "accountingPeriod") {
    return { _tag: "Unknown", envelope, reason: "accounting periods have no canonical object yet" };
  }
  const isRead = noun === "customer" || noun === "deposit" || noun === "charge" || isFinancial(noun);
  if (!isRead || verb === undefined) {
    return { _tag: "Unknown", envelope, reason: `type: ${type} is not one that this adapter reads` };
  }
  const event = Either.flatMap(readEvent(parsed.right), (e) => {
    if (e.recordType !== noun) return Either.left(`recordType: ${e.recordType}, but the type says ${noun}`);
    const stamp = { id, source: connection, verb, time: e.time, at: e.lastModifiedDate, read: false };
    const record = { ...e.record, externalId: e.externalId };
    return eventOf(noun as RecordType, e.internalId, record, stamp, settings);
  });
  return Either.isLeft(event)
    ? { _tag: "Undecodable", envelope, reason: event.left }
    : { _tag: "Events", envelope, events: [event.right] };
};

export const defaultReadSettings: ReadSettings = {
  ids: { currencies: {}, subsidiary: null, entities: {} },
  externalIdConnection: null,
};

/** Never throws: a body that breaks the decoder itself is undecodable, not an outage. */
const total =
  (settings: ReadSettings) =>
  (body: Uint8Array, connection: string): Decoded => {
    try {
      return decodeWith(settings, body, connection);
    } catch (error) {
      const envelope = { id: "", type: "", dataHash: sha256(body) };
      return {
        _tag: "Undecodable",
        envelope,
        reason: `the decoder failed: ${error instanceof Error ? error.message : error}`,
      };
    }
  };

export const makeInbound = (settings: ReadSettings): Inbound => ({ verify, decode: total(settings) });
export const decode: Inbound["decode"] = total(defaultReadSettings);
