/** A world without chance: bodies written by hand, delivered in a given order, with rest in between or not. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { accountReport, poolsReport } from "../../server/engine/report.ts";
import { type Connection, type Setting, World } from "./world.ts";

export const calm = { events: 0, crash: 0, maxCrashes: 0, owners: 1, trouble: 0, duplicate: 0 } as const;

/** One second of Stripe's time, the same for every event of a lab unless said otherwise. */
export const second = 1_767_571_200;

export interface StripeBody {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly api_version: string;
  readonly data: { readonly object: Record<string, unknown> };
}

export const stripeEvent = (
  type: string,
  object: Record<string, unknown>,
  created = second,
  id = `evt_${type}_${created}`,
): StripeBody => ({
  id,
  type,
  created,
  api_version: "2026-10-28.endive",
  data: { object },
});

export class Lab {
  readonly world: World;
  constructor(seed = 1, setting: Setting = {}) {
    this.world = new World(seed, calm, setting);
    this.world.start();
  }

  get core() {
    return this.world.instances[0]!.engine!.core;
  }

  /** One body at the door, then folded. */
  give(event: unknown, connection: Connection = "stripe"): void {
    const [instance] = this.world.instances;
    if (!instance!.take(connection, new TextEncoder().encode(JSON.stringify(event)))) throw new Error("not taken");
    instance!.turn(true);
  }

  rest(): Promise<void> {
    return this.world.rest();
  }

  /** What `tieout accounts --json` prints. */
  report(): string {
    const roots = [...new Set([...this.core.parties.keys()].map((party) => this.core.root(party)))].sort();
    const accounts = roots
      .filter((root) => !root.startsWith("netsuite:"))
      .map((root) => accountReport(this.core, root));
    return canonical({ accounts, ...poolsReport(this.core) } as Json);
  }

  /** Documents that NetSuite made, by record type. */
  documents(recordType: string) {
    return this.world.netsuite.committed.filter((entry) => entry.op === "create" && entry.recordType === recordType);
  }
}

export const permutations = <T>(items: ReadonlyArray<T>): ReadonlyArray<ReadonlyArray<T>> =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) =>
        permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
      );
