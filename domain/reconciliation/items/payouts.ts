/** A gateway's payouts, what each is made of, and the deposits that the ERP has for it: the company's own, of no account. *Pure.* */
import type { DepositData, PayoutData, PayoutItemData } from "../../event.ts";
import { foreignIdOf, kindOf, type ObjectData } from "../../event.ts";
import { connectionOf } from "../../ids.ts";
import { type Item, plain } from "../item.ts";

export interface Catalogued {
  /** `connection:kind/id`. */
  readonly id: string;
  readonly data: ObjectData;
  /** Epoch ms, of the observation that is shown. */
  readonly heardAt: number;
}

/** On its way, or there. */
const moving: ReadonlySet<string> = new Set(["in_transit", "paid"]);

export const payoutItems = (objects: Iterable<Catalogued>, erps: ReadonlyArray<string>): ReadonlyArray<Item> => {
  const items: Item[] = [];
  const all = [...objects];
  // What a payout that does not go out is made of is on the balance still, or again.
  const idle = new Set(
    all.flatMap(({ id, data }) => (id.includes(":payout/") && !moving.has((data as PayoutData).status) ? [id] : [])),
  );
  for (const { id, data, heardAt } of all) {
    const system = connectionOf(id);
    const kind = kindOf(id.slice(system.length + 1));
    const common = { ...plain, system, id };
    if (kind === "payout") {
      const { status, currency, amountMinor, reference, arrivalAt } = data as PayoutData;
      if (!moving.has(status)) continue;
      items.push({
        ...common,
        side: "gateway",
        outside: reference === null ? [] : [reference],
        references: [named(foreignIdOf(id.slice(system.length + 1)))],
        amountMinor,
        currency,
        since: arrivalAt ?? heardAt,
        expects: erps.length === 0 ? [] : ["side:erp"],
      });
    }
    if (kind === "payout_item") {
      const { payout, currency, netMinor, at } = data as PayoutItemData;
      if (payout === null || idle.has(`${system}:${payout}`)) continue;
      items.push({
        ...common,
        side: "balance",
        references: [`${system}:${payout}`],
        amountMinor: netMinor,
        currency,
        since: at ?? heardAt,
        needs: "gateway",
      });
    }
    if (kind === "deposit") {
      const { status, currency, amountMinor, reference, payouts = [], depositedAt } = data as DepositData;
      if (status === "void" || status === "deleted") continue;
      items.push({
        ...common,
        side: "erp",
        outside: reference === null ? [] : [reference],
        references: [...(reference === null ? [] : [reference]), ...payouts].map(named),
        amountMinor,
        currency,
        since: depositedAt ?? heardAt,
        needs: "gateway",
      });
    }
  }
  return items;
};

/** What an object of the company's is, and names: those that share one of these may be in one line, and others never are. */
export const payoutTokens = ({ id, data }: Omit<Catalogued, "heardAt">): ReadonlyArray<string> => {
  const system = connectionOf(id);
  const subject = id.slice(system.length + 1);
  const statement = (reference: string | null) => (reference === null ? [] : [`statement ${reference}`]);
  switch (kindOf(subject)) {
    case "payout":
      return [id, named(foreignIdOf(subject)), ...statement((data as PayoutData).reference)];
    case "payout_item": {
      const { payout } = data as PayoutItemData;
      return payout === null ? [id] : [id, `${system}:${payout}`];
    }
    case "deposit": {
      const { reference, payouts = [] } = data as DepositData;
      const all = [...(reference === null ? [] : [reference]), ...payouts].map(named);
      return [id, ...all, ...statement(reference)];
    }
    default:
      return [];
  }
};

/** A payout's own id, as a deposit may carry it in place of the bank's reference. */
const named = (payout: string): string => `payout ${payout}`;
