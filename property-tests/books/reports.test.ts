/** Every cell of every report is the sum of its parts, and the reports of one account tie to each other. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { reports } from "../../domain/books/reports/all.ts";
import { askedBy, booksOfAll, folded, keptWith, makeLab, named, run } from "./lab.ts";

const company = () => {
  const lab = makeLab("2026-01-20");
  for (const [index, currency] of ["usd", "jpy", "kwd"].entries()) {
    const o = lab.billing[index === 1 ? "stripe-eu" : "stripe"].operations;
    const customer = o.createCustomer({ name: currency, currency });
    const price = o.createPrice({
      product: o.createProduct("Pro"),
      unitAmount: 9999 + index,
      currency,
      interval: "month",
    });
    const subscription = o.createSubscription({ customer, price, currency });
    const invoice = o.createInvoice({ subscription, taxMinor: 333 });
    o.finalizeInvoice(invoice);
    const charge = o.payInvoice(invoice)!;
    lab.time.now += 6 * 86_400_000;
    if (index === 0) o.refundCharge(charge, { amountMinor: 1000 });
    const open = o.createInvoice({ customer, amountMinor: 5000, currency });
    o.finalizeInvoice(open);
  }
  return booksOfAll(folded(lab.told()));
};

it("[BK13 P10] each cell of each report is exactly the sum of its parts, each with what it comes from", () => {
  const books = company();
  const asked = askedBy(keptWith(), { asOf: "2026-02-20" });
  let cells = 0;
  for (const report of reports) {
    const { rows, columns } = run(report, books, asked);
    for (const row of rows)
      for (const column of columns) {
        const value = row[column];
        if (typeof value !== "number" || column === "inDays") continue;
        const key = Object.fromEntries(report.key.map((name) => [name, row[name] ?? null]));
        const { running } = run(report, books, asked, { cell: { row: key, column } });
        assert.equal(running.cellMinor, value, `${report.name} ${JSON.stringify(key)} ${column}`);
        assert.equal(
          running.parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
          value,
        );
        assert.ok(running.parts.every(({ of }) => of.explain === null || of.explain.startsWith("/v1/explain/")));
        cells += 1;
      }
  }
  assert.ok(cells > 200, `${cells} cells`);
});

it("[BK14 P8] roll-forward, waterfall, aging and bookings tie to the trial balance of the same day", () => {
  const books = company();
  const asked = askedBy(keptWith(), { asOf: "2026-02-28" });
  const balance = run(named("trial-balance"), books, asked).rows;
  const of = (role: string, currency: unknown): number =>
    balance
      .filter((row) => row["role"] === role && row["currency"] === currency)
      .reduce((sum, row) => sum + Number(row["balanceMinor"]), 0);
  const months = run(named("deferred-revenue"), books, asked).rows;
  const waterfall = run(named("revenue-waterfall"), books, { ...asked, to: "2026-02" }).rows;
  const aging = run(named("aging"), books, asked).rows;
  const flow = run(named("bookings-billings-revenue"), books, asked).rows;
  for (const currency of ["USD", "JPY", "KWD"]) {
    const last = months.findLast((row) => row["currency"] === currency)!;
    assert.equal(last["period"], "2026-02");
    assert.equal(0 - of("DeferredRevenue", currency), last["closingMinor"]);
    const sum = (rows: typeof waterfall, name: string): number =>
      rows.filter((row) => row["currency"] === currency).reduce((all, row) => all + Number(row[name]), 0);
    assert.equal(sum(waterfall, "totalMinor"), 0 - of("Revenue", currency));
    assert.equal(sum(aging, "totalMinor"), of("AccountsReceivable", currency));
    assert.equal(sum(flow, "recognizedMinor"), 0 - of("Revenue", currency) - of("Refunds", currency));
  }
  assert.equal(new Set(balance.map((row) => row["entity"])).size, 2);
});

it("[BK19] what is owed is by how many days it is over due on the day asked for, from the day that its system says", () => {
  const lab = makeLab("2026-01-01");
  const customer = lab.stripe.createCustomer({ name: "Acme" });
  const invoice = lab.stripe.createInvoice({ customer, amountMinor: 100 });
  lab.stripe.finalizeInvoice(invoice);
  const told = lab.told();
  const due = Date.UTC(2026, 0, 15, 12);
  const dated = told.map((events) =>
    events.map((event) =>
      event.subject === `invoice/${invoice}` ? { ...event, data: { ...event.data, dueAt: due } } : event,
    ),
  ) as typeof told;
  const bucketOn = (asOf: string, all = dated): string | undefined => {
    const [row] = run(named("aging"), booksOfAll(folded(all)), askedBy(keptWith(), { asOf })).rows;
    return row === undefined ? undefined : Object.keys(row).find((name) => row[name] === 100 && name !== "totalMinor");
  };
  const days = ["2025-12-31", "2026-01-15", "2026-01-16", "2026-02-14", "2026-02-15", "2026-04-15", "2026-04-16"];
  assert.deepEqual(
    days.map((day) => bucketOn(day)),
    [undefined, "current", "1-30", "1-30", "31-60", "61-90", "91+"],
  );
  assert.equal(bucketOn("2026-01-02", told), "1-30");
});

it("[BK15 P7] an account whose figures do not tie is named with both of them, and the report is not made", () => {
  const [first] = company().filter(({ entries }) => entries.length > 0);
  const entry = first!.entries.find(({ kind }) => kind === "recognition")!;
  const broken = { ...entry, lines: entry.lines.filter(({ role }) => role === "Revenue") };
  const books = { ...first!, entries: first!.entries.map((one) => (one === entry ? broken : one)) };
  const report = named("trial-balance");
  assert.throws(() => run(report, [books], askedBy(keptWith())), /debits and credits of \w+ in \w+: \d+ against \d+/);
  assert.throws(() => run(report, [books], askedBy(keptWith())), new RegExp(books.account));
});
