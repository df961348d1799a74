/**
 * A request at the webhook door, up to the entry that the journal takes: verified, opened, decoded. *Pure.* Nothing is dropped:
 * what does not decode is an entry with a note that says so.
 */
import { partitionOf, partyId } from "../../domain/ids.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import type { SignedRequest, System } from "../../domain/ports/system.ts";

export type Intake =
  | { readonly status: 202; readonly eventId: string; readonly entry: NewEntry }
  /** Signed, but not that vendor's envelope: a sample is kept. */
  | { readonly status: 400; readonly reason: string; readonly entry: NewEntry }
  | { readonly status: 401; readonly reason: string };

/** What changed without saying how; null where there is nothing to ask. */
export const asksOf = (asks: ReadonlyArray<string> | undefined): { readonly asks: ReadonlyArray<string> } | null =>
  asks === undefined || asks.length === 0 ? null : { asks };

/** From the network: the signature decides first. */
export const intake = (system: System, request: SignedRequest, secrets: ReadonlyArray<string>, now: number): Intake => {
  const verified = system.inbound.verify(request, secrets, now);
  return verified.ok ? open(system, request.body, now) : { status: 401, reason: verified.reason };
};

/** An operator's trusted input, or a request already verified. */
export const open = (system: System, body: Uint8Array, now: number): Exclude<Intake, { readonly status: 401 }> => {
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
