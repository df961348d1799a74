/**
 * Change events at the door: Standard Webhooks signatures for those who relay them, and the events' envelope to canonical events.
 * A relay sends one change event, or `{ "replayId": …, "events": [ … ] }`; the stream puts its batches into the same shape. *Pure and total.*
 */
import { createHash } from "node:crypto";
import * as Either from "effect/Either";
import { type Json as CanonicalJson, canonical } from "../../domain/canonical.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Decoded, Envelope, Inbound } from "../../domain/ports/system.ts";
import { reader } from "../reader.ts";
import { verify } from "../standard-webhooks.ts";
import { defaultDocuments, defaultNames, defaults } from "./config.ts";
import {
  deletedEvent,
  fieldsOf,
  type ReadSettings,
  type Role,
  readRecord,
  roleOfObject,
  type Said,
  type Stamp,
  subjectOfRecord,
} from "./mapping.ts";
import { ChangeEventHeader, id18, isJson, type Json } from "./schema.ts";

export { sign as signWebhook } from "../standard-webhooks.ts";

// ---------------------------------------------------------------- one change event

interface Change {
  readonly header: ChangeEventHeader;
  readonly body: Json;
}
const readHeader = reader(ChangeEventHeader, "ChangeEventHeader");
const changeOf = (member: unknown): Either.Either<Change, string> =>
  isJson(member) && isJson(member["ChangeEventHeader"])
    ? Either.map(readHeader(member["ChangeEventHeader"]), (header) => ({ header, body: member }))
    : Either.left("ChangeEventHeader: absent");

/** `BillingAddress.City` speaks of a part of BillingAddress. */
const topOf = (field: string): string => field.split(".", 1)[0]!;
const isBitmap = (field: string): boolean => /^(\d+-)?0x[0-9A-Fa-f]*$/.test(field);

/** What an update speaks of. Without lists (as the Streaming API sends it), what the body holds. */
const spokenBy = ({ header, body }: Change): ReadonlySet<string> => {
  const { changedFields, nulledFields } = header;
  if (changedFields !== null || nulledFields !== null)
    return new Set([...(changedFields ?? []), ...(nulledFields ?? [])].map(topOf));
  return new Set(Object.keys(body).filter((key) => key !== "ChangeEventHeader"));
};
/** A field listed as emptied is empty whatever the body holds. */
const withoutNulled = ({ header, body }: Change): Json => {
  const emptied = (header.nulledFields ?? []).filter((field) => !field.includes("."));
  return emptied.length === 0 ? body : { ...body, ...Object.fromEntries(emptied.map((field) => [field, null])) };
};

interface Told {
  readonly events: ReadonlyArray<CanonicalEvent>;
  readonly asks: ReadonlyArray<string>;
  /** Why a person may want to look: nothing of it is read; null otherwise. */
  readonly unknown: string | null;
}
const tick = { tick: 1, trust: 1 } as const;
const verbs: Readonly<Record<string, string>> = {
  CREATE: "created",
  UPDATE: "updated",
  DELETE: "deleted",
  UNDELETE: "undeleted",
};

const tell = (change: Change, role: Role, connection: string, settings: ReadSettings): Either.Either<Told, string> =>
  Either.gen(function* () {
    const { header } = change;
    const { changeType, recordIds, commitTimestamp: at } = header;
    if (changeType === "GAP_OVERFLOW" || recordIds.some((id) => id.includes("*")))
      return { events: [], asks: ["*"], unknown: null };
    const ids: string[] = [];
    for (const given of recordIds) {
      const id = id18(given);
      if (id === null) return yield* Either.left(`ChangeEventHeader.recordIds: ${given} is no Salesforce id`);
      ids.push(id);
    }
    const verb = Object.hasOwn(verbs, changeType) ? verbs[changeType] : undefined;
    const lists = [header.changedFields, header.nulledFields, header.diffFields].flatMap((list) => list ?? []);
    const mapped = new Set(fieldsOf(role, settings));
    const untold = lists.some(isBitmap) || (header.diffFields ?? []).some((field) => mapped.has(topOf(field)));
    if (changeType.startsWith("GAP_") || (changeType === "UPDATE" && untold))
      return { events: [], asks: ids.map((id) => subjectOfRecord(role, id)), unknown: null };
    if (verb === undefined)
      return { events: [], asks: [], unknown: `changeType: ${changeType} is not one that this adapter reads` };
    const whole = changeType !== "UPDATE";
    const said: Said = { body: withoutNulled(change), whole, spoken: whole ? new Set() : spokenBy(change) };
    const events: CanonicalEvent[] = [];
    const asks: string[] = [];
    for (const id of ids) {
      const stamp: Stamp = {
        id: `${header.transactionKey}:${header.sequenceNumber}:${id}`,
        source: connection,
        verb,
        time: at,
        clock: { at, ...tick },
        read: false,
      };
      if (changeType === "DELETE") {
        events.push(deletedEvent(role, id, stamp));
        continue;
      }
      const { event, asks: incomplete } = yield* readRecord(role, id, said, stamp, settings);
      if (event !== null) events.push(event);
      if (incomplete) asks.push(subjectOfRecord(role, id));
    }
    // A change of nothing that is mapped is told by no event.
    return { events, asks, unknown: null };
  });

const tellOf = (change: Change, connection: string, settings: ReadSettings): Either.Either<Told, string> => {
  const { entityName, changeOrigin } = change.header;
  const role = roleOfObject(entityName, settings.names);
  if (role !== null) return tell(change, role, connection, settings);
  const { subscription, invoice } = settings.documents;
  const isOurs = entityName === subscription.object || entityName === invoice.object;
  const isEcho = (changeOrigin ?? "").split(";").includes(`client=${settings.clientName}`);
  if (isOurs && isEcho) return Either.right({ events: [], asks: [], unknown: null });
  const unknown = !isOurs
    ? `entityName: ${entityName} is not one that this adapter reads`
    : "one of our own documents, changed by others: it is compared when it is next looked up";
  return Either.right({ events: [], asks: [], unknown });
};

// ---------------------------------------------------------------- decode

const utf8 = new TextDecoder("utf-8", { fatal: true });
const sha256 = (of: string | Uint8Array): string => createHash("sha256").update(of).digest("hex");
const parse = (body: Uint8Array): Either.Either<Json, string> => {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return isJson(value) ? Either.right(value) : Either.left("not a JSON object");
  } catch {
    return Either.left("not JSON");
  }
};
/** What has no canonical text (a number past the doubles, nesting past the stack) hashes as its bytes. */
const hashOf = (members: ReadonlyArray<unknown>, body: Uint8Array): string => {
  try {
    return sha256(canonical(members as CanonicalJson));
  } catch {
    return sha256(body);
  }
};
const nameOf = ({ header }: Change) => `${header.transactionKey}:${header.sequenceNumber}:${header.entityName}`;
const typeOf = ({ header }: Change) => `${header.entityName}.${header.changeType}`;

/** Both what it tells and, of a batch, what could not be read: a bad member must not hold up the others, so its record is asked for. */
const decodeBatch = (
  members: ReadonlyArray<unknown>,
  envelope: Envelope,
  connection: string,
  settings: ReadSettings,
): Decoded => {
  const events: CanonicalEvent[] = [];
  const asks = new Set<string>();
  for (const member of members) {
    const change = changeOf(member);
    const told = Either.flatMap(change, (of) => tellOf(of, connection, settings));
    if (Either.isRight(told)) {
      events.push(...told.right.events);
      for (const subject of told.right.asks) asks.add(subject);
      continue;
    }
    const role = Either.isRight(change) ? roleOfObject(change.right.header.entityName, settings.names) : null;
    const ids = Either.isRight(change) ? change.right.header.recordIds.map(id18) : [];
    for (const id of ids) asks.add(role !== null && id !== null ? subjectOfRecord(role, id) : "*");
    if (ids.length === 0) asks.add("*");
  }
  return { _tag: "Events", envelope, events, ...(asks.size === 0 ? {} : { asks: [...asks].sort() }) };
};

const decodeWith = (settings: ReadSettings, body: Uint8Array, connection: string): Decoded => {
  const parsed = parse(body);
  if (Either.isLeft(parsed)) return { _tag: "NotEnvelope", reason: parsed.left };
  const listed = parsed.right["events"];
  if (Array.isArray(listed)) {
    const names = listed.map((member) => Either.match(changeOf(member), { onLeft: () => "?", onRight: nameOf }));
    const dataHash = hashOf(listed, body);
    // An empty batch keeps the place in the stream, and nothing else.
    const { replayId } = parsed.right;
    const id = `batch:${sha256(JSON.stringify(listed.length === 0 ? [replayId ?? null] : [names, dataHash]))}`;
    return decodeBatch(listed, { id, type: "batch", dataHash }, connection, settings);
  }
  if (!isJson(parsed.right["ChangeEventHeader"]))
    return { _tag: "NotEnvelope", reason: "no ChangeEventHeader, no events" };
  const { replayId: _, ...member } = parsed.right;
  const change = changeOf(member);
  const dataHash = hashOf([member], body);
  if (Either.isLeft(change)) {
    const { transactionKey } = parsed.right["ChangeEventHeader"];
    if (typeof transactionKey !== "string" || transactionKey === "")
      return { _tag: "NotEnvelope", reason: "no transactionKey" };
    const envelope: Envelope = { id: transactionKey, type: "?", dataHash };
    return { _tag: "Undecodable", envelope, reason: change.left };
  }
  const envelope: Envelope = { id: nameOf(change.right), type: typeOf(change.right), dataHash };
  const told = tellOf(change.right, connection, settings);
  if (Either.isLeft(told)) return { _tag: "Undecodable", envelope, reason: told.left };
  const { events, asks, unknown } = told.right;
  if (unknown !== null) return { _tag: "Unknown", envelope, reason: unknown };
  return { _tag: "Events", envelope, events, ...(asks.length === 0 ? {} : { asks }) };
};

/** Never throws: a body that breaks the decoder itself is undecodable, not an outage. */
export const makeInbound = (settings: ReadSettings): Inbound => ({
  verify,
  decode: (body, connection) => {
    try {
      return decodeWith(settings, body, connection);
    } catch (error) {
      const envelope = { id: "", type: "", dataHash: sha256(body) };
      return { _tag: "Undecodable", envelope, reason: `the decoder failed: ${String(error)}` };
    }
  },
});

export const inbound: Inbound = makeInbound({
  ...defaults,
  names: defaultNames,
  documents: defaultDocuments,
});
