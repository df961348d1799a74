/**
 * An account's events folded here, by the server's own code: the same parties, the same links, the same machine. One folding takes
 * deliveries one by one in whatever order; what it comes to is told in the canonical encoding, to be compared byte for byte. *Pure.*
 */
import { canonical, type Json } from "../../../../../domain/canonical.ts";
import type { CanonicalEvent } from "../../../../../domain/event.ts";
import { policies } from "../../../../../domain/lifecycle.ts";
import type { Entry } from "../../../../../domain/ports/store.ts";
import type { SystemProfile } from "../../../../../domain/ports/system.ts";
import type { ConnectionRules } from "../../../../../domain/rules.ts";
import { rowName } from "../../../../../domain/wish.ts";
import type { Regions } from "../../../../../machines/account.guards.ts";
import { Core } from "../../../../engine/core.ts";
import { accountReport } from "../../../../engine/report.ts";
import { surroundingsOf } from "../../../../engine/surroundings.ts";
import type { AccountEvents } from "../../../../shuffle/operations.ts";

export type Events = typeof AccountEvents.Type;
export type Item = Events["items"][number];

/** What it would send now, were it the server. */
export interface Wanted {
  readonly row: string;
  readonly verb: string;
  readonly target: string;
  readonly source: string;
}

/** How the account stands at one moment of a folding. */
export interface Standing {
  readonly regions: Regions;
  /** Registers of objects, as the server has them: the same, other, not there yet. */
  readonly same: number;
  readonly other: number;
  readonly missing: number;
  /** Objects whose owner is not known yet. */
  readonly waiting: number;
  /** Parties that nothing has linked to the account yet. */
  readonly apart: number;
  readonly wanted: ReadonlyArray<Wanted>;
  /** Byte for byte what the server has. */
  readonly equal: boolean;
}

interface Report {
  readonly parties: ReadonlyArray<{ readonly party: string; readonly evidence: Readonly<Record<string, Json>> }>;
}

const registersIn = (report: Report): ReadonlyMap<string, string> =>
  new Map(
    report.parties.flatMap(({ party, evidence }) =>
      Object.entries(evidence).map(([cell, register]) => [`${party} ${cell}`, canonical(register)] as const),
    ),
  );

export class Folding {
  private readonly events: Events;
  private readonly core: Core;
  private readonly theirs: ReadonlyMap<string, string>;
  private position = 0;

  constructor(events: Events) {
    this.events = events;
    const { given, deployment, parties } = events;
    const systems = new Map(
      deployment.connections.map(({ name, roles, orders }) => [
        name,
        { profile: { roles, orders } as Pick<SystemProfile, "roles" | "orders"> },
      ]),
    );
    const rules = new Map(deployment.connections.map(({ name, rules }) => [name, rules as ConnectionRules]));
    const policy = policies[deployment.policy as keyof typeof policies];
    this.core = new Core(surroundingsOf({ systems, policy, rules }));
    this.core.learnOwners(given.owners);
    this.core.restorePool(given.cells.filter(({ party }) => party.startsWith("@")));
    this.core.restore(parties, given.cells);
    // Whom they point to is looked at as after any entry about them.
    this.take(parties.map((party) => ({ kind: "time", connection: "", events: [], note: { party } })));
    this.theirs = registersIn(JSON.parse(events.state) as Report);
  }

  /** A batch as the server takes it in: joined together, then followed by what comes of it. */
  deliver(items: ReadonlyArray<Pick<Item, "event" | "connection">>): void {
    this.take(
      items.map(({ event, connection }) => ({
        kind: "webhook",
        connection,
        events: [JSON.parse(event) as CanonicalEvent],
        note: null,
      })),
    );
  }

  private take(entries: ReadonlyArray<Pick<Entry, "kind" | "connection" | "events" | "note">>): void {
    const { core } = this;
    core.apply(
      entries.map((entry): Entry => {
        this.position += 1;
        return { ...entry, position: this.position, at: core.now, partition: 0, dedup: null, conflictOf: null };
      }),
    );
    for (let missing = core.missingMembers; missing.length > 0; missing = core.missingMembers)
      core.restore(missing, []);
    core.settleFold();
  }

  /** In the canonical encoding. */
  get state(): string {
    return canonical(accountReport(this.core, this.core.root(this.events.root)));
  }

  get isSame(): boolean {
    return this.state === this.events.state;
  }

  /** Names of registers that are not as the server has them. */
  get differing(): ReadonlyArray<string> {
    const ours = registersIn(accountReport(this.core, this.core.root(this.events.root)) as unknown as Report);
    return [...new Set([...this.theirs.keys(), ...ours.keys()])].filter(
      (cell) => this.theirs.get(cell) !== ours.get(cell),
    );
  }

  get standing(): Standing {
    const { core, events, theirs } = this;
    const root = core.root(events.root);
    const ours = registersIn(accountReport(core, root) as unknown as Report);
    let [same, other, missing] = [0, 0, 0];
    for (const [cell, register] of theirs) {
      const own = ours.get(cell);
      if (own === undefined) missing += 1;
      else if (own === register) same += 1;
      else other += 1;
    }
    const members = core.membersOf(root);
    const wanted = members.flatMap((id) =>
      [...(core.parties.get(id)?.planned() ?? [])].map(({ kind, verb, target, source }) => ({
        row: rowName(kind),
        verb,
        target,
        source,
      })),
    );
    return {
      regions: { ...core.account(root).regions },
      same,
      other,
      missing,
      waiting: core.waiting.size,
      apart: events.parties.filter((party) => core.root(party) !== root).length,
      wanted,
      equal: this.isSame,
    };
  }
}
