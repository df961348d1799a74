/** The customer's own records in CRM, billing and ERP, and the company that each has above it. *Pure.* */
import type { AccountData } from "../../event.ts";
import { partyId } from "../../ids.ts";
import { legalIdKey } from "../../link-graph.ts";
import type { Party } from "../../party.ts";
import type { Role } from "../../ports/system.ts";
import { type AccountView, firstHeard, underwayOf } from "../account.ts";
import { type Item, plain } from "../item.ts";

const sides: ReadonlyArray<readonly [side: string, role: Role]> = [
  ["billing", "billing"],
  ["crm", "crm"],
  ["erp", "erp"],
];

interface Record {
  readonly party: Party;
  readonly side: string;
  readonly id: string;
  readonly data: AccountData;
}

const recordsOf = (view: AccountView): ReadonlyArray<Record> =>
  view.members.flatMap((party): ReadonlyArray<Record> => {
    const data = party.evidence.data<AccountData>(`account/${party.customer}`);
    const side = sides.find(([, role]) => view.roles(party.connection).includes(role))?.[0];
    if (data === undefined || data.status === "deleted" || side === undefined) return [];
    return [{ party, side, id: `${party.connection}:account/${party.customer}`, data }];
  });

const fieldsOf = (data: Pick<AccountData, "name" | "email"> & Partial<AccountData>) => ({
  name: data.name,
  email: data.email,
  legalId: legalIdKey(data.legalId ?? null),
});

/** Billed or running: somebody else has to know of it. */
const isBilled = (party: Party): boolean =>
  [...party.groups.values()].some(({ view }) => view !== null && view.standing !== "prospect");
const isSold = (party: Party): boolean =>
  (party.sold?.wonQuotes.size ?? 0) > 0 ||
  [...(party.sold?.contracts.values() ?? [])].some(({ status }) => status === "activated");

/** All of one account are the same company: that is what its links say. */
const company = (view: AccountView): ReadonlyArray<string> => [`company:${view.root}`];

export const customerItems = (view: AccountView): ReadonlyArray<Item> => {
  const records = recordsOf(view);
  const billing = records.filter(({ side }) => side === "billing");
  const items = records.map(({ party, side, id, data }): Item => {
    const asksErp = side === "billing" && isBilled(party) ? view.targets(party.connection) : [];
    const asksCrm = side === "billing" && view.needsDeal && isBilled(party) ? ["side:crm"] : [];
    const asksBilling = side === "crm" && isSold(party) ? ["side:billing"] : [];
    return {
      ...plain,
      side,
      system: party.connection,
      id,
      references: company(view),
      since: firstHeard(party, `account/${party.customer}`) ?? firstHeard(party, `account/${party.customer}#name`),
      fields: fieldsOf(data),
      expects: [...asksErp, ...asksCrm, ...asksBilling],
      needs: side === "erp" ? "billing" : null,
      twin: side === "erp" ? twinOf(party, billing) : null,
      underway: underwayOf(party, `account/${party.customer}`, ["customer"]),
    };
  });
  const known = new Set(items.map(({ id }) => id));
  return [...items, ...view.members.flatMap((party) => placed(view, party)).filter(({ id }) => !known.has(id))];
};

/** The records that we made in the ERPs, which need not have reported themselves. */
const placed = (view: AccountView, party: Party): ReadonlyArray<Item> =>
  [...party.slots.values()].flatMap((slot): ReadonlyArray<Item> => {
    if (slot.kind !== "customer" || !slot.held) return [];
    const id = `${slot.target}:account/${slot.held.foreignId}`;
    if (view.isGone(id, slot.held.ackedAt)) return [];
    const said = { ...slot.held.content, ...slot.held.observed } as { name?: string | null; email?: string | null };
    return [
      {
        ...plain,
        side: "erp",
        system: slot.target,
        id,
        outside: [slot.held.outsideId],
        references: company(view),
        since: slot.held.ackedAt,
        fields: fieldsOf({ name: said.name ?? null, email: said.email ?? null }),
        needs: "billing",
      },
    ];
  });

/** A record of the ERP's own beside the one that we made for the same customer. */
const twinOf = (own: Party, billing: ReadonlyArray<Record>): string | null => {
  for (const { party } of billing)
    for (const slot of party.slots.values())
      if (
        slot.kind === "customer" &&
        slot.target === own.connection &&
        slot.held &&
        slot.held.foreignId !== own.customer
      )
        return `${slot.target}:account/${slot.held.foreignId}`;
  return null;
};

export const hierarchyItems = (view: AccountView): ReadonlyArray<Item> =>
  recordsOf(view).map(({ party, side, id, data }) => ({
    ...plain,
    side,
    system: party.connection,
    id,
    references: company(view),
    since: firstHeard(party, `account/${party.customer}`) ?? firstHeard(party, `account/${party.customer}#parent`),
    // The same company above is the same account, whatever each system calls it.
    fields: { parent: data.parent === null ? null : view.rootOf(partyId(party.connection, data.parent)) },
  }));
