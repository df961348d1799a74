/** For tests of the surface: the real engine over the store in memory, both simulators in process, and the app over them. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { Hono } from "hono";
import {
  makeNetsuite,
  makeNetsuiteSimulator,
  type NetsuiteSimulator,
  sandboxConfig,
  simulatorIds,
} from "../../adapters/netsuite/layer.ts";
import {
  makeSalesforce,
  makeSalesforceSimulator,
  type SalesforceSimulator,
  sandboxConfig as salesforceSandbox,
} from "../../adapters/salesforce/layer.ts";
import { type MemoryStore, makeMemory } from "../../adapters/stores/memory.ts";
import {
  makeConfig,
  makeStripe,
  makeStripeSimulator,
  type StripeSimulator,
  signWebhook,
} from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";
import { type Engine, makeEngine } from "../engine/engine.ts";
import type { Host, HostFailure } from "../host/host.ts";
import { receiving } from "../host/receive.ts";
import { type AppOptions, makeApp } from "../http/app.ts";
import { importBodies } from "../http/recorded.ts";
import type { LiveSettings } from "../reconciliation/live.ts";
import { recallOf } from "../telemetry/recall.ts";
import { openRoomTelemetry } from "../telemetry/room-telemetry.ts";
import { quietTelemetry } from "../telemetry/server-telemetry.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { answer } from "../views/index.ts";

export const secret = "whsec_test_one";
export const otherSecret = "whsec_test_two";

/** What JSON holds, for assertions. */
export type Loose = ReturnType<typeof JSON.parse>;

export interface World {
  readonly app: Hono;
  readonly engine: Engine;
  readonly host: Host;
  readonly stripe: StripeSimulator;
  readonly netsuite: NetsuiteSimulator;
  readonly salesforce: SalesforceSimulator;
  readonly store: MemoryStore;
  /** Our clock, epoch ms; tests move it. */
  clock: { now: number };
  /** Makes the next appends fail as a store does; null: works again. */
  fail: { with: HostFailure | null };
  /** Sends Stripe's emitted events, signed, and lets everything come to rest. */
  readonly deliver: () => Promise<ReadonlyArray<Response>>;
  /** NetSuite's script and Salesforce's relay report what happened there, through the trusted door, and everything comes to rest. */
  readonly echo: () => Promise<void>;
  readonly post: (body: string, headers?: Record<string, string>) => Promise<Response>;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: Loose }>;
}

export interface WorldOptions
  extends Partial<Pick<AppOptions, "sandbox" | "apiKey" | "ready" | "internalToken" | "requireIdempotencyKey">> {
  readonly secrets?: ReadonlyArray<string>;
  /** Default: `billing-led`. */
  readonly policy?: keyof typeof policies;
  /** Beside the three: systems that only speak, each with its own secret. */
  readonly senders?: ReadonlyArray<{ readonly system: System; readonly secret: string }>;
  readonly reconciliation?: LiveSettings;
  /** NetSuite is a OneWorld account: legal entity → internal id of its subsidiary. */
  readonly entities?: Readonly<Record<string, string>>;
  /** Everything under `clock`, and traced. */
  readonly tracing?: Tracing;
}

const fetchOf = (apps: Readonly<Record<string, { fetch(request: Request): Response | Promise<Response> }>>) =>
  (async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    return apps[new URL(request.url).hostname]!.fetch(request);
  }) as typeof globalThis.fetch;

export const makeWorld = async (options: WorldOptions = {}): Promise<World> => {
  const clock = { now: Date.now() };
  const stripe = makeStripeSimulator({ now: () => clock.now });
  const { entities = {} } = options;
  const subsidiaries = Object.fromEntries(Object.entries(entities).map(([name, id]) => [id, `Books of ${name}`]));
  const netsuite = makeNetsuiteSimulator({ now: () => clock.now, subsidiaries });
  const salesforce = makeSalesforceSimulator({ now: () => clock.now });
  const http = Layer.provide(
    FetchHttpClient.layer,
    Layer.succeed(
      FetchHttpClient.Fetch,
      fetchOf({
        "stripe.test": { fetch: (r) => stripe.app.fetch(r) },
        "netsuite.test": { fetch: (r) => netsuite.app.fetch(r) },
        "salesforce.test": { fetch: (r) => salesforce.app.fetch(r) },
      }),
    ),
  );
  const systems = await Effect.runPromise(
    Effect.all([
      makeStripe(
        makeConfig({ connection: "stripe", apiKey: "sk_test", baseUrl: "http://stripe.test", settleWindowMs: 50 }),
      ),
      makeNetsuite(sandboxConfig("http://netsuite.test", { settleWindowMs: 50, ids: { ...simulatorIds, entities } })),
      makeSalesforce(salesforceSandbox("http://salesforce.test", { settleWindowMs: 50, defaultCurrency: "USD" })),
    ]).pipe(Effect.provide(http)),
  );
  const { tracing = null } = options;
  const telemetry = tracing === null ? null : await openRoomTelemetry({}, () => {}, tracing);
  const byName: ReadonlyMap<string, System> = new Map(
    [...systems, ...(options.senders ?? []).map(({ system }) => system)].map((system) => [
      system.connection,
      telemetry?.observed(system) ?? system,
    ]),
  );
  const store = makeMemory();
  const engine = await Effect.runPromise(
    makeEngine({
      systems: byName,
      policy: policies[options.policy ?? "billing-led"],
      ...(options.reconciliation === undefined ? {} : { reconciliation: options.reconciliation }),
      rules: new Map(),
      owner: "test",
      retry: { baseMs: 1, capMs: 5 },
      sendTimeoutMs: 1000,
      settleWindowMs: 50,
      snapshotCells: 10_000,
      hotParties: 10_000,
      ...(telemetry === null ? {} : { telemetry: telemetry.engine }),
    }).pipe(Effect.provide(store.layer)),
  );
  telemetry?.recallBy(recallOf(engine));
  const virtual: Clock.Clock = Object.assign(Object.create(Clock.make()), {
    currentTimeMillis: Effect.sync(() => clock.now),
  });
  const timed = <A, E>(effect: Effect.Effect<A, E>) => (tracing === null ? effect : Effect.withClock(effect, virtual));
  const nowOf = (): number => (tracing === null ? Date.now() : clock.now);
  const fail: World["fail"] = { with: null };
  const promise = <A>(effect: Effect.Effect<A, StoreError>): Promise<A> =>
    Effect.runPromise(Effect.either(timed(effect))).then((result) => {
      if (result._tag === "Right") return result.right;
      throw { code: result.left.code, reason: result.left.reason } satisfies HostFailure;
    });
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 500; turn++) {
      await promise(engine.fold);
      const jobs = engine.jobs(nowOf());
      if (jobs.length === 0) return;
      for (const job of jobs) engine.begin(job, nowOf());
      await Promise.all(jobs.map((job) => promise(engine.run(job))));
    }
    throw new Error("no rest after 500 turns");
  };
  const accept: Host["accept"] = (entries) => (fail.with ? Promise.reject(fail.with) : promise(engine.append(entries)));
  const appending = telemetry?.appending(accept) ?? accept;
  const host: Host = {
    accept: appending,
    receive: receiving(engine.systems, appending),
    ask: (query, sight = null) =>
      fail.with?.code === "corrupt" ? Promise.reject(fail.with) : promise(answer(engine, query, sight)),
    idle: rest,
    close: async () => {},
  };
  const app = makeApp({
    host,
    systems: byName,
    secrets: (connection) => {
      const sender = options.senders?.find(({ system }) => system.connection === connection);
      return sender === undefined ? (options.secrets ?? [secret]) : [sender.secret];
    },
    sandbox: options.sandbox ?? true,
    apiKey: options.apiKey ?? null,
    now: () => clock.now,
    ready: options.ready ?? (() => true),
    internalToken: options.internalToken ?? null,
    requireIdempotencyKey: options.requireIdempotencyKey ?? false,
    ...(tracing === null ? {} : { telemetry: { ...quietTelemetry(), tracing } }),
  });
  const post: World["post"] = async (body, headers) =>
    app.request("/webhooks/stripe", {
      method: "POST",
      body,
      headers: headers ?? { "stripe-signature": signWebhook(body, secret, Math.floor(clock.now / 1000)) },
    });
  return {
    app,
    engine,
    host,
    stripe,
    netsuite,
    salesforce,
    store,
    clock,
    fail,
    post,
    deliver: async () => {
      const answers: Response[] = [];
      for (const event of stripe.drainEvents()) answers.push(await post(JSON.stringify(event)));
      await rest();
      return answers;
    },
    echo: async () => {
      for (const [name, events] of [
        ["netsuite", netsuite.drainEvents()],
        ["salesforce", salesforce.drainEvents()],
      ] as const) {
        const bodies = events.map((event) => new TextEncoder().encode(JSON.stringify(event)));
        await importBodies(host, byName.get(name)!, bodies, clock.now);
      }
      await rest();
    },
    get: async (path) => {
      const response = await app.request(path);
      const text = await response.text();
      const isJson = (response.headers.get("content-type") ?? "").includes("json");
      return { status: response.status, body: isJson && text !== "" ? JSON.parse(text) : text };
    },
  };
};
