/** A company of many firms on one engine, under the harness's faults: interleaved, so that they share batches, limits and crashes. */
import * as Effect from "effect/Effect";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import { type Menu, type Ports, type Setting, World } from "../simulation/world.ts";
import { Firm } from "./firm.ts";
import { operatorEntry, type PolicyName } from "./lab.ts";

export interface CompanySize {
  readonly firms: number;
  /** Events heard of each, at least. */
  readonly events: number;
}

export const fullMenu: Menu = { events: 0, crash: 0.002, maxCrashes: 25, owners: 1, trouble: 0.12, duplicate: 0.15 };

export class Company extends World {
  readonly firms: ReadonlyArray<Firm>;
  private readonly size: CompanySize;
  private busy: Firm | null = null;

  constructor(seed: number, policy: PolicyName, size: CompanySize, menu: Menu = fullMenu, more: Setting = {}) {
    const { processes } = more;
    super(seed, menu, {
      policy: policies[policy],
      salesforce: true,
      hotParties: Math.max(20, Math.floor(size.firms * 0.8)),
      maxSteps: size.firms * 3_000,
      ...more,
      store: inOrder(more.store ?? makeMemory()),
      ...(processes && { processes: { ...processes, open: (owner: string) => inOrder(processes.open(owner)) } }),
    });
    this.size = size;
    const crmLed = policy === "crm-led";
    this.firms = Array.from(
      { length: size.firms },
      (_, index) => new Firm(index, this.stripe, this.salesforce!, this.chance, () => this.now, crmLed),
    );
  }

  /** Mostly the same firm again, so that events of one second belong together. */
  protected override act(): boolean {
    const unfinished = this.firms.filter((firm) => firm.heard < this.size.events);
    if (unfinished.length === 0) return false;
    const ready = unfinished.filter((firm) => firm.restsUntil <= this.now);
    if (ready.length === 0) return true;
    if (this.busy === null || !ready.includes(this.busy) || this.chance.bet(0.3)) this.busy = this.chance.pick(ready);
    const firm = this.busy;
    for (const event of firm.step()) {
      firm.heard += 1;
      this.deliver("stripe", event);
    }
    for (const event of this.salesforce!.drainEvents()) {
      if (isEcho(event)) continue;
      firm.heard += 1;
      this.deliver("salesforce", event);
    }
    for (const note of firm.notes.splice(0)) {
      firm.heard += 1;
      this.operate(note, this.now);
    }
    this.echo();
    return true;
  }

  /** A person whose request fails says it again, of the same moment. */
  private operate(note: OperatorNote, at: number): void {
    this.after(this.chance.between(0, 500), () => {
      const instance = this.chance.pick(this.instances);
      if (!instance.append([operatorEntry(note, at)])) this.after(200, () => this.operate(note, at));
    });
  }

  /** What the systems send of our own writes; most of it gets lost. */
  protected override echo(): void {
    super.echo();
    for (const event of this.salesforce?.drainEvents() ?? [])
      if (!isEcho(event) || this.chance.bet(0.1)) this.deliver("salesforce", event);
  }

  /** What truly happened in billing, of all firms together. */
  tellWhole(): void {
    for (const { billing } of this.firms)
      for (const table of [
        "customers",
        "subscriptions",
        "invoices",
        "charges",
        "refunds",
        "credits",
        "disputes",
      ] as const)
        for (const [id, value] of billing[table]) (this.oracle[table] as Map<string, unknown>).set(id, value);
  }
}

/** A store may list due-records in any order; so that one seed is one run on all of them, by name. */
const inOrder = (store: Ports): Ports => ({
  ...store,
  due: {
    ...store.due,
    all: Effect.map(store.due.all, (all) => [...all].sort((a, b) => (a.party < b.party ? -1 : 1))),
  },
});

const isEcho = (event: unknown): boolean =>
  (event as { readonly ChangeEventHeader: { readonly entityName: string } }).ChangeEventHeader.entityName.startsWith(
    "Tieout_",
  );
