/** What the release of an account would let go: its held commands, with their money and what becomes of each. *Pure* over a fold. */
import type { Party } from "../../domain/party.ts";
import type { Planned } from "../../domain/plan.ts";
import { holdOf } from "../../domain/rules.ts";
import { rowName } from "../../domain/wish.ts";
import type { Core } from "../engine/core.ts";

export interface WouldSend {
  readonly items: ReadonlyArray<{
    readonly key: string;
    readonly row: string;
    readonly target: string;
    readonly verb: string;
    readonly source: string;
    readonly moneyMinor: number | null;
    readonly currency: string | null;
    readonly becomes: "sent" | "held" | "blocked";
    readonly why: string | null;
  }>;
  readonly moneyMinor: Readonly<Record<string, string>>;
}

/** As `plan` holds it once the account is no longer parked. */
const after = (core: Core, party: Party, planned: Planned): Pick<WouldSend["items"][number], "becomes" | "why"> => {
  const kept = party.keptBackBy(planned);
  if (kept !== null) return { becomes: "held", why: kept };
  const slot = party.slots.get(planned.slot);
  const rules = core.surroundings.rulesOf(planned.target);
  const approved = slot?.approved === planned.key;
  const hold = holdOf(rules, rowName(planned.kind), planned.verb === "reverse", approved);
  if (hold !== null) return { becomes: "held", why: hold };
  return planned.blockedBy === null ? { becomes: "sent", why: null } : { becomes: "blocked", why: planned.blockedBy };
};

export const wouldSend = (core: Core, members: ReadonlyArray<Party>): WouldSend => {
  const sums = new Map<string, bigint>();
  const items = members.flatMap((party) =>
    [...party.planned()]
      .filter(({ hold }) => hold === "parked")
      .map((planned) => {
        const { key, kind, target, verb, source, content } = planned;
        const amount = content["amountMinor"];
        const said = content["currency"];
        const moneyMinor = typeof amount === "number" ? amount : null;
        const currency = typeof said === "string" ? said : null;
        const next = after(core, party, planned);
        if (next.becomes !== "held" && moneyMinor !== null && currency !== null)
          sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(moneyMinor));
        const of = `${party.connection}:${source}`;
        return { key, row: rowName(kind), target, verb, source: of, moneyMinor, currency, ...next };
      }),
  );
  const moneyMinor = Object.fromEntries([...sums].sort().map(([currency, sum]) => [currency, String(sum)]));
  return { items: items.sort((a, b) => (a.key < b.key ? -1 : 1)), moneyMinor };
};
