/**
 * How far the use of one account came, in money: raw, attributed, rated, invoice-ready, posted. A charge that came part of the way is
 * several lines, so that at each hop what arrived is what passed and what is held. *Pure.*
 */

import type { RatedLine } from "../books/rated.ts";
import { addDays } from "../calendar/day.ts";
import { localDay } from "../calendar/zone.ts";
import type { UsagePrice } from "../controls/usage-price.ts";
import type { PostingData } from "../event.ts";
import { connectionOf } from "../ids.ts";
import { sumMinor } from "../money.ts";
import type { Party } from "../party.ts";
import { defaultEntity } from "../periods.ts";
import type { Planned } from "../plan.ts";
import { subjectsOf } from "../reconciliation/account.ts";
import { slotKey } from "../wish.ts";
import type { MeteredAccount } from "./account.ts";
import type { UnpricedUse } from "./attribution.ts";
import { carriedOf, presentOf } from "./batch.ts";
import { addTaxes, type Billed, taxOf } from "./billed.ts";
import { type Charge, chargeSubject, recordsOf } from "./charges.ts";
import { estimateOf } from "./estimate.ts";
import { nobody } from "./uses.ts";
import { type Waiting, waitingFor } from "./waiting.ts";

export interface CheckpointContext {
  /** The legal entity of a connection. */
  readonly entityOf: (connection: string) => string;
  readonly priceOf: (meter: string) => UsagePrice | null;
  /** ERPs that take charges. */
  readonly targets: ReadonlyArray<string>;
  readonly waiting: Waiting;
}

/** No currency (ISO 4217): of use that nobody has a price for. */
const none = "XXX";

/** Outside ids of charges that documents of the account's ERPs bill. */
const billedIn = (members: ReadonlyArray<Party>): ReadonlySet<string> =>
  new Set(
    members.flatMap((party) =>
      subjectsOf(party, "posting").flatMap((subject) => {
        const { status, charges } = party.evidence.data<PostingData>(subject)!;
        return status === "void" || status === "deleted" ? [] : (charges ?? []);
      }),
    ),
  );

const plannedIn = (party: Party, slot: string): Planned | null => {
  for (const planned of party.planned()) if (planned.slot === slot) return planned;
  return null;
};

const heldBy = (party: Party, { billed }: Charge, id: string, slot: string, target: string): string => {
  if (!party.charges.isDue(id)) return `waits for the end of its period, ${billed.periodEnd}, and the time of grace`;
  if (party.slots.get(slot)?.held != null) return `is in ${target}, and no invoice there bills it`;
  const planned = plannedIn(party, slot);
  if (planned === null) return `is from before the start date of ${target}`;
  const error = party.slots.get(slot)?.attempt?.error ?? null;
  const more = planned.blockedBy ?? planned.hold ?? error;
  return `its record is ${planned.state}${more === null ? "" : ` (${more})`}`;
};

const unpriced = (own: UnpricedUse, { agreements }: MeteredAccount, context: CheckpointContext): RatedLine => {
  const { party, meter, contract, entity, reason, fromMs, throughMs } = own;
  const estimate = estimateOf(own, context.priceOf(meter));
  const isNobodys = party === `${connectionOf(party)}:${nobody}`;
  const pricing = agreements.find(({ meters }) => meters.some((one) => one.meter === meter));
  return {
    id: [party, meter, contract ?? "", entity ?? ""].join("|"),
    party: isNobodys ? null : party,
    agreement: null,
    meter,
    product: null,
    entity: entity ?? defaultEntity,
    jurisdiction: null,
    currency: estimate?.currency ?? agreements[0]?.contract.currency ?? none,
    from: localDay(fromMs, "UTC"),
    to: addDays(localDay(throughMs, "UTC"), 1),
    amountMinor: estimate?.amountMinor ?? null,
    taxMinor: 0,
    state: pricing === undefined ? "raw" : "attributed",
    reason: isNobodys ? "names no customer" : reason,
    estimated: true,
  };
};

/** What is the same in every line of a charge. */
const named = ({ key: _, ...billed }: Billed) => {
  const { party, agreement, meter, product, entity, jurisdiction, currency, period: from, periodEnd: to } = billed;
  return { party, agreement, meter, product, entity, jurisdiction, currency, from, to, estimated: false } as const;
};

/** The records of one party's charges. */
const charged = (party: Party, { targets: [target] }: CheckpointContext, billed: ReadonlySet<string>) =>
  [...party.charges.ids].flatMap((id) => {
    const charge = party.charges.get(id)!;
    return recordsOf(charge).map(({ index, amountMinor, taxMinor }): RatedLine => {
      const base = { ...named(charge.billed), id: `${charge.billed.key}|${index}`, amountMinor, taxMinor };
      if (target === undefined) return { ...base, state: "invoice_ready", reason: "no ERP is connected" };
      const slot = slotKey(target, chargeSubject(id), `charge:${index}`);
      const held = party.slots.get(slot)?.held ?? null;
      return held !== null && billed.has(held.outsideId)
        ? { ...base, state: "posted" }
        : { ...base, state: "invoice_ready", reason: heldBy(party, charge, id, slot, target) };
    });
  });

/** Rated, and approved by nobody yet. */
const unapproved = (account: MeteredAccount, { waiting, entityOf }: CheckpointContext): ReadonlyArray<RatedLine> => {
  const { members } = account;
  const present = presentOf({ ...account, entityOf });
  const approved = carriedOf(members.flatMap(({ charges }) => [...charges.lines()]));
  const held = carriedOf(members.flatMap((party) => waitingFor(party, waiting)));
  return [...new Set([...present.keys(), ...approved.keys(), ...held.keys()])].flatMap((id) => {
    const [now, done, waits] = [present.get(id), approved.get(id), held.get(id)];
    const base = { ...named((now ?? done ?? waits)!), state: "rated" } as const;
    const { key } = (now ?? done ?? waits)!;
    const lines: RatedLine[] = [];
    const add = (what: string, amountMinor: number, taxMinor: number, reason: string) =>
      lines.push({ ...base, id: `${key}|${what}`, amountMinor, taxMinor, reason });
    if (waits !== undefined)
      add("waits", waits.amountMinor, taxOf(waits.taxes), `waits for approval in ${waits.batch}`);
    const amount = sumMinor([now?.amountMinor ?? 0, -(done?.amountMinor ?? 0), -(waits?.amountMinor ?? 0)]);
    const taxes = addTaxes(addTaxes(now?.taxes ?? [], done?.taxes ?? [], -1), waits?.taxes ?? [], -1);
    if (amount !== 0 || taxes.length > 0) add("new", amount, taxOf(taxes), "no batch carries it yet");
    else if (done === undefined && waits === undefined)
      add("free", 0, 0, "comes to nothing: included, or paid by credits");
    return lines;
  });
};

/** `account.members` are all of the account. */
export const stagedOf = (account: MeteredAccount, context: CheckpointContext): ReadonlyArray<RatedLine> => {
  const billed = billedIn(account.members);
  return [
    ...account.unpriced.map((own) => unpriced(own, account, context)),
    ...unapproved(account, context),
    ...account.members.flatMap((party) => charged(party, context, billed)),
  ];
};
