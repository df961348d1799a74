/** An account with rated use: before it is billed, after, and when it is posted. */
import { booksOf } from "../../domain/books/account.ts";
import type { RatedLine } from "../../domain/books/rated.ts";
import { keepingOf } from "../../server/reports/keeping.ts";
import { folded, keptWith, makeLab } from "./lab.ts";

export const ofUse = () => {
  const lab = makeLab("2026-01-01");
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme" });
  const subscription = o.createSubscription({ customer });
  const before = lab.told();
  lab.on("2026-02-01");
  const price = o.createPrice({ product: o.createProduct("Calls", "calls"), unitAmount: 1, interval: "month" });
  const line = { amount: 5000, start: Date.UTC(2026, 0, 1) / 1000, end: Date.UTC(2026, 1, 1) / 1000, proration: false };
  const invoice = o.createInvoice({ subscription, lines: [{ ...line, price, quantity: 5000 }] });
  o.finalizeInvoice(invoice);
  const after = [...before, ...lab.told()];
  const rated: RatedLine = {
    id: "batch-1/calls",
    party: `stripe:${customer}`,
    agreement: `stripe:${subscription}`,
    meter: "calls",
    product: "calls",
    entity: "default",
    jurisdiction: null,
    currency: "USD",
    from: "2026-01-01",
    to: "2026-02-01",
    amountMinor: 5000,
    taxMinor: 0,
    state: "rated",
    estimated: false,
  };
  const raw: RatedLine = { ...rated, id: "raw-1", amountMinor: null, state: "raw", reason: "no contract covers it" };
  const of = (told: typeof before, lines: ReadonlyArray<RatedLine>) => {
    const core = folded(told);
    const keeping = { ...keepingOf(core, keptWith()), ratedOf: () => lines };
    const root = `stripe:${customer}`;
    return booksOf(root, [core.parties.get(root)!], keeping);
  };
  return {
    books: of(before, [rated, raw]),
    billedBooks: of(after, [rated, raw]),
    posted: of(before, [{ ...rated, state: "posted" }]),
  };
};
