/** One account as reconciliation looks at it: its parties, what each connection is, and where else its objects should be. *Pure.* */
import type { DataOf, ObjectKind } from "../event.ts";
import { kindOf } from "../event.ts";
import { type Evidence, replicaPrefix } from "../evidence.ts";
import { subjectOfCell } from "../observation.ts";
import type { Party } from "../party.ts";
import type { Role } from "../ports/system.ts";
import type { Underway } from "./item.ts";

/** What is the same for every account of one deployment. */
export interface Deployment {
  readonly roles: (connection: string) => ReadonlyArray<Role>;
  /** Systems that should hold the documents of this connection's invoices. */
  readonly targets: (connection: string) => ReadonlyArray<string>;
  /** Connections that have the role. */
  readonly having: (role: Role) => ReadonlyArray<string>;
  /** Nothing is sold without a deal in the CRM. */
  readonly needsDeal: boolean;
  /** The root of the account of a party. */
  readonly rootOf: (party: string) => string;
  /** The system's own list, pulled since, no longer shows the object. */
  readonly isGone: (id: string, knownAt: number) => boolean;
}

export interface AccountView extends Deployment {
  readonly root: string;
  readonly members: ReadonlyArray<Party>;
}

const byKind = new WeakMap<
  Evidence,
  { readonly size: number; readonly kinds: ReadonlyMap<string, ReadonlyArray<string>> }
>();

/** Subjects of a kind that the party itself reported, in order. */
export const subjectsOf = ({ evidence }: Party, kind: ObjectKind): ReadonlyArray<string> => {
  const { size } = evidence.registers;
  const known = byKind.get(evidence);
  if (known?.size === size) return known.kinds.get(kind) ?? [];
  const kinds = new Map<string, Set<string>>();
  for (const cell of evidence.registers.keys()) {
    if (cell.startsWith(replicaPrefix)) continue;
    const subject = subjectOfCell(cell);
    const found = kinds.get(kindOf(subject));
    if (found) found.add(subject);
    else kinds.set(kindOf(subject), new Set([subject]));
  }
  const sorted = new Map([...kinds].map(([name, subjects]) => [name, [...subjects].sort()]));
  byKind.set(evidence, { size, kinds: sorted });
  return sorted.get(kind) ?? [];
};

export interface Said<K extends ObjectKind> {
  readonly party: Party;
  readonly subject: string;
  readonly id: string;
  readonly data: DataOf<K>;
  /** When it was first heard of. Epoch ms. */
  readonly heardAt: number | null;
}

/** What the members with one of these roles say of a kind; an object given to another claimant is not theirs. */
export const saidOf = <K extends ObjectKind>(
  view: AccountView,
  kind: K,
  roles: ReadonlyArray<Role>,
): ReadonlyArray<Said<K>> => {
  const seen = new Set<string>();
  return view.members
    .filter(({ connection }) => view.roles(connection).some((role) => roles.includes(role)))
    .flatMap((party) =>
      subjectsOf(party, kind).flatMap((subject): ReadonlyArray<Said<K>> => {
        const data = party.evidence.data(subject) as DataOf<K> | undefined;
        const owner = party.assigned.get(subject);
        const id = `${party.connection}:${subject}`;
        if (data === undefined || seen.has(id) || (owner !== undefined && owner !== party.id)) return [];
        seen.add(id);
        return [{ party, subject, id, data, heardAt: firstHeard(party, subject) }];
      }),
    );
};

export const firstHeard = (party: Party, subject: string): number | null => {
  const at = party.evidence.observations(subject).map((observation) => observation.at);
  return at.length === 0 ? null : Math.min(...at);
};

/** Commands under way or stuck for an object. */
export const underwayOf = (party: Party, source: string, kinds: ReadonlyArray<string>): ReadonlyArray<Underway> => {
  const found: Underway[] = [];
  for (const planned of party.planned()) {
    if (planned.source !== source || !kinds.includes(planned.kind)) continue;
    const attempt = party.slots.get(planned.slot)?.attempt ?? null;
    found.push({
      target: planned.target,
      key: planned.key,
      verb: planned.verb,
      state: planned.state,
      hold: planned.hold,
      blockedBy: planned.blockedBy,
      error: attempt?.error ?? null,
      fixable: attempt?.fixable ?? false,
    });
  }
  const taken = new Set(found.map(({ key }) => key));
  for (const slot of party.slots.values()) {
    const { cancelled, source: of, kind, target } = slot;
    if (cancelled === null || of !== source || !kinds.includes(kind) || taken.has(cancelled)) continue;
    found.push({ ...takenBack, target, key: cancelled });
  }
  return found;
};

/** A person took it back; it can be taken up again. */
const takenBack = {
  verb: "post",
  state: "cancelled",
  hold: null,
  blockedBy: null,
  error: null,
  fixable: false,
} as const;

/** `2026-01`, UTC. */
export const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);
