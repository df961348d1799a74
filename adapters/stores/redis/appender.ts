/**
 * Group commit of appends. What waits while one append is under way goes together in the next: one script run, one flush to
 * disk, but rows and answers of each call by itself. An append whose answer was lost is sent again under the same token,
 * which writes it at most once; one that was given up on is asked about before anything else is written.
 */
import { randomBytes } from "node:crypto";
import type { Appended, NewEntry } from "../../../domain/ports/store.ts";
import { type Connection, trace } from "./connection.ts";
import { toStoreError } from "./failure.ts";
import { fieldsOf } from "./identity.ts";
import { type Argument, listOf, numberOf, type Reply, textOf } from "./link.ts";
import { contentOf, type Known, type Plan, plan, SIGHTING_BYTES, sightingsIn, type Tail } from "./place.ts";
import { appendScript } from "./scripts.ts";

/** What goes together. A larger call goes alone. Entries, bytes of raw. */
const MAX_ENTRIES = 2048;
const MAX_BYTES = 16 * 1024 * 1024;
/** Redis closes a connection that sends 1 GiB at once; a script this long keeps all others waiting for a second. Bytes. */
const MAX_APPEND = 256 * 1024 * 1024;
/** How often another writer may be first before this one gives up. */
const MAX_TURNS = 200;

interface Call {
  readonly entries: ReadonlyArray<NewEntry>;
  readonly resolve: (answers: ReadonlyArray<Appended>) => void;
  readonly reject: (failure: unknown) => void;
}

/** Sent, never answered. */
interface Unsettled {
  readonly token: Buffer;
  /** First position of it, if it stands. */
  readonly first: number;
  readonly plan: Plan;
}

export class Appender {
  private readonly connection: Connection;
  /** Null: Redis is asked. */
  private tail: Tail | null = null;
  private waiting: Array<Call> = [];
  private running = false;
  private unsettled: Array<Unsettled> = [];
  private readonly repeats = new Map<string, ReadonlyArray<number>>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  append(entries: ReadonlyArray<NewEntry>): Promise<ReadonlyArray<Appended>> {
    if (entries.length === 0) return Promise.resolve([]);
    const bytes = entries.reduce((sum, { raw }) => sum + (raw?.byteLength ?? 0), 0);
    if (bytes > MAX_APPEND) return Promise.reject(this.tooLarge(entries.length, bytes));
    return new Promise((resolve, reject) => {
      this.waiting.push({ entries, resolve, reject });
      if (this.running) return;
      this.running = true;
      // Whoever else appends in this turn of the event loop comes along.
      setImmediate(() => this.work());
    });
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0) {
      const calls = this.nextCalls();
      try {
        const answers = await this.commit(calls.map(({ entries }) => entries));
        calls.forEach(({ resolve }, i) => {
          resolve(answers[i] ?? []);
        });
      } catch (failure) {
        this.tail = null;
        // A bug that one call's content brings out must not take the others along.
        if (calls.length > 1 && toStoreError("", failure) === null) await this.singly(calls);
        else for (const { reject } of calls) reject(failure);
      }
    }
    this.running = false;
  }

  private async singly(calls: ReadonlyArray<Call>): Promise<void> {
    for (const { entries, resolve, reject } of calls) {
      await this.commit([entries]).then(([answers]) => resolve(answers ?? []), reject);
    }
  }

  private nextCalls(): ReadonlyArray<Call> {
    let entries = 0;
    let bytes = 0;
    const over = this.waiting.findIndex((call, i) => {
      entries += call.entries.length;
      for (const { raw } of call.entries) bytes += raw?.byteLength ?? 0;
      return i > 0 && (entries > MAX_ENTRIES || bytes > MAX_BYTES);
    });
    return this.waiting.splice(0, over < 0 ? this.waiting.length : over);
  }

  private async commit(calls: ReadonlyArray<ReadonlyArray<NewEntry>>): Promise<ReadonlyArray<ReadonlyArray<Appended>>> {
    let known: Known = new Map();
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      await this.settle();
      this.tail ??= await this.readTail();
      const next = plan(calls, this.tail, known, this.repeats);
      const [said, ...rest] = next.rows.length === 0 ? [] : listOf(await this.send(this.tail, next, known));
      const outcome = textOf(said);
      if (outcome === "seen") known = learn(known, rest);
      else if (outcome === "stale") this.tail = { head: numberOf(rest[0]), hash: rest[1] as Buffer };
      else {
        this.written(next);
        return next.answers;
      }
    }
    throw this.connection.error("io", `nothing was written: other writers were faster ${MAX_TURNS} times; try again`);
  }

  private written(next: Plan): void {
    for (const content of next.taken) {
      const rest = this.repeats.get(content)?.slice(1) ?? [];
      if (rest.length > 0) this.repeats.set(content, rest);
      else this.repeats.delete(content);
    }
    const last = next.rows.at(-1);
    if (last === undefined) return;
    this.tail = { head: last.first + last.count - 1, hash: last.hash };
    const { epoch, marker } = this.connection;
    marker.raise({ epoch, position: this.tail.head, hash: last.hash.toString("hex") });
  }

  private async send(tail: Tail, next: Plan, known: Known): Promise<Reply> {
    const { names } = this.connection;
    const token = randomBytes(16);
    const args: Array<Argument> = [String(tail.head), tail.hash, token, packKnown(next, known)];
    let bytes = 0;
    for (const { first, count, previous, hash, keys, events, raw } of next.rows) {
      args.push(String(first), String(count), previous, hash, keys, events, raw ?? "");
      bytes += keys.length + events.length + (raw?.length ?? 0);
    }
    if (bytes > MAX_APPEND) throw this.tooLarge(next.placed.length, bytes);
    let sent = false;
    try {
      return await this.connection.with(async (link) => {
        sent = true;
        const keys = [names.meta, names.journal, names.raws, names.seen];
        const reply = await link.run(appendScript, keys, [this.connection.epoch, ...args]);
        const [said, what, hash] = listOf(reply);
        if (textOf(said) === "lost") throw trace(textOf(what) ?? "");
        if (textOf(said) === "stale")
          this.connection.recognize([Buffer.from(this.connection.epoch), what ?? null, hash ?? null]);
        return reply;
      });
    } catch (failure) {
      if (sent) this.unsettled.push({ token, first: tail.head + 1, plan: next });
      throw failure;
    }
  }

  private tooLarge(entries: number, bytes: number) {
    return this.connection.error(
      "full",
      `nothing was written: ${entries} entries of ${bytes} bytes are more than the ${MAX_APPEND} that go into one append; append them in parts`,
    );
  }

  private async readTail(): Promise<Tail> {
    const [meta] = await this.connection.read(["HMGET", this.connection.names.meta, "head", "hash"]);
    const [head, hash] = listOf(meta);
    return { head: numberOf(head), hash: hash as Buffer };
  }

  /** Finds out what became of the appends that were given up on. Forgets one once it can no longer be written. */
  private async settle(): Promise<void> {
    if (this.unsettled.length === 0) return;
    this.tail = null;
    const { journal, meta } = this.connection.names;
    const [head, ...found] = await this.connection.read(
      ["HGET", meta, "head"],
      ...this.unsettled.map(({ first }) => ["XRANGE", journal, `${first}-0`, `${first}-0`]),
    );
    this.unsettled = this.unsettled.filter(({ token, first, plan }, i) => {
      const row = listOf(listOf(found[i])[0]);
      if (row.length === 0) return numberOf(head) < first;
      const by = fieldsOf(row[1]).get("append");
      if (Buffer.isBuffer(by) && by.equals(token)) this.remember(plan);
      return false;
    });
  }

  private remember({ placed }: Plan): void {
    for (const { entry, position, sighting } of placed) {
      if (sighting !== null) continue;
      const content = contentOf(entry);
      this.repeats.set(content, [...(this.repeats.get(content) ?? []), position]);
    }
    for (const content of this.repeats.keys()) {
      if (this.repeats.size <= MAX_REPEATS) break;
      this.repeats.delete(content);
    }
  }
}

/** Entries without a key whose append was given up on and stands: as many are recognized when they come again. */
const MAX_REPEATS = 10_000;

const learn = (known: Known, reply: ReadonlyArray<Reply>): Known => {
  const all = new Map(known);
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const id = (reply[i] as Buffer).toString("latin1");
    all.set(id, sightingsIn(id, reply[i + 1] as Buffer));
  }
  return all;
};

/** Of the ids that the rows add to: how much the plan took the index to hold. */
const packKnown = ({ placed }: Plan, known: Known): Buffer => {
  const ids = new Set(
    placed.flatMap(({ sighting }) => (sighting !== null && known.has(sighting.id) ? sighting.id : [])),
  );
  return Buffer.concat(
    Array.from(ids, (id) => {
      const part = Buffer.alloc(20);
      part.write(id, "latin1");
      part.writeUInt32BE((known.get(id)?.length ?? 0) * SIGHTING_BYTES, 16);
      return part;
    }),
  );
};
