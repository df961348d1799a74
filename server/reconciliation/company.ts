/**
 * The company's own leg, payouts with what they are made of and the deposits: a change compares again only what hangs together with
 * it. Lines are kept by the least id of what hangs together, as `@connection:kind/id`.
 */
import * as Effect from "effect/Effect";
import { kindOf, type ObjectData } from "../../domain/event.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { Deployment } from "../../domain/reconciliation/account.ts";
import { Connected } from "../../domain/reconciliation/connected.ts";
import { type Catalogued, payoutTokens } from "../../domain/reconciliation/items/payouts.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import { type Bench, companyLines } from "../../domain/reconciliation/lines.ts";
import { type Register, shown } from "../../domain/register.ts";
import type { Core } from "../engine/core.ts";

/** Everything of the company's. */
export const company = "@";
const kinds: ReadonlySet<string> = new Set(["payout", "payout_item", "deposit"]);

type Turn = () => Effect.Effect<void>;

export interface CompanyUnder {
  readonly core: Core;
  readonly deployment: () => Deployment;
  readonly bench: () => Bench;
}

const isOurs = (id: string): boolean => kinds.has(kindOf(id.slice(id.indexOf(":") + 1)));

export class Company {
  private readonly under: CompanyUnder;
  private readonly connected = new Connected();
  /** Under which key the lines of an object are kept. */
  private readonly keys = new Map<string, string>();
  /** Changed since it was last looked at; then: to be compared again. */
  private readonly changed = new Set<string>();
  private readonly stale = new Set<string>();
  private wholly = false;

  constructor(under: CompanyUnder) {
    this.under = under;
  }

  /** `@`, or `@` with the id of an object of the catalogue. */
  touch(root: string): void {
    const id = root.slice(company.length);
    if (id === "") this.wholly = true;
    else if (isOurs(id)) this.changed.add(id);
  }

  get waiting(): number {
    return this.changed.size + this.stale.size + (this.wholly ? 1 : 0);
  }

  /** As shown; null: nothing of it is. */
  private object(id: string): Catalogued | null {
    const { core } = this.under;
    const register = core.catalogue.get(id);
    if (register === undefined) return null;
    const connection = connectionOf(id);
    const kind = kindOf(id.slice(connection.length + 1)) as "payout";
    const value = shown(core.surroundings.orders(connection)[kind], register as Register<ObjectData>);
    return value === null || value === undefined
      ? null
      : { id, data: value.observation.data, heardAt: value.observation.at };
  }

  /** What hangs together now; what hung together before is compared again as well. */
  private index(turn: Turn): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      if (this.wholly) {
        this.wholly = false;
        for (const id of this.under.core.catalogue.keys()) if (isOurs(id)) this.changed.add(id);
        yield* turn();
      }
      if (this.changed.size === 0) return;
      const matches = new Map<string, string[]>();
      for (const { id, leg, items } of this.under.bench().pairs)
        if (leg === "payouts")
          for (const item of items) matches.set(item, [...(matches.get(item) ?? []), `match ${id}`]);
      for (const id of this.changed) {
        this.changed.delete(id);
        const object = this.object(id);
        for (const one of this.connected.of(id)) this.stale.add(one);
        this.connected.set(id, object === null ? [] : [...payoutTokens(object), ...(matches.get(id) ?? [])]);
        this.stale.add(id);
        yield* turn();
      }
    });
  }

  /** Compare what changed until then, monotonic milliseconds; `keep` takes the lines of a key, none: they are gone. */
  compare(until: number, turn: Turn, keep: (key: string, lines: ReadonlyArray<Line>) => void): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      yield* this.index(turn);
      const linesOf = this.comparing();
      for (const id of this.stale) {
        if (performance.now() > until) return;
        const members = this.connected.of(id);
        const key = `${company}${members[0] ?? id}`;
        for (const member of [id, ...members]) {
          this.stale.delete(member);
          const before = this.keys.get(member);
          if (before !== undefined && before !== key && !this.leads(before)) keep(before, []);
          if (members.length === 0) this.keys.delete(member);
          else this.keys.set(member, key);
        }
        keep(key, linesOf(members));
        yield* turn();
      }
    });
  }

  /** Whether the key is still that of what hangs together with its object. */
  private leads(key: string): boolean {
    const id = key.slice(company.length);
    return this.connected.of(id)[0] === id;
  }

  private comparing(): (members: ReadonlyArray<string>) => ReadonlyArray<Line> {
    const [deployment, bench] = [this.under.deployment(), this.under.bench()];
    return (members) =>
      companyLines(
        members.flatMap((id) => this.object(id) ?? []),
        deployment,
        bench,
      );
  }

  /** Every line under a key, or all of them, as they are now. */
  linesOf(key: string, turn: Turn): Effect.Effect<ReadonlyArray<Line>> {
    return Effect.gen(this, function* () {
      yield* this.index(turn);
      const linesOf = this.comparing();
      if (key !== company) return linesOf(this.connected.of(key.slice(company.length)));
      const lines: Line[] = [];
      const done = new Set<string>();
      for (const id of [...this.connected.ids()]) {
        if (done.has(id)) continue;
        const members = this.connected.of(id);
        for (const member of members) done.add(member);
        lines.push(...linesOf(members));
        yield* turn();
      }
      return lines;
    });
  }
}
