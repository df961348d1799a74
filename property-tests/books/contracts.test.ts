/** What was agreed: contracts, their worth, who earns what of an invoice, and in which currency the books count it. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { movements, type Role, trialBalance } from "../../domain/accounting/entry.ts";
import { unmatched } from "../../domain/accounting/intercompany.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import type { BookRules } from "../../domain/books/rules.ts";
import { bookingsOf, levelsOf } from "../../domain/books/value.ts";
import { askedBy, at, booksWith, folded, keptWith, type Lab, makeLab, named, run } from "./lab.ts";

const of = ({ entries }: AccountBooks, role: Role, entity?: string): number =>
  [
    ...movements(entity === undefined ? entries : entries.filter((entry) => entry.entity === entity), role).values(),
  ].reduce((sum, each) => sum + each, 0);
const sec = (day: string): number => at(`${day}T00:00:00Z`) / 1000;

const placed = { jurisdiction: "DE", taxes: [] };
/** Terms of a CPQ: a platform and a support of another entity, on the subscription. */
const agree = (lab: Lab, customer: string, subscription: string | null, more: object = {}): void => {
  const link = { owner: "C-9", link: `stripe:${customer}` };
  lab.say(
    "cpq",
    "account/C-9",
    { status: "active", name: null, email: null, currency: null, parent: null, legalId: null },
    link,
  );
  lab.say(
    "cpq",
    "terms/T-1",
    {
      status: "active",
      subscription: subscription === null ? null : `stripe:${subscription}`,
      timeZone: "UTC",
      contract: {
        id: "T-1",
        currency: "USD",
        start: "2026-01-01",
        months: 12,
        items: [
          { id: "base", product: "platform", price: "100" },
          { id: "care", product: "support", price: "50", quantity: 2 },
          { id: "setup", product: "setup", price: "600", per: "once", from: "2026-01-15" },
        ],
      },
      meters: [],
      placements: { care: { entity: "eu", ...placed } },
      ...more,
    },
    link,
  );
};

const line = (price: string, amount: number, from: string, to: string, more: object = {}) => ({
  ...{ amount, start: sec(from), end: sec(to), proration: false, price, quantity: 1 },
  ...more,
});

it("[BK7] a contract is its terms with their amendments; its bookings sum to its worth, and what it brings moves on their dates", () => {
  const lab = makeLab();
  const customer = lab.stripe.createCustomer({ name: "Acme" });
  const subscription = lab.stripe.createSubscription({ customer });
  agree(lab, customer, subscription, { placements: {} });
  const amend = (id: string, change: object) =>
    lab.say(
      "cpq",
      `amendment/${id}`,
      { status: "active", terms: "terms/T-1", publishedAt: null, change },
      { owner: "C-9" },
    );
  amend("A-1", { id: "A-1", on: "2026-07-01", do: "quantity", item: "care", quantity: 4 });
  amend("A-2", { id: "A-2", on: "2026-10-01", do: "cancel", at: "date" });
  amend("A-3", { id: "A-3", on: "2026-08-01", do: "price", item: "nothing", price: "1" });
  const books = booksWith(folded(lab.told()));
  const [known, ...others] = books.contracts;
  assert.equal(others.length, 0);
  assert.deepEqual([known!.id, known!.basis], ["cpq:terms/T-1", "terms"]);
  const bookings = bookingsOf(known!, "2026-12-31");
  // 200 a month for a year and 600 once; two more of 50 for half a year; three months less of 300.
  assert.deepEqual(
    bookings.map(({ on, amountMinor }) => [on, amountMinor]),
    [
      ["2026-01-01", 300_000],
      ["2026-07-01", 60_000],
      ["2026-10-01", -90_000],
    ],
  );
  assert.deepEqual(
    levelsOf(known!, "x", "2026-12-31").map(({ on, mrrMinor }) => [on, mrrMinor]),
    [
      ["2026-01-01", 20_000],
      ["2026-07-01", 30_000],
      ["2026-10-01", 0],
    ],
  );
  assert.match(books.unstated[0]!.reason, /no item nothing/);
  const rows = run(named("arr"), [books], askedBy(keptWith())).rows;
  const month = (name: string) => rows.find((row) => row["month"] === name)!;
  assert.deepEqual(
    [month("2026-07")["expansionMinor"], month("2026-07")["nrrPercent"], month("2026-07")["grrPercent"]],
    [10_000, "150.00", "100.00"],
  );
  assert.deepEqual(
    [month("2026-10")["churnMinor"], month("2026-10")["endMinor"], month("2026-09")["arrMinor"]],
    [-30_000, 0, 360_000],
  );
});

it("[BK8] without terms a subscription's prices are its contract: an upgrade in mid-cycle is expansion, a trial nothing, an end churn", () => {
  const lab = makeLab();
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme" });
  const product = o.createProduct("Pro");
  const small = o.createPrice({ product, unitAmount: 3100, interval: "month" });
  const large = o.createPrice({ product, unitAmount: 6200, interval: "month" });
  const yearly = o.createPrice({ product, unitAmount: 120_000, interval: "year" });
  const upgraded = o.createSubscription({ customer, price: small, periodSec: 31 * 86_400 });
  const first = o.createInvoice({ subscription: upgraded, lines: [line(small, 3100, "2026-01-01", "2026-02-01")] });
  o.finalizeInvoice(first);
  lab.on("2026-01-16");
  const change = o.createInvoice({
    subscription: upgraded,
    lines: [
      line(small, -1600, "2026-01-16", "2026-02-01", { proration: true }),
      line(large, 3200, "2026-01-16", "2026-02-01", { proration: true }),
    ],
  });
  o.finalizeInvoice(change);
  o.updateSubscription(upgraded, { price: large });
  const trial = o.createSubscription({ customer, price: yearly, status: "trialing" });
  const free = o.createInvoice({ subscription: trial, lines: [line(yearly, 0, "2026-01-16", "2026-02-16")] });
  o.finalizeInvoice(free);
  const annual = o.createSubscription({ customer, price: yearly });
  lab.on("2026-03-10");
  o.cancelSubscription(annual);
  const books = booksWith(folded(lab.told()));
  const rows = run(named("arr"), [books], askedBy(keptWith(), { to: "2026-03", asOf: "2026-03-31" })).rows;
  assert.deepEqual(
    rows.map((row) =>
      ["startMinor", "newMinor", "expansionMinor", "contractionMinor", "churnMinor", "endMinor"].map(
        (name) => row[name],
      ),
    ),
    [
      [0, 3100, 13_100, 0, 0, 16_200],
      [16_200, 0, 0, 0, 0, 16_200],
      [16_200, 0, 0, -10_000, 0, 6200],
    ],
  );
  // Each month is a term of its own; the upgrade is booked for the rest of the first.
  const monthly = books.contracts.find(({ id }) => id === `stripe:${upgraded}`)!;
  assert.deepEqual(
    bookingsOf(monthly, "2026-03-31").map(({ on, amountMinor }) => [on, amountMinor]),
    [
      ["2026-01-01", 3100],
      ["2026-01-16", 1600],
      ["2026-02-01", 6200],
      ["2026-03-01", 6200],
    ],
  );
  const renewals = run(named("renewals"), [books], askedBy(keptWith(), { asOf: "2026-01-20", within: 30 })).rows;
  assert.deepEqual(
    renewals.map((row) => [row["contract"], row["mrrMinor"], row["automatic"]]),
    [[`stripe:${upgraded}`, 6200, true]],
  );
  assert.match(String(renewals[0]!["signals"]), /minor units are overdue/);
});

it("[BK9 P8] a bundle is its items, a price is shared out by standalone prices, and a product is earned as its rule says", () => {
  const lab = makeLab();
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme" });
  const price = (id: string) => o.createPrice({ product: o.createProduct(id, id), unitAmount: 1 });
  const [suite, licence] = [price("suite"), price("licence")];
  const invoice = o.createInvoice({
    customer,
    taxMinor: 1000,
    lines: [line(suite, 9000, "2026-01-01", "2026-07-01"), line(licence, 1000, "2026-01-01", "2026-07-01")],
  });
  o.finalizeInvoice(invoice);
  const rules: BookRules = {
    bundles: [
      {
        product: "suite",
        items: [
          { product: "app", weight: 2 },
          { product: "care", weight: 1 },
        ],
      },
    ],
    products: {
      app: { standalone: { USD: "80" } },
      care: { standalone: { USD: "20" }, recognition: "month" },
      licence: { standalone: { USD: "100" }, recognition: "point" },
    },
  };
  const books = booksWith(folded(lab.told()), keptWith(rules));
  assert.deepEqual(
    books.lines.map(({ product, billedMinor, amountMinor, recognition }) => [
      product,
      billedMinor,
      amountMinor,
      recognition.method,
    ]),
    [
      ["app", 6000, 4000, "day"],
      ["care", 3000, 1000, "month"],
      ["licence", 1000, 5000, "point"],
    ],
  );
  assert.match(books.notes[0]!, /shared out by standalone prices/);
  const january = books.entries.filter(({ period, kind }) => period === "2026-01" && kind === "recognition");
  const earned = january.flatMap(({ lines }) => lines.filter(({ role }) => role === "Revenue"));
  assert.deepEqual(earned.map(({ dimensions, amountMinor }) => [dimensions["product"], amountMinor]).sort(), [
    ["app", 685],
    ["care", 167],
    ["licence", 5000],
  ]);
  assert.deepEqual([of(books, "Revenue"), of(books, "TaxPayable"), of(books, "DeferredRevenue")], [10_000, 1000, 0]);

  // Lines that contain their tax, and a line that the webhook does not tell.
  const inclusive = makeLab();
  const i = inclusive.stripe;
  const shop = i.createCustomer({ name: "Shop" });
  const [one, two] = ["a", "b"].map((id) => i.createPrice({ product: i.createProduct(id, id), unitAmount: 1 })) as [
    string,
    string,
  ];
  const gross = i.createInvoice({
    customer: shop,
    lines: [line(one, 5950, "2026-01-01", "2026-02-01"), line(two, 5950, "2026-01-01", "2026-02-01")],
  });
  i.finalizeInvoice(gross);
  const told = inclusive
    .told()
    .map((events) =>
      events.map((event) =>
        event.subject === `invoice/${gross}` ? { ...event, data: { ...event.data, taxMinor: 1900 } } : event,
      ),
    ) as ReturnType<Lab["told"]>;
  assert.deepEqual(
    booksWith(folded(told)).lines.map(({ amountMinor }) => amountMinor),
    [5000, 5000],
  );
  const lacking = told.map((events) =>
    events.filter(({ subject }) => !subject.startsWith("line/") || !subject.endsWith("_1")),
  ) as ReturnType<Lab["told"]>;
  const rest = booksWith(folded(lacking));
  assert.deepEqual(
    rest.lines.map(({ id, amountMinor }) => [id.endsWith("/rest"), amountMinor]),
    [
      [false, 5950],
      [true, 4050],
    ],
  );
  assert.match(rest.notes[0]!, /its lines tell of 59.50 USD of 100.00/);
});

it("[BK10 P8] what one legal entity bills and another earns balances in both, and cancels out over the group", () => {
  const lab = makeLab();
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme" });
  const subscription = o.createSubscription({ customer });
  agree(lab, customer, subscription);
  const price = (id: string) => o.createPrice({ product: o.createProduct(id, id), unitAmount: 1, interval: "month" });
  const lines = [
    line(price("platform"), 10_000, "2026-01-01", "2026-02-01"),
    line(price("support"), 10_000, "2026-01-01", "2026-02-01", { quantity: 2 }),
    line(price("setup"), 60_000, "2026-01-01", "2026-02-01"),
  ];
  const invoice = o.createInvoice({ subscription, lines, taxMinor: 8000 });
  o.finalizeInvoice(invoice);
  const charge = o.payInvoice(invoice)!;
  lab.on("2026-01-16");
  o.refundCharge(charge, { amountMinor: 44_000 });
  const books = booksWith(folded(lab.told()));
  assert.deepEqual(books.unstated, []);
  for (const entity of ["default", "eu"]) {
    const rows = trialBalance(books.entries.filter((entry) => entry.entity === entity));
    assert.equal(
      rows.reduce((sum, { debitMinor, creditMinor }) => sum + debitMinor - creditMinor, 0),
      0,
    );
  }
  assert.deepEqual(unmatched(books.entries), []);
  assert.ok(of(books, "DueTo", "default") !== 0);
  assert.equal(of(books, "DueTo", "default"), of(books, "DueFrom", "eu"));
  assert.deepEqual(
    [of(books, "Cash", "eu"), of(books, "TaxPayable", "eu"), of(books, "AccountsReceivable", "eu")],
    [0, 0, 0],
  );
  // Setup is earned when it is delivered, care by the entity that it is placed with.
  const revenue = (entity: string) => of(books, "Revenue", entity) - of(books, "Refunds", entity);
  assert.equal(revenue("default") + revenue("eu"), 40_000);
  assert.equal(books.lines.find(({ product }) => product === "setup")!.recognition.method, "point");
  assert.deepEqual(
    books.lines.map(({ product, entity }) => [product, entity]),
    [
      ["platform", "default"],
      ["support", "eu"],
      ["setup", "default"],
    ],
  );
  // Each entity's share of the contract is its own.
  assert.deepEqual(
    books.contracts.map(({ entity, contract }) => [entity, contract.items.map(({ id }) => id)]),
    [
      ["default", ["base", "setup"]],
      ["eu", ["care"]],
    ],
  );
  for (const name of ["deferred-revenue", "revenue-waterfall", "trial-balance", "aging"])
    run(named(name), [books], askedBy(keptWith()));
});

it("[BK11 P8] in the currency of the books an invoice keeps its rate until it is gone, cash makes a realized gain or loss, and a missing rate is said", () => {
  const lab = makeLab();
  const rate = (id: string, date: string, value: string) =>
    lab.say("treasury", `exchange_rate/${id}`, {
      status: "published",
      base: "EUR",
      quote: "USD",
      rate: value,
      publisher: "ECB",
      date,
    });
  rate("r1", "2026-01-01", "1.1");
  rate("r2", "2026-01-20", "1.3");
  const o = lab.stripe;
  const customer = o.createCustomer({ name: "Acme", currency: "eur" });
  const invoice = (amount: number): string => {
    const price = o.createPrice({
      product: o.createProduct("Pro"),
      unitAmount: amount,
      currency: "eur",
      interval: "month",
    });
    const id = o.createInvoice({
      customer,
      currency: "eur",
      taxMinor: 7,
      lines: [line(price, amount, "2026-01-02", "2026-04-03")],
    });
    o.finalizeInvoice(id);
    return id;
  };
  lab.on("2026-01-02");
  const [first, second, third] = [invoice(9993), invoice(5003), invoice(3333)];
  lab.on("2026-01-20");
  o.payInvoice(first);
  const charge = o.payInvoice(second)!;
  lab.on("2026-02-10");
  o.refundCharge(charge, { amountMinor: 1111 });
  o.voidInvoice(third);
  const kept = keptWith({ functional: { default: "USD" } });
  const core = folded(lab.told());
  const books = booksWith(core, kept);
  const asked = askedBy(kept, { measure: "functional" });
  const { rows, running } = run(named("trial-balance"), [books], asked, { core });
  assert.equal(running.leftOut, 0);
  assert.ok(rows.every((row) => row["currency"] === "USD"));
  const balance = (role: Role): number => Number(rows.find((row) => row["role"] === role)?.["balanceMinor"] ?? 0);
  // Everything that was carried is gone with it, to the last cent.
  assert.deepEqual(
    [balance("AccountsReceivable"), balance("DeferredRevenue"), balance("UnbilledReceivable")],
    [0, 0, 0],
  );
  // 150.10 EUR at 1.30 less 11.11 at 1.30; they were worth 1.10.
  assert.equal(balance("Cash"), Math.round(10_000 * 1.3) + Math.round(5010 * 1.3) - Math.round(1111 * 1.3));
  assert.ok(Math.abs(balance("FxGain") + Math.round((10_000 + 5010) * 0.2)) <= 2);
  assert.ok(Math.abs(balance("FxLoss") - Math.round(1111 * 0.2)) <= 2);
  run(named("deferred-revenue"), [books], asked, { core });
  run(named("revenue-waterfall"), [books], asked, { core });
  const journal = run(named("journal"), [books], { ...asked, from: "2026-01", to: "2026-01" }, { core }).rows;
  const cash = journal.find((row) => row["role"] === "Cash")!;
  assert.match(String(cash["dimensions"]), /rate=EUR\/USD 1.3 rateSource=ECB rateDate=2026-01-20/);

  const none = run(named("trial-balance"), [books], asked);
  assert.equal(none.rows.length, 0);
  assert.match(none.running.unstated[0]!.reason, /there is no rate of EUR in USD by 2026-01-02/);
  assert.ok(none.running.leftOutMinor.get("EUR")! > 0);
});

it("[BK12] a role that the chart has no account for is refused in words, and the others have their numbers", () => {
  const lab = makeLab();
  const customer = lab.stripe.createCustomer({ name: "Acme" });
  const invoice = lab.stripe.createInvoice({ customer, amountMinor: 1000 });
  lab.stripe.finalizeInvoice(invoice);
  const chart = [
    { role: "AccountsReceivable", account: "1200" },
    { role: "DeferredRevenue", account: "2400", entity: "default" },
  ];
  const kept = keptWith({ chart });
  const { rows, running } = run(named("trial-balance"), [booksWith(folded(lab.told()), kept)], askedBy(kept));
  assert.deepEqual(
    rows.map((row) => [row["role"], row["accountNumber"]]),
    [
      ["Revenue", null],
      ["AccountsReceivable", "1200"],
      ["DeferredRevenue", "2400"],
    ],
  );
  assert.deepEqual(running.notes, ['the chart of default has no account for Revenue; add a rule with role "Revenue"']);
});
