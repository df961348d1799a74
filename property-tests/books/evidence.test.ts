/** From the evidence of an account to its journal entries: every act and its inverse, in any order, in every currency. */
import assert from "node:assert/strict";
import * as FastCheck from "effect/FastCheck";
import { it } from "vitest";
import { movements, type Role, trialBalance } from "../../domain/accounting/entry.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { askedBy, booksOfAll, booksWith, bytesOf, folded, keptWith, type Lab, makeLab, named, run } from "./lab.ts";
import { ofUse } from "./use.ts";

const of = ({ entries }: AccountBooks, role: Role): number =>
  [...movements(entries, role).values()].reduce((sum, each) => sum + each, 0);
const all = (books: AccountBooks, ...roles: ReadonlyArray<Role>) => roles.map((role) => of(books, role));

/** A subscription of 31 days of January at 310.00, billed on the first, with 19.00 tax. */
const billed = (
  lab: Lab,
  currency = "usd",
  amount = 31_000,
): { readonly customer: string; readonly invoice: string; readonly subscription: string } => {
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme", currency });
  const price = o.createPrice({ product: o.createProduct("Pro"), unitAmount: amount, currency, interval: "month" });
  const subscription = o.createSubscription({ customer, price, currency, periodSec: 31 * 86_400 });
  const invoice = o.createInvoice({ subscription, taxMinor: 1900 });
  o.finalizeInvoice(invoice);
  return { customer, invoice, subscription };
};

const acts = [
  "pay",
  "refund",
  "credit",
  "disputeLost",
  "disputeWon",
  "void",
  "writeOff",
  "none",
  "unnamed",
  "record",
] as const;
const currencies = ["usd", "jpy", "kwd", "eur"] as const;

/** One invoice after the other with something done to each; amounts of any size. */
const history = FastCheck.array(
  FastCheck.record({
    act: FastCheck.constantFrom(...acts),
    currency: FastCheck.constantFrom(...currencies),
    amount: FastCheck.integer({ min: 1, max: 1_000_000 }),
    part: FastCheck.integer({ min: 1, max: 100 }),
    tax: FastCheck.integer({ min: 0, max: 500 }),
    days: FastCheck.integer({ min: 0, max: 45 }),
    eu: FastCheck.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);
type History = typeof history extends FastCheck.Arbitrary<infer A> ? A : never;

const play = (steps: History) => {
  const lab = makeLab("2026-01-07");
  const customers = new Map<string, string>();
  for (const { act, currency, amount, part, tax, days, eu } of steps) {
    const o = lab.billing[eu ? "stripe-eu" : "stripe"].operations;
    const pass = (hours: number): void => {
      lab.time.now += hours * 3_600_000;
    };
    const key = `${eu} ${currency}`;
    const customer = customers.get(key) ?? o.createCustomer({ name: "Acme", currency });
    customers.set(key, customer);
    const price = o.createPrice({ product: o.createProduct("Pro"), unitAmount: amount, currency, interval: "month" });
    const subscription = o.createSubscription({ customer, price, currency });
    const invoice = o.createInvoice({ subscription, taxMinor: tax });
    pass(5);
    o.finalizeInvoice(invoice);
    pass(24 * days + 1);
    // A balance may have paid it.
    if ((lab.billing[eu ? "stripe-eu" : "stripe"].get("invoice", invoice) as { status: string }).status !== "open")
      continue;
    const some = Math.max(1, Math.floor(((amount + tax) * part) / 100));
    if (act === "void") o.voidInvoice(invoice);
    if (act === "writeOff") {
      o.markUncollectible(invoice);
      pass(24 * part);
      if (part % 2 === 0) o.payInvoice(invoice);
    }
    if (act === "unnamed") o.payInvoice(invoice, { charge: false });
    if (act === "record") o.payInvoice(invoice, { charge: "payment_record" });
    if (!["pay", "refund", "credit", "disputeLost", "disputeWon"].includes(act)) continue;
    const charge = o.payInvoice(invoice);
    pass(30);
    if (charge === null) continue;
    const paid = (lab.billing[eu ? "stripe-eu" : "stripe"].get("charge", charge) as { amount: number }).amount;
    const back = Math.min(some, paid);
    if (act === "refund") o.refundCharge(charge, { amountMinor: back });
    if (act === "credit")
      o.createCreditNote({ invoice, amountMinor: back, settle: part % 2 === 0 ? "refund" : "balance" });
    if (act.startsWith("dispute")) {
      const dispute = o.openDispute(charge);
      pass(24 * 9);
      o.closeDispute(dispute, act === "disputeWon" ? "won" : "lost");
    }
  }
  return lab.told();
};

it("[BK1 P2] the books do not depend on the order in which the evidence came, nor on what came twice", () => {
  FastCheck.assert(
    FastCheck.property(history, FastCheck.infiniteStream(FastCheck.nat()), (steps, draw) => {
      const told = play(steps);
      const shuffled = [...told, ...told.filter((_, index) => index % 3 === 0)]
        .map((events) => ({ events, order: draw.next().value as number }))
        .sort((a, b) => a.order - b.order)
        .map(({ events }) => events);
      assert.equal(bytesOf(folded(shuffled)), bytesOf(folded(told)));
    }),
    { numRuns: 15 },
  );
});

/** Every act at least once, whatever is drawn. */
const each: ReadonlyArray<[History]> = acts.map((act, index) => [
  [{ act, currency: currencies[index % currencies.length]!, amount: 10_000, part: 50, tax: 19, days: 9, eu: false }],
]);

it("[BK2 P8] debits equal credits for each entity and currency, all that was billed is earned in the end, and every report ties", () => {
  const seen = new Set<string>();
  FastCheck.assert(
    FastCheck.property(history, (steps) => {
      const core = folded(play(steps));
      const books = booksOfAll(core);
      const entries = books.flatMap((one) => one.entries);
      assert.deepEqual(
        books.flatMap(({ unstated }) => unstated),
        [],
      );
      const sums = new Map<string, number>();
      for (const { entity, currency, debitMinor, creditMinor } of trialBalance(entries))
        sums.set(`${entity} ${currency}`, (sums.get(`${entity} ${currency}`) ?? 0) + debitMinor - creditMinor);
      assert.ok([...sums.values()].every((sum) => sum === 0));
      for (const role of ["DeferredRevenue", "UnbilledReceivable"] as const)
        for (const one of books) assert.equal(of(one, role), 0, role);
      for (const { kind, currency } of entries) seen.add(kind).add(currency);
      const kept = keptWith();
      for (const name of ["deferred-revenue", "revenue-waterfall", "aging", "trial-balance", "journal", "arr"])
        run(named(name), books, askedBy(kept));
      // What customers owe is what is billed less what was paid, credited and written off.
      const owed = run(named("aging"), books, askedBy(kept)).rows.reduce(
        (sum, row) => sum + Number(row["totalMinor"]),
        0,
      );
      assert.equal(
        owed,
        books.reduce((sum, one) => sum + of(one, "AccountsReceivable"), 0),
      );
    }),
    { numRuns: 25, examples: [...each] },
  );
  for (const kind of [
    "refund",
    "credit_note",
    "dispute",
    "dispute_won",
    "void",
    "uncollectible",
    "recovery",
    "payment",
    "JPY",
    "KWD",
  ])
    assert.ok(seen.has(kind), `${kind} was drawn`);
});

it("[BK3 P6] a refund, a credit note, a lost dispute, a void and a bad debt take back in proportion; a dispute won and a recovery put it back", () => {
  const after = (work: (lab: Lab, invoice: string) => void): AccountBooks => {
    const lab = makeLab();
    const { invoice } = billed(lab);
    work(lab, invoice);
    return booksWith(folded(lab.told()));
  };
  const paid = (lab: Lab, invoice: string): string => {
    lab.on("2026-01-02");
    return lab.stripe.payInvoice(invoice)!;
  };
  const plain = after((lab, invoice) => paid(lab, invoice));
  const roles = ["Cash", "AccountsReceivable", "TaxPayable", "DeferredRevenue", "Revenue"] as const;
  assert.deepEqual(all(plain, ...roles), [32_900, 0, 1900, 0, 31_000]);
  // Half of it on the sixteenth: 15 of 31 days are earned.
  const refunded = after((lab, invoice) => {
    const charge = paid(lab, invoice);
    lab.on("2026-01-16");
    lab.stripe.refundCharge(charge, { amountMinor: 16_450 });
  });
  assert.deepEqual(all(refunded, ...roles, "Refunds"), [16_450, 0, 950, 0, 23_000, 7500]);
  const credited = after((lab, invoice) => {
    lab.on("2026-01-16");
    lab.stripe.createCreditNote({ invoice, amountMinor: 16_450 });
  });
  assert.deepEqual(all(credited, ...roles, "CreditNotes"), [0, 16_450, 950, 0, 23_000, 7500]);
  const disputed = (outcome: "won" | "lost") =>
    after((lab, invoice) => {
      const charge = paid(lab, invoice);
      lab.on("2026-01-11");
      const dispute = lab.stripe.openDispute(charge);
      lab.on("2026-01-21");
      lab.stripe.closeDispute(dispute, outcome);
    });
  assert.deepEqual(all(disputed("lost"), ...roles, "Disputes"), [0, 0, 0, 0, 10_000, 10_000]);
  assert.deepEqual(all(disputed("won"), ...roles, "Disputes"), [...all(plain, ...roles), 0]);
  const won = disputed("won").entries.find(({ kind }) => kind === "dispute_won")!;
  assert.deepEqual([won.date, won.about.startsWith("dispute_funds/")], ["2026-01-21", true]);
  const voided = after((lab, invoice) => {
    lab.on("2026-01-11");
    lab.stripe.voidInvoice(invoice);
  });
  assert.deepEqual(all(voided, ...roles, "Voids"), [0, 0, 0, 0, 10_000, 10_000]);
  const lost = (recovered: boolean) =>
    after((lab, invoice) => {
      lab.on("2026-02-11");
      lab.stripe.markUncollectible(invoice);
      lab.on("2026-05-11");
      if (recovered) lab.stripe.payInvoice(invoice);
    });
  assert.deepEqual(all(lost(false), ...roles, "BadDebt"), [0, 0, 1900, 0, 31_000, 32_900]);
  assert.deepEqual(all(lost(true), ...roles, "BadDebt"), [32_900, 0, 1900, 0, 31_000, 0]);
  assert.equal(lost(true).entries.find(({ kind }) => kind === "recovery")!.date, "2026-05-11");
});

it("[BK4] money that came before its invoice, that names none, or that is left over is the customer's until it is used", () => {
  const lab = makeLab();
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme" });
  const charge = o.createCharge({ customer, amountMinor: 5000 });
  lab.on("2026-01-05");
  o.refundCharge(charge, { amountMinor: 2000 });
  const unapplied = booksWith(folded(lab.told()));
  assert.deepEqual(all(unapplied, "Cash", "CustomerCredits"), [3000, 3000]);
  assert.deepEqual(
    unapplied.entries.map(({ date }) => date),
    ["2026-01-01", "2026-01-05"],
  );

  const credit = makeLab();
  const c = credit.stripe;
  const who = c.createCustomer({ name: "Acme" });
  const first = c.createInvoice({ customer: who, amountMinor: 10_000 });
  c.finalizeInvoice(first);
  c.payInvoice(first);
  credit.on("2026-01-03");
  c.createCreditNote({ invoice: first, amountMinor: 4000, settle: "balance" });
  const half = credit.told();
  assert.deepEqual(all(booksWith(folded(half)), "CustomerCredits", "CreditNotes"), [4000, 4000]);
  credit.on("2026-02-01");
  const second = c.createInvoice({ customer: who, amountMinor: 9000 });
  c.finalizeInvoice(second);
  const secondTold = credit.told();
  const used = booksWith(folded([...half, ...secondTold]));
  assert.deepEqual(all(used, "CustomerCredits", "AccountsReceivable", "Cash"), [0, 5000, 10_000]);
  assert.equal(used.entries.filter(({ kind }) => kind === "balance").length, 1);
  // A void gives the balance back.
  credit.on("2026-02-03");
  c.voidInvoice(second);
  const voided = booksWith(folded([...half, ...secondTold, ...credit.told()]));
  assert.deepEqual(all(voided, "CustomerCredits", "AccountsReceivable"), [4000, 0]);

  const early = makeLab();
  const e = early.stripe;
  const buyer = e.createCustomer({ name: "Acme" });
  const paidFirst = e.createCharge({ customer: buyer, amountMinor: 1000 });
  early.on("2026-01-10");
  const bill = e.createInvoice({ customer: buyer, amountMinor: 1000 });
  e.finalizeInvoice(bill);
  const told = early
    .told()
    .map((events) =>
      events.map((event) =>
        event.subject === `payment/${paidFirst}`
          ? { ...event, data: { ...event.data, invoice: `invoice/${bill}` } }
          : event,
      ),
    ) as ReturnType<Lab["told"]>;
  const books = booksWith(folded(told));
  assert.deepEqual(all(books, "Cash", "CustomerCredits", "AccountsReceivable"), [1000, 0, 0]);
  assert.deepEqual(
    books.entries.filter(({ lines }) => lines.some(({ role }) => role === "CustomerCredits")).map(({ date }) => date),
    ["2026-01-01", "2026-01-10"],
  );
});

it("[BK5 P4 P7] what is ambiguous, contradictory or in another currency is left out with its reason and its money; the rest stands", () => {
  const lab = makeLab();
  const { customer } = billed(lab);
  const o = lab.stripe;
  const doubtful = o.createInvoice({ customer, amountMinor: 7000 });
  o.finalizeInvoice(doubtful);
  o.payInvoice(doubtful);
  const told = lab.told();
  const paidEvent = told.findLast((events) => events[0]!.type === "invoice.paid")!;
  const rival = paidEvent.map((event) =>
    event.subject === `invoice/${doubtful}`
      ? { ...event, id: "rival", data: { ...event.data, status: "void" } }
      : event,
  ) as typeof paidEvent;
  const books = booksWith(folded([...told, rival]));
  assert.equal(books.unstated.length, 1);
  const [left] = books.unstated;
  assert.deepEqual([left!.about, left!.amountMinor, left!.currency], [`stripe:invoice/${doubtful}`, 7000, "USD"]);
  assert.match(left!.reason, /ambiguous/);
  assert.deepEqual(all(books, "AccountsReceivable", "Revenue"), [32_900, 31_000]);
  const { running } = run(named("deferred-revenue"), [books], askedBy(keptWith()));
  assert.deepEqual([running.leftOut, [...running.leftOutMinor]], [1, [["USD", 7000]]]);
  const euros = run(named("deferred-revenue"), [books], askedBy(keptWith(), { currency: "EUR" }));
  assert.equal(euros.running.leftOut, 0);

  // Voided, and paid all the same.
  const other = makeLab();
  const { invoice } = billed(other);
  other.stripe.payInvoice(invoice);
  const both = other.told().map((events) =>
    events.map((event) =>
      event.subject === `invoice/${invoice}` && event.type === "invoice.finalized"
        ? {
            ...event,
            clock: { ...event.clock, at: event.clock.at + 86_400_000 },
            data: { ...event.data, status: "void" },
          }
        : event,
    ),
  ) as ReturnType<Lab["told"]>;
  const contradictory = booksWith(
    folded(
      both.filter(
        (events) =>
          events[0]!.type !== "invoice.paid" &&
          events[0]!.type !== "invoice.payment_succeeded" &&
          events[0]!.type !== "invoice.updated",
      ),
    ),
  );
  assert.match(contradictory.unstated[0]!.reason, /it was paid; refund or credit it/);
  assert.equal(contradictory.unstated[0]!.amountMinor, 32_900);
  assert.deepEqual(contradictory.entries, []);
});

it("[BK6] use that has its price and no invoice is earned day by day as an unbilled receivable, and is no longer told when it is billed", () => {
  const { books, billedBooks, posted } = ofUse();
  assert.deepEqual(all(books, "Revenue", "UnbilledReceivable"), [5000, 5000]);
  assert.equal(books.lines.at(-1)!.invoice, null);
  assert.deepEqual(all(billedBooks, "Revenue", "UnbilledReceivable"), [5000, 0]);
  assert.deepEqual(posted.entries, []);
  const kept = keptWith();
  const [row] = run(named("unbilled-usage"), [books], askedBy(kept)).rows;
  assert.deepEqual([row!["items"], row!["valueMinor"], row!["unvalued"]], [2, 5000, 1]);
  const hops = run(named("usage-checkpoints"), [books], askedBy(kept)).rows;
  assert.deepEqual(
    hops.map(({ hop, arrived, passed, held, reasons }) => [hop, arrived, passed, held, reasons]),
    [
      ["1 raw", 2, 1, 1, "no contract covers it"],
      ["2 attributed", 1, 1, 0, null],
      ["3 rated", 1, 0, 1, null],
      ["4 invoice_ready", 0, 0, 0, null],
      ["5 posted", 0, 0, 0, null],
    ],
  );
});
