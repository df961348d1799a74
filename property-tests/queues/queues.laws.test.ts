/** The records of the desk, how much an exception presses, windows of alerts, service levels: what holds for whatever happens. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { it } from "vitest";
import { type AlertNotes, type AlertRecord, alert, alertId, windowOf } from "../../domain/controls/alert.ts";
import { type DeskNotes, type DeskRecord, desk, isClosed, type Seen } from "../../domain/controls/desk.ts";
import { matches, type ParkConditions } from "../../domain/controls/park-rule.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { exceptionTypes } from "../../domain/exceptions.ts";
import { atRate, dueInMs, priorities, priorityOf, usualPriorities } from "../../domain/priority.ts";
import { measure, type Owed, type ServiceLevel } from "../../domain/service-levels.ts";

const said = { party: controlsParty, exception: "exc_1", by: "maria", reason: "why" } as const;
const seen: Seen = {
  kind: "gap",
  source: "stripe:invoice/in_1",
  of: "stripe:cus_1",
  owner: "netsuite",
  moneyMinor: 100,
  currency: "USD",
  ageFrom: 1,
  cause: "c",
};
const notes: ReadonlyArray<DeskNotes> = [
  { ...said, type: "desk.opened", seen, dueInMs: 99 },
  { ...said, type: "desk.closed", evidence: 7 },
  { ...said, type: "desk.changed", seen: { ...seen, moneyMinor: 50 } },
  { ...said, type: "desk.assigned", assignee: "maria" },
  { ...said, type: "desk.snoozed", until: 50 },
  { ...said, type: "desk.resolved", moneyMinor: 100, currency: "USD" },
  { ...said, type: "desk.reopened" },
  { ...said, type: "desk.forgotten" },
];
const folded = (all: ReadonlyArray<DeskNotes>): DeskRecord | null =>
  all.reduce<DeskRecord | null>((record, note, i) => desk.fold(record, note, { at: i, position: i }), null);

it("[Q1] whatever is noted in whatever order, what two desks note twice counts once, and a closed record is nobody's work", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...notes), { maxLength: 20 }), (all) => {
      const record = folded(all);
      // A second desk over the same journal notes the same: nothing of it changes.
      const ours = new Set(["desk.opened", "desk.closed"]);
      const last = all.at(-1);
      if (last && ours.has(last.type)) {
        const again = desk.fold(record, last, { at: 1000, position: 1000 });
        assert.equal(again, record);
      }
      if (!isClosed(record)) return;
      assert.ok(record!.closed!.at >= record!.openedAt!);
      // What a person says of it after that is said of what may come back; the close itself let it go.
      const closes = all.map((_, at) => isClosed(folded(all.slice(0, at + 1))) && !isClosed(folded(all.slice(0, at))));
      const since = all.slice(closes.lastIndexOf(true) + 1);
      if (since.every(({ type }) => ours.has(type) || type === "desk.changed"))
        assert.deepEqual([record!.assignee, record!.snoozed, record!.resolved], [null, null, null]);
    }),
  );
});

it("[Q1] what comes back is open again under its id, with its earlier times and who worked them", () => {
  const [opened, closed, , assigned] = notes as [DeskNotes, DeskNotes, DeskNotes, DeskNotes];
  const record = folded([opened, assigned, closed, opened])!;
  assert.equal(isClosed(record), false);
  assert.equal(record.assignee, null);
  assert.deepEqual(record.history, [{ openedAt: 0, at: 2, evidence: 7, assignee: "maria" }]);
  const many = folded(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? opened : closed)))!;
  assert.equal(many.history!.length, 10);
});

it("[Q3 P8] more money never presses less, a calm stage never more, and what presses more is due sooner", () => {
  const rules = { ...usualPriorities, rates: { EUR: "1.08", JPY: "0.0067" } };
  const rank = (priority: (typeof priorities)[number]): number => priorities.indexOf(priority);
  const currency = fc.constantFrom("USD", "EUR", "JPY", "BHD");
  fc.assert(
    fc.property(
      fc.constantFrom(...exceptionTypes),
      fc.nat(10_000_000),
      fc.nat(10_000_000),
      currency,
      (type, a, b, of) => {
        const of1 = (moneyMinor: number, stage: string | null) =>
          rank(priorityOf({ type, moneyMinor, currency: of }, stage, rules));
        assert.ok(of1(Math.max(a, b), "paid") <= of1(Math.min(a, b), "paid"));
        assert.ok(of1(a, "churned") >= of1(a, null));
      },
    ),
  );
  assert.equal(atRate({ moneyMinor: 10_000, currency: "EUR" }, rules), 10_800n);
  assert.equal(atRate({ moneyMinor: 10_000, currency: "JPY" }, rules), 6700n);
  assert.equal(atRate({ moneyMinor: -500, currency: "USD" }, rules), 500n);
  assert.equal(priorityOf({ type: "parked", moneyMinor: 1_000_000, currency: "USD" }, null, rules), "urgent");
  const due = priorities.map((priority) => dueInMs(priority, rules));
  assert.deepEqual(
    due,
    [...due].sort((x, y) => x - y),
  );
});

it("[SL3] windows follow each other without a gap, and one cause in one window is one alert whoever decides it, and is kept while owed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e9 }), (at, length) => {
      const window = windowOf(at, length);
      assert.ok(window.from <= at && at < window.to);
      assert.equal(windowOf(window.to, length).from, window.to);
      assert.equal(alertId("e", "c", window), alertId("e", "c", windowOf(window.to - 1, length)));
      assert.notEqual(alertId("e", "c", window), alertId("e", "c", windowOf(window.to, length)));
    }),
  );
  const window = windowOf(10, 100);
  const base = { party: controlsParty, alert: "alt_1", by: "tieout", reason: null } as const;
  const decided = (payload: string): AlertNotes => ({
    ...base,
    type: "alert.decided",
    cause: "c",
    endpoint: "e",
    window,
    payload,
  });
  const all: ReadonlyArray<AlertNotes> = [
    decided("first"),
    decided("second"),
    { ...base, type: "alert.forgotten" },
    { ...base, type: "alert.sent", attempts: 2 },
    { ...base, type: "alert.sent", attempts: 9 },
  ];
  const record = all.reduce<AlertRecord | null>((one, note, i) => alert.fold(one, note, { at: i, position: i }), null);
  assert.deepEqual([record?.payload, record?.sent], ["first", { at: 3, attempts: 2 }]);
});

it("[SL1] a flow counts its own rows between its own connections, and is as late as its latest", () => {
  const level: ServiceLevel = {
    name: "x",
    rows: ["invoice.posted"],
    from: ["stripe"],
    to: ["netsuite"],
    withinMinutes: 60,
    atRiskMinutes: 45,
    team: null,
  };
  const owed = fc.record({
    key: fc.string(),
    row: fc.constantFrom("invoice.posted", "invoice.shown"),
    source: fc.constantFrom("stripe:invoice/1", "other:invoice/1"),
    target: fc.constantFrom("netsuite", "salesforce"),
    since: fc.integer({ min: 0, max: 90 }).map((minutes) => minutes * 60_000),
  });
  fc.assert(
    fc.property(fc.array(owed), (all: ReadonlyArray<Owed>) => {
      const now = 90 * 60_000;
      const found = measure(level, all, now);
      const own = all.filter(
        ({ row, source, target }) => row === "invoice.posted" && source.startsWith("stripe:") && target === "netsuite",
      );
      const oldest = Math.max(0, ...own.map(({ since }) => (now - since) / 60_000));
      assert.equal(found.open, own.length);
      assert.equal(found.state, oldest > 60 ? "breached" : oldest > 45 ? "at-risk" : "ok");
      assert.deepEqual(measure(level, [...all].reverse(), now), found);
    }),
  );
});

it("[Q8] a rule takes what meets every condition and nothing else", () => {
  const none: ParkConditions = {
    connection: null,
    kind: null,
    stage: null,
    currency: null,
    amountOverMinor: null,
    nameContains: null,
  };
  const object = {
    connection: "stripe",
    kind: "invoice",
    currency: "EUR",
    amountMinor: 500,
    names: ["Acme GmbH"],
    stage: () => "posted",
  };
  const meets: ReadonlyArray<Partial<ParkConditions>> = [
    { connection: "stripe" },
    { kind: "invoice" },
    { stage: "posted" },
    { currency: "EUR", amountOverMinor: 499 },
    { nameContains: "aCME" },
  ];
  const fails: ReadonlyArray<Partial<ParkConditions>> = [
    { connection: "other" },
    { kind: "payment" },
    { stage: "paid" },
    { currency: "USD" },
    { currency: "EUR", amountOverMinor: 500 },
    { nameContains: "Bolt" },
  ];
  fc.assert(
    fc.property(fc.subarray([...meets]), fc.subarray([...fails]), (yes, no) => {
      const rule = Object.assign({}, none, ...yes, ...no) as ParkConditions;
      // A failing condition may replace a met one of the same name, never the other way round.
      assert.equal(matches(rule, object), no.length === 0);
    }),
  );
});
