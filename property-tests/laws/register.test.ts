/** The register: every history of three observations, every order, every grouping. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import {
  emptyRegister,
  join,
  type Observation,
  observe,
  type Register,
  type StatusOrder,
  shown,
} from "../../domain/register.ts";

const invoice: StatusOrder = {
  draft: ["open"],
  open: ["paid", "void", "uncollectible"],
  uncollectible: ["paid", "void"],
};
const statuses = ["draft", "open", "uncollectible", "paid", "void"];

interface Heard {
  readonly observation: Observation<string>;
  readonly read: boolean;
}
const heard = (status: string, at: number, data: string, read: boolean): Heard => ({
  observation: { status, at, trust: 1, data },
  read,
});
const text = (register: Register<string>): string => canonical(register as unknown as Json);
const fold = (order: StatusOrder | undefined, events: ReadonlyArray<Heard>): Register<string> =>
  events.reduce<Register<string>>((r, e) => observe(order, r, e.observation, e.read), emptyRegister);

const orders3 = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** Every observation of five statuses, three clocks, event or re-read; data tells equal-clock observations apart. */
const alphabet = (data: string): Heard[] =>
  statuses.flatMap((status) =>
    [1, 2, 3].flatMap((at) => [heard(status, at, data, false), heard(status, at, data, true)]),
  );

const everyHistory = (visit: (history: readonly [Heard, Heard, Heard]) => void): number => {
  const [first, second, third] = [alphabet("a"), alphabet("b"), alphabet("c")];
  let count = 0;
  for (const a of first)
    for (const b of second)
      for (const c of third) {
        visit([a, b, c]);
        count += 1;
      }
  return count;
};

describe("register", () => {
  for (const [name, order] of [
    ["with a status order", invoice],
    ["with all statuses equal", undefined],
  ] as const) {
    it(`[R1 P2] any order of any three observations gives the same register (${name}, all 27,000)`, () => {
      const count = everyHistory((history) => {
        const expected = text(fold(order, history));
        for (const [i, j, k] of orders3) {
          assert.equal(text(fold(order, [history[i], history[j], history[k]])), expected);
        }
      });
      assert.equal(count, 27_000);
    });

    it(`[R2 R3 P2] any grouping over replicas, and any repetition, gives the same register (${name}, all 27,000)`, () => {
      everyHistory(([a, b, c]) => {
        const expected = text(fold(order, [a, b, c]));
        const [ra, rb, rc] = [fold(order, [a]), fold(order, [b]), fold(order, [c])];
        assert.equal(text(join(order, join(order, ra, rb), rc)), expected);
        assert.equal(text(join(order, ra, join(order, rb, rc))), expected);
        assert.equal(text(join(order, fold(order, [a, b]), fold(order, [b, c]))), expected);
        assert.equal(text(fold(order, [a, b, a, c, c, b])), expected);
      });
    });
  }

  /** What truly happened: states one after another, at instants that do not go back; the last one is the truth. */
  const truths = (order: StatusOrder | undefined) => {
    const follows = (from: string, to: string): boolean =>
      from === to || order === undefined || (order[from] ?? []).some((next) => next === to || follows(next, to));
    const histories: Array<ReadonlyArray<{ status: string; at: number; data: string }>> = [];
    const grow = (history: ReadonlyArray<{ status: string; at: number; data: string }>): void => {
      if (history.length > 0) histories.push(history);
      if (history.length === 3) return;
      const last = history.at(-1);
      for (const status of statuses) {
        if (last && !follows(last.status, status)) continue;
        for (const at of [1, 2, 3])
          if (!last || at >= last.at) grow([...history, { status, at, data: `v${history.length}` }]);
      }
    };
    grow([]);
    return histories;
  };

  for (const [name, order] of [
    ["with a status order", invoice],
    ["with all statuses equal", undefined],
  ] as const) {
    it(`[R4 P2 P4] the truth is shown, or the register is ambiguous and the truth is among those kept (${name})`, () => {
      let ambiguous = 0;
      const all = truths(order);
      for (const history of all) {
        const truth = history.at(-1)!;
        const register = fold(
          order,
          [...history].reverse().map((h) => heard(h.status, h.at, h.data, false)),
        );
        const view = shown(order, register)!;
        if (view.ambiguous) {
          ambiguous += 1;
          assert.ok(
            register.observations.some((o) => o.status === truth.status && o.data === truth.data),
            JSON.stringify(history),
          );
        } else
          assert.deepEqual(
            [view.observation.status, view.observation.data],
            [truth.status, truth.data],
            JSON.stringify(history),
          );
      }
      assert.ok(ambiguous > all.length / 20, `${ambiguous} of ${all.length} histories are ambiguous`);
    });

    it(`[R5 P4] a re-read two ticks after a tie settles it to the truth, whatever the order of arrival (${name})`, () => {
      for (const history of truths(order)) {
        const truth = history.at(-1)!;
        const events = history.map((h) => heard(h.status, h.at, h.data, false));
        // Asked at `at + 2`: the answer saw at least everything up to `at + 1`.
        const answer = heard(truth.status, truth.at + 1, truth.data, true);
        for (const arrived of [
          [...events, answer],
          [answer, ...events],
          [...events.slice(1), answer, ...events.slice(0, 1)],
        ]) {
          const view = shown(order, fold(order, arrived))!;
          assert.equal(view.ambiguous, false);
          assert.deepEqual([view.observation.status, view.observation.data], [truth.status, truth.data]);
        }
      }
    });
  }

  it("[R6 P4] two values of one instant are both kept and shown by the fixed rule, never by arrival", () => {
    const one = heard("active", 5, "one", false);
    const two = heard("active", 5, "two", false);
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      const register = fold(undefined, order);
      assert.equal(register.observations.length, 2);
      assert.deepEqual(shown(undefined, register), { observation: one.observation, ambiguous: true });
    }
  });

  it("[R7 P4] readings closer than the clock is to be trusted do not order", () => {
    const early = { observation: { status: "active", at: 1000, trust: 500, data: "early" }, read: false };
    const late = { observation: { status: "active", at: 1400, trust: 500, data: "late" }, read: false };
    assert.equal(shown(undefined, fold(undefined, [early, late]))!.ambiguous, true);
    const later = { observation: { status: "active", at: 1500, trust: 500, data: "later" }, read: false };
    assert.equal(shown(undefined, fold(undefined, [later, early]))!.observation.data, "later");
  });

  it("[R8] paid and void together are a conflict: kept, shown, to be re-read", () => {
    const register = fold(invoice, [heard("void", 2, "v", false), heard("paid", 1, "p", false)]);
    assert.equal(register.observations.length, 2);
    assert.equal(shown(invoice, register)!.ambiguous, true);
  });

  it("[R9 P2] for long histories with uneven trust too: commutative, associative, idempotent", () => {
    const one = fc.record({
      status: fc.constantFrom(...statuses),
      at: fc.integer({ min: 0, max: 6 }),
      trust: fc.integer({ min: 1, max: 3 }),
      data: fc.constantFrom("a", "b", "c"),
      read: fc.boolean(),
    });
    const toHeard = ({
      read,
      ...observation
    }: {
      status: string;
      at: number;
      trust: number;
      data: string;
      read: boolean;
    }): Heard => ({ observation, read });
    fc.assert(
      fc.property(
        fc
          .array(one, { minLength: 1, maxLength: 12 })
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
              fc.nat(events.length),
            ),
          ),
        fc.constantFrom(invoice, undefined),
        ([events, shuffled, cut], order) => {
          const expected = text(fold(order, events.map(toHeard)));
          assert.equal(text(fold(order, shuffled.map(toHeard))), expected);
          const left = fold(order, shuffled.slice(0, cut).map(toHeard));
          const right = fold(order, shuffled.slice(cut).map(toHeard));
          assert.equal(text(join(order, right, left)), expected);
          assert.equal(text(join(order, left, join(order, left, right))), expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
