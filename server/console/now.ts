/** What is broken that somebody must act on, and whether everything moves: the two queues, the stages, the outbox, the pipe. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { desk, isClosed } from "../../domain/controls/desk.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { accountMachine } from "../../machines/account.machine.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { everything, statusOf } from "../queues/items.ts";
import { faults } from "../views/faults.ts";
import { settled } from "../views/find.ts";
import { health } from "../views/health.ts";
import type { Standing } from "./standing.ts";

/** In order. */
const stages: ReadonlyArray<string> = Object.keys(accountMachine.root.states["lifecycle"]!.states);
/** Faults looked at one by one; what is beyond is counted by kind alone. */
const mostFaults = 2000;

/** A sum past what a number holds exactly is its digits. */
const whole = (sum: bigint): Json => (sum <= BigInt(Number.MAX_SAFE_INTEGER) && sum >= 0n ? Number(sum) : String(sum));

const moneyJson = (sums: ReadonlyMap<string, bigint>): Json =>
  Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, sum]) => [currency, whole(sum)]));

const older = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b < a) ? b : a);

const stagesJson = ({ stages: found }: Standing): Json =>
  stages.map((stage) => {
    const { accounts = 0, money = new Map() } = found.get(stage) ?? {};
    return {
      stage,
      accounts,
      money: [...money]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, { billedMinor, dueMinor }]) => ({
          currency,
          billedMinor: whole(billedMinor),
          dueMinor: whole(dueMinor),
        })),
    };
  });

const exceptionsJson = ({ core }: Engine): Json => {
  const types = new Map<string, { count: number; oldest: number | null; readonly money: Map<string, bigint> }>();
  const money = new Map<string, bigint>();
  let [total, overdue, oldest]: [number, number, number | null] = [0, 0, null];
  for (const { exception } of everything(core)) {
    const record = core.controls.get(desk, exception.id);
    if (statusOf(exception, record, core.now) !== "open") continue;
    const { type, moneyMinor, currency, ageFrom } = exception;
    total += 1;
    if (record !== null && !isClosed(record) && (record.dueAt ?? Number.POSITIVE_INFINITY) <= core.now) overdue += 1;
    oldest = older(oldest, ageFrom);
    const of = types.get(type) ?? { count: 0, oldest: null, money: new Map<string, bigint>() };
    types.set(type, of);
    of.count += 1;
    of.oldest = older(of.oldest, ageFrom);
    if (moneyMinor === null || currency === null) continue;
    for (const into of [of.money, money]) into.set(currency, (into.get(currency) ?? 0n) + BigInt(Math.abs(moneyMinor)));
  }
  return {
    total,
    overdue,
    oldestFrom: oldest,
    moneyMinor: moneyJson(money),
    types: [...types]
      .sort(([a, { count: most }], [b, { count }]) => count - most || (a < b ? -1 : 1))
      .map(([type, { count, oldest: from, money: by }]) => ({
        type,
        count,
        oldestFrom: from,
        moneyMinor: moneyJson(by),
      })),
  };
};

interface FaultsFound {
  readonly items: ReadonlyArray<{
    readonly kind: string;
    readonly connection: string | null;
    readonly at: number | null;
  }>;
  readonly total: number;
}

type PulseQuery = Extract<Query, { readonly name: "pulse" }>;

const faultsJson = (engine: Engine, { refused, troubles }: PulseQuery): Effect.Effect<Json, StoreError> =>
  Effect.map(
    faults(engine, {
      name: "faults",
      kind: null,
      connection: null,
      limit: mostFaults,
      cursor: null,
      refused,
      troubles,
    }),
    (answered) => {
      const { items, total } = answered as unknown as FaultsFound;
      const kinds = new Map<
        string,
        { kind: string; connection: string | null; count: number; oldestAt: number | null }
      >();
      let oldestAt: number | null = null;
      for (const { kind, connection, at } of items) {
        oldestAt = older(oldestAt, at);
        const key = `${kind} ${connection}`;
        const of = kinds.get(key) ?? { kind, connection, count: 0, oldestAt: null };
        kinds.set(key, { ...of, count: of.count + 1, oldestAt: older(of.oldestAt, at) });
      }
      return { total, oldestAt, kinds: [...kinds.values()].sort((a, b) => b.count - a.count) };
    },
  );

const commandsJson = ({ core }: Engine): Json => {
  const states: Record<string, number> = {};
  for (const { planned } of core.open.values()) states[planned.state] = (states[planned.state] ?? 0) + 1;
  return { states, inFlight: (states["sending"] ?? 0) + (states["unknown"] ?? 0) };
};

const nowJson = (engine: Engine, query: PulseQuery): Effect.Effect<{ readonly [key: string]: Json }, StoreError> =>
  Effect.gen(function* () {
    const standing = yield* engine.standings.standing((connection) => engine.sees(`@${connection}`));
    const { position, head, oldestUnprocessedMs, oldestDueCommandMs, unattributed } = (yield* health(engine)) as {
      readonly [key: string]: Json;
    };
    return {
      at: yield* Clock.currentTimeMillis,
      accounts: standing.accounts,
      complete: standing.complete,
      stages: stagesJson(standing),
      syncs: standing.syncs,
      commands: commandsJson(engine),
      pipe: { position, head, oldestUnprocessedMs, oldestDueCommandMs, unattributed } as Json,
      exceptions: exceptionsJson(engine),
      faults: yield* faultsJson(engine, query),
      seq: engine.core.position,
    };
  });

/** Accounts told of at once: of more, only how many there are. */
const mostTouched = 100;

const touchedJson = (engine: Engine, roots: ReadonlyArray<string>): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core } = engine;
    const seen = [...new Set(roots.map((root) => core.root(root)))].filter(engine.sees);
    const items: Json[] = [];
    for (const root of seen.slice(-mostTouched)) {
      yield* settled(engine, root);
      items.push(core.summaryOf(core.account(root)) as unknown as Json);
    }
    return { items, more: seen.length - items.length, seq: core.position };
  });

/** Another process's numbers mean nothing here. */
const epoch = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;

/**
 * How things stand, and which accounts were touched since an earlier answer, by its `id`. `touched` null: nothing was asked for;
 * `missed`: that answer is too long ago, or of another process.
 */
export const pulse = (engine: Engine, query: PulseQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { moves } = engine.core;
    const { tick } = moves;
    const [of, at] = (query.since ?? "").split(".") as [string, string | undefined];
    const roots = query.since === null ? [] : of === epoch && at !== undefined ? moves.since(Number(at)) : null;
    return {
      id: `${epoch}.${tick}`,
      missed: roots === null,
      touched: roots === null || roots.length === 0 ? null : yield* touchedJson(engine, roots),
      now: yield* nowJson(engine, query),
    };
  });
