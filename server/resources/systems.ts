/** What each system knows of one object: the one that it comes from, and those that hold a document for it. *Pure* over a party. */
import type { Json } from "../../domain/canonical.ts";
import { foreignIdOf, kindOf } from "../../domain/event.ts";
import { outsideIdOf, type Slot } from "../../domain/ledger.ts";
import type { Party } from "../../domain/party.ts";
import type { Planned } from "../../domain/plan.ts";

/** Slots of a party by the object that they are for; made once for each question. */
export interface SlotIndex {
  readonly bySource: ReadonlyMap<string, ReadonlyArray<string>>;
  readonly planned: ReadonlyMap<string, Planned>;
}

export const slotIndex = (party: Party): SlotIndex => {
  const bySource = new Map<string, Set<string>>();
  const add = (source: string, slot: string): void => {
    const slots = bySource.get(source);
    if (slots) slots.add(slot);
    else bySource.set(source, new Set([slot]));
  };
  const planned = new Map<string, Planned>();
  for (const slot of party.slots.values()) add(slot.source, slot.key);
  for (const command of party.planned()) {
    planned.set(command.slot, command);
    add(command.source, command.slot);
  }
  return { bySource: new Map([...bySource].map(([source, slots]) => [source, [...slots].sort()])), planned };
};

interface Document {
  readonly kind: string;
  readonly id: string | null;
  readonly status: string;
  readonly outsideId: string;
  readonly reported: string | null;
}

/** The worst first: what a person must look at, then what moves, then what stands. */
const byWeight = ["blocked", "posting", "reversing", "posted", "reversed"];
/** The document that is the object itself, before those that apply it to something. */
const byKind = ["customer", "receivable", "credit_memo", "cash_application", "refund", "chargeback"];

const statusOf = (slot: Slot | undefined, command: Planned | undefined): string => {
  if (command?.state === "rejected" || command?.state === "held") return "blocked";
  if (command) return command.verb === "reverse" ? "reversing" : slot?.held ? "posted" : "posting";
  return slot?.held ? "posted" : "reversed";
};

const documentOf = (party: Party, slot: Slot | undefined, command: Planned | undefined): Document => {
  const id = slot?.held?.foreignId ?? null;
  const outsideId = slot ? outsideIdOf(slot, party.connection) : command!.outsideId;
  const report = party.replicasOf(outsideId).find((replica) => id === null || replica.foreignId === id);
  return {
    kind: (slot ?? command!).kind,
    id,
    status: statusOf(slot, command),
    outsideId,
    reported: report?.data.status ?? null,
  };
};

/** The id that people use in that system: an ERP's record type is not part of it. */
const ownId = (subject: string): string => {
  const foreign = foreignIdOf(subject);
  return kindOf(subject) === "posting" ? foreign.slice(foreign.indexOf(":") + 1) : foreign;
};

export const systemsOf = (
  party: Party,
  { connection, subject, status }: { readonly connection: string; readonly subject: string; readonly status: string },
  sources: ReadonlyArray<string>,
  index: SlotIndex,
): Json => {
  const byTarget = new Map<string, Document[]>();
  for (const key of sources.flatMap((source) => index.bySource.get(source) ?? [])) {
    const [slot, command] = [party.slots.get(key), index.planned.get(key)];
    const target = (slot ?? command!).target;
    const documents = byTarget.get(target) ?? [];
    byTarget.set(target, documents);
    documents.push(documentOf(party, slot, command));
  }
  const systems: Record<string, Json> = { [connection]: { id: ownId(subject), status } };
  for (const [target, documents] of [...byTarget].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = [...documents].sort((a, b) => byKind.indexOf(a.kind) - byKind.indexOf(b.kind));
    const same = documents.filter(({ kind }) => kind === first!.kind).map((document) => document.status);
    const worst = byWeight.find((weight) => same.includes(weight)) ?? first!.status;
    systems[target] = { id: first!.id, status: worst, documents: documents as unknown as Json };
  }
  return systems;
};
