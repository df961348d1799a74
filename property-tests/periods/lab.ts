/**
 * A company that keeps its books: billing of two legal entities, one ERP, the real engine over the store in memory, time that only
 * the test moves, and a process that dies at any write and comes back.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import { makeNetsuite, makeNetsuiteSimulator, sandboxConfig } from "../../adapters/netsuite/layer.ts";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { makeConfig, makeStripe, makeStripeSimulator } from "../../adapters/stripe/layer.ts";
import type { Accounting } from "../../domain/booking.ts";
import type { ApprovalRule } from "../../domain/controls/approval.ts";
import { policies } from "../../domain/lifecycle.ts";
import { type Entry, Journal, type NewEntry } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";
import { type Engine, makeEngine } from "../../server/engine/engine.ts";
import { open } from "../../server/engine/intake.ts";
import { effectsOf } from "../../server/engine/report.ts";
import { surroundingsOf } from "../../server/engine/surroundings.ts";
import type { ActRequest, Prepared } from "../../server/operators/act.ts";
import { entriesOf } from "../../server/operators/entries.ts";
import { type PeriodVerb, periodDesk } from "../../server/periods/desk.ts";
import { verify } from "../../server/verify.ts";

export const accounting: Accounting = {
  timeZone: "Europe/Berlin",
  fiscalStartMonth: 4,
  entities: { "stripe-eu": "eu" },
};

class Killed extends Error {}

export const makeLab = async (
  books: Accounting | null = accounting,
  start = Date.parse("2026-04-10T12:00:00Z"),
  approvals: ReadonlyArray<ApprovalRule> = [],
) => {
  const time = { now: start };
  const billing = {
    stripe: makeStripeSimulator({ now: () => time.now }),
    "stripe-eu": makeStripeSimulator({ now: () => time.now }),
  };
  const netsuite = makeNetsuiteSimulator({ now: () => time.now });
  const apps: Readonly<Record<string, { fetch(request: Request): Response | Promise<Response> }>> = {
    "stripe.test": billing.stripe.app,
    "stripe-eu.test": billing["stripe-eu"].app,
    "netsuite.test": netsuite.app,
  };
  const fetched = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    return apps[new URL(request.url).hostname]!.fetch(request);
  };
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetched as typeof fetch));
  const stripeAt = (connection: string) =>
    makeStripe(makeConfig({ connection, apiKey: "sk_test", baseUrl: `http://${connection}.test`, settleWindowMs: 50 }));
  const systems = await Effect.runPromise(
    Effect.all([
      stripeAt("stripe"),
      stripeAt("stripe-eu"),
      makeNetsuite(sandboxConfig("http://netsuite.test", { settleWindowMs: 50 })),
    ]).pipe(Effect.provide(http)),
  );
  const byName: ReadonlyMap<string, System> = new Map(systems.map((system) => [system.connection, system]));
  const store = makeMemory();
  const clock: Clock.Clock = Object.assign(Object.create(Clock.make()), {
    currentTimeMillis: Effect.sync(() => time.now),
    unsafeCurrentTimeMillis: () => time.now,
  });
  /** Writes until the process dies; before or after the last of them is done. */
  const death = { in: Number.POSITIVE_INFINITY, after: false };
  const append = (entries: ReadonlyArray<NewEntry>) =>
    Effect.suspend(() => {
      death.in -= 1;
      if (death.in > 0) return store.journal.append(entries);
      const die = Effect.die(new Killed());
      return death.after ? Effect.zipRight(store.journal.append(entries), die) : die;
    });
  let engine: Engine;
  let processes = 0;
  const process = async (journal: typeof Journal.Service, snapshotCells: number): Promise<Engine> => {
    processes += 1;
    const made = await run(
      makeEngine({
        systems: byName,
        policy: policies["billing-led"],
        rules: new Map(),
        owner: `process ${processes}`,
        retry: { baseMs: 1, capMs: 5 },
        sendTimeoutMs: 1000,
        settleWindowMs: 50,
        snapshotCells,
        approvals,
        hotParties: 10_000,
        ...(books === null ? {} : { accounting: books }),
      }).pipe(Effect.provideService(Journal, journal), Effect.provide(store.layer)),
    );
    await run(made.recover);
    return made;
  };
  const boot = async (): Promise<void> => {
    death.in = Number.POSITIVE_INFINITY;
    engine = await process({ ...store.journal, append }, 40);
  };
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(Effect.withClock(effect, clock));
  /** Runs; if the process dies inside, the next one takes over. False: it died. */
  const survived = async (effect: () => Effect.Effect<unknown, unknown>): Promise<boolean> => {
    const exit = await Effect.runPromiseExit(Effect.withClock(effect(), clock));
    if (Exit.isSuccess(exit)) return true;
    if (death.in > 0) throw new Error(String(exit.cause));
    await boot();
    return false;
  };
  await boot();
  /** Another process over the same journal; it lives on, and may be behind. */
  const other = await process(store.journal, 1_000_000);
  /** It works at what it knows, and folds only what it wrote. */
  const lag = async (jobs: number): Promise<number> => {
    for (let done = 0; done < jobs; done++) {
      const [job] = other.jobs(time.now);
      if (job === undefined) return done;
      other.begin(job, time.now);
      await run(other.run(job));
    }
    return jobs;
  };

  const work = async (jobs: number): Promise<number> => {
    let done = 0;
    for (; done < jobs; done++) {
      if (!(await survived(() => engine.fold))) continue;
      const [job] = engine.jobs(time.now);
      if (job === undefined) break;
      engine.begin(job, time.now);
      await survived(() => engine.run(job));
    }
    return done;
  };
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 300; turn++) {
      await run(other.fold);
      if ((await work(100)) + (await lag(100)) > 0) continue;
      const dues = [engine.nextDue(time.now), other.nextDue(time.now)].flatMap((at) => at ?? []);
      const next = Math.min(...dues);
      if (next > time.now + 86_400_000) return;
      time.now = next;
    }
    throw new Error("no rest");
  };
  let acts = 0;
  const act = async (
    verb: PeriodVerb,
    month: string,
    entity = "default",
    force = false,
    by = "maria",
  ): Promise<Prepared | null> => {
    const control = { type: "control", topic: "period", verb, id: `${entity}/${month}`, fields: { force } } as const;
    acts += 1;
    const request: ActRequest = {
      id: `act ${acts}`,
      hash: "h",
      by,
      reason: "month end",
      act: control,
      problems: [],
    };
    let prepared: Prepared | null = null;
    await survived(() =>
      Effect.gen(function* () {
        yield* engine.fold;
        const judged = yield* periodDesk.prepare(engine, request, control);
        prepared = judged;
        if (judged.status !== "ready") return;
        yield* engine.append(entriesOf(judged.notes, request, time.now));
        yield* engine.fold;
        yield* periodDesk.show(engine, control.id);
      }),
    );
    return prepared;
  };
  const deliver = async (connection: keyof typeof billing = "stripe"): Promise<void> => {
    for (const event of billing[connection].drainEvents()) {
      const body = new TextEncoder().encode(JSON.stringify(event));
      const taken = open(byName.get(connection)!, body, time.now);
      await run(store.journal.append([taken.entry]));
    }
  };
  return {
    time,
    billing,
    netsuite,
    store,
    get engine(): Engine {
      return engine;
    },
    run,
    work,
    lag,
    /** The other process takes note of everything so far. */
    catchUp: () => run(other.fold),
    rest,
    act,
    deliver,
    boot,
    /** The process dies at its n-th write from now. */
    dieAt: (writes: number, after: boolean) => Object.assign(death, { in: writes, after }),
    /** An invoice that took effect at an instant. */
    invoice: (at: number, amountMinor: number, connection: keyof typeof billing = "stripe") => {
      const back = time.now;
      time.now = at;
      const { operations } = billing[connection];
      const customer = operations.createCustomer({ name: "Acme" });
      const id = operations.createInvoice({ customer, amountMinor });
      operations.finalizeInvoice(id);
      time.now = back;
      return { customer, id };
    },
    entries: (): Promise<ReadonlyArray<Entry>> => run(store.journal.read(0, 1_000_000)),
    findings: async () => {
      await run(engine.snapshot);
      const surroundings = surroundingsOf({ systems: byName, policy: policies["billing-led"], rules: new Map() });
      return (await run(Effect.provide(verify(surroundings), store.layer))).findings;
    },
    effects: () => [...engine.core.parties.values()].flatMap(effectsOf),
  };
};

export type Lab = Awaited<ReturnType<typeof makeLab>>;
