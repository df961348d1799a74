/** Closed periods and the revenue books: what was reported stays, what is late goes on, and the kept report can be computed again. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as FastCheck from "effect/FastCheck";
import { it } from "vitest";
import { movements, sumOf } from "../../domain/accounting/entry.ts";
import type { BookEntry } from "../../domain/books/entry.ts";
import { bookedIn } from "../../domain/books/late.ts";
import type { PeriodNotes } from "../../domain/controls/period.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { ReportQuery } from "../../server/host/host.ts";
import { entriesOf } from "../../server/operators/entries.ts";
import { periodDesk } from "../../server/periods/desk.ts";
import { bookReport } from "../../server/reports/view.ts";
import { type Lab, makeLab } from "../periods/lab.ts";

const query: ReportQuery = {
  ...{ name: "books", report: "journal", entity: null, currency: null, account: null, from: null, to: null },
  ...{ asOf: "2026-04-30", knownAt: null, within: null, measure: null, cell: null },
};
type Loose = ReturnType<typeof JSON.parse>;
const report = async (lab: Lab, more: Partial<ReportQuery>): Promise<Loose> => {
  const answered = (await lab.run(bookReport(lab.engine, { ...query, ...more }))) as Loose;
  assert.equal(answered.refused, undefined, JSON.stringify(answered.refused));
  return answered;
};
const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const revenue = (rows: Loose): Readonly<Record<string, number>> =>
  Object.fromEntries(
    rows.filter((row: Loose) => row.currency === "USD").map((row: Loose) => [row.period, row.recognizedMinor]),
  );

it("[BK16 P9] what comes after a close goes to the first open period with its reason and a pointer; what was closed reads as it did", async () => {
  const lab = await makeLab();
  const first = lab.invoice(noon("2026-02-10"), 10_000);
  await lab.deliver();
  await lab.rest();
  const flow = () => report(lab, { report: "bookings-billings-revenue", to: "2026-04" });
  assert.deepEqual(revenue((await flow()).rows), { "2026-02": 10_000 });
  assert.equal((await lab.act("close", "2026-02"))?.status, "ready");
  await lab.rest();
  const before = await report(lab, { from: "2026-02", to: "2026-02" });
  assert.equal(before.rows.length, 4);

  // Late: an invoice of February, and a void of the first one that is dated back into it.
  lab.invoice(noon("2026-02-20"), 700);
  const now = lab.time.now;
  lab.time.now = noon("2026-02-25");
  lab.billing.stripe.operations.voidInvoice(first.id);
  lab.time.now = now;
  await lab.deliver();
  await lab.rest();
  const after = await report(lab, { from: "2026-02", to: "2026-02" });
  assert.deepEqual(after.rows, before.rows);
  const march = (await report(lab, { from: "2026-03", to: "2026-03" })).rows;
  const kinds = [...new Set(march.map((row: Loose) => row.kind))].sort();
  assert.deepEqual(kinds, ["invoice", "recognition", "void"]);
  for (const row of march) assert.match(row.late, /2026-02.*closed/);
  assert.deepEqual(revenue((await flow()).rows), { "2026-02": 10_000, "2026-03": 700 - 10_000 });
  const balance = (await report(lab, { report: "trial-balance", asOf: "2026-02-28" })).rows;
  assert.deepEqual(
    balance.map((row: Loose) => [row.role, row.balanceMinor]),
    [
      ["AccountsReceivable", 10_000],
      ["DeferredRevenue", 0],
      ["Revenue", -10_000],
    ],
  );
  // The journal folded anew says the same, close by close.
  const again = await report(lab, { from: "2026-02", to: "2026-03", knownAt: lab.time.now + 1000 });
  const live = await report(lab, { from: "2026-02", to: "2026-03" });
  const bare = ({ rows }: Loose) => rows.map(({ entries: _, ...row }: Loose) => row);
  assert.deepEqual(bare(again), bare(live));
  // The next close holds what came late, and later still it goes on to the one after.
  assert.equal((await lab.act("close", "2026-03"))?.status, "ready");
  await lab.rest();
  lab.invoice(noon("2026-02-21"), 33);
  await lab.deliver();
  await lab.rest();
  const known = await report(lab, { from: "2026-02", to: "2026-04", knownAt: lab.time.now + 1000 });
  const atLast = await report(lab, { from: "2026-02", to: "2026-04" });
  assert.deepEqual(bare(known), bare(atLast));
  assert.deepEqual(revenue((await flow()).rows), { "2026-02": 10_000, "2026-03": 700 - 10_000, "2026-04": 33 });
  assert.deepEqual(await lab.findings(), []);
});

it("[BK17 P9] the revenue books of a close are kept with it and computed again to the same bytes; reports of the first version still verify", async () => {
  const lab = await makeLab();
  lab.invoice(noon("2026-02-10"), 10_000);
  lab.invoice(noon("2026-02-12"), 2500, "stripe-eu");
  await lab.deliver();
  await lab.deliver("stripe-eu");
  await lab.rest();
  await lab.act("close", "2026-02");
  await lab.rest();
  const bytes = async (): Promise<Loose> => {
    const entries = await lab.entries();
    const entry = entries.findLast(({ note }) => (note as PeriodNotes | null)?.type === "period.reported")!;
    return JSON.parse(new TextDecoder().decode((await lab.run(lab.store.journal.raw(entry.position)))!));
  };
  const kept = await bytes();
  assert.equal(kept.version, 2);
  const [row] = kept.revenue.rollForward;
  assert.deepEqual(
    [kept.revenue.rollForward.length, row.entity, row.currency, row.period],
    [1, "default", "USD", "2026-02"],
  );
  assert.equal(kept.revenue.waterfall[0].totalMinor, 10_000);
  assert.equal(kept.revenue.receivables[0].totalMinor, 10_000);
  const debits = kept.revenue.journal.reduce((sum: number, one: Loose) => sum + one.debitMinor - one.creditMinor, 0);
  assert.deepEqual([debits, kept.revenue.unstated.total], [0, 0]);
  assert.deepEqual(await lab.findings(), []);
  lab.invoice(noon("2026-02-20"), 700);
  await lab.deliver();
  await lab.rest();
  assert.deepEqual(await lab.findings(), []);
  // Opened and closed again: what was late is in it now, and both reports follow from the journal.
  await lab.act("reopen", "2026-02");
  await lab.act("close", "2026-02");
  await lab.rest();
  assert.equal((await bytes()).revenue.waterfall[0].totalMinor, 10_700);
  assert.deepEqual(await lab.findings(), []);

  // A close by the version before: its note says nothing of revenue books.
  const old = await makeLab();
  old.invoice(noon("2026-02-10"), 10_000);
  await old.deliver();
  await old.rest();
  const control = { type: "control", topic: "period", verb: "close", id: "default/2026-02", fields: {} } as const;
  const request = { id: "act old", hash: "h", by: "maria", reason: "month end", act: control, problems: [] };
  await old.run(
    Effect.gen(function* () {
      const judged = yield* periodDesk.prepare(old.engine, request, control);
      assert.ok(judged.status === "ready");
      const notes = judged.notes.map((note) => {
        const { books: _, ...rest } = note as { readonly books?: unknown };
        return rest as OperatorNote;
      });
      yield* old.engine.append(entriesOf(notes, request, old.time.now));
      yield* old.engine.fold;
      yield* periodDesk.show(old.engine, control.id);
    }),
  );
  const reported = (await old.entries()).findLast(
    ({ note }) => (note as PeriodNotes | null)?.type === "period.reported",
  )!;
  const first = JSON.parse(new TextDecoder().decode((await old.run(old.store.journal.raw(reported.position)))!));
  assert.deepEqual([first.version, first.revenue], [1, undefined]);
  assert.deepEqual(await old.findings(), []);
});

const entry = FastCheck.record({
  id: FastCheck.integer({ min: 1, max: 6 }).map((n) => `e${n}`),
  day: FastCheck.constantFrom("2026-01-10", "2026-02-10", "2026-03-10"),
  minor: FastCheck.integer({ min: 1, max: 1000 }),
});
const entries = FastCheck.uniqueArray(entry, { selector: ({ id }) => id, maxLength: 6 }).map((all) =>
  all.map(
    ({ id, day, minor }): BookEntry => ({
      ...{
        id,
        kind: "recognition",
        entity: "default",
        currency: "USD",
        date: day,
        period: day.slice(0, 7),
        late: null,
      },
      ...{ source: id, party: "stripe:cus_1", about: `invoice/${id}`, corrects: null },
      lines: [
        { role: "Revenue", side: "credit", amountMinor: minor, dimensions: { line: id } },
        { role: "UnbilledReceivable", side: "debit", amountMinor: minor, dimensions: { line: id } },
      ],
    }),
  ),
);

it("[BK18 P8 P9] whatever the evidence says at each close, closed periods keep their sums, entries balance, and all periods sum to what it says now", () => {
  FastCheck.assert(
    FastCheck.property(entries, entries, entries, (january, february, now) => {
      const first = bookedIn(january, [], () => []).filter(({ period }) => period === "2026-01");
      const atFebruary = bookedIn(february, first, () => ["2026-01"]);
      const second = atFebruary.filter(({ period }) => period === "2026-02");
      const booked = bookedIn(now, [...first, ...second], () => ["2026-01", "2026-02"]);
      const total = (all: ReadonlyArray<BookEntry>, period?: string): number =>
        [...movements(all, "Revenue")].reduce(
          (sum, [at, minor]) => (period === undefined || at === period ? sum + minor : sum),
          0,
        );
      assert.equal(total(booked), total(now));
      assert.equal(total(booked, "2026-01"), total(first));
      assert.equal(total(booked, "2026-02"), total(second, "2026-02"));
      for (const { lines, late, period, date } of booked) {
        assert.equal(sumOf(lines, "debit"), sumOf(lines, "credit"));
        assert.ok(late === null ? period === date.slice(0, 7) : late.reason.includes("closed"));
      }
      const ids = booked.map(({ id, period }) => `${id} ${period}`);
      assert.equal(new Set(ids).size, ids.length);
    }),
    { numRuns: 300 },
  );
});
