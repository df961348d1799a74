/** The laws of accounting and of the reports. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { byItem, explode } from "../../domain/accounting/bundle.ts";
import { type ChartRule, mapEntry } from "../../domain/accounting/chart.ts";
import { entryOf, type JournalEntry, movements, sumOf, trialBalance } from "../../domain/accounting/entry.ts";
import {
  convert,
  type ExchangeRate,
  rateOn,
  settle,
  settlementEntry,
  translate,
} from "../../domain/accounting/exchange.ts";
import { intercompanyPair, unmatched } from "../../domain/accounting/intercompany.ts";
import { creditNote, debitNote, noteFor } from "../../domain/accounting/notes.ts";
import { taxOn } from "../../domain/accounting/tax.ts";
import { addDays } from "../../domain/calendar/day.ts";
import type { Contract } from "../../domain/contract/contract.ts";
import { ratio } from "../../domain/rating/rational.ts";
import { calculate } from "../../domain/reports/calculate.ts";
import { csv } from "../../domain/reports/csv.ts";
import { bookingsToRevenue, checkpoints, hops, type UsageItem, unbilledUsage } from "../../domain/reports/flow.ts";
import { aging, renewalsDue } from "../../domain/reports/receivables.ts";
import { type Level, mrrMovement, recurringOn } from "../../domain/reports/recurring.ts";
import {
  revenueReports,
  rollForward,
  rollRows,
  scopesOf,
  untied,
  waterfall,
  waterfallRows,
} from "../../domain/reports/revenue.ts";
import { tell } from "../../domain/revenue/tell.ts";
import { day, fewer, minor, price, runs, story } from "./arbitraries.ts";

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, each) => all + each, 0);
const head = { id: "e", kind: "invoice", entity: "us", currency: "USD", date: "2024-01-15", source: "in" } as const;
const balanced = ({ lines }: JournalEntry): void => assert.equal(sumOf(lines, "debit"), sumOf(lines, "credit"));
const rates = price(5, 4)
  .filter((rate) => rate !== "0.0000")
  .map((rate): ExchangeRate => ({ base: "EUR", quote: "JPY", rate, source: "ecb", date: "2024-01-01" }));

describe("accounting", () => {
  it("[AC1 P8] an entry whose debits are not its credits cannot be made; one that moves nothing is none", () => {
    assert.throws(
      () =>
        entryOf(head, [
          { role: "Cash", amountMinor: 5 },
          { role: "Revenue", amountMinor: 4 },
        ]),
      /debits of 5 and credits of 4 USD/,
    );
    assert.throws(() => entryOf({ ...head, currency: "ZZZ" }, []), /ISO 4217/);
    assert.equal(entryOf(head, [{ role: "Cash", amountMinor: 0 }]), null);
  });

  it("[AC2 P8] debits equal credits for each entity and currency, also when translated", () => {
    fc.assert(
      fc.property(story, rates, (each, rate) => {
        const entries = tell({ ...each, currency: "EUR" }).entries;
        const translated = entries.map((entry) => translate(entry, "JPY", rate));
        for (const entry of translated) balanced(entry);
        for (const all of [entries, translated]) {
          const rows = trialBalance(all);
          assert.equal(sum(rows.map(({ debitMinor }) => debitMinor)), sum(rows.map(({ creditMinor }) => creditMinor)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("[AC3 P8] part payments relieve exactly what is carried, and gain or loss is the cash less that", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), fc.nat(99_999), rates, rates, (open, part, booked, paid) => {
        const carriedMinor = convert(open, "EUR", "JPY", booked);
        const first = Math.max(1, Math.min(part, open));
        const carried = { currency: "EUR", openMinor: open, functional: "JPY", carriedMinor };
        const one = settlementEntry({ ...head, date: "2024-02-01" }, carried, first, paid);
        if (one.entry) balanced(one.entry);
        const { rest } = one.settlement;
        const two = rest.openMinor === 0 ? null : settle(rest, rest.openMinor, paid);
        assert.equal(one.settlement.relievedMinor + (two?.relievedMinor ?? 0), carriedMinor);
        assert.equal(two?.rest.carriedMinor ?? rest.carriedMinor, 0);
      }),
      runs,
    );
  });

  it("[AC4] a rate turns only its own two currencies, either way round, and the newest by then is taken", () => {
    const rate = { base: "EUR", quote: "USD", rate: "1.25", source: "ecb", date: "2024-01-01" };
    assert.deepEqual(
      [convert(100, "EUR", "USD", rate), convert(125, "USD", "EUR", rate), convert(7, "USD", "USD", rate)],
      [125, 100, 7],
    );
    assert.throws(() => convert(1, "EUR", "JPY", rate), /does not turn EUR into JPY/);
    const later = { ...rate, rate: "1.5", date: "2024-02-01" };
    assert.deepEqual(
      ["2023-12-31", "2024-01-31", "2024-02-01"].map((date) => rateOn([later, rate], "USD", "EUR", date)?.rate),
      [undefined, "1.25", "1.5"],
    );
  });

  it("[AC5 P8] net and tax are the gross, inclusive or not, rounded on the line or on the document", () => {
    const percents = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.nat(99_999), { minLength: 1, maxLength: 5 }),
        percents,
        fc.boolean(),
        fc.constantFrom("line" as const, "document" as const),
        (amounts, all, inclusive, roundAt) => {
          const taxed = taxOn(amounts, {
            rates: all.map((percent, index) => ({ id: String(index), percent })),
            inclusive,
            roundAt,
          });
          assert.equal(taxed.netMinor + taxed.taxMinor, taxed.grossMinor);
          assert.equal(inclusive ? taxed.grossMinor : taxed.netMinor, sum(amounts));
          const whole = sum(amounts) * sum(all);
          const off = inclusive ? taxed.taxMinor * (100 + sum(all)) - whole : taxed.taxMinor * 100 - whole;
          const roundings = all.length * (roundAt === "line" ? amounts.length : 1);
          assert.ok(Math.abs(off) * 2 <= roundings * (inclusive ? 100 + sum(all) : 100));
        },
      ),
      runs,
    );
  });

  it("[AC6 P6] a debit note and the credit note of the same amounts cancel out on receivable and tax", () => {
    const taxed = noteFor([10_000, 5001], ratio(1, 3), [{ id: "vat", percent: "19" }]);
    const [debit, credit] = [debitNote(head, taxed, 1000), creditNote({ ...head, id: "c" }, taxed, 1000)];
    for (const role of ["AccountsReceivable", "TaxPayable", "DeferredRevenue"] as const)
      assert.equal(sum(movements([debit!, credit!], role).values()), 0);
    assert.deepEqual([...movements([credit!], "CreditNotes").values()], [1000]);
    assert.throws(() => creditNote(head, taxed, 999_999), /cannot be earned/);
  });

  it("[AC7] the rule that asks for most names the account, and a role without one is refused with what to add", () => {
    const chart: ReadonlyArray<ChartRule> = [
      { role: "Cash", account: "1000" },
      { role: "Revenue", account: "4000" },
      { role: "Revenue", entity: "us", account: "4001" },
      { role: "Revenue", when: { product: "pro" }, account: "4100", segments: { class: "=product", site: "hq" } },
    ];
    const entry = (product: string, entity = "us"): JournalEntry =>
      entryOf({ ...head, entity }, [
        { role: "Cash", amountMinor: 5 },
        { role: "Revenue", amountMinor: 5, dimensions: { product } },
      ])!;
    const account = (each: JournalEntry) => {
      const mapped = mapEntry(each, chart);
      return mapped.ok ? [mapped.lines[1]!.account, mapped.lines[1]!.segments] : mapped.missing;
    };
    assert.deepEqual(account(entry("pro")), ["4100", { class: "pro", site: "hq" }]);
    assert.deepEqual(account(entry("basic")), ["4001", {}]);
    assert.deepEqual(account(entry("basic", "de")), ["4000", {}]);
    assert.match(JSON.stringify(mapEntry(entry("x"), chart.slice(0, 1))), /has no account for Revenue; add a rule/);
  });

  it("[AC8 P8] intercompany pairs balance in each entity's books and cancel out over the group", () => {
    fc.assert(
      fc.property(minor, minor, (a, b) => {
        const pair = (id: string, billing: string, earning: string, amountMinor: number) =>
          intercompanyPair({ id, billing, earning, currency: "USD", amountMinor, date: "2024-01-01", source: "in" });
        const entries = [...pair("1", "us", "de", a), ...pair("2", "de", "us", b)];
        for (const entry of entries) balanced(entry);
        assert.deepEqual(unmatched(entries), []);
        if (a !== 0) assert.equal(unmatched(entries.slice(1))[0]!.differenceMinor, a);
      }),
      runs,
    );
  });

  it("[AC9 P8] a bundle's items sum to its price, nested or not; one that contains itself is refused", () => {
    const bundles = [
      {
        product: "suite",
        items: [
          { product: "core", weight: "70" },
          { product: "extras", weight: "29.9" },
        ],
      },
      {
        product: "extras",
        items: [
          { product: "core", weight: 1 },
          { product: "support", weight: 2 },
        ],
      },
    ];
    fc.assert(
      fc.property(minor, (amount) => {
        const parts = explode("suite", amount, bundles);
        assert.equal(sum(parts.map(({ amountMinor }) => amountMinor)), amount);
        assert.deepEqual([...byItem(parts).keys()], ["core", "support"]);
      }),
      runs,
    );
    assert.throws(
      () => explode("a", 1, [{ product: "a", items: [{ product: "a", weight: 1 }] }]),
      /a → a contains itself/,
    );
  });
});

describe("reports", () => {
  it("[RP1 P8 P9] roll-forward, waterfall and entries tie, also with closed periods, and a planted fault is found", () => {
    fc.assert(
      fc.property(story, story, (a, b) => {
        const entries = [
          ...tell(a).entries,
          ...tell({ ...b, id: "t", entity: "de" }).entries,
          ...tell({ ...b, id: "u" }).entries,
        ];
        for (const scope of scopesOf(entries)) {
          const { rollForward: roll, waterfall: fall } = revenueReports(entries, scope);
          const own = entries.filter(({ entity }) => entity === scope.entity);
          assert.equal(fall.totalMinor, sum(movements(own, "Revenue").values()));
          assert.equal(roll.at(-1)!.closingMinor, 0);
        }
      }),
      { numRuns: 50 },
    );
    const [entries] = fc.sample(story, { numRuns: 1, seed: 7 }).map((each) => tell(each).entries);
    const broken = waterfall(entries!.filter(({ kind }) => kind !== "recognition"));
    assert.notDeepEqual(untied(entries!, rollForward(entries!), broken), []);
  });

  it("[RP2] the waterfall has a row for each booked month and a column for each recognized one; both print as CSV", () => {
    const entries = tell({
      id: "s",
      entity: "us",
      currency: "USD",
      lines: [
        { id: "a", amount: "60", recognition: { method: "month", from: "2024-01-01", to: "2024-03-01" } },
        { id: "b", amount: "20", recognition: { method: "month", from: "2024-02-01", to: "2024-04-01" } },
      ],
      acts: [
        { id: "1", on: "2024-01-01", do: "invoice", invoice: "i1", lines: ["a"] },
        { id: "2", on: "2024-02-01", do: "invoice", invoice: "i2", lines: ["b"] },
      ],
    }).entries;
    const { waterfall: fall, rollForward: roll } = revenueReports(entries, { entity: "us", currency: "USD" });
    assert.equal(
      csv(waterfallRows(fall)),
      "booked,2024-01,2024-02,2024-03,totalMinor\n2024-01,3000,3000,0,6000\n2024-02,0,1000,1000,2000\n",
    );
    assert.equal(csv(rollRows(roll)).split("\n")[2], "2024-02,3000,2000,4000,0,1000");
    const flow = bookingsToRevenue(
      [{ id: "q", on: "2023-12-20", entity: "us", currency: "USD", amountMinor: 8000 }],
      entries,
      { entity: "us", currency: "USD" },
    );
    assert.deepEqual(
      flow.map(({ backlogMinor, unrecognizedMinor }) => [backlogMinor, unrecognizedMinor]),
      [
        [8000, 0],
        [2000, 3000],
        [0, 1000],
        [0, 0],
      ],
    );
  });

  const levels: fc.Arbitrary<ReadonlyArray<Level>> = fc.array(
    fc.record({
      on: fc.nat(300).map((days) => addDays("2024-01-01", days)),
      customer: fc.constantFrom("a", "b", "c"),
      subscription: fc.constantFrom("1", "2"),
      mrrMinor: fc.constantFrom(0, 0, 1000, 2500, 4000),
    }),
    { minLength: 1, maxLength: 14 },
  );

  it("[RP3] each month starts where the last ended, its movements are the difference, and retention follows the cohort", () => {
    fc.assert(
      fc.property(levels, fc.constantFrom("day" as const, "month" as const), (all, netted) => {
        const rows = mrrMovement(all, { netted });
        const at = (before: string): Map<string, number> => {
          const now = new Map<string, number>();
          const sorted = all
            .map((level, index) => ({ level, index }))
            .sort((x, y) => (x.level.on < y.level.on ? -1 : x.level.on > y.level.on ? 1 : x.index - y.index));
          for (const { level } of sorted)
            if (level.on < before) now.set(`${level.customer}${level.subscription}`, level.mrrMinor);
          const byCustomer = new Map<string, number>();
          for (const [key, value] of now) byCustomer.set(key[0]!, (byCustomer.get(key[0]!) ?? 0) + value);
          return byCustomer;
        };
        for (const [index, row] of rows.entries()) {
          assert.equal(
            row.startMinor +
              row.newMinor +
              row.expansionMinor +
              row.contractionMinor +
              row.churnMinor +
              row.reactivationMinor,
            row.endMinor,
          );
          assert.ok(
            row.newMinor >= 0 &&
              row.expansionMinor >= 0 &&
              row.reactivationMinor >= 0 &&
              row.contractionMinor <= 0 &&
              row.churnMinor <= 0,
          );
          assert.equal(row.startMinor, index === 0 ? 0 : rows[index - 1]!.endMinor);
          const [start, end] = [at(`${row.month}-01`), at(`${row.month}-32`)];
          assert.equal(row.endMinor, sum(end.values()));
          const kept = sum([...start].map(([customer, was]) => (was > 0 ? (end.get(customer) ?? 0) : 0)));
          if (row.nrrPercent === null) assert.equal(row.startMinor, 0);
          else assert.ok(Math.abs(Number(row.nrrPercent) - (kept * 100) / row.startMinor) <= 0.0051);
          if (row.grrPercent !== null) assert.ok(Number(row.grrPercent) <= Math.min(100, Number(row.nrrPercent)));
        }
      }),
      fewer,
    );
    const swap: ReadonlyArray<Level> = [
      { on: "2024-01-05", customer: "a", subscription: "1", mrrMinor: 1000 },
      { on: "2024-02-05", customer: "a", subscription: "1", mrrMinor: 0 },
      { on: "2024-02-05", customer: "a", subscription: "2", mrrMinor: 1500 },
    ];
    assert.deepEqual([mrrMovement(swap)[1]!.expansionMinor, mrrMovement(swap)[1]!.churnMinor], [500, 0]);
  });

  const contract: Contract = {
    id: "c",
    currency: "USD",
    start: "2024-01-01",
    months: 12,
    items: [
      { id: "a", product: "A", price: "1200", per: { unit: "year", every: 1 } },
      { id: "b", product: "B", price: "50", metered: true },
      { id: "s", product: "setup", price: "900", per: "once" },
      { id: "t", product: "T", price: "10", trialUntil: "2024-06-01" },
    ],
    amendments: [{ id: "1", on: "2024-09-01", do: "price", item: "a", price: "600" }],
    autoRenew: { months: 12, noticeDays: 30 },
  };

  it("[RP4] recurring revenue leaves out trials, use and what is once; renewals due tell why they may not come", () => {
    const at = (date: string): string => recurringOn(contract, date).mrr;
    assert.deepEqual(["2024-03-01", "2024-06-01", "2024-10-01"].map(at), ["100.00", "110.00", "60.00"]);
    const due = renewalsDue([contract], "2024-11-15", 60, () => ({ overdueMinor: 500, used: 10, usedBefore: 40 }));
    assert.deepEqual(due, [
      {
        contract: "c",
        endsOn: "2025-01-01",
        inDays: 47,
        automatic: true,
        noticeBy: "2024-12-02",
        currency: "USD",
        mrrMinor: 6000,
        arrMinor: 72_000,
        signals: ["500 minor units are overdue", "use fell from 40 to 10", "it brings less than at its start"],
      },
    ]);
    assert.deepEqual(renewalsDue([contract], "2024-06-15", 60), []);
  });

  it("[RP5 P8] the ages of receivables sum to what is open, by account and by currency, never across", () => {
    const invoice = fc.record({
      account: fc.constantFrom("a", "b"),
      currency: fc.constantFrom("USD", "EUR"),
      due: day,
      openMinor: fc.integer({ min: -500, max: 5000 }),
    });
    fc.assert(
      fc.property(fc.array(invoice, { maxLength: 12 }), day, (all, asOf) => {
        const { rows, totals, buckets } = aging(
          all.map((each, index) => ({ ...each, id: String(index) })),
          asOf,
        );
        assert.deepEqual(buckets, ["1-30", "31-60", "61-90", "91+"]);
        for (const row of [...rows, ...totals]) assert.equal(row.currentMinor + sum(row.bucketsMinor), row.totalMinor);
        for (const { currency, totalMinor } of totals) {
          const own = all.filter((each) => each.currency === currency);
          assert.equal(totalMinor, sum(own.map(({ openMinor }) => openMinor)));
          assert.equal(totalMinor, sum(rows.filter((row) => row.currency === currency).map((row) => row.totalMinor)));
        }
      }),
      fewer,
    );
    const one = aging([{ id: "1", account: "a", currency: "USD", due: "2024-01-01", openMinor: 5 }], "2024-01-31");
    assert.deepEqual([one.rows[0]!.bucketsMinor, one.rows[0]!.oldestDays], [[5, 0, 0, 0], 30]);
  });

  it("[RP6] at every checkpoint what arrived went on or is held with its reason, and what is held is the unbilled use", () => {
    const item: fc.Arbitrary<UsageItem> = fc.record({
      id: fc.uuid(),
      account: fc.option(fc.constantFrom("a", "b")),
      meter: fc.constantFrom("calls", "seats"),
      currency: fc.constantFrom("USD", "EUR"),
      reached: fc.constantFrom(...hops),
      valueMinor: fc.option(fc.nat(900)),
      reason: fc.constantFrom("no account", "no price"),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 15 }), (items) => {
        const rows = checkpoints(items);
        for (const row of rows) {
          assert.equal(row.arrived, row.passed + row.held);
          assert.equal(row.arrivedMinor, row.passedMinor + row.heldMinor);
          const next = rows.find(
            (other) => other.currency === row.currency && hops.indexOf(other.hop) === hops.indexOf(row.hop) + 1,
          );
          if (next) assert.deepEqual([next.arrived, next.arrivedMinor], [row.passed, row.passedMinor]);
        }
        const unbilled = unbilledUsage(items);
        assert.equal(sum(unbilled.map(({ valueMinor }) => valueMinor)), sum(rows.map(({ heldMinor }) => heldMinor)));
        assert.equal(sum(unbilled.map(({ unvalued }) => unvalued)), sum(rows.map(({ unvalued }) => unvalued)));
      }),
      runs,
    );
  });

  it("[RP7] CSV quotes what needs it and runs nothing as a formula", () => {
    assert.equal(
      csv([{ a: 'x,"y"', b: -5, c: "=1+1", d: "-12.50", e: null }]),
      'a,b,c,d,e\n"x,""y""",-5,\'=1+1,-12.50,\n',
    );
    assert.equal(csv([], ["a", "b"]), "a,b\n");
  });

  it("[RP8] every calculator answers its documented input and names what is wrong with another", () => {
    const good = {
      prorate: {
        currency: "USD",
        convention: "actual",
        amount: "30",
        period: { from: "2024-04-01", to: "2024-05-01" },
        cuts: ["2024-04-11"],
      },
      schedule: {
        currency: "USD",
        amount: "10",
        recognition: { method: "day", from: "2024-01-01", to: "2024-03-01" },
        closedPeriods: ["2024-01"],
      },
      allocate: {
        currency: "USD",
        price: "10",
        obligations: [
          { id: "a", ssp: "7" },
          { id: "b", ssp: "7" },
        ],
      },
      modify: {
        currency: "USD",
        treatment: "catch_up",
        price: 100,
        progressBefore: "0.5",
        addedPrice: 20,
        progressAfter: { done: 1, whole: 2 },
      },
      mrr: { currency: "USD", prices: [{ price: "120", per: { unit: "year", every: 1 } }] },
    } as const;
    for (const [name, input] of Object.entries(good)) {
      const answer = calculate(name as keyof typeof good, input);
      assert.ok(answer.ok, JSON.stringify(answer));
      const wrong = calculate(name as keyof typeof good, { ...input, currency: 7 });
      assert.ok(!wrong.ok && wrong.mistakes.some((mistake) => mistake.startsWith("currency: ")), JSON.stringify(wrong));
    }
    const late = JSON.stringify(calculate("schedule", good.schedule));
    assert.match(late, /2024-01, which is closed; 2024-02 is the first open period/);
  });
});
