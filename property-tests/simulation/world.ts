/**
 * One schedule: the real engine and the real adapters on a memory store, the vendors' simulators, virtual time, one source of
 * chance. Events are reordered, duplicated, delayed; requests are lost and answered late; the process dies at any port call;
 * two owners may work at once. The auditor compares with the oracle at rest.
 */
import * as HttpClient from "@effect/platform/HttpClient";
import * as Cause from "effect/Cause";
import * as Clock from "effect/Clock";
import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import * as Random from "effect/Random";
import * as Runtime from "effect/Runtime";
import * as RuntimeFlags from "effect/RuntimeFlags";
import type { Hono } from "hono";
import { makeNetsuite, makeNetsuiteSimulator, sandboxConfig } from "../../adapters/netsuite/layer.ts";
import {
  makeSalesforce,
  makeSalesforceSimulator,
  type SalesforceSimulator,
  sandboxConfig as salesforceSandbox,
} from "../../adapters/salesforce/layer.ts";
import { type MemoryStore, makeMemory } from "../../adapters/stores/memory.ts";
import { makeConfig, makeStripe, makeStripeSimulator } from "../../adapters/stripe/layer.ts";
import { type Policy, policies } from "../../domain/lifecycle.ts";
import type { LedgerNote } from "../../domain/note.ts";
import { DueRecords, Journal, type NewEntry, Outbox, Snapshots } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";
import type { ConnectionRules } from "../../domain/rules.ts";
import type { FoldChanges } from "../../server/engine/core.ts";
import { type Engine, makeEngine } from "../../server/engine/engine.ts";
import { open } from "../../server/engine/intake.ts";
import { Chance } from "./chance.ts";
import { type Fate, makeNetwork } from "./network.ts";
import { Oracle } from "./oracle.ts";
import { Turns } from "./turns.ts";
import { Workload } from "./workload.ts";

export interface Menu {
  /** Events delivered at least once before the history ends. */
  readonly events: number;
  /** Share of port calls at which the process dies, and how often at most. */
  readonly crash: number;
  readonly maxCrashes: number;
  readonly owners: 1 | 2;
  /** Share of requests to which something happens. */
  readonly trouble: number;
  readonly duplicate: number;
}

export type Ports = Pick<MemoryStore, "journal" | "snapshots" | "outbox" | "due">;

/** Stores that end with their processes. */
export interface Processes {
  readonly open: (owner: string) => Ports;
  /** The call in which this process dies: it breaks off on its way, and nothing of it is done. */
  readonly brokenOff: (owner: string, call: Effect.Effect<unknown, unknown>) => Effect.Effect<void>;
  /** The process is gone without a farewell. */
  readonly gone: (owner: string) => void;
}

/** What differs from one billing system and one ERP under `billing-led`, in memory. */
export interface Setting {
  readonly policy?: Policy;
  readonly rules?: ReadonlyMap<string, ConnectionRules>;
  /** A CRM beside them. */
  readonly salesforce?: boolean;
  /** One whose effects are synchronous; it outlives the processes. */
  readonly store?: Ports;
  /** Where each process opens the store for itself; `store` is then of those who look on. */
  readonly processes?: Processes;
  /** Parties that a process keeps in memory. */
  readonly hotParties?: number;
  /** Steps after which a run that is not at rest has failed. */
  readonly maxSteps?: number;
  /** Other systems in place of those that a process would have. */
  readonly adapt?: (
    systems: ReadonlyArray<System>,
  ) => Effect.Effect<ReadonlyArray<System>, never, HttpClient.HttpClient>;
  /** What becomes of a request, as the test has it; null: it goes well. */
  readonly fate?: (host: string, method: string, well: Fate) => Fate | null;
}

export type Connection = "stripe" | "netsuite" | "salesforce";

class Crash extends Error {}

/** Virtual milliseconds at which every history begins: a Monday. */
export const epoch = Date.UTC(2026, 0, 5);
/** A history on fewer does not end yet. */
export const leastObjects = 6;
const timeoutMs = 2_000;
const encoder = new TextEncoder();
export const settleWindowMs = 5_000;

interface Item {
  readonly at: number;
  readonly order: number;
  readonly act: () => void | Promise<void>;
  cancelled: boolean;
}

export class World {
  now = epoch;
  readonly chance: Chance;
  readonly setting: Setting;
  readonly store: NonNullable<Setting["store"]>;
  readonly oracle = new Oracle();
  readonly stripe;
  readonly netsuite;
  readonly salesforce: SalesforceSimulator | null;
  readonly workload: Workload;
  readonly menu: Menu;
  /** Virtual time and the one source of chance, for every effect of the run. */
  readonly runtime: Runtime.Runtime<never>;
  private readonly turns = new Turns();
  /** Position of the journal's last entry. */
  head = 0;
  /** Conflicts and ambiguities that some engine saw on its way. */
  readonly doubts = new Set<string>();
  readonly transitions: Array<FoldChanges["transitions"][number]> = [];
  readonly seen = new Map<string, number>();
  readonly bodies: Array<{ readonly connection: Connection; readonly body: Uint8Array }> = [];
  instances: Instance[] = [];
  crashes = 0;
  portCalls = 0;
  /** What the run did, step by step; two runs of one seed compare on it. */
  readonly trace: string[] = [];

  private readonly queue: Item[] = [];
  private order = 0;
  private owners = 0;
  protected delivered = 0;
  private calm = false;
  /** A job that failed otherwise than by a crash. */
  failure: string | null = null;

  constructor(seed: number, menu: Menu, setting: Setting = {}) {
    this.menu = menu;
    this.setting = setting;
    this.store = setting.store ?? makeMemory();
    this.chance = new Chance(seed);
    const now = () => this.now;
    const apiVersion = this.chance.bet(0.4) ? "2020-03-02" : "2026-10-28.endive";
    this.stripe = makeStripeSimulator({ now, apiVersion });
    this.netsuite = makeNetsuiteSimulator({ now, sleep: async () => {} });
    this.salesforce = setting.salesforce ? makeSalesforceSimulator({ now, sleep: async () => {} }) : null;
    this.workload = new Workload(this.stripe, this.oracle, this.chance, now);
    const runtime = Effect.runtime<never>().pipe(
      Effect.withClock(this.clock),
      Effect.withRandom(randomOf(this.chance)),
      Effect.withScheduler(this.turns),
      // Nobody reads the spans of a run, nor how many fibers it had.
      Effect.withTracerEnabled(false),
    );
    this.runtime = Runtime.disableRuntimeFlag(Effect.runSync(runtime), RuntimeFlags.RuntimeMetrics);
  }

  /** Of the history: customers, subscriptions, invoices and charges. */
  get objects(): number {
    const { customers, subscriptions, invoices, charges } = this.oracle;
    return customers.size + subscriptions.size + invoices.size + charges.size;
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  /** What the ledgers were told, in journal order. */
  ledgerEntries(): ReadonlyArray<{ readonly at: number; readonly note: LedgerNote }> {
    return Effect.runSync(this.store.journal.read(0, Number.MAX_SAFE_INTEGER))
      .filter((entry) => entry.kind === "command" || entry.kind === "decision")
      .map((entry) => ({ at: entry.at, note: entry.note as unknown as LedgerNote }));
  }

  notes(): ReadonlyArray<LedgerNote> {
    return this.ledgerEntries().map(({ note }) => note);
  }

  doubt(instance: Instance): void {
    for (const party of instance.engine?.core.parties.values() ?? []) {
      for (const subject of party.evidence.ambiguous) {
        const statuses = new Set(party.evidence.doubted(subject).map((o) => o.status));
        this.doubts.add(statuses.size > 1 && party.evidence.order(subject) ? "conflict" : "ambiguity");
      }
    }
    if ((instance.engine?.core.waiting.size ?? 0) > 0) this.doubts.add("unattributed for a while");
  }

  // ---------------------------------------------------------------- time

  after(ms: number, act: () => void | Promise<void>): Item {
    const item: Item = { at: this.now + Math.max(0, ms), order: this.order++, act, cancelled: false };
    let low = 0;
    let high = this.queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.queue[middle]!;
      if (other.at < item.at || (other.at === item.at && other.order < item.order)) low = middle + 1;
      else high = middle;
    }
    this.queue.splice(low, 0, item);
    return item;
  }

  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.now,
    unsafeCurrentTimeNanos: () => BigInt(this.now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => this.now),
    currentTimeNanos: Effect.sync(() => BigInt(this.now) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const item = this.after(Duration.toMillis(duration), () => resume(Effect.void));
        return Effect.sync(() => {
          item.cancelled = true;
        });
      }),
  };

  // ---------------------------------------------------------------- the process

  /** Every port call may be the last thing the process does, before it or after it. */
  port<A, E>(
    instance: Instance,
    name: string,
    effect: Effect.Effect<A, E>,
    brokenOff: Effect.Effect<void> = Effect.void,
  ): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      this.portCalls += 1;
      if (instance.dead) return Effect.never;
      if (this.calm || this.crashes >= this.menu.maxCrashes || !this.chance.bet(this.menu.crash)) return effect;
      this.crashes += 1;
      this.count("crash");
      this.count(`crash at ${name}`);
      const die = Effect.suspend(() => {
        this.trace.push(`${this.now} crash ${name}`);
        instance.dead = true;
        this.setting.processes?.gone(instance.owner);
        return Effect.die(new Crash(name));
      });
      return this.chance.bet(0.5) ? Effect.zipRight(brokenOff, die) : Effect.zipRight(effect, die);
    });
  }

  private readonly decoded = new Map<Uint8Array, ReturnType<typeof open>>();
  /** Decoded once, however often it is delivered: the decoder has its own tests. */
  opened(system: System, body: Uint8Array): ReturnType<typeof open> {
    let taken = this.decoded.get(body);
    if (taken === undefined) {
      taken = open(system, body, this.now);
      this.decoded.set(body, taken);
    }
    return { ...taken, entry: { ...taken.entry, at: this.now } };
  }

  /** Writes that left for the ERP and the CRM, by the outside id that they carry. */
  readonly writes = new Map<string, number>();

  private fate(host: string, method: string): Fate {
    const { chance } = this;
    const ok: Fate = {
      refused: false,
      arrivesAfter: chance.between(1, 60),
      answeredAfter: chance.between(1, 60),
      instead: null,
      severed: false,
    };
    const scripted = this.setting.fate?.(host, method, ok);
    if (scripted) return scripted;
    if (this.calm || !chance.bet(this.menu.trouble)) return ok;
    this.count(`trouble ${host}`);
    const instead = (status: number, headers: Record<string, string> = {}) => ({
      ...ok,
      instead: { status, headers, body: "{}" },
    });
    return chance.weighted<() => Fate>([
      [2, () => ({ ...ok, refused: true })],
      // Commit, then time out: the answer is lost, or the vendor took longer than we waited.
      [3, () => ({ ...ok, answeredAfter: null })],
      [2, () => ({ ...ok, arrivesAfter: timeoutMs + chance.between(1, settleWindowMs - 500), answeredAfter: 1 })],
      [2, () => ({ ...ok, severed: true })],
      [1, () => ({ ...ok, arrivesAfter: null })],
      [1, () => instead(503)],
      [1, () => instead(429, { "retry-after": String(chance.between(1, 4)) })],
      [method === "GET" ? 0 : 1, () => instead(500)],
    ])();
  }

  start(): Instance {
    const instance = new Instance(this, `owner-${++this.owners}`);
    this.instances.push(instance);
    instance.boot();
    return instance;
  }

  network(instance: Instance): HttpClient.HttpClient {
    return makeNetwork({
      apps: new Map<string, Hono>([
        ["stripe.test", this.stripe.app],
        ["netsuite.test", this.netsuite.app],
        ...(this.salesforce ? [["salesforce.test", this.salesforce.app] as const] : []),
      ]),
      fate: (host, method) => this.fate(host, method),
      leaves: (method, url, body) => {
        if (method === "GET" || url.host === "stripe.test") return;
        const carried = /tie_[0-9a-f]{32}/.exec(url.pathname) ?? /"externalId":"(tie_[0-9a-f]{32})"/.exec(body);
        const outside = carried?.at(-1);
        if (outside) this.writes.set(outside, (this.writes.get(outside) ?? 0) + 1);
      },
      after: (ms, act) => this.after(ms, act),
      arrived: () => this.echo(),
      port: (name, effect) => this.port(instance, name, effect),
    });
  }

  // ---------------------------------------------------------------- deliveries

  protected deliver(connection: Connection, event: unknown): void {
    const body = encoder.encode(JSON.stringify(event));
    this.bodies.push({ connection, body });
    const once = () => {
      const { chance } = this;
      const delay = chance.weighted([
        [5, () => chance.between(0, 400)],
        [3, () => chance.between(0, 5_000)],
        [1, () => chance.between(0, 60_000)],
      ])();
      this.after(delay, () => this.arrive(connection, body));
    };
    if (connection === "stripe") this.delivered += 1;
    once();
    while (this.chance.bet(this.menu.duplicate)) {
      this.count("duplicate");
      once();
    }
  }

  /** At the door of one of the processes; a sender whose request fails sends it again. */
  private arrive(connection: Connection, body: Uint8Array): void {
    const instance = this.chance.pick(this.instances);
    const taken = instance.take(connection, body);
    if (!taken) this.after(this.chance.between(100, 3_000), () => this.arrive(connection, body));
  }

  /** What NetSuite's script sends after a write; half of it gets lost for ever. */
  protected echo(): void {
    for (const event of this.netsuite.drainEvents()) if (this.chance.bet(0.5)) this.deliver("netsuite", event);
  }

  /** One act of the history, and what is heard of it. False: it was the last. */
  protected act(): boolean {
    this.workload.step();
    for (const event of this.workload.takeEvents()) this.deliver("stripe", event);
    this.echo();
    return this.delivered < this.menu.events || this.workload.acts.length < 14 || this.objects < leastObjects;
  }

  private scheduleAct(): void {
    this.historyRuns = true;
    const gap = this.chance.weighted([
      [5, 0],
      [3, this.chance.between(1, 1_200)],
      [2, this.chance.between(1_000, 20_000)],
    ]);
    this.after(gap, () => {
      if (this.act()) this.scheduleAct();
      else this.historyRuns = false;
    });
  }
  private historyRuns = false;

  // ---------------------------------------------------------------- the run

  /** To rest; throws when it never comes to rest. */
  async run(): Promise<void> {
    for (let i = 0; i < this.menu.owners; i++) this.start();
    this.scheduleAct();
    await this.rest();
    this.calm = true;
  }

  /** Until nobody is on the way and nothing is due, and the history has ended if one was begun; or `until` says so. */
  async rest(until: () => boolean = () => false): Promise<void> {
    for (let step = 0; ; step++) {
      if (until()) return;
      if (step > (this.setting.maxSteps ?? 20_000)) throw new Error(`no rest after ${step} steps: ${this.unrest()}`);
      for (const instance of [...this.instances]) {
        if (instance.dead) this.restart(instance);
      }
      const item = this.queue.shift();
      if (item === undefined) {
        // Nobody is on the way: fold what is there, then let time pass to what is due.
        let moved = false;
        for (const instance of this.instances) moved = instance.turn(true) || moved;
        this.turns.take();
        if (this.queue.length > 0 || moved || this.instances.some((i) => !i.dead && (i.engine?.active ?? 0) > 0))
          continue;
        const due = this.instances.map((i) => (i.dead ? this.now : i.nextDue())).filter((at) => at !== null);
        if (!this.historyRuns && due.length === 0) break;
        if (due.length === 0) throw new Error("nothing is due, and the history has not ended");
        this.now = Math.max(this.now, Math.min(...due));
        continue;
      }
      if (item.cancelled) continue;
      const dueBefore = this.instances
        .map((i) => (i.dead ? null : i.nextDue()))
        .filter((at): at is number => at !== null && at < item.at)
        .sort((a, b) => a - b)[0];
      if (dueBefore !== undefined && dueBefore > this.now && this.chance.bet(0.8)) {
        this.after(item.at - this.now, item.act);
        this.now = dueBefore;
      } else {
        this.now = item.at;
        const acting = item.act();
        this.turns.take();
        if (acting !== undefined) {
          await acting;
          this.turns.take();
        }
      }
      for (const instance of [...this.instances]) if (this.chance.bet(0.35)) instance.turn(false);
    }
  }

  private restart(dead: Instance): void {
    dead.stop();
    this.instances = this.instances.filter((instance) => instance !== dead);
    this.start();
  }

  private unrest(): string {
    const [instance] = this.instances;
    return JSON.stringify({
      open: [...(instance?.engine?.core.open.values() ?? [])].map(({ planned }) => [
        planned.slot,
        planned.verb,
        planned.state,
        planned.blockedBy,
      ]),
      queue: this.queue.length,
      acts: this.workload.acts.length,
    });
  }
}

/** One process: an engine on the shared store. */
export class Instance {
  dead = false;
  engine: Engine | null = null;
  private readonly fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>();
  readonly world: World;
  readonly owner: string;
  private readonly services: Context.Context<Journal | Snapshots | Outbox | DueRecords>;
  private readonly systems = new Map<string, System>();

  constructor(world: World, owner: string) {
    this.world = world;
    this.owner = owner;
    const { processes } = world.setting;
    const { journal, snapshots, outbox, due } = processes?.open(owner) ?? world.store;
    const port =
      <A extends ReadonlyArray<unknown>, R, E>(name: string, method: (...args: A) => Effect.Effect<R, E>) =>
      (...args: A) =>
        world.port(this, name, method(...args), processes?.brokenOff(owner, method(...args)));
    this.services = Context.make(Journal, {
      ...journal,
      append: port("journal append", (entries: ReadonlyArray<NewEntry>) =>
        Effect.tap(journal.append(entries), (results) => {
          for (const { position } of results) world.head = Math.max(world.head, position);
        }),
      ),
      read: port("journal read", journal.read),
    }).pipe(
      Context.add(Snapshots, {
        ...snapshots,
        save: port("snapshot write", snapshots.save),
        load: port("snapshot read", snapshots.load),
      }),
      Context.add(Outbox, { ...outbox, save: port("outbox write", outbox.save) }),
      Context.add(DueRecords, { ...due, save: port("due write", due.save) }),
    );
  }

  /** Run at once; a crash inside is the end of this process. */
  private now<A, E>(effect: Effect.Effect<A, E>): A | null {
    if (this.dead) return null;
    const scheduler = new Turns();
    const fiber = Runtime.runFork(this.world.runtime)(effect, { scheduler });
    scheduler.take();
    const exit = fiber.unsafePoll();
    if (exit !== null && Exit.isSuccess(exit)) return exit.value;
    if (this.dead) return null;
    throw exit === null ? new Error("what runs at once waits for something") : Cause.squash(exit.cause);
  }

  boot(): void {
    const network = this.world.network(this);
    const stripe = makeStripe(
      makeConfig({ connection: "stripe", apiKey: "sk_test", baseUrl: "http://stripe.test", timeoutMs, settleWindowMs }),
    );
    const netsuite = makeNetsuite(sandboxConfig("http://netsuite.test", { timeoutMs, settleWindowMs }));
    const salesforce = makeSalesforce(salesforceSandbox("http://salesforce.test", { timeoutMs, settleWindowMs }));
    const { setting } = this.world;
    const made = this.now(
      Effect.all(setting.salesforce ? [stripe, salesforce, netsuite] : [stripe, netsuite]).pipe(
        Effect.flatMap((systems) => setting.adapt?.(systems) ?? Effect.succeed(systems)),
        Effect.provideService(HttpClient.HttpClient, network),
        Effect.tap((systems) =>
          Effect.sync(() => {
            for (const system of systems) this.systems.set(system.connection, system);
          }),
        ),
        Effect.zipRight(
          makeEngine({
            systems: this.systems,
            policy: setting.policy ?? policies["billing-led"],
            rules: setting.rules ?? new Map(),
            owner: this.owner,
            retry: { baseMs: 200, capMs: 5_000 },
            sendTimeoutMs: timeoutMs,
            snapshotCells: 40,
            hotParties: setting.hotParties ?? 1_000,
            onFold: (changes) => {
              this.world.transitions.push(...changes.transitions);
              this.world.doubt(this);
            },
          }),
        ),
        Effect.provide(this.services),
      ),
    );
    if (made === null) return;
    this.now(made.recover);
    if (!this.dead) this.engine = made;
  }

  /** A body at the door. False: the sender got no 2xx. */
  take(connection: Connection, body: Uint8Array): boolean {
    if (this.dead || this.engine === null) return false;
    const taken = this.world.opened(this.systems.get(connection)!, body);
    const entries: NewEntry[] = [taken.entry];
    if (taken.status === 400) throw new Error(`a simulator sent what its adapter does not open: ${taken.reason}`);
    const result = this.now(this.engine.append(entries));
    this.world.trace.push(
      `${this.world.now} ${this.owner} ${taken.eventId} ${result === null ? "died" : result[0]!._tag}`,
    );
    return result !== null;
  }

  /** What a person, or we ourselves, put into the journal. False: it is not there. */
  append(entries: ReadonlyArray<NewEntry>): boolean {
    return !this.dead && this.engine !== null && this.now(this.engine.append(entries)) !== null;
  }

  /** Fold, start what can start, now and then write a snapshot. True when something moved. */
  turn(thorough: boolean): boolean {
    const { engine, world } = this;
    if (this.dead || engine === null) return true;
    let moved = false;
    // Of two owners each may act on what it has not heard of the other.
    const behind = world.menu.owners === 2 && !thorough && world.chance.bet(0.5);
    if (engine.core.position < world.head && !behind) moved = (this.now(engine.fold) ?? 1) > 0;
    if (this.dead) return true;
    if (!thorough && world.chance.bet(0.1)) this.now(engine.snapshot);
    if (this.dead) return true;
    for (const job of engine.jobs(world.now)) {
      if (!thorough && world.chance.bet(0.2)) continue;
      moved = true;
      world.trace.push(`${world.now} ${this.owner} ${job._tag} ${job.id}`);
      engine.begin(job, world.now);
      const fiber = Runtime.runFork(this.world.runtime)(engine.run(job));
      this.fibers.add(fiber);
      fiber.addObserver((exit) => {
        this.fibers.delete(fiber);
        if (Exit.isFailure(exit) && !this.dead && !Cause.isInterruptedOnly(exit.cause))
          world.failure ??= Cause.pretty(exit.cause);
      });
      if (this.dead) return true;
    }
    return moved;
  }

  /** Everybody into memory, for the auditor. */
  loadAll(customers: Iterable<string>, connection: Connection = "stripe"): void {
    for (const id of customers) this.now(this.engine!.ensure(`${connection}:${id}`));
  }

  nextDue(): number | null {
    return this.engine?.nextDue(this.world.now) ?? null;
  }

  stop(): void {
    this.dead = true;
    for (const fiber of this.fibers) Effect.runFork(Fiber.interrupt(fiber));
  }
}

const randomOf = (chance: Chance): Random.Random => {
  const next = Effect.sync(() => chance.next());
  const base = Random.make("unused");
  return { ...base, [Random.RandomTypeId]: Random.RandomTypeId, next } as Random.Random;
};
