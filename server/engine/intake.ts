/**
 * A webhook's body up to the entry that the journal takes: opened and decoded. *Pure.* Nothing is dropped: what does not decode is an
 * entry with a note that says so.
 */
import { partitionOf, partyId } from "../../domain/ids.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";

export type Opened =
  | { readonly status: 202; readonly eventId: string; readonly entry: NewEntry }
  /** Not that vendor's envelope: a sample is kept. */
  | { readonly status: 400; readonly reason: string; readonly entry: NewEntry };

/** What changed without saying how; null where there is nothing to ask. */
export const asksOf = (asks: ReadonlyArray<string> | undefined): { readonly asks: ReadonlyArray<string> } | null =>
  asks === undefined || asks.length === 0 ? null : { asks };

/** Of a body that is to be trusted: the signature was good, or it is an operator's. */
export const open = (system: System, body: Uint8Array, now: number): Opened => {
  const { connection } = system;
  const decoded = system.inbound.decode(body, connection);
  const base = { connection, at: now, raw: body };
  if (decoded._tag === "NotEnvelope") {
    const note = { state: "envelope", reason: decoded.reason };
    const entry: NewEntry = { kind: "fault", partition: 0, dedup: null, events: [], note, ...base };
    return { status: 400, reason: decoded.reason, entry };
  }
  const { id, type, dataHash } = decoded.envelope;
  const dedup = { id, type, hash: dataHash };
  if (decoded._tag === "Events") {
    const owner = decoded.events.find((event) => event.owner !== null)?.owner;
    const partition = partitionOf(connection, owner ? partyId(connection, owner) : id);
    return {
      status: 202,
      eventId: id,
      entry: { kind: "webhook", partition, dedup, events: decoded.events, note: asksOf(decoded.asks), ...base },
    };
  }
  const note = { state: decoded._tag === "Unknown" ? "unknown-type" : "undecodable", reason: decoded.reason };
  const entry: NewEntry = { kind: "webhook", partition: partitionOf(connection, id), dedup, events: [], note, ...base };
  return { status: 202, eventId: id, entry };
};
