/** One account as the API shows it: a consistent view at one journal position. *Pure* over a loaded account. */
import type { Json } from "../../domain/canonical.ts";
import { foreignIdOf } from "../../domain/event.ts";
import type { Exception } from "../../domain/exceptions.ts";
import type { InvoiceView } from "../../domain/group.ts";
import type { Slot } from "../../domain/ledger.ts";
import type { Party } from "../../domain/party.ts";
import type { Planned } from "../../domain/plan.ts";
import { contractStanding, contractsOf } from "../../domain/standing.ts";
import { rowName, slotKey } from "../../domain/wish.ts";
import type { Core } from "../engine/core.ts";

export const accountJson = (core: Core, party: string): Json => {
  const { id, root, members, regions: last } = core.account(party);
  const parties = members.map((member) => core.parties.get(member)).filter((member) => member !== undefined);
  const regions = core.regionsFromActor(root) ?? last;
  return {
    id,
    name: core.nameOf(parties),
    stage: regions.lifecycle,
    regions: regions as unknown as Json,
    parties: members.map((member) => {
      const colon = member.indexOf(":");
      return { connection: member.slice(0, colon), id: member.slice(colon + 1) };
    }),
    contracts: contractsJson(core, parties),
    invoices: parties.flatMap(invoicesOf),
    obligations: parties.flatMap(obligationsOf),
    exceptions: parties.flatMap((member) => exceptionsIn(core, member)) as unknown as Json,
    seq: core.position,
  };
};

export const exceptionsIn = (core: Core, party: Party): ReadonlyArray<Exception> =>
  core.allExceptions().get(party.id) ?? [];

/** Of one account: all of its parties. */
export const contractsJson = (core: Core, parties: ReadonlyArray<Party>): ReadonlyArray<Json> => {
  const { all, wonQuotes } = contractsOf(
    parties.map(({ contractFacts, sold }) => ({ contracts: contractFacts, sold })),
  );
  return all
    .map((contract) => ({
      id: contract.id,
      stage: contractStanding(contract, wonQuotes, core.surroundings.required),
      recognizedShare: null,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
};

const invoicesOf = (party: Party): ReadonlyArray<Json> =>
  [...party.groups.values()]
    .filter(({ view }) => view !== null)
    .map(({ view, planned }) => invoiceJson(party, view!, planned))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const invoiceJson = (party: Party, view: InvoiceView, planned: ReadonlyArray<Planned>) => {
  const { subject, data, money } = view;
  const systems: Record<string, Json> = {
    [party.connection]: {
      id: foreignIdOf(subject),
      status: view.ambiguous ? `${data.status} (ambiguous)` : data.status,
    },
  };
  for (const target of targetsOf(party, subject, planned))
    systems[target] = targetJson(party, target, subject, planned);
  return {
    id: `${party.connection}:${foreignIdOf(subject)}`,
    number: data.number,
    stage: view.standing,
    currency: data.currency,
    totalMinor: data.totalMinor,
    settledMinor: money.settledMinor,
    creditsMinor: money.creditsMinor,
    systems,
  };
};

const targetsOf = (party: Party, subject: string, planned: ReadonlyArray<Planned>): ReadonlyArray<string> => {
  const suffix = `|${subject}|receivable`;
  const slots = [...party.slots.keys(), ...planned.map(({ slot }) => slot)].filter((slot) => slot.endsWith(suffix));
  return [...new Set(slots.map((slot) => slot.slice(0, -suffix.length)))].sort();
};

/** `reversed`: it was there and was taken back. */
const targetJson = (party: Party, target: string, subject: string, planned: ReadonlyArray<Planned>): Json => {
  const key = slotKey(target, subject, "receivable");
  const slot = party.slots.get(key);
  const command = planned.find((candidate) => candidate.slot === key);
  const id = slot?.held?.foreignId ?? null;
  if (command?.state === "rejected" || command?.state === "held") return { id, status: "blocked" };
  if (command) return { id, status: command.verb === "reverse" ? "reversing" : slot?.held ? "posted" : "posting" };
  return { id, status: slot?.held ? "posted" : "reversed" };
};

const obligationsOf = (party: Party): ReadonlyArray<Json> => {
  const rows = new Map<string, { readonly order: string; readonly json: Json }>();
  for (const slot of party.slots.values()) {
    if (slot.held && slot.lastKey !== null) rows.set(slot.lastKey, { order: slot.key, json: heldJson(party, slot) });
  }
  for (const planned of party.planned()) {
    rows.set(planned.key, { order: planned.slot, json: plannedJson(party, planned) });
  }
  return [...rows.values()].sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ json }) => json);
};

const heldJson = (party: Party, slot: Slot): Json => ({
  key: slot.lastKey,
  row: rowName(slot.kind),
  target: slot.target,
  verb: "post",
  state: "acked",
  attempts: slot.sent - (slot.attempt?.count ?? 0),
  lastError: null,
  blockedBy: null,
  source: `${party.connection}:${slot.source}`,
});

const plannedJson = (party: Party, planned: Planned): Json => {
  const attempt = party.slots.get(planned.slot)?.attempt;
  const own = attempt?.key === planned.key ? attempt : null;
  return {
    key: planned.key,
    row: rowName(planned.kind),
    target: planned.target,
    verb: planned.verb,
    state: planned.state,
    attempts: own?.count ?? 0,
    lastError: own?.error ?? null,
    blockedBy: planned.blockedBy,
    source: `${party.connection}:${planned.source}`,
  };
};
