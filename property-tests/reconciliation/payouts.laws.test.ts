/** Payouts, compared bit by bit as things change, against all of them compared at once. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as FastCheck from "effect/FastCheck";
import { test } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { ObjectData } from "../../domain/event.ts";
import type { Deployment } from "../../domain/reconciliation/account.ts";
import type { Catalogued } from "../../domain/reconciliation/items/payouts.ts";
import { legNames, legs } from "../../domain/reconciliation/leg.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import { type Bench, companyLines } from "../../domain/reconciliation/lines.ts";
import type { Core } from "../../server/engine/core.ts";
import { Company } from "../../server/reconciliation/company.ts";

const few = <A>(...values: ReadonlyArray<A>) => FastCheck.constantFrom(...values);
const money = { currency: "USD", amountMinor: 1000 };
/** Few ids and references, so that things hang together, come apart and meet again. */
const object: FastCheck.Arbitrary<readonly [id: string, data: object]> = FastCheck.oneof(
  FastCheck.record({
    n: few(1, 2, 3),
    status: few("paid", "failed", "in_transit"),
    reference: few(null, "R1", "R2"),
  }).map(({ n, ...data }) => [`stripe:payout/po_${n}`, { ...money, ...data, arrivalAt: 1000 }] as const),
  FastCheck.record({ n: few(1, 2, 3, 4), payout: few(null, "payout/po_1", "payout/po_2", "payout/po_3") }).map(
    ({ n, payout }) =>
      [
        `stripe:payout_item/txn_${n}`,
        {
          ...money,
          status: "available",
          movement: "charge",
          feeMinor: 0,
          netMinor: 1000,
          payout,
          source: null,
          at: 1000,
        },
      ] as const,
  ),
  FastCheck.record({
    n: few(1, 2, 3),
    status: few("cleared", "void"),
    reference: few(null, "R1", "R2", "po_1", "po_3"),
    payouts: few([], ["po_1"], ["po_1", "po_2"]),
  }).map(
    ({ n, ...data }) => [`netsuite:deposit/${n}`, { ...money, ...data, number: null, depositedAt: 1000 }] as const,
  ),
);
const pair = FastCheck.record({
  id: few("mat_1", "mat_2"),
  items: few(
    ["stripe:payout/po_1", "netsuite:deposit/2"],
    ["stripe:payout/po_2", "netsuite:deposit/3"],
    ["netsuite:deposit/1", "netsuite:deposit/2"],
  ),
}).map((one) => ({ ...one, leg: "payouts" }));
/** Changes that come before somebody looks; null: what people matched. */
const step = FastCheck.record({
  objects: FastCheck.array(object, { maxLength: 4 }),
  pairs: FastCheck.option(FastCheck.uniqueArray(pair, { maxLength: 2, selector: ({ id }) => id }), { freq: 3 }),
});

const told = (lines: Iterable<Line>): string =>
  canonical([...lines].sort((a, b) => (a.id < b.id ? -1 : 1)) as unknown as Json);

test("[RC20] Payouts compared as they change, with what hangs together with each, are payouts compared all at once", () => {
  const some = { alone: 0, matched: 0 };
  FastCheck.assert(
    FastCheck.property(FastCheck.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const catalogue = new Map<string, object>();
      let pairs: Bench["pairs"] = [];
      const deployment = { roles: () => [], having: () => ["netsuite"] } as unknown as Deployment;
      const bench = (): Bench => ({ legs: legNames.map((name) => legs[name]), pairs, team: () => null });
      const core = { catalogue, surroundings: { orders: () => ({}) } } as unknown as Core;
      const live = new Company({ core, deployment: () => deployment, bench });
      const kept = new Map<string, ReadonlyArray<Line>>();
      const turn = () => Effect.void;
      live.touch("@");
      for (const { objects, pairs: matched } of steps) {
        for (const [id, data] of objects) {
          const status = (data as { readonly status: string }).status;
          catalogue.set(id, { observations: [{ status, at: 1000, trust: 0, data }], readAt: null });
          live.touch(`@${id}`);
        }
        if (matched !== null) {
          pairs = matched;
          live.touch("@");
        }
        Effect.runSync(
          live.compare(Number.POSITIVE_INFINITY, turn, (key, lines) => {
            if (lines.length === 0) kept.delete(key);
            else kept.set(key, lines);
          }),
        );
        assert.equal(live.waiting, 0);
        const all = [...catalogue].map(([id, register]): Catalogued => {
          const { observations } = register as { readonly observations: ReadonlyArray<{ readonly data: ObjectData }> };
          return { id, data: observations[0]!.data, heardAt: 1000 };
        });
        const whole = told(companyLines(all, deployment, bench()));
        assert.equal(told([...kept.values()].flat()), whole);
        assert.equal(told(Effect.runSync(live.linesOf("@", turn))), whole);
        for (const [key, lines] of kept) assert.equal(told(Effect.runSync(live.linesOf(key, turn))), told(lines));
        some.alone += kept.size > 1 ? 1 : 0;
        some.matched += [...kept.values()].flat().filter(({ status }) => status === "matched").length;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(some.alone > 100 && some.matched > 20, JSON.stringify(some));
});
