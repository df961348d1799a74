/** The public face of the folder: NetSuite as a `System`. The table of verbs, the re-read, the poll. */
import { createHash } from "node:crypto";
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
  type Receipt,
  RejectedFixable,
  type System,
  type SystemProfile,
  Transient,
} from "../../domain/ports/system.ts";
import { polled } from "../polled.ts";
import { reader } from "../reader.ts";
import { makeClient, type NetsuiteClient, type Written } from "./client.ts";
import { idsUnder, type NetsuiteConfig } from "./config.ts";
import {
  type Body,
  bodyOf,
  contentOf,
  type ErpCommand,
  eventOf,
  isErpCommand,
  type ReadSettings,
  recordOfRow,
  type Stamp,
  targetTypeOf,
  toSecond,
  writtenContent,
} from "./mapping.ts";
import { ChangedRow, isFinancial, QueryPage, type RecordType } from "./schema.ts";
import { makeInbound } from "./webhook.ts";

export { isOutsideId } from "../../domain/ids.ts";
export {
  type NetsuiteAuth,
  type NetsuiteConfig,
  type NetsuiteIds,
  netsuiteConfig,
  sandboxConfig,
  simulatorIds,
  simulatorToken,
} from "./config.ts";
export { normalise } from "./mapping.ts";
export {
  type Change,
  type CommittedEntry,
  makeNetsuiteSimulator,
  type NetsuiteSimulator,
  netEffects,
  type Snapshot,
} from "./simulator.ts";
export { decode, makeInbound, sign, verify } from "./webhook.ts";

/** Milliseconds; NetSuite stamps `lastModifiedDate` in whole seconds. */
const tickMs = 1000;

export const profile: SystemProfile = {
  vendor: "netsuite",
  roles: ["erp"],
  // A posting goes back from paid to open when a payment is un-applied, so its clock decides.
  orders: { account: { active: ["deleted"] } },
  tickMs,
  settleWindowMs: 960_000,
  concurrency: 5,
  canRead: true,
};

// ---------------------------------------------------------------- commands

type Sent = Effect.Effect<Written, AnswerError>;

/** kind × verb → the call. What is not here was refused by `bodyOf`. */
const call = (client: NetsuiteClient, command: ErpCommand, body: Body): Sent => {
  const { outsideId, kind, verb } = command;
  if (verb === "reverse")
    return kind === "charge"
      ? client.patch("charge", command.foreignId ?? "", body)
      : client.upsert("journalEntry", outsideId, body, "line");
  if (kind === "customer") return client.upsert("customer", outsideId, body, null);
  const type = targetTypeOf(command);
  if (verb === "update") return client.patch(type, command.foreignId ?? "", body);
  if (kind === "charge") return client.upsert(type, outsideId, body, null);
  if (kind === "receivable") return client.upsert(type, outsideId, body, "item");
  if (kind === "refund" || kind === "chargeback") return client.upsert(type, outsideId, body, "apply");
  return client.transform("invoice", command.appliesTo?.foreignId ?? "", type, body);
};

const parse = (bytes: Uint8Array): Either.Either<unknown, string> =>
  Either.try({
    try: () => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
    catch: () => "the answer is not JSON",
  });
const internalIdOf = (record: unknown): string | null => {
  const id = typeof record === "object" && record !== null && "id" in record ? record.id : null;
  return typeof id === "string" || typeof id === "number" ? String(id) : null;
};
const undecodable = (detail: string): AnswerError => new RejectedFixable({ code: "undecodable", detail });

type Lookup = (command: ErpCommand) => Effect.Effect<Receipt | null, AnswerError>;

/** Only what an ERP has a document for gets any further. */
const forErp =
  <A>(run: (command: ErpCommand) => Effect.Effect<A, AnswerError>) =>
  (command: OutboundCommand): Effect.Effect<A, AnswerError> =>
    isErpCommand(command)
      ? run(command)
      : Effect.fail(new Impossible({ code: "unsupported", detail: `NetSuite has no document for ${command.kind}` }));

const makeLookup =
  (client: NetsuiteClient, config: NetsuiteConfig): Lookup =>
  (command) =>
    Effect.flatMap(client.get(targetTypeOf(command), { externalId: command.outsideId }), (bytes) => {
      if (bytes === null) return Effect.succeed(null);
      const receipt = Either.flatMap(parse(bytes), (record): Either.Either<Receipt | null, string> => {
        const foreignId = internalIdOf(record);
        if (foreignId === null) return Either.left("id: absent");
        return Either.map(contentOf(command, record, idsUnder(command.mappings, config.ids)), (content) =>
          content === null ? null : { foreignId, content },
        );
      });
      return Either.isRight(receipt) ? Effect.succeed(receipt.right) : Effect.fail(undecodable(receipt.left));
    });

/** The external id is taken: by this very command when the contents agree, then it had succeeded. */
const settle = (command: ErpCommand, found: Receipt | null, detail: string): Effect.Effect<Receipt, AnswerError> => {
  if (found === null) return Effect.fail(new RejectedFixable({ code: "DUP_RCRD", detail }));
  return canonical(found.content) === canonical(writtenContent(command))
    ? Effect.succeed(found)
    : Effect.fail(
        new Impossible({
          code: "OTHER_CONTENT",
          detail: "the external id is taken by a document that says something else",
        }),
      );
};

const makeSend =
  (client: NetsuiteClient, config: NetsuiteConfig, lookup: Lookup) =>
  (command: ErpCommand): Effect.Effect<Receipt, AnswerError> => {
    const body = bodyOf(command, idsUnder(command.mappings, config.ids));
    if (Either.isLeft(body)) {
      const Refused = body.left.code === "mapping" ? RejectedFixable : Impossible;
      return Effect.fail<AnswerError>(new Refused(body.left));
    }
    return Effect.flatMap(call(client, command, body.right), (written) => {
      if (written._tag === "Written") {
        return Effect.succeed({ foreignId: written.internalId, content: writtenContent(command) });
      }
      // The write is refused, so a failing look-up leaves nothing unclear; the same command may go again.
      return Effect.flatMap(lookup(command), (found) => settle(command, found, written.detail));
    });
  };

// ---------------------------------------------------------------- re-reads

/** NetSuite's record behind a subject; null: not one of ours. */
const recordOf = (subject: string): { readonly type: RecordType; readonly id: string } | null => {
  const foreignId = foreignIdOf(subject);
  if (kindOf(subject) === "account") return { type: "customer", id: foreignId };
  if (kindOf(subject) === "deposit") return { type: "deposit", id: foreignId };
  const colon = foreignId.indexOf(":");
  const type = foreignId.slice(0, Math.max(0, colon));
  return kindOf(subject) === "posting" && (isFinancial(type) || type === "charge")
    ? { type, id: foreignId.slice(colon + 1) }
    : null;
};

const makeRead =
  (client: NetsuiteClient, settings: ReadSettings): Outbound["read"] =>
  (subject, connection, requestedAt) => {
    const record = recordOf(subject);
    if (record === null) {
      return Effect.fail(new Impossible({ code: "unsupported", detail: `NetSuite has no record for ${subject}` }));
    }
    return Effect.flatMap(client.get(record.type, { internalId: record.id }), (body) => {
      if (body === null) return Effect.succeed(null);
      const at = toSecond(requestedAt) - tickMs;
      const id = `read:${subject}:${requestedAt}`;
      const stamp: Stamp = { id, source: connection, verb: "read", time: requestedAt, at, read: true };
      const event = Either.flatMap(parse(body), (value) => eventOf(record.type, record.id, value, stamp, settings));
      return Either.isRight(event)
        ? Effect.succeed({ body, events: [event.right] })
        : Effect.fail(undecodable(event.left));
    });
  };

// ---------------------------------------------------------------- the poll

/**
 * `since`: where this sweep starts; `after`: the last row taken of it; `seen`: the newest row of it (all epoch ms).
 * `tail`: the rows of the overlap that were delivered, so that an idle account answers nothing new. What it forgets comes again.
 */
interface Cursor {
  readonly since: number | null;
  readonly after: { readonly at: number; readonly type: string; readonly id: string } | null;
  readonly seen: number | null;
  readonly tail: ReadonlyArray<string>;
}
const tailLimit = 1000;
const start: Cursor = { since: null, after: null, seen: null, tail: [] };

const isInstant = (value: unknown): boolean => value === null || Number.isSafeInteger(value);
const cursorOf = (text: string | null): Cursor | null => {
  if (text === null) return start;
  const parsed = Either.getOrNull(parse(new TextEncoder().encode(text))) as Partial<Cursor> | null;
  if (typeof parsed !== "object" || parsed === null || !isInstant(parsed.since) || !isInstant(parsed.seen)) return null;
  const { after } = parsed;
  const whole =
    after === null || (typeof after === "object" && Number.isSafeInteger(after.at) && /^\d+$/.test(after.id));
  return whole && Array.isArray(parsed.tail) ? (parsed as Cursor) : null;
};

const readPage = reader(QueryPage);
const readRow = reader(ChangedRow);
/** The row with everything that it says: two states of one second are two rows. */
const rowKey = (row: ChangedRow, item: unknown): string => {
  const hash = createHash("sha256").update(JSON.stringify(item)).digest("base64url");
  return `${row.lastmodified / tickMs}:${hash.slice(0, 12)}`;
};
const instantOfKey = (key: string): number => Number.parseInt(key, 10) * tickMs;

const eventOfRow = (
  row: ChangedRow,
  key: string,
  connection: string,
  settings: ReadSettings,
): Either.Either<CanonicalEvent, string> =>
  Either.flatMap(recordOfRow(row), ({ recordType, record }) => {
    const at = row.lastmodified;
    const stamp: Stamp = {
      id: `poll:${row.type}:${row.id}:${key}`,
      source: connection,
      verb: "polled",
      time: at,
      at,
      read: false,
    };
    return eventOf(recordType, row.id, record, stamp, settings);
  });

const makePoll =
  (client: NetsuiteClient, config: NetsuiteConfig): NonNullable<Outbound["poll"]> =>
  (text, connection) =>
    Effect.gen(function* () {
      const cursor = cursorOf(text);
      if (cursor === null) return yield* new Impossible({ code: "cursor", detail: "the cursor is not one of ours" });
      const body = yield* client.changed(cursor, config.pollPageSize);
      const page = Either.flatMap(parse(body), readPage);
      if (Either.isLeft(page)) return yield* new Transient({ detail: `the page does not read: ${page.left}` });
      const known = new Set(cursor.tail);
      const events: CanonicalEvent[] = [];
      const rows: ChangedRow[] = [];
      const keys: string[] = [];
      for (const item of page.right.items) {
        const event = Either.flatMap(readRow(item), (row) => {
          const key = rowKey(row, item);
          rows.push(row);
          keys.push(key);
          return eventOfRow(row, key, connection, config);
        });
        // One row that does not read must not hold up the others; it is in the body that is kept.
        if (Either.isLeft(event)) yield* Effect.logWarning(`netsuite: a polled row does not read: ${event.left}`);
        else if (!known.has(keys.at(-1)!)) events.push(event.right);
      }
      const last = rows.at(-1);
      const seen = last?.lastmodified ?? cursor.seen;
      const more = page.right.hasMore && last !== undefined;
      const since = seen === null ? cursor.since : seen - config.pollOverlapMs;
      const delivered = [...new Set([...cursor.tail, ...keys])].filter((key) => instantOfKey(key) >= (since ?? 0));
      const tail = delivered.slice(-tailLimit);
      const next: Cursor = more
        ? { since: cursor.since, after: { at: last.lastmodified, type: last.type, id: last.id }, seen, tail }
        : { since, after: null, seen, tail };
      return { body, events, cursor: JSON.stringify(next), more };
    });

export const makeNetsuite = (config: NetsuiteConfig): Effect.Effect<System, never, HttpClient> =>
  Effect.map(makeClient(config), (client): System => {
    const lookup = makeLookup(client, config);
    const send = makeSend(client, config, lookup);
    return {
      connection: config.connection,
      profile: { ...profile, settleWindowMs: config.settleWindowMs, concurrency: config.concurrency },
      inbound: makeInbound(config),
      outbound: {
        send: forErp(send),
        lookup: forErp(lookup),
        read: makeRead(client, config),
        ...polled(makePoll(client, config)),
      },
    };
  });
