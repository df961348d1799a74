/**
 * How many accounts stand where, with their money: counted once after a start, a stretch with each question, and from then on only what
 * was touched. Kept apart by the connections that an account is on, so that a key of some legal entities is told of its own.
 */
import * as Effect from "effect/Effect";
import type { BilledSum } from "../../domain/billed.ts";
import { accountId, connectionOf } from "../../domain/ids.ts";
import type { Snapshots, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";

/** Milliseconds of counting for one question. */
const stretchMs = 150;
const page = 500;

/** What one account adds. */
interface Share {
  readonly connections: string;
  readonly stage: string;
  readonly sync: string;
  readonly billed: BilledSum;
}

interface Sum {
  billedMinor: bigint;
  dueMinor: bigint;
}
/** One set of connections: stage → accounts and money, sync → accounts. */
interface Part {
  readonly connections: ReadonlyArray<string>;
  readonly stages: Map<string, { accounts: number; readonly money: Map<string, Sum> }>;
  readonly syncs: Map<string, number>;
}

export interface Standing {
  readonly accounts: number;
  readonly stages: ReadonlyMap<
    string,
    { readonly accounts: number; readonly money: ReadonlyMap<string, Readonly<Sum>> }
  >;
  readonly syncs: Readonly<Record<string, number>>;
  /** Every account is counted. */
  readonly complete: boolean;
}

const count = (into: Map<string, number>, key: string, by: number): void => {
  const sum = (into.get(key) ?? 0) + by;
  if (sum === 0) into.delete(key);
  else into.set(key, sum);
};

const addMoney = (into: Map<string, Sum>, currency: string, billedMinor: bigint, dueMinor: bigint): void => {
  const sum = into.get(currency) ?? { billedMinor: 0n, dueMinor: 0n };
  sum.billedMinor += billedMinor;
  sum.dueMinor += dueMinor;
  if (sum.billedMinor === 0n && sum.dueMinor === 0n) into.delete(currency);
  else into.set(currency, sum);
};

interface Row {
  readonly root: string;
  readonly regions: { readonly lifecycle: string; readonly sync: string };
  readonly billed?: BilledSum;
}

export class Standings {
  private readonly core: Core;
  private readonly snapshots: Snapshots["Type"];
  private readonly lock = Effect.unsafeMakeSemaphore(1);
  private readonly parts = new Map<string, Part>();
  /** Root → its share as JSON, since there is one for every account. */
  private readonly shares = new Map<string, string>();
  /** Rows up to here were counted; null: all were. */
  private counted: string | null = "";
  private readonly touched = new Set<string>();

  constructor(core: Core, snapshots: Snapshots["Type"]) {
    this.core = core;
    this.snapshots = snapshots;
  }

  private add({ connections, stage, sync, billed }: Share, by: 1 | -1): void {
    let part = this.parts.get(connections);
    if (part === undefined) {
      part = { connections: connections.split(" "), stages: new Map(), syncs: new Map() };
      this.parts.set(connections, part);
    }
    count(part.syncs, sync, by);
    const at = part.stages.get(stage) ?? { accounts: 0, money: new Map<string, Sum>() };
    at.accounts += by;
    for (const { currency, billedMinor, dueMinor } of billed)
      addMoney(at.money, currency, BigInt(by * billedMinor), BigInt(by * dueMinor));
    part.stages.set(stage, at);
  }

  private put(root: string, share: Share | null): void {
    const before = this.shares.get(root);
    const after = share === null ? undefined : JSON.stringify(share);
    if (before === after) return;
    if (before !== undefined) this.add(JSON.parse(before) as Share, -1);
    if (share === null || after === undefined) this.shares.delete(root);
    else {
      this.add(share, 1);
      this.shares.set(root, after);
    }
  }

  private connectionsOf(root: string): string {
    return [...new Set(this.core.membersOf(root).map(connectionOf))].sort().join(" ");
  }

  /** In memory as it stands; else as its row has it, which is then up to date. */
  private look(root: string): Effect.Effect<void, StoreError> {
    return Effect.gen(this, function* () {
      const { core } = this;
      if (core.root(root) !== root) return this.put(root, null);
      const state = core.accounts.get(root);
      if (state !== undefined) {
        const { lifecycle, sync } = state.regions;
        return this.put(root, { connections: this.connectionsOf(root), stage: lifecycle, sync, billed: state.billed });
      }
      const id = accountId(root);
      const rows = yield* this.snapshots.accounts({ after: id.slice(0, -1), stage: null, sync: null, limit: 4 });
      const body = rows.find((row) => row.id === id)?.body ?? null;
      this.putRow(root, body === null ? null : (JSON.parse(body) as Row));
    });
  }

  private putRow(root: string, row: Row | null): void {
    const { lifecycle = "", sync = "" } = row?.regions ?? {};
    const share = { connections: this.connectionsOf(root), stage: lifecycle, sync, billed: row?.billed ?? [] };
    this.put(root, row === null ? null : share);
  }

  /** The next rows of the store; what is in memory is looked at there. */
  private countRows(): Effect.Effect<void, StoreError> {
    return Effect.gen(this, function* () {
      const { core } = this;
      const after = this.counted === "" ? null : this.counted;
      const rows = yield* this.snapshots.accounts({ after, stage: null, sync: null, limit: page });
      for (const { body } of rows) {
        if (body === null) continue;
        const row = JSON.parse(body) as Row;
        if (core.accounts.has(row.root) || this.shares.has(row.root)) continue;
        if (core.root(row.root) === row.root) this.putRow(row.root, row);
      }
      this.counted = rows.length < page ? null : rows.at(-1)!.id;
    });
  }

  /** `sees`: whether a connection is in sight. */
  readonly standing = (sees: (connection: string) => boolean): Effect.Effect<Standing, StoreError> =>
    this.lock.withPermits(1)(
      Effect.gen(this, function* () {
        const { core } = this;
        if (this.counted === "") {
          core.moves.takeUncounted();
          for (const root of core.accounts.keys()) this.touched.add(root);
        }
        for (const root of core.moves.takeUncounted()) this.touched.add(root);
        const began = performance.now();
        let breathed = began;
        while ((this.touched.size > 0 || this.counted !== null) && performance.now() - began < stretchMs) {
          const next = this.touched.values().next();
          if (next.done) yield* this.countRows();
          else {
            yield* this.look(next.value);
            this.touched.delete(next.value);
          }
          if (performance.now() - breathed < 5) continue;
          yield* Effect.sleep(0);
          breathed = performance.now();
        }
        return this.sum(sees);
      }),
    );

  private sum(sees: (connection: string) => boolean): Standing {
    const stages = new Map<string, { accounts: number; readonly money: Map<string, Sum> }>();
    const syncs: Record<string, number> = {};
    let accounts = 0;
    for (const part of this.parts.values()) {
      if (!part.connections.some(sees)) continue;
      for (const [sync, found] of part.syncs) syncs[sync] = (syncs[sync] ?? 0) + found;
      for (const [stage, found] of part.stages) {
        accounts += found.accounts;
        const into = stages.get(stage) ?? { accounts: 0, money: new Map<string, Sum>() };
        into.accounts += found.accounts;
        for (const [currency, { billedMinor, dueMinor }] of found.money)
          addMoney(into.money, currency, billedMinor, dueMinor);
        stages.set(stage, into);
      }
    }
    return { accounts, stages, syncs, complete: this.counted === null && this.touched.size === 0 };
  }
}
