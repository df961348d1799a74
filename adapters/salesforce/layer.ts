/** The public face of the folder: Salesforce as a `System`. The table of verbs, the re-read, the poll, the stream. */
import type { HttpClient } from "@effect/platform/HttpClient";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import { canonical } from "../../domain/canonical.ts";
import { type CanonicalEvent, foreignIdOf, kindOf } from "../../domain/event.ts";
import {
  type AnswerError,
  Impossible,
  type Outbound,
  type OutboundCommand,
  OutcomeUnknown,
  type Receipt,
  RejectedFixable,
  type System,
  type SystemProfile,
  Transient,
} from "../../domain/ports/system.ts";
import { polled } from "../polled.ts";
import { reader } from "../reader.ts";
import { makeClient, type SalesforceClient } from "./client.ts";
import { defaults, type SalesforceConfig } from "./config.ts";
import {
  bodyOf,
  type CrmCommand,
  contentOf,
  deletedEvent,
  documentOf,
  fieldsOf,
  isCrmCommand,
  queryOf,
  type Role,
  readRecord,
  roleOfSubject,
  rowOf,
  type Stamp,
  stampTick,
  writtenContent,
} from "./mapping.ts";
import { id18, isJson, type Json, QueryPage } from "./schema.ts";
import { makeInbound } from "./webhook.ts";

export {
  defaultDocuments,
  defaultNames,
  type SalesforceAuth,
  type SalesforceConfig,
  type SalesforceDocuments,
  type SalesforceNames,
  salesforceConfig,
  sandboxConfig,
  simulatorTenant,
  simulatorToken,
} from "./config.ts";
export { normalise } from "./mapping.ts";
export { id18 } from "./schema.ts";
export {
  type Change,
  type CommittedEntry,
  makeSalesforceSimulator,
  type SalesforceSimulator,
  type Snapshot,
} from "./simulator.ts";
export { inbound, makeInbound, signWebhook } from "./webhook.ts";

/** Milliseconds; a change event tells its commit to the millisecond. */
const tickMs = 1;

export const profile: SystemProfile = {
  vendor: "salesforce",
  roles: ["crm", "cpq"],
  // A deleted record can be undeleted, a lost deal can be won again: clocks decide.
  orders: {},
  tickMs,
  settleWindowMs: defaults.settleWindowMs,
  concurrency: defaults.concurrency,
  canRead: true,
};

const parse = (bytes: Uint8Array): Either.Either<Json, string> =>
  Either.try({
    try: () => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
    catch: () => "the answer is not JSON",
  }).pipe(Either.flatMap((value) => (isJson(value) ? Either.right(value) : Either.left("the answer is no record"))));
const undecodable = (detail: string): AnswerError => new RejectedFixable({ code: "undecodable", detail });

// ---------------------------------------------------------------- commands

/** No Salesforce account is ever created by us, and an ERP's documents have no place there. */
const forCrm =
  <A>(run: (command: CrmCommand) => Effect.Effect<A, AnswerError>) =>
  (command: OutboundCommand): Effect.Effect<A, AnswerError> =>
    isCrmCommand(command)
      ? run(command)
      : Effect.fail(new Impossible({ code: "unsupported", detail: `Salesforce takes no ${command.kind} from us` }));

type Lookup = (command: CrmCommand) => Effect.Effect<Receipt | null, AnswerError>;

/** The record as it stands there, whatever the verb; null: there is none. */
const makeStanding =
  (client: SalesforceClient, config: SalesforceConfig): Lookup =>
  (command) => {
    const { object, fields } = documentOf(command, config);
    const key = { field: config.documents.externalId, value: command.outsideId };
    return Effect.flatMap(client.get(object, key, ["Id", ...Object.values(fields)]), (found) => {
      if (found?._tag !== "Found") return Effect.succeed(null);
      const receipt = Either.flatMap(parse(found.bytes), (record): Either.Either<Receipt, string> => {
        const id = typeof record["Id"] === "string" ? id18(record["Id"]) : null;
        if (id === null) return Either.left("Id: absent");
        return Either.map(contentOf(command, record, config), (content) => ({ foreignId: id, content }));
      });
      return Either.isRight(receipt) ? Effect.succeed(receipt.right) : Effect.fail(undecodable(receipt.left));
    });
  };

/** A deletion leaves nothing to find: that is its trace. */
const reversed = (command: CrmCommand): Receipt => ({ foreignId: command.foreignId ?? "", content: {} });
const makeLookup =
  (standing: Lookup): Lookup =>
  (command) =>
    Effect.map(standing(command), (found) =>
      command.verb === "reverse" ? (found === null ? reversed(command) : null) : found,
    );

const makeSend =
  (client: SalesforceClient, config: SalesforceConfig, standing: Lookup) =>
  (command: CrmCommand): Effect.Effect<Receipt, AnswerError> => {
    const { object } = documentOf(command, config);
    const { externalId } = config.documents;
    if (command.verb === "reverse") {
      return Effect.flatMap(client.remove(object, externalId, command.outsideId), (wasThere) => {
        if (wasThere) return Effect.succeed(reversed(command));
        // Not found by the deletion: gone already, unless the look-up finds it after all.
        return Effect.flatMap(standing(command), (found) =>
          found === null
            ? Effect.succeed(reversed(command))
            : Effect.fail(new Transient({ detail: "the deletion found no record, the look-up did" })),
        );
      });
    }
    const body = bodyOf(command, config);
    if (Either.isLeft(body)) return Effect.fail(new Impossible(body.left));
    return Effect.flatMap(client.upsert(object, externalId, command.outsideId, body.right), (written) => {
      if (written._tag === "Taken") {
        // The write is refused, so a failing look-up leaves nothing unclear; the same upsert goes again when the rival has committed.
        return Effect.flatMap(standing(command), (found): Effect.Effect<Receipt, AnswerError> => {
          if (found === null)
            return Effect.fail(new RejectedFixable({ code: "DUPLICATE_VALUE", detail: written.detail }));
          return canonical(found.content) === canonical(writtenContent(command))
            ? Effect.succeed(found)
            : Effect.fail(new Transient({ detail: written.detail }));
        });
      }
      const id = written.id === null ? null : id18(written.id);
      if (id !== null) return Effect.succeed({ foreignId: id, content: writtenContent(command) });
      // An older API version answers an update with nothing: the record names itself when it is read back.
      const unread = (detail: string) => Effect.fail(new OutcomeUnknown({ detail }));
      return standing(command).pipe(
        Effect.catchAll((error) => unread(`written, but not read back: ${error.detail}`)),
        Effect.flatMap((found) => (found === null ? unread("written, and not found") : Effect.succeed(found))),
      );
    });
  };

// ---------------------------------------------------------------- re-reads

const makeRead =
  (client: SalesforceClient, config: SalesforceConfig): Outbound["read"] =>
  (subject, connection, requestedAt) => {
    const id = id18(foreignIdOf(subject));
    const role = id === null ? null : roleOfSubject(kindOf(subject), id);
    const object = role === null ? null : config.names[role]?.object;
    if (id === null || role === null || !object)
      return Effect.fail(new Impossible({ code: "unsupported", detail: `Salesforce has no record for ${subject}` }));
    const fields = [...new Set(["Id", "SystemModstamp", ...fieldsOf(role, config)])];
    return Effect.flatMap(client.get(object, { id }, fields), (found) => {
      if (found === null) return Effect.succeed(null);
      const at = Math.floor(requestedAt / tickMs) * tickMs - tickMs;
      const stamp: Stamp = {
        id: `read:${subject}:${requestedAt}`,
        source: connection,
        verb: "read",
        time: requestedAt,
        clock: { at, tick: tickMs, trust: tickMs },
        read: true,
      };
      if (found._tag === "Deleted")
        return Effect.succeed({ body: found.bytes, events: [deletedEvent(role, id, stamp)] });
      const reading = Either.flatMap(parse(found.bytes), (body) =>
        readRecord(role, id, { body, whole: true, spoken: new Set() }, stamp, config),
      );
      if (Either.isLeft(reading)) return Effect.fail(undecodable(reading.left));
      const { event } = reading.right;
      return Effect.succeed({ body: found.bytes, events: event === null ? [] : [event] });
    });
  };

// ---------------------------------------------------------------- the poll

const inTurn: ReadonlyArray<Role> = ["account", "opportunity", "cpqQuote", "order", "contract"];
/**
 * One object after another. `role`: whose turn it is; `next`: the page of its query; `since`: where each object's next query starts;
 * `seen`: the newest row of the query that runs (epoch ms). `tail`: rows of the overlap that were delivered, so that an idle org
 * answers nothing new. What it forgets comes again.
 */
interface Cursor {
  readonly role: Role;
  readonly next: string | null;
  readonly since: Readonly<Partial<Record<Role, number>>>;
  readonly seen: number | null;
  readonly tail: ReadonlyArray<string>;
}
const tailLimit = 1000;
const start: Cursor = { role: "account", next: null, since: {}, seen: null, tail: [] };

const isInstant = (value: unknown): boolean => Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
const cursorOf = (text: string | null): Cursor | null => {
  if (text === null) return start;
  const parsed = Either.getOrNull(parse(new TextEncoder().encode(text))) as Partial<Cursor> | null;
  if (parsed === null || !inTurn.includes(parsed.role as Role) || !isJson(parsed.since)) return null;
  const { next, seen, tail, since } = parsed;
  const whole =
    (next === null || typeof next === "string") && (seen === null || isInstant(seen)) && Array.isArray(tail);
  return whole && Object.values(since).every(isInstant) ? (parsed as Cursor) : null;
};

const readPage = reader(QueryPage);
/** Whether a row would be seen again by the next sweep. */
const isInOverlap = (key: string, since: Cursor["since"]): boolean => {
  const [role, second] = key.split(":");
  return Number(second) * stampTick >= Math.floor((since[role as Role] ?? 0) / stampTick) * stampTick;
};

const makePoll =
  (client: SalesforceClient, config: SalesforceConfig): NonNullable<Outbound["poll"]> =>
  (text, connection) =>
    Effect.gen(function* () {
      const cursor = cursorOf(text);
      if (cursor === null) return yield* new Impossible({ code: "cursor", detail: "the cursor is not one of ours" });
      const { since } = cursor;
      const polled = inTurn.filter((one) => config.names[one] !== null);
      // An object that is no longer read has lost its turn.
      const role = polled.includes(cursor.role) ? cursor.role : "account";
      const query = { soql: queryOf(role, config, since[role]) };
      const kept = cursor.next === null || role !== cursor.role ? null : yield* client.page({ next: cursor.next });
      // A place that Salesforce no longer keeps: the object's query starts anew.
      const body = kept ?? (yield* client.page(query)) ?? new Uint8Array();
      const page = Either.flatMap(parse(body), readPage);
      if (Either.isLeft(page)) return yield* new Transient({ detail: `the page does not read: ${page.left}` });
      const delivered = new Set(cursor.tail);
      const events: CanonicalEvent[] = [];
      let { seen } = cursor;
      const keys: string[] = [];
      for (const record of page.right.records) {
        const row = rowOf(role, record, connection, config);
        // One row that does not read must not hold up the others; it is in the body that is kept.
        if (Either.isLeft(row)) {
          yield* Effect.logWarning(`salesforce: a polled ${role} does not read: ${row.left}`);
          continue;
        }
        const { at, key, event } = row.right;
        seen = Math.max(seen ?? at, at);
        keys.push(key);
        if (event !== null && !delivered.has(key)) events.push(event);
      }
      const { done, nextRecordsUrl } = page.right;
      const all = [...new Set([...cursor.tail, ...keys])];
      if (!done && nextRecordsUrl !== null) {
        const next: Cursor = { ...cursor, next: nextRecordsUrl, seen, tail: all.slice(-tailLimit) };
        return { body, events, cursor: JSON.stringify(next), more: true };
      }
      const later = seen === null ? since : { ...since, [role]: seen - config.pollOverlapMs };
      const tail = all.filter((key) => isInOverlap(key, later)).slice(-tailLimit);
      const following = polled[polled.indexOf(role) + 1];
      const next: Cursor = { role: following ?? "account", next: null, since: later, seen: null, tail };
      return { body, events, cursor: JSON.stringify(next), more: following !== undefined };
    });

export const makeSalesforce = (config: SalesforceConfig): Effect.Effect<System, never, HttpClient> =>
  Effect.map(makeClient(config), (client): System => {
    const standing = makeStanding(client, config);
    const inbound = makeInbound(config);
    return {
      connection: config.connection,
      profile: { ...profile, settleWindowMs: config.settleWindowMs, concurrency: config.concurrency },
      inbound,
      outbound: {
        send: forCrm(makeSend(client, config, standing)),
        lookup: forCrm(makeLookup(standing)),
        read: makeRead(client, config),
        ...polled(makePoll(client, config)),
        // gRPC and Avro are loaded by those who subscribe.
        subscribe: (cursor, connection, deliver) =>
          Effect.flatMap(
            Effect.promise(() => import("./stream.ts")),
            ({ subscribe }) => subscribe({ config, client, inbound }, cursor, connection, deliver),
          ),
      },
    };
  });
