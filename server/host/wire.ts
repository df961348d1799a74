/**
 * What goes between the two threads: one message a turn in each direction. What is said of entries and webhooks travels as JSON text,
 * their raw bytes packed behind one another in one buffer that is handed over, so that each byte is copied once.
 */
import type { Appended, NewEntry } from "../../domain/ports/store.ts";
import type { LogFields, LogLevel } from "../telemetry/log.ts";
import type { Delivery } from "./delivery.ts";
import type { HostFailure, Inspected, Query, Sight } from "./host.ts";
import type { RoomOptions } from "./room.ts";

/** Webhooks in one message: with more of them each thread would wait for the other to be through with all that are under way. */
export const deliveriesMost = 16;

export interface Packed {
  /** Per call its entries, without their bytes. */
  readonly text: string;
  /** Length of each entry's bytes in order; -1 for none. */
  readonly lengths: ReadonlyArray<number>;
  readonly bytes: ArrayBuffer;
}

export type Ask =
  | { readonly id: number; readonly type: "ask"; readonly query: Query; readonly sight: Sight | null }
  | { readonly id: number; readonly type: "idle" }
  /** The id of the question is also that of the watch. */
  | { readonly id: number; readonly type: "watch"; readonly ids: ReadonlyArray<string> }
  | { readonly id: number; readonly type: "unwatch"; readonly watch: number }
  | { readonly id: number; readonly type: "close"; readonly graceMs: number };

/** Webhooks of one turn, in their order. */
export interface PackedDeliveries {
  /** Of each its id, its connection, when it came, its trace and the length of its bytes; JSON. */
  readonly text: string;
  readonly bytes: ArrayBuffer;
}

export interface ToWorker {
  /** Ids of the `accept` calls in `packed`, in its order. */
  readonly accepts: ReadonlyArray<number>;
  readonly packed: Packed | null;
  readonly deliveries: PackedDeliveries | null;
  readonly asks: ReadonlyArray<Ask>;
}

export interface FromWorker {
  readonly type: "answers";
  readonly accepted: ReadonlyArray<readonly [id: number, appended: ReadonlyArray<Appended>]>;
  /** `[id, Received]` of each; JSON, or null where there is none. */
  readonly received: string | null;
  /** JSON text, or null where the call answers nothing. */
  readonly answered: ReadonlyArray<readonly [id: number, text: string | null]>;
  readonly failed: ReadonlyArray<readonly [id: number, failure: HostFailure]>;
}

export type Notice =
  | { readonly type: "opened" }
  | { readonly type: "refused"; readonly failure: HostFailure }
  | { readonly type: "recovered" }
  | { readonly type: "log"; readonly line: string; readonly level: LogLevel; readonly fields: LogFields }
  | { readonly type: "inspected"; readonly watch: number; readonly messages: ReadonlyArray<Inspected> }
  | { readonly type: "fatal"; readonly reason: string };

export interface WorkerData {
  readonly options: RoomOptions;
}

export const pack = (calls: ReadonlyArray<ReadonlyArray<NewEntry>>): Packed => {
  const lengths: number[] = [];
  const raws: Uint8Array[] = [];
  for (const entries of calls) {
    for (const { raw } of entries) {
      lengths.push(raw === null ? -1 : raw.byteLength);
      if (raw !== null) raws.push(raw);
    }
  }
  const bare = calls.map((entries) => entries.map(({ raw: _, ...entry }) => entry));
  return { text: JSON.stringify(bare), lengths, bytes: joined(raws) };
};

/** Behind one another, in a buffer that can be handed over. */
const joined = (raws: ReadonlyArray<Uint8Array>): ArrayBuffer => {
  let total = 0;
  for (const { byteLength } of raws) total += byteLength;
  // Every byte of it is written.
  const bytes = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const raw of raws) {
    bytes.set(raw, at);
    at += raw.byteLength;
  }
  return bytes.buffer;
};

export const unpack = ({ text, lengths, bytes }: Packed): ReadonlyArray<ReadonlyArray<NewEntry>> => {
  const calls = JSON.parse(text) as ReadonlyArray<ReadonlyArray<Omit<NewEntry, "raw">>>;
  let at = 0;
  let i = 0;
  return calls.map((entries) =>
    entries.map((entry): NewEntry => {
      const length = lengths[i++] ?? -1;
      if (length < 0) return { ...entry, raw: null };
      const raw = new Uint8Array(bytes, at, length);
      at += length;
      return { ...entry, raw };
    }),
  );
};

type Row = readonly [id: number, connection: string, at: number, traceparent: string | null, length: number];

export const packDeliveries = (given: ReadonlyArray<readonly [id: number, delivery: Delivery]>): PackedDeliveries => {
  const rows = given.map(
    ([id, { connection, at, traceparent, body }]): Row => [id, connection, at, traceparent, body.byteLength],
  );
  return { text: JSON.stringify(rows), bytes: joined(given.map(([, { body }]) => body)) };
};

export const unpackDeliveries = ({
  text,
  bytes,
}: PackedDeliveries): ReadonlyArray<readonly [id: number, delivery: Delivery]> => {
  let from = 0;
  return (JSON.parse(text) as ReadonlyArray<Row>).map(([id, connection, at, traceparent, length]) => {
    const body = new Uint8Array(bytes, from, length);
    from += length;
    return [id, { connection, at, traceparent, body }];
  });
};
