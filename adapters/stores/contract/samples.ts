/** Entries as an adapter makes them, for the contract suite and for measuring. *Pure.* */
import { createHash } from "node:crypto";
import type { CanonicalEvent } from "../../../domain/event.ts";
import type { NewEntry } from "../../../domain/ports/store.ts";

export interface Sample {
  /** The vendor's event id. */
  readonly id: string;
  readonly connection?: string;
  readonly type?: string;
  /** Of the data; by default SHA-256 of the id, in hex. */
  readonly hash?: string;
  readonly events?: number;
  readonly rawBytes?: number;
  readonly serial?: number;
}

export const sampleEntry = (sample: Sample): NewEntry => {
  const { id, connection = "stripe", type = "invoice.finalized", events = 1, rawBytes = 64, serial = 1 } = sample;
  return {
    kind: "webhook",
    connection,
    at: 1_700_000_000_000 + serial,
    partition: serial % 64,
    dedup: { id, type, hash: sample.hash ?? sampleHash(id) },
    events: Array.from({ length: events }, (_, i) => sampleEvent(id, connection, serial, i)),
    note: null,
    raw: sampleBody(id, serial, rawBytes),
  };
};

const sampleHash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** JSON text of about that many bytes: the same field names over and over, ids and amounts that differ. */
const sampleBody = (id: string, serial: number, bytes: number): Uint8Array => {
  const lines: Array<string> = [];
  let length = 0;
  for (let i = 0; length < bytes; i++) {
    const word = Math.imul(serial * 131 + i, 2654435761) >>> 0;
    const line = `"${fields[i % fields.length]}": "${word.toString(36)}${id}", "amount_${i}": ${word % 100_000}, "livemode": false`;
    lines.push(line);
    length += line.length + 2;
  }
  return new TextEncoder().encode(`{${lines.join(", ")}}`.slice(0, bytes));
};

const fields = [
  "customer",
  "payment_intent",
  "subscription",
  "latest_charge",
  "default_source",
  "on_behalf_of",
  "invoice",
];

export const sampleEvent = (id: string, source: string, serial: number, index: number): CanonicalEvent => ({
  id,
  source,
  type: "invoice.finalized",
  subject: `invoice/in_${serial}_${index}`,
  time: 1_700_000_000_000 + serial,
  owner: `cus_${serial % 1000}`,
  via: null,
  clock: { at: 1_700_000_000_000 + serial, tick: 1000, trust: 1000 },
  read: false,
  data: {
    status: "open",
    number: `A-${serial}`,
    currency: "USD",
    totalMinor: 12_345,
    taxMinor: 1_345,
    balanceUsedMinor: 0,
    subscription: `subscription/sub_${serial}`,
    periodStart: 1_700_000_000_000,
    periodEnd: 1_702_592_000_000,
    finalizedAt: 1_700_000_000_000 + serial,
  },
  links: [{ rank: "metadata", target: `salesforce:001${serial}` }],
  externalId: null,
  correlationid: null,
  traceparent: null,
  dataschema: "tieout/invoice/1",
});
