/** A Salesforce that works: real records behind its REST addresses, a log of what was committed, and its change events, as a relay and the Pub/Sub API send them. */
import type { Hono } from "hono";
import { simulatorTenant, simulatorToken } from "./config.ts";
import { isJson, type Json } from "./schema.ts";
import { makeDoor, makeTokens, render, type SimulatorAuth } from "./simulator-http.ts";
import {
  type Done,
  type Faults,
  makeOrg,
  type Op,
  type OrgState,
  type Outcome,
  type Rec,
  replayBytes,
  type StreamEvent,
} from "./simulator-state.ts";

export interface CommittedEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly op: "create" | "update" | "delete" | "undelete";
  readonly object: string;
  readonly id: string;
  readonly externalId: string | null;
  /** As they stand after it. */
  readonly fields: Json;
  /** The client name of the call; null for acts of people. */
  readonly client: string | null;
}

/** One committed write with its event: appended durably, a list of them restores the state. */
export interface Change {
  readonly entry: CommittedEntry;
  readonly record: Rec;
  readonly event: StreamEvent;
}
export interface Snapshot {
  readonly version: 1;
  readonly records: OrgState["records"];
  readonly committed: ReadonlyArray<CommittedEntry>;
  readonly pending: ReadonlyArray<StreamEvent>;
  readonly stream: ReadonlyArray<StreamEvent>;
  readonly sequence: number;
}

export interface SimulatorOptions {
  readonly now: () => number;
  readonly auth?: SimulatorAuth;
  /** How a delay passes; default: real time. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Awaited before the write is answered. */
  readonly onCommit?: (entry: CommittedEntry, change: Change) => void | Promise<void>;
}

const realSleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ops: Readonly<Record<Op, CommittedEntry["op"]>> = {
  CREATE: "create",
  UPDATE: "update",
  DELETE: "delete",
  UNDELETE: "undelete",
};
const apiVersion = "67.0";
/** The stream keeps at least this many events; the vendor counts hours. */
const streamLimit = 10_000;

export const makeSalesforceSimulator = (options: SimulatorOptions) => {
  const { now, onCommit } = options;
  const faults: Faults = {
    rejectAccounts: new Set(),
    lockedRows: 0,
    lostRaces: 0,
    rateLimit: null,
    outageUntil: 0,
    delayMs: 0,
    loseAnswers: 0,
  };
  const org = makeOrg(now, faults);
  const committed: CommittedEntry[] = [];
  let pending: StreamEvent[] = [];
  let stream: StreamEvent[] = [];
  let sequence = 0;
  /** The newest event that the stream no longer keeps. */
  let forgotten = 0;
  let acts: Promise<unknown> = Promise.resolve();
  const listeners = new Set<() => void>();

  const put = (header: Json, body: Json): StreamEvent => {
    sequence += 1;
    const transaction = {
      transactionKey: `0000${sequence.toString(16).padStart(12, "0")}`,
      sequenceNumber: 1,
      commitNumber: 11_789_000_000_000 + sequence,
      commitUser: "005000000000001AAA",
    };
    const event = { replayId: sequence * 3, event: { ChangeEventHeader: { ...header, ...transaction }, ...body } };
    pending.push(event);
    stream.push(event);
    if (stream.length > 2 * streamLimit) forget(streamLimit);
    for (const listener of listeners) listener();
    return event;
  };
  const forget = (keep: number): void => {
    const gone = stream.slice(0, Math.max(0, stream.length - keep));
    forgotten = gone.at(-1)?.replayId ?? forgotten;
    stream = stream.slice(gone.length);
  };

  const headerOf = (done: Done, ids: ReadonlyArray<string>, client: string | null): Json => {
    const { record } = done;
    const origin =
      client === null ? "" : `com/salesforce/api/rest/${apiVersion}${client === "" ? "" : `;client=${client}`}`;
    const changedFields = done.op === "UPDATE" ? [...done.changed, "LastModifiedDate"] : [];
    return {
      entityName: record.object,
      recordIds: ids,
      changeType: done.op,
      changeOrigin: origin,
      commitTimestamp: record.modifiedAt,
      changedFields,
      nulledFields: done.op === "UPDATE" ? done.nulled : [],
      diffFields: [],
    };
  };
  /** What an event's body holds: all of a new record, of a changed one what changed, of a deleted one nothing. */
  const bodyOf = (done: Done): Json => {
    if (done.op === "DELETE") return {};
    const shown = render(done.record);
    const { Id: _, attributes: __, SystemModstamp: ___, IsDeleted: ____, ...fields } = shown;
    if (done.op !== "UPDATE") return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    const body: Record<string, unknown> = { LastModifiedDate: fields["LastModifiedDate"] };
    for (const name of done.changed) {
      const [field = "", part] = name.split(".");
      const value = fields[field];
      if (part === undefined) body[field] = value ?? null;
      else body[field] = { ...(isJson(body[field]) ? body[field] : {}), [part]: isJson(value) ? value[part] : null };
    }
    return body;
  };

  const log = (op: Op, { object, id, fields, modifiedAt: at }: Rec, client: string | null): CommittedEntry => {
    const externalId = typeof fields["Tieout_Id__c"] === "string" ? fields["Tieout_Id__c"] : null;
    const entry = { seq: committed.length + 1, at, op: ops[op], object, id, externalId, fields, client };
    committed.push(entry);
    return entry;
  };
  /** Into the log and the stream, at once with the records; a write that changed nothing leaves no trace. */
  const record = (done: Done, client: string | null): Change | null => {
    if (done.op === "none") return null;
    const entry = log(done.op, done.record, client);
    return { entry, record: done.record, event: put(headerOf(done, [entry.id], client), bodyOf(done)) };
  };
  const commit = async (outcome: Outcome, client: string): Promise<void> => {
    if (outcome._tag !== "Done") return;
    const change = record(outcome, client);
    if (change && onCommit) await onCommit(change.entry, change);
  };
  const durably = (change: Change | null): void => {
    if (!change || !onCommit) return;
    acts = Promise.all([acts, Promise.resolve(onCommit(change.entry, change))]);
    acts.catch(() => undefined);
  };
  const doneOrThrow = (outcome: Outcome): Done => {
    if (outcome._tag === "Done") return outcome;
    const why = outcome._tag === "Refused" ? `${outcome.code}: ${outcome.message}` : "several records";
    throw new Error(`salesforce simulator: ${why}`);
  };
  /** An act of a person: same records, same log, same events. Refusals are thrown: the caller is a test or a sample. */
  const act = (outcome: Outcome): Rec => {
    const done = doneOrThrow(outcome);
    durably(record(done, null));
    return done.record;
  };

  const operations = {
    create: (object: string, fields: Json): Rec => act(org.insert(object, fields)),
    update: (object: string, id: string, fields: Json): Rec => act(org.update(object, id, fields)),
    /** The same change to several records at once: one event names them all. Their log entries share it. */
    updateAll: (object: string, ids: ReadonlyArray<string>, fields: Json): void => {
      const all = ids.map((id) => doneOrThrow(org.update(object, id, fields))).filter(({ op }) => op !== "none");
      const last = all.at(-1);
      if (last === undefined) return;
      const named = all.map(({ record: { id } }) => id);
      const event = put(headerOf(last, named, null), bodyOf(last));
      for (const { record: one } of all) durably({ entry: log("UPDATE", one, null), record: one, event });
    },
    delete: (object: string, id: string): Rec => act(org.remove(object, id)),
    undelete: (object: string, id: string): Rec => act(org.undelete(object, id)),
    /** A change of which only a gap is told: the change event itself is lost. */
    gap: (object: string, id: string, fields: Json): void => {
      const done = doneOrThrow(org.update(object, id, fields));
      const change = record(done, null);
      pending = pending.filter((event) => event !== change?.event);
      stream = stream.filter((event) => event !== change?.event);
      const header = { ...headerOf(done, [id], null), changeType: "GAP_UPDATE", changedFields: [], nulledFields: [] };
      const event = put(header, {});
      durably(change && { ...change, event });
    },
    /** Too many changes in one transaction: everything is to be read again. */
    overflow: (object: string): void => {
      const header = {
        entityName: object,
        recordIds: ["000000000000000AAA"],
        changeType: "GAP_OVERFLOW",
        changeOrigin: "",
      };
      put({ ...header, commitTimestamp: now(), changedFields: [], nulledFields: [], diffFields: [] }, {});
    },
  };

  const auth: SimulatorAuth = options.auth ?? { bearer: simulatorToken };
  const tokens = makeTokens(now, auth);
  let door: Hono | null = null;

  const kept = {
    /** Null: the place is older than what is kept, or no place at all. */
    after: (replayId: number | null): ReadonlyArray<StreamEvent> | null =>
      replayId !== null && (replayId < forgotten || replayId > sequence * 3)
        ? null
        : stream.filter((event) => replayId === null || event.replayId > replayId),
    latest: (): number => sequence * 3,
    onEvent: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  /** The Pub/Sub API's side: what is kept after a place, and the news of more. */
  const streamFace = {
    ...kept,
    /** Only the newest so many events stay. */
    forget,
    /** Serves it over gRPC on loopback. `port` 0: any; an empty answer keeps the line alive every `keepAliveMs`. */
    listen: async (at: { readonly port?: number; readonly keepAliveMs?: number } = {}) => {
      const { serveStream } = await import("./simulator-stream.ts");
      return serveStream({ stream: kept, tokens, tenant: simulatorTenant }, at);
    },
  };

  return {
    /** Built at first use. */
    get app(): Hono {
      door ??= makeDoor({ now, org, faults, tokens, sleep: options.sleep ?? realSleep, commit });
      return door;
    },
    faults,
    operations,
    committed: committed as ReadonlyArray<CommittedEntry>,
    /** Tokens given out so far are no longer taken. */
    expireSessions: (): void => tokens.expire(),
    /** When the operations so far are durable; rejects when one could not be made so. */
    flush: async (): Promise<void> => {
      await acts;
    },
    /** The record as `GET` shows it; null when there is none, or it is deleted. */
    record: (object: string, id: string): Json | null => {
      const found = org.find(object, id);
      return found && !found.deleted ? render(found) : null;
    },
    /** The live records of an object: how an audit sees our documents. */
    records: (object: string): ReadonlyArray<Rec> => org.all(object).filter(({ deleted }) => !deleted),
    /** What a relay would have sent since the last call, in order: each a body for the door, `replayId` its name. */
    drainEvents: (): ReadonlyArray<Json> => {
      const drained = pending;
      pending = [];
      return drained.map(({ replayId, event }) => ({ replayId: replayBytes(replayId).toString("base64"), ...event }));
    },
    stream: streamFace,
    snapshot: (): Snapshot => ({
      version: 1,
      records: org.state().records,
      committed: [...committed],
      pending: [...pending],
      stream: [...stream],
      sequence,
    }),
    /** Into a fresh simulator: a snapshot, then the changes that were committed after it. Events may be drained again. */
    restore: (snapshot: Snapshot | null, changes: ReadonlyArray<Change> = []): void => {
      if (snapshot) {
        for (const one of snapshot.records) org.restore(one);
        committed.push(...snapshot.committed);
        pending.push(...snapshot.pending);
        stream.push(...snapshot.stream);
        sequence = Math.max(sequence, snapshot.sequence);
      }
      for (const { entry, record: one, event } of changes) {
        org.restore(one);
        committed.push(entry);
        // Several records may share an event.
        if (stream.at(-1)?.replayId === event.replayId) continue;
        pending.push(event);
        stream.push(event);
        sequence = Math.max(sequence, event.replayId / 3);
      }
      forgotten = Math.max(forgotten, (stream[0]?.replayId ?? sequence * 3 + 3) - 3);
    },
  };
};
export type SalesforceSimulator = ReturnType<typeof makeSalesforceSimulator>;
