/** Use that lies and earns nothing, for finance's queue: nothing prices it, or there is more of it than was agreed. *Pure.* */
import type { UsagePrice } from "../controls/usage-price.ts";
import { connectionOf } from "../ids.ts";
import { toDecimal } from "../money.ts";
import { parse, subtract, toText } from "../rating/rational.ts";
import type { MeteredAccount } from "./account.ts";
import type { UnpricedUse } from "./attribution.ts";
import { estimateOf } from "./estimate.ts";
import type { OverUse } from "./rated.ts";
import { nobody } from "./uses.ts";

/** As an exception of the party. */
interface UseFinding {
  readonly type: "use-unpriced" | "use-over-entitlement";
  readonly subject: string;
  readonly about: string;
  readonly moneyMinor: number | null;
  readonly currency: string | null;
  readonly ageFrom: number;
  readonly owner: string;
  readonly cause: string;
  readonly evidence: ReadonlyArray<string>;
  readonly acts: ReadonlyArray<string>;
}

type Priced = (meter: string) => UsagePrice | null;

const unpriced = (own: UnpricedUse, priceOf: Priced): UseFinding => {
  const { party, meter, contract, entity, reason, fromMs, quantity, uses } = own;
  const connection = connectionOf(party);
  const isNobodys = party === `${connection}:${nobody}`;
  const estimate = estimateOf(own, priceOf(meter));
  const worth =
    estimate === null
      ? "nobody has a price for it, so what it is worth is not known"
      : `it may be worth ${toDecimal(estimate.amountMinor, estimate.currency)} ${estimate.currency}, ${estimate.how}`;
  return {
    type: "use-unpriced",
    subject: `meter/${meter}`,
    about: JSON.stringify([contract, entity]),
    moneyMinor: estimate?.amountMinor ?? null,
    currency: estimate?.currency ?? null,
    ageFrom: fromMs,
    owner: connection,
    cause: `${uses} uses of ${meter}, ${quantity} in all, are not rated: ${isNobodys ? "they name no customer" : reason}; ${worth}.`,
    evidence: [`${connection}:meter/${meter}`, ...(contract === null ? [] : [contract])],
    acts: isNobodys
      ? ["correct the uses: send each again under its customer, and void it here"]
      : [
          "send the terms, or the amendment, that prices the meter",
          "link the customer to the company that has the contract",
          "correct the uses, where they name the wrong contract",
        ],
  };
};

/** What the use beyond is billed at is in the rated lines already: no money of its own is at risk. */
const over = ({ agreement, meter, period, entitled, used }: OverUse): UseFinding => ({
  type: "use-over-entitlement",
  subject: agreement.slice(connectionOf(agreement).length + 1),
  about: JSON.stringify([meter, period]),
  moneyMinor: null,
  currency: null,
  ageFrom: Date.parse(period),
  owner: connectionOf(agreement),
  cause: `${used} of ${meter} were used in the period from ${period} under ${agreement}, and ${entitled} are agreed: ${toText(subtract(parse(used), parse(entitled)))} more.`,
  evidence: [agreement],
  acts: ["agree on more with the customer, and send the amendment", "correct the uses, if they are wrong"],
});

/** Those of one party of the account. */
export const useFindings = (
  party: string,
  { unpriced: all, over: beyond, agreements }: MeteredAccount,
  priceOf: Priced,
): ReadonlyArray<UseFinding> => {
  const own = new Set(agreements.filter((agreement) => agreement.party === party).map(({ id }) => id));
  const found = all.filter((use) => use.party === party).map((use) => unpriced(use, priceOf));
  // One series may lack a price for several reasons.
  const seen = new Map<string, number>();
  const apart = found.map((finding) => {
    const name = `${finding.subject} ${finding.about}`;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? finding : { ...finding, about: `${finding.about} ${before}` };
  });
  return [...apart, ...beyond.filter(({ agreement }) => own.has(agreement)).map(over)];
};
