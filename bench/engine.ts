/** An engine on a store, without a server, and entries made straight in the canonical form: for the benches of what is behind the door. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { makeNetsuite, sandboxConfig } from "../adapters/netsuite/layer.ts";
import { makeConfig, makeStripe } from "../adapters/stripe/layer.ts";
import type { CanonicalEvent, ObjectData } from "../domain/event.ts";
import { partitionOf } from "../domain/ids.ts";
import { policies } from "../domain/lifecycle.ts";
import type { NewEntry } from "../domain/ports/store.ts";
import { type Engine, makeEngine } from "../server/engine/engine.ts";

export const systems = Effect.all([
  makeStripe(makeConfig({ connection: "stripe", apiKey: "none", baseUrl: "http://127.0.0.1:9" })),
  makeNetsuite(sandboxConfig("http://127.0.0.1:9")),
]).pipe(
  Effect.map((all) => new Map(all.map((system) => [system.connection, system]))),
  Effect.provide(FetchHttpClient.layer),
);

/** Sending off; snapshots when told, unless `snapshotCells` says otherwise. */
export const benchEngine = (settings: { readonly snapshotCells?: number; readonly hotParties?: number } = {}) =>
  Effect.flatMap(systems, (made) =>
    makeEngine({
      systems: made,
      policy: policies["billing-led"],
      rules: new Map(),
      owner: `bench-${process.pid}-${performance.now()}`,
      retry: { baseMs: 100, capMs: 1000 },
      sendTimeoutMs: 1000,
      snapshotCells: settings.snapshotCells ?? 1e9,
      hotParties: settings.hotParties ?? 1e9,
      sending: false,
    }),
  );

const page = 512;
export const give = Effect.fnUntraced(function* (engine: Engine, entries: ReadonlyArray<NewEntry>, batch = page) {
  for (let from = 0; from < entries.length; from += batch) {
    yield* engine.append(entries.slice(from, from + batch));
    yield* engine.fold;
  }
});

/** Microseconds of CPU per event, in batches as they come at the door. */
export const cost = Effect.fnUntraced(function* (engine: Engine, entries: ReadonlyArray<NewEntry>) {
  const cpu = process.cpuUsage();
  yield* give(engine, entries, 32);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / entries.length;
});

let counter = 0;
/** `owner`: null for what is of the company's own. */
export const entry = (
  owner: string | null,
  subject: string,
  type: string,
  at: number,
  data: ObjectData,
  { source = "stripe", links = [] }: Partial<Pick<CanonicalEvent, "source" | "links">> = {},
): NewEntry => {
  const id = `evt_${counter++}`;
  const event: CanonicalEvent = {
    id,
    source,
    type,
    subject,
    time: at,
    owner,
    via: null,
    clock: { at, tick: 1000, trust: 1000 },
    read: false,
    data,
    links,
    externalId: null,
    correlationid: null,
    traceparent: null,
    dataschema: `tieout/${subject.slice(0, subject.indexOf("/"))}/1`,
  };
  const dedup = { id, type, hash: String(counter).padStart(64, "0") };
  return {
    kind: "webhook",
    connection: source,
    at,
    partition: partitionOf(source, owner ?? subject),
    dedup,
    events: [event],
    note: null,
    raw: null,
  };
};

const epoch = Date.UTC(2026, 0, 1);
/** A customer and its subscription. */
export const opening = (account: string): NewEntry[] => [
  entry(account, `account/${account}`, "account.created", epoch, {
    status: "active",
    name: `Company ${account}`,
    email: null,
    currency: "USD",
  }),
  entry(account, `subscription/sub_${account}`, "subscription.created", epoch, {
    status: "active",
    startAt: epoch,
    endAt: null,
    contract: null,
  }),
];

/** One month's invoice, finalized and paid by a charge: four events. */
export const month = (account: string, round: number): NewEntry[] => {
  const at = epoch + (round + 1) * 86_400_000;
  const invoice = `invoice/in_${account}_${round}`;
  const data = {
    number: `${account}-${round}`,
    currency: "USD",
    totalMinor: 5_000,
    taxMinor: 0,
    balanceUsedMinor: 0,
    subscription: `subscription/sub_${account}`,
    periodStart: at,
    periodEnd: at + 86_400_000,
    finalizedAt: at,
  };
  const payment = { currency: "USD", amountMinor: 5_000, invoice, intent: null, paidAt: at + 2_000 };
  return [
    entry(account, invoice, "invoice.finalized", at, { status: "open", ...data }),
    entry(account, `payment/ch_${account}_${round}`, "payment.succeeded", at + 2_000, {
      status: "succeeded",
      ...payment,
    }),
    entry(account, invoice, "invoice.paid", at + 3_000, { status: "paid", ...data }),
    entry(account, invoice, "invoice.payment_succeeded", at + 3_000, { status: "paid", ...data }),
  ];
};
