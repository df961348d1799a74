/** One journal in several stores: what a store holds at the end, and a recorded journal played into another through the engine. */
import * as HttpClient from "@effect/platform/HttpClient";
import { RequestError } from "@effect/platform/HttpClientError";
import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import * as ManagedRuntime from "effect/ManagedRuntime";
import { makeNetsuite, sandboxConfig as netsuiteSandbox } from "../../adapters/netsuite/layer.ts";
import { makeSalesforce, sandboxConfig as salesforceSandbox } from "../../adapters/salesforce/layer.ts";
import { makeConfig, makeStripe } from "../../adapters/stripe/layer.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { policies } from "../../domain/lifecycle.ts";
import {
  DueRecords,
  Journal,
  type NewEntry,
  Outbox,
  Snapshots,
  type Store,
  type StoreError,
} from "../../domain/ports/store.ts";
import { makeEngine } from "../../server/engine/engine.ts";
import { report } from "../../server/views/report.ts";
import type { PolicyName } from "./lab.ts";

type Ports = Journal | Snapshots;

/** Every entry with its bytes, and every stored cell and list row, as text. */
export interface Contents {
  readonly journal: ReadonlyArray<string>;
  readonly snapshot: ReadonlyArray<string>;
}

const page = 500;

export const contents: Effect.Effect<Contents, StoreError, Ports> = Effect.gen(function* () {
  const journal = yield* Journal;
  const snapshots = yield* Snapshots;
  const entries: string[] = [];
  for (const { entry, raw } of yield* recorded(journal)) {
    entries.push(`${canonical(entry as unknown as Json)} ${raw === null ? "-" : Buffer.from(raw).toString("base64")}`);
  }
  const cells: string[] = [`through ${yield* snapshots.through}`];
  for (let after: string | null = null; ; ) {
    const parties: ReadonlyArray<string> = yield* snapshots.parties(after, page);
    for (const { party, cell, body } of yield* snapshots.load(parties)) cells.push(`${party} ${cell} ${body}`);
    if (parties.length < page) break;
    after = parties.at(-1)!;
  }
  const rows = yield* snapshots.accounts({ after: null, stage: null, sync: null, limit: 100_000 });
  return { journal: entries, snapshot: [...cells.sort(), ...rows.map((row) => canonical({ ...row }))] };
});

const recorded = Effect.fnUntraced(function* (journal: typeof Journal.Service) {
  const all: Array<{ readonly entry: { readonly position: number }; readonly raw: Uint8Array | null }> = [];
  for (let after = 0; ; ) {
    const entries = yield* journal.read(after, page);
    for (const entry of entries) all.push({ entry, raw: yield* journal.raw(entry.position) });
    if (entries.length < page) return all;
    after = entries.at(-1)!.position;
  }
});

/** The journal's entries as they were handed over, to be appended again. */
export const recording = (journal: typeof Journal.Service): Effect.Effect<ReadonlyArray<NewEntry>, StoreError> =>
  Effect.map(recorded(journal), (all) =>
    all.map(({ entry, raw }) => {
      const {
        position: _,
        conflictOf: __,
        ...rest
      } = entry as unknown as NewEntry & {
        readonly position: number;
        readonly conflictOf: number | null;
      };
      return { ...rest, raw };
    }),
  );

/** Nobody is there: what is played again was answered when it happened. */
const nobody = HttpClient.make((request) => Effect.fail(new RequestError({ request, reason: "Transport" })));
const systems = Effect.map(
  Effect.all([
    makeStripe(makeConfig({ connection: "stripe", apiKey: "sk_test", baseUrl: "http://stripe.test" })),
    makeSalesforce(salesforceSandbox("http://salesforce.test")),
    makeNetsuite(netsuiteSandbox("http://netsuite.test")),
  ]),
  (all) => new Map(all.map((system) => [system.connection, system])),
).pipe(Effect.provideService(HttpClient.HttpClient, nobody));

const piece = 97;
const piecesPerProcess = 9;

/** In pieces, through processes that end without a word and find their way back; answers what the store then holds and shows. */
const play = (entries: ReadonlyArray<NewEntry>, policy: PolicyName) =>
  Effect.gen(function* () {
    const process = Effect.flatMap(systems, (all) =>
      makeEngine({
        systems: all,
        policy: policies[policy],
        rules: new Map(),
        owner: "replay",
        retry: { baseMs: 200, capMs: 5_000 },
        sendTimeoutMs: 2_000,
        snapshotCells: 400,
        hotParties: 120,
        sending: false,
      }),
    );
    let engine = yield* process;
    for (let from = 0, count = 0; from < entries.length; from += piece, count++) {
      if (count % piecesPerProcess === 0) {
        engine = yield* process;
        yield* engine.recover;
      }
      yield* engine.append(entries.slice(from, from + piece));
      yield* engine.fold;
    }
    yield* engine.snapshot;
    const shown = canonical(yield* report(engine));
    return { ...(yield* contents), report: shown };
  });

export const playInto = async (
  store: Layer.Layer<Store, StoreError>,
  entries: ReadonlyArray<NewEntry>,
  policy: PolicyName,
) => {
  const runtime = ManagedRuntime.make(store);
  try {
    return await runtime.runPromise(play(entries, policy));
  } finally {
    await runtime.dispose();
  }
};

/** The ports of a store as plain values, for a world that outlives its processes, and how to close it. */
export const opened = async (store: Layer.Layer<Store, StoreError>) => {
  const runtime = ManagedRuntime.make(store);
  const ports = await runtime.runPromise(
    Effect.all({ journal: Journal, snapshots: Snapshots, outbox: Outbox, due: DueRecords }),
  );
  return { ports, close: () => runtime.dispose() };
};
