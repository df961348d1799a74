/** Recorded webhook bodies as an operator's trusted input: many in one request, appended in the order given. */
import type { Entry } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";
import { open } from "../engine/intake.ts";
import type { Host } from "../host/host.ts";

export type ImportOutcome = "accepted" | "duplicate" | "undecodable" | "unknown-type" | "not-an-envelope";

/** Of one request, in bytes. */
export const importLimit = 64 * 1024 * 1024;

export const importBodies = async (
  host: Host,
  system: System,
  bodies: ReadonlyArray<Uint8Array>,
  now: number,
): Promise<ReadonlyArray<ImportOutcome>> => {
  const { unpack } = system.inbound;
  const parts = unpack === undefined ? bodies.map((body) => [body]) : bodies.map(unpack);
  const entries = parts.map((events) => events.map((event) => open(system, event, now).entry));
  const appended = (await host.accept(entries.flat())).values();
  return entries.map((batch) =>
    worst(batch.map((entry) => (appended.next().value?._tag === "Duplicate" ? "duplicate" : outcomeOf(entry)))),
  );
};

/** What most needs a look; a batch of which anything was new was accepted. An empty one is none. */
const order = ["not-an-envelope", "undecodable", "unknown-type", "accepted", "duplicate"] as const;
const worst = (outcomes: ReadonlyArray<ImportOutcome>): ImportOutcome =>
  order.find((outcome) => outcomes.includes(outcome)) ?? "not-an-envelope";

const outcomeOf = ({ kind, note }: Pick<Entry, "kind" | "note">): ImportOutcome => {
  if (kind === "fault") return "not-an-envelope";
  const state = (note as { readonly state?: string } | null)?.state;
  return state === "undecodable" || state === "unknown-type" ? state : "accepted";
};

/** Each body behind its length in four bytes, big end first. */
export const frame = (bodies: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const framed = new Uint8Array(bodies.reduce((total, body) => total + 4 + body.byteLength, 0));
  const view = new DataView(framed.buffer);
  let at = 0;
  for (const body of bodies) {
    view.setUint32(at, body.byteLength);
    framed.set(body, at + 4);
    at += 4 + body.byteLength;
  }
  return framed;
};

/** Null when the lengths do not fit. The bodies are views of what is given. */
export const unframe = (framed: Uint8Array): ReadonlyArray<Uint8Array> | null => {
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  const bodies: Uint8Array[] = [];
  let at = 0;
  while (at < framed.byteLength) {
    if (at + 4 > framed.byteLength) return null;
    const end = at + 4 + view.getUint32(at);
    if (end > framed.byteLength) return null;
    bodies.push(framed.subarray(at + 4, end));
    at = end;
  }
  return bodies;
};
