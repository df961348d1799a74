/**
 * The reconciliation as it stands: lines that are open, totals over all. An account is compared again only when something touched
 * it; after a start everything is compared once, a stretch with each question. Only open lines are kept.
 */
import * as Effect from "effect/Effect";
import { type AbsenceRecord, absence } from "../../domain/controls/absence.ts";
import { match } from "../../domain/controls/match.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Role, System } from "../../domain/ports/system.ts";
import type { AccountView, Deployment } from "../../domain/reconciliation/account.ts";
import { type Leg, legNames, legs as usualLegs } from "../../domain/reconciliation/leg.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import { accountLines, type Bench } from "../../domain/reconciliation/lines.ts";
import type { QueueSettings } from "../queues/settings.ts";
import { Company, company } from "./company.ts";
import { type Loading, membersOf } from "./detached.ts";
import { type Part, partOf, Tally } from "./tally.ts";

/** Milliseconds of work before others get their turn. */
const sliceMs = 5;
/** Parties whose exceptions are derived before the clock is looked at. */
const reviewsAtOnce = 50;
/** Account rows read at once while everything is compared for the first time. */
const rowsAtOnce = 200;

const idSets = new WeakMap<AbsenceRecord, ReadonlySet<string>>();
const idsOf = (record: AbsenceRecord): ReadonlySet<string> => {
  const known = idSets.get(record);
  if (known !== undefined) return known;
  const made = new Set(record.ids);
  idSets.set(record, made);
  return made;
};

interface Kept {
  readonly open: ReadonlyArray<Line>;
  /** JSON, since there is one for every account. */
  readonly part: string;
}

/** Gives the others their turn when a slice of work is over. */
export const slicing = (): (() => Effect.Effect<void>) => {
  let began = performance.now();
  return () => {
    if (performance.now() - began < sliceMs) return Effect.void;
    return Effect.tap(Effect.sleep(0), () =>
      Effect.sync(() => {
        began = performance.now();
      }),
    );
  };
};

export interface LiveSettings {
  readonly legs: ReadonlyArray<Leg>;
}
export const usualLive: LiveSettings = { legs: legNames.map((name) => usualLegs[name]) };

interface Under extends Loading {
  readonly systems: ReadonlyMap<string, System>;
  readonly queues: QueueSettings;
}

export class Live {
  readonly legs: ReadonlyArray<Leg>;
  readonly tally = new Tally();
  private readonly kept = new Map<string, Kept>();
  private readonly under: Under;
  private readonly lock = Effect.unsafeMakeSemaphore(1);
  /** Account rows up to here were put on the list after the start; null: all were. */
  private listed: string | null = "";
  /** Records of ERPs that are another account's: whose. */
  private readonly absorbed = new Map<string, string>();
  private readonly company: Company;
  /** Of those kept, the company's own. */
  private ofCompany = 0;

  constructor(under: Under, settings: LiveSettings) {
    this.under = under;
    this.company = new Company({ core: under.core, deployment: () => this.deployment, bench: () => this.bench });
    // The company's customer is what its policy takes it to be.
    const { authority } = under.core.surroundings.policy;
    this.legs = settings.legs.map((leg) =>
      leg.name !== "customers"
        ? leg
        : {
            ...leg,
            authority: authority.customer.find((role) => leg.sides.some(({ name }) => name === role)) ?? "billing",
          },
    );
  }

  /** Everything was compared at least once. */
  get complete(): boolean {
    return this.listed === null && this.waiting === 0;
  }
  get waiting(): number {
    return this.under.core.unreconciled.size + this.company.waiting;
  }
  get accounts(): number {
    return this.kept.size - this.ofCompany;
  }
  *open(): Iterable<Line> {
    for (const { open } of this.kept.values()) yield* open;
  }
  roots(): Iterable<string> {
    return this.kept.keys();
  }
  hasMatched(root: string): boolean {
    return (this.kept.get(root)?.part ?? "").includes(',"","",');
  }

  private get deployment(): Deployment {
    const { core, systems } = this.under;
    const roles = (connection: string): ReadonlyArray<Role> => systems.get(connection)?.profile.roles ?? [];
    return {
      roles,
      targets: core.surroundings.targets,
      having: (role) => [...systems.keys()].filter((connection) => roles(connection).includes(role)),
      needsDeal: core.surroundings.required.has("quoted"),
      rootOf: (party) => core.root(party),
      isGone: (id, knownAt) => {
        const record = core.controls.get(absence, connectionOf(id));
        return record !== null && knownAt < record.from && idsOf(record).has(id);
      },
    };
  }

  private get bench(): Bench {
    const { core, queues } = this.under;
    const pairs = [...core.controls.all(match)].flatMap(([id, { leg, items, undone }]) =>
      undone === null ? [{ id, leg, items }] : [],
    );
    return { legs: this.legs, pairs, team: (connection) => queues.teams[connection] ?? null };
  }

  view(root: string, members: AccountView["members"]): AccountView {
    return { ...this.deployment, root, members };
  }

  /** Every line of one account as it is now, matched ones too. */
  linesOf(root: string): Effect.Effect<ReadonlyArray<Line>, StoreError> {
    if (root.startsWith(company)) return this.company.linesOf(root, slicing());
    const { core } = this.under;
    return Effect.map(membersOf(this.under, root), (members) => {
      const exceptions = members.flatMap(({ id }) => core.allExceptions().get(id) ?? []);
      return accountLines(this.view(root, members), exceptions, this.bench);
    });
  }

  /** Compare what changed, for at most so long. True: nothing is left. Two that ask at once share the work. */
  refresh(budgetMs: number): Effect.Effect<boolean, StoreError> {
    return this.lock.withPermits(1)(
      Effect.gen(this, function* () {
        const until = performance.now() + budgetMs;
        const turn = slicing();
        yield* this.list(until, turn);
        // Each line looks for the exception that tells of the same: they are derived first, and not all in one go.
        while (!this.under.core.review(reviewsAtOnce)) yield* turn();
        const { unreconciled } = this.under.core;
        for (const root of unreconciled) {
          if (performance.now() > until) return false;
          unreconciled.delete(root);
          if (root.startsWith(company)) {
            this.company.touch(root);
            continue;
          }
          yield* this.compare(root);
          yield* turn();
        }
        yield* this.company.compare(until, turn, (key, lines) => this.keep(key, lines));
        return this.complete;
      }),
    );
  }

  /** What was there before the start is compared as well. */
  private list(until: number, turn: () => Effect.Effect<void>): Effect.Effect<void, StoreError> {
    return Effect.gen(this, function* () {
      const { core, snapshots } = this.under;
      while (this.listed !== null && performance.now() < until) {
        const after: string | null = this.listed === "" ? null : this.listed;
        const rows = yield* snapshots.accounts({ after, stage: null, sync: null, limit: rowsAtOnce });
        for (const { body } of rows) {
          const root = body === null ? null : (JSON.parse(body) as { readonly root: string }).root;
          if (root !== null && !this.kept.has(root)) core.unreconciled.add(root);
        }
        if (this.listed === "") core.unreconciled.add(company);
        this.listed = rows.length < rowsAtOnce ? null : rows.at(-1)!.id;
        yield* turn();
      }
    });
  }

  private compare(root: string): Effect.Effect<void, StoreError> {
    // No account any more: it joined another, which is on the list itself.
    const { core } = this.under;
    if (core.root(root) !== root) return Effect.sync(() => this.keep(root, []));
    const isErp = core.surroundings.places.isErp(connectionOf(root)) && core.membersOf(root).length === 1;
    if (isErp)
      return Effect.flatMap(this.holderOf(root), (holder) => {
        if (holder === null) return Effect.map(this.linesOf(root), (lines) => this.keep(root, lines));
        this.keep(root, []);
        if (this.absorbed.get(root) !== holder || this.kept.has(holder)) core.unreconciled.add(holder);
        this.absorbed.set(root, holder);
        return Effect.void;
      });
    return Effect.map(this.linesOf(root), (lines) => this.keep(root, lines));
  }

  /** The account that has this ERP record as its own, made by us; null: it is an account of its own. */
  private holderOf(record: string): Effect.Effect<string | null, StoreError> {
    const { core, snapshots } = this.under;
    const term = record.toLowerCase();
    return Effect.gen(this, function* () {
      const named = new Set([...core.freshParties(term), ...(yield* snapshots.find(term, false, 5))]);
      for (const party of named) {
        if (party === record) continue;
        const members = yield* membersOf(this.under, core.root(party));
        if (members.some(({ id }) => id === record)) return core.root(party);
      }
      return null;
    });
  }

  /** The root under which an account's lines are told. */
  told(root: string): string {
    return this.absorbed.get(root) ?? root;
  }

  private keep(root: string, lines: ReadonlyArray<Line>): void {
    const before = this.kept.get(root);
    if (before !== undefined) this.tally.change(JSON.parse(before.part) as Part, -1);
    if (root.startsWith(company)) this.ofCompany += (lines.length === 0 ? 0 : 1) - (before === undefined ? 0 : 1);
    if (lines.length === 0) {
      this.kept.delete(root);
      return;
    }
    const part = partOf(lines);
    this.tally.change(part, 1);
    this.kept.set(root, { open: lines.filter(({ status }) => status !== "matched"), part: JSON.stringify(part) });
  }
}
