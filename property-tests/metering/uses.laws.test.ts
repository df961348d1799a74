/** Use as folded: whatever the order, the totals are those of the raw events read all at once. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import type { UseData } from "../../domain/event.ts";
import { contentOf, quarterOf } from "../../domain/metering/bucket.ts";
import { isUseCell, Uses } from "../../domain/metering/uses.ts";
import { add, toText, zero } from "../../domain/rating/rational.ts";
import { type UsageEvent, viewOf } from "../../domain/rating/usage.ts";

interface Told {
  readonly id: string;
  readonly at: number;
  readonly data: UseData;
}

const start = Date.UTC(2026, 0, 31, 23, 30);
const times = fc.integer({ min: 0, max: 8 }).map((n) => start + n * 433_000);
const quantities = fc.constantFrom("1", "2.5", "-3", "0.001", "40");

const plain = fc.record({
  meter: fc.constantFrom("calls", "storage"),
  contract: fc.constantFrom(null, "stripe:sub_1"),
  quantity: quantities,
});

/** First uses, then corrections that name one of them, or a correction, or something that never comes. */
const company = fc
  .tuple(
    fc.array(fc.tuple(times, plain), { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(times, plain, fc.nat(), fc.boolean(), fc.option(fc.integer({ min: 1, max: 3 }), { nil: null })), {
      maxLength: 5,
    }),
  )
  .map(([uses, corrections]): ReadonlyArray<Told> => {
    const told: Told[] = uses.map(([at, data], index) => ({
      id: `u${index}`,
      at,
      data: { status: "recorded", ...data },
    }));
    for (const [index, [at, data, of, isVoid, correctedAt]] of corrections.entries()) {
      const before = [...told.map(({ id }) => id), "never"];
      const corrects = before[of % before.length]!;
      told.push({
        id: `c${index}`,
        at,
        data: {
          status: "recorded",
          ...data,
          corrects,
          ...(isVoid ? { void: true } : {}),
          ...(correctedAt === null ? {} : { correctedAt }),
        },
      });
    }
    return told;
  });

/** What the engine does: an event that is corrected and came before is looked up. */
const folded = (told: ReadonlyArray<Told>, stop = Number.POSITIVE_INFINITY): Uses => {
  let uses = new Uses();
  const seen = new Map<string, Told>();
  for (const [index, one] of told.entries()) {
    if (index === stop) uses = again(uses);
    uses.take(one.id, one.data, one.at, false);
    seen.set(one.id, one);
    for (const id of uses.takeSought()) {
      const known = seen.get(id);
      if (known) uses.found(id, contentOf(known.data, known.at));
    }
  }
  return uses;
};

/** Out of its cells. */
const again = (uses: Uses): Uses => {
  const other = new Uses();
  for (const name of uses.cellNames) {
    assert.ok(isUseCell(name), name);
    other.restore(name, uses.cell(name)!);
  }
  return other;
};

const textOf = (uses: Uses): string => JSON.stringify(uses.cellNames.map((name) => [name, uses.cell(name)]).sort());
const totals = (uses: Uses): ReadonlyArray<string> =>
  uses.all.flatMap(({ meter, contract, quarters }) =>
    quarters.map(([at, { sum, count }]) => `${meter} ${contract} ${at} ${toText(sum)} ${count}`),
  );

describe("use", () => {
  it("[US1 P2] comes to the same cells and totals in any order, and out of cells half-way", () => {
    fc.assert(
      fc.property(company, fc.array(fc.nat(), { minLength: 11, maxLength: 11 }), fc.nat(11), (told, keys, stop) => {
        const shuffled = [...told].sort((a, b) => keys[told.indexOf(a)]! - keys[told.indexOf(b)]!);
        const [first, second] = [folded(told), folded(shuffled, stop)];
        assert.equal(textOf(second), textOf(first));
        assert.deepEqual(totals(second), totals(first));
      }),
      { numRuns: 1500 },
    );
  });

  it("[US2] is what the raw events come to when they are read all at once: each id once, the last correction of each", () => {
    fc.assert(
      fc.property(company, (told) => {
        const uses = folded(told);
        const events = told.map(({ id, at, data }): UsageEvent => {
          const { meter, quantity, corrects, void: none, correctedAt, contract } = data;
          return {
            source: "usage",
            id,
            meter,
            time: new Date(at).toISOString(),
            quantity: quantity!,
            account: contract ?? "",
            ...(corrects === undefined ? {} : { corrects }),
            ...(none === true ? { void: true } : {}),
            ...(correctedAt === undefined ? {} : { received: new Date(correctedAt).toISOString() }),
          };
        });
        const view = viewOf(events);
        // Which of two corrections that nothing orders is taken differs: both say that somebody should look.
        fc.pre(view.conflicts.length === 0 && uses.corrected.conflicts.length === 0);
        const expected = new Map<string, { sum: typeof zero; count: number }>();
        for (const use of view.uses) {
          const key = `${use.meter} ${use.account === "" ? null : use.account} ${quarterOf(use.atMs)}`;
          const before = expected.get(key) ?? { sum: zero, count: 0 };
          expected.set(key, { sum: add(before.sum, use.quantity), count: before.count + 1 });
        }
        const own = [...expected].map(([key, { sum, count }]) => `${key} ${toText(sum)} ${count}`).sort();
        assert.deepEqual([...totals(uses)].sort(), own);
        const orphans = told.filter(
          ({ id, data }) => data.corrects !== undefined && view.orphans.includes(`usage/${id}`),
        );
        const waiting = uses.corrected.wanted.length > 0 || uses.corrected.circles.length > 0;
        assert.equal(waiting, orphans.length > 0);
      }),
      { numRuns: 1500 },
    );
  });

  it("[US3] of one id with two contents, the first that came decides nothing, and it is listed", () => {
    const of = (quantity: string): UseData => ({ status: "recorded", meter: "calls", contract: null, quantity });
    const told = (first: string, second: string): Uses => {
      const uses = new Uses();
      uses.take("u", of(first), start, false);
      uses.take("u", of(second), start, true);
      for (const id of uses.takeSought()) uses.found(id, contentOf(of(first), start));
      return uses;
    };
    assert.deepEqual(totals(told("5", "7")), totals(told("7", "5")));
    assert.deepEqual(told("5", "7").corrected.conflicts, ["u"]);
  });

  it("[US4] the greatest and the last level, and the values that were seen, can be corrected away", () => {
    const uses = new Uses();
    const level = (id: string, text: string, more: Partial<UseData> = {}): void => {
      const data: UseData = { status: "recorded", meter: "seats", contract: null, level: text, ...more };
      uses.take(id, data, start + Number(id.slice(1)) * 1000, false);
      for (const sought of uses.takeSought())
        uses.found(sought, { meter: "seats", contract: null, entity: null, atMs: start + 2000, level: "90" });
    };
    level("s1", "7");
    level("s2", "90");
    level("s3", "9", { corrects: "s2" });
    const levels = [...(uses.all[0]!.quarters[0]![1].levels ?? [])].map(([id, [, text]]) => `${id} ${text}`);
    assert.deepEqual(levels.sort(), ["s1 7", "s2 9"]);
    const seen = new Uses();
    for (const [id, value] of [
      ["v1", "ada"],
      ["v2", "ada"],
      ["v3", "bob"],
    ] as const)
      seen.take(id, { status: "recorded", meter: "users", contract: null, value }, start, false);
    seen.take("v4", { status: "recorded", meter: "users", contract: null, corrects: "v3", void: true }, start, false);
    for (const id of seen.takeSought())
      seen.found(id, { meter: "users", contract: null, entity: null, atMs: start, value: "bob" });
    assert.deepEqual([...(seen.all[0]!.quarters[0]![1].values ?? [])], [["ada", 2]]);
  });
});
