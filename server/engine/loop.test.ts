/** The loop against a store and an ERP whose troubles are switched on and off. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { inbound, profile as stripeProfile } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { Journal, Outbox, StoreError } from "../../domain/ports/store.ts";
import { type OutboundCommand, RejectedFixable, type System, Transient } from "../../domain/ports/system.ts";
import { makeWorkload } from "../../property-tests/kill/workload.ts";
import { type Engine, makeEngine } from "./engine.ts";
import { open } from "./intake.ts";
import { type Loop, loopDefaults, makeLoop } from "./loop.ts";

const deaf = Effect.fail(new RejectedFixable({ code: "no-api", detail: "not in this test" }));
const stripe: System = {
  connection: "stripe",
  profile: { ...stripeProfile, canRead: false },
  inbound,
  outbound: { send: () => deaf, lookup: () => deaf, read: () => deaf, poll: null },
};

/** An ERP that has what it was sent, by outside id. */
const makeErp = () => {
  const documents = new Map<string, OutboundCommand>();
  const trouble: { of: ((command: OutboundCommand) => Effect.Effect<never, Transient> | null) | null } = { of: null };
  const receipt = (command: OutboundCommand) => ({ foreignId: `n-${command.outsideId}`, content: command.content });
  const system: System = {
    connection: "netsuite",
    profile: {
      vendor: "test",
      roles: ["erp"],
      orders: {},
      tickMs: 1000,
      settleWindowMs: 50,
      concurrency: 4,
      canRead: false,
    },
    inbound,
    outbound: {
      send: (command) =>
        Effect.suspend(() => {
          const failing = trouble.of?.(command);
          if (failing) return failing;
          documents.set(command.outsideId, command);
          return Effect.succeed(receipt(command));
        }),
      lookup: (command) => Effect.sync(() => (documents.has(command.outsideId) ? receipt(command) : null)),
      read: () => deaf,
      poll: null,
    },
  };
  return { system, documents, trouble };
};

interface World {
  readonly engine: Engine;
  readonly loop: Loop;
  readonly erp: ReturnType<typeof makeErp>;
  readonly refuse: { journal: boolean; outbox: boolean };
  readonly lines: string[];
  /** Takes so many customers' webhooks in. */
  readonly take: (customers: number) => Effect.Effect<number, StoreError>;
}

const full = new StoreError({ code: "full", reason: "the disk is full" });

const inWorld = (body: (world: World) => Effect.Effect<void, StoreError>): Promise<void> => {
  const memory = makeMemory();
  const refuse = { journal: false, outbox: false };
  const orFull =
    <A extends ReadonlyArray<unknown>, B>(
      which: keyof typeof refuse,
      act: (...args: A) => Effect.Effect<B, StoreError>,
    ) =>
    (...args: A) =>
      Effect.suspend(() => (refuse[which] ? Effect.fail(full) : act(...args)));
  const layer = Layer.merge(
    memory.layer,
    Layer.merge(
      Layer.succeed(Journal, { ...memory.journal, append: orFull("journal", memory.journal.append) }),
      Layer.succeed(Outbox, { ...memory.outbox, save: orFull("outbox", memory.outbox.save) }),
    ),
  );
  const erp = makeErp();
  const lines: string[] = [];
  const world = Effect.gen(function* () {
    const engine = yield* makeEngine({
      systems: new Map([stripe, erp.system].map((system) => [system.connection, system])),
      policy: policies["billing-led"],
      rules: new Map(),
      owner: "test",
      retry: { baseMs: 5, capMs: 20 },
      sendTimeoutMs: 50,
      snapshotCells: 10_000,
      hotParties: 1000,
    });
    yield* engine.recover;
    const loop = yield* makeLoop(engine, {
      ...loopDefaults,
      retry: { baseMs: 5, capMs: 20 },
      snapshotIdleMs: 10,
      log: (line) => lines.push(line),
      fatal: (reason) => lines.push(`fatal: ${reason}`),
    });
    const workload = makeWorkload(7);
    const take = (customers: number) =>
      Effect.gen(function* () {
        const told = workload.round(customers);
        const entries = told.map(({ body }) => open(stripe, Buffer.from(body), Date.now()).entry);
        const appended = yield* engine.append(entries);
        loop.nudge(Math.max(...appended.map(({ position }) => position)));
        return workload.expected.filter(({ receivableMinor }) => receivableMinor > 0).length;
      });
    yield* body({ engine, loop, erp, refuse, lines, take });
  });
  return Effect.runPromise(Effect.scoped(Effect.provide(world, layer)));
};

const cash = (erp: World["erp"]): number =>
  [...erp.documents.values()].filter(({ kind, verb }) => kind === "cash_application" && verb === "post").length;

it("[L1] what is appended is folded, sent and written to a snapshot, and then the loop is idle", () =>
  inWorld(({ loop, engine, erp, take }) =>
    Effect.gen(function* () {
      const paid = yield* take(4);
      assert.equal(yield* loop.idle(10_000), true);
      assert.equal(cash(erp), paid);
      assert.equal(engine.core.open.size, 0);
      yield* Effect.sleep(100);
      assert.equal(yield* engine.snapshots.through, yield* engine.journal.head);
    }),
  ));

it("[L10] the longer a fold takes, the longer is gathered for the next one, up to a tenth of a second", () =>
  inWorld(({ engine, take }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const folds: Array<{ readonly began: number; readonly ended: number }> = [];
        const slow = Effect.gen(function* () {
          const began = performance.now();
          const folded = yield* engine.fold;
          yield* Effect.sleep(60);
          folds.push({ began, ended: performance.now() });
          return folded;
        });
        const loop = yield* makeLoop({ ...engine, fold: slow } as Engine, {
          ...loopDefaults,
          sending: false,
          log: () => {},
          fatal: () => {},
        });
        yield* take(1);
        loop.nudge(engine.core.position + 1);
        yield* Effect.sleep(150);
        loop.nudge(engine.core.position + 1);
        yield* Effect.sleep(400);
        const waits = folds.slice(1).map(({ began }, i) => began - folds[i]!.ended);
        assert.equal(folds.length, 2);
        assert.ok(waits[0]! >= 110, `${waits}`);
      }),
    ),
  ));

it("[L2 P1] a store that refuses stops nothing for good: it is said once, shown, and caught up with", () =>
  inWorld(({ loop, erp, refuse, lines, take }) =>
    Effect.gen(function* () {
      refuse.outbox = true;
      const paid = yield* take(3);
      yield* Effect.sleep(150);
      assert.equal(loop.trouble[0]?.code, "full");
      assert.ok((loop.trouble[0]?.attempts ?? 0) > 1);
      assert.equal(yield* loop.idle(20), false);
      assert.equal(lines.filter((line) => line.startsWith("fold") && line.includes("refuses")).length, 1);
      refuse.outbox = false;
      assert.equal(yield* loop.idle(10_000), true);
      assert.deepEqual(loop.trouble, []);
      assert.equal(cash(erp), paid);
    }),
  ));

it("[L3 P1] an outcome that the journal could not take is read back, not sent again", () =>
  inWorld(({ loop, erp, refuse, take }) =>
    Effect.gen(function* () {
      const sends = new Map<string, number>();
      erp.trouble.of = (command) => {
        sends.set(command.key, (sends.get(command.key) ?? 0) + 1);
        if (sends.size === 3) refuse.journal = true;
        return null;
      };
      const paid = yield* take(3);
      yield* Effect.sleep(200);
      assert.equal(
        loop.trouble.some(({ step }) => step === "job"),
        true,
      );
      refuse.journal = false;
      assert.equal(yield* loop.idle(10_000), true);
      assert.equal(cash(erp), paid);
      assert.equal(Math.max(...sends.values()), 1);
    }),
  ));

it("[L4 P7] a job that fails by a bug of an adapter costs its own turn; everything else flows on", () =>
  inWorld(({ loop, erp, lines, take }) =>
    Effect.gen(function* () {
      let poisoned: string | null = null;
      erp.trouble.of = (command) => {
        if (command.kind !== "receivable") return null;
        poisoned ??= command.outsideId;
        return command.outsideId === poisoned ? Effect.die(new Error("a bug")) : null;
      };
      const paid = yield* take(4);
      yield* Effect.sleep(600);
      assert.ok(cash(erp) >= paid - 1 && paid > 2);
      assert.ok(lines.some((line) => line.includes("a bug")));
      assert.ok(!lines.some((line) => line.startsWith("fatal")));
      erp.trouble.of = null;
      assert.equal(yield* loop.idle(10_000), true);
      assert.equal(cash(erp), paid);
    }),
  ));

it("[L5] the loop is not idle while a command only waits for its next try, and drains without it", () =>
  inWorld(({ loop, engine, erp, take }) =>
    Effect.gen(function* () {
      erp.trouble.of = () => Effect.fail(new Transient({ detail: "not now" }));
      assert.ok((yield* take(3)) > 0);
      assert.equal(yield* loop.idle(100), false);
      yield* loop.drain(1000);
      assert.equal(engine.active, 0);
      assert.equal(yield* engine.snapshots.through, yield* engine.journal.head);
      const head = yield* engine.journal.head;
      yield* Effect.sleep(50);
      assert.equal(yield* engine.journal.head, head);
    }),
  ));
