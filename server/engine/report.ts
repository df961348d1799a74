/**
 * What `tieout accounts --json` prints: the evidence, the machine's state and the net effect per source object and target;
 * sorted, canonical, and nothing in it that depends on arrival. Two runs compare with `diff`. *Pure.*
 */
import type { Json } from "../../domain/canonical.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import type { Party } from "../../domain/party.ts";
import type { Register } from "../../domain/register.ts";
import { type Side, signOf } from "../../domain/side.ts";
import type { Core } from "./core.ts";

const registerJson = (register: Register): Json => register as unknown as Json;

export const evidenceOf = (party: Party): Json =>
  Object.fromEntries(
    [...party.evidence.registers]
      .filter(([subject]) => !subject.startsWith(replicaPrefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([subject, register]) => [subject, registerJson(register)]),
  );

export interface Effect {
  readonly source: string;
  readonly target: string;
  readonly side: Side;
  readonly currency: string;
  readonly netMinor: number;
}

/** Per source object, target, side and currency: what the documents known to be there add up to, where it is not zero. */
export const effectsOf = (party: Party): ReadonlyArray<Effect> => {
  const sums = new Map<string, Effect>();
  for (const slot of party.slots.values()) {
    const ledger = signOf(slot.kind);
    if (!slot.held || ledger === null) continue;
    const currency = String(slot.held.content["currency"]);
    const source = `${party.connection}:${slot.source}`;
    const key = `${source} ${slot.target} ${ledger.side} ${currency}`;
    const before = sums.get(key)?.netMinor ?? 0;
    const netMinor = before + ledger.sign * Number(slot.held.content["amountMinor"]);
    sums.set(key, { source, target: slot.target, side: ledger.side, currency, netMinor });
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, effect]) => effect)
    .filter((effect) => effect.netMinor !== 0);
};

/** One account; all its parties must be loaded. */
export const accountReport = (core: Core, root: string): Json => {
  const { id, members, regions } = core.account(root);
  const parties = members.map((member) => core.parties.get(member)).filter((party) => party !== undefined);
  return {
    id,
    regions: regions as unknown as Json,
    parties: parties.map((party) => ({
      party: party.id,
      evidence: evidenceOf(party),
      links: party.links as unknown as Json,
      contested: Object.fromEntries([...party.contested].sort(([a], [b]) => (a < b ? -1 : 1))) as Json,
      effects: effectsOf(party) as unknown as Json,
    })),
  };
};

/** What no party is found for, and the catalogue. */
export const poolsReport = (core: Core): { readonly unattributed: Json; readonly catalogue: Json } => ({
  unattributed: Object.fromEntries(
    [...core.waiting]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([subject, { registers }]) => [subject, registers as unknown as Json]),
  ),
  catalogue: Object.fromEntries(
    [...core.catalogue]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([subject, register]) => [subject, registerJson(register)]),
  ),
});
