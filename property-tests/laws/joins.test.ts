/** What else joins: links, and a party's money under any order of its events. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import { canonical, type Json, sameJson } from "../../domain/canonical.ts";
import type { InvoiceData, ObjectData } from "../../domain/event.ts";
import { Evidence } from "../../domain/evidence.ts";
import { bestLink, joinLink, joinLinks, type LinkObservation, type LinkRegister, rootOf } from "../../domain/link.ts";
import { moneyOf } from "../../domain/movement.ts";
import { permutations } from "../simulation/lab.ts";

const text = (value: unknown): string => canonical(value as Json);

describe("links", () => {
  const claim: fc.Arbitrary<LinkObservation> = fc.record({
    rank: fc.constantFrom("operator", "external-id", "metadata", "heuristic"),
    target: fc.constantFrom("a:1", "b:2", "c:3", null),
    at: fc.integer({ min: 0, max: 3 }),
  });
  const fold = (claims: ReadonlyArray<LinkObservation>): LinkRegister => claims.reduce<LinkRegister>(joinLink, []);

  it("[LK1 P2] any order, repetition or grouping of claims gives the same register", () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 6 }), fc.array(claim, { maxLength: 6 }), (a, b) => {
        const expected = text(fold([...a, ...b]));
        assert.equal(text(fold([...b, ...a, ...b])), expected);
        assert.equal(text(joinLinks(fold(a), fold(b))), expected);
        assert.equal(text(joinLinks(fold(b), joinLinks(fold(a), fold(b)))), expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it("[LK2] an operator's word outranks an external id, that outranks metadata; a null target separates", () => {
    const metadata: LinkObservation = { rank: "metadata", target: "a:1", at: 9 };
    const external: LinkObservation = { rank: "external-id", target: "b:2", at: 1 };
    const separate: LinkObservation = { rank: "operator", target: null, at: 0 };
    assert.equal(bestLink(fold([metadata])), "a:1");
    assert.equal(bestLink(fold([metadata, external])), "b:2");
    assert.equal(bestLink(fold([metadata, external, separate])), null);
  });

  it("[LK3] the root of a cycle is its smallest id, whoever asks", () => {
    const targets = new Map([
      ["d", "b"],
      ["b", "c"],
      ["c", "a"],
      ["a", "b"],
      ["x", "d"],
    ]);
    for (const party of ["x", "d", "a", "b", "c"])
      assert.equal(
        rootOf(party, (at) => targets.get(at) ?? null),
        "a",
      );
  });
});

describe("money movements", () => {
  const invoice: InvoiceData = {
    status: "paid",
    number: "A-1",
    currency: "USD",
    totalMinor: 10_000,
    taxMinor: 0,
    balanceUsedMinor: 500,
    subscription: null,
    periodStart: 0,
    periodEnd: 0,
    finalizedAt: 0,
  };
  const objects: ReadonlyArray<readonly [string, ObjectData]> = [
    ["invoice/in_1", invoice],
    [
      "payment/ch_1",
      {
        status: "succeeded",
        currency: "USD",
        amountMinor: 6_000,
        invoice: null,
        intent: "payment_intent/pi_1",
        paidAt: 1,
      },
    ],
    [
      "payment_mention/pi_1",
      { status: "paid", invoice: "invoice/in_1", intent: "payment_intent/pi_1", payment: null, amountMinor: null },
    ],
    [
      "refund/re_1",
      { status: "succeeded", currency: "USD", amountMinor: 1_000, payment: "payment/ch_1", refundedAt: 2 },
    ],
    [
      "dispute_funds/dp_1",
      { status: "withdrawn", currency: "USD", amountMinor: 2_000, payment: "payment/ch_1", withdrawnAt: 2 },
    ],
    [
      "credit_note/cn_1",
      {
        status: "issued",
        number: "C-1",
        currency: "USD",
        totalMinor: 700,
        prePaymentMinor: 300,
        invoice: "invoice/in_1",
        issuedAt: 1,
      },
    ],
  ];
  const fold = (order: ReadonlyArray<readonly [string, ObjectData]>): Evidence => {
    const evidence = new Evidence({});
    for (const [subject, data] of order)
      evidence.observe(subject, { status: data.status, at: 1, trust: 1, data }, false);
    return evidence;
  };

  it("[MV1 P2 P8] in all 720 orders: settled = payments and the unnamed shortfall − refunds − disputes; credits = notes and balance", () => {
    for (const order of permutations(objects)) {
      const money = moneyOf(fold(order), "invoice/in_1", invoice);
      // 10,000 − 500 balance − 300 credited before − 6,000 named leaves 3,200 that nobody names.
      assert.deepEqual(
        money.payments.map((p) => [p.source, p.amountMinor]),
        [
          ["payment/ch_1", 6_000],
          ["invoice/in_1", 3_200],
        ],
      );
      assert.equal(money.settledMinor, 6_000 + 3_200 - 1_000 - 2_000);
      assert.equal(money.creditsMinor, 700 + 500);
      assert.equal(money.paid, false);
    }
  });

  it("[MV2] a movement that several objects mention counts once", () => {
    const again: ReadonlyArray<readonly [string, ObjectData]> = [
      ...objects,
      [
        "payment_mention/inpay_1",
        { status: "paid", invoice: "invoice/in_1", intent: null, payment: "payment/ch_1", amountMinor: 6_000 },
      ],
    ];
    const money = moneyOf(fold(again), "invoice/in_1", invoice);
    assert.equal(money.payments.find((p) => p.source === "payment/ch_1")?.amountMinor, 6_000);
  });

  it("[MV3 P8] two currencies are never added", () => {
    const euro: ReadonlyArray<readonly [string, ObjectData]> = [
      ...objects.slice(0, 1),
      [
        "payment/ch_2",
        { status: "succeeded", currency: "EUR", amountMinor: 6_000, invoice: "invoice/in_1", intent: null, paidAt: 1 },
      ],
    ];
    const money = moneyOf(fold(euro), "invoice/in_1", { ...invoice, status: "open" });
    assert.equal(money.settledMinor, 0);
    assert.deepEqual(money.otherCurrency, ["payment/ch_2"]);
  });

  it("[MV4] one movement over two invoices is split as the mentions say, and no more than it is", () => {
    const evidence = fold([
      [
        "payment/ch_1",
        {
          status: "succeeded",
          currency: "USD",
          amountMinor: 6_000,
          invoice: null,
          intent: "payment_intent/pi_1",
          paidAt: 1,
        },
      ],
      [
        "payment_mention/a",
        { status: "paid", invoice: "invoice/in_1", intent: "payment_intent/pi_1", payment: null, amountMinor: 4_000 },
      ],
      [
        "payment_mention/b",
        { status: "paid", invoice: "invoice/in_2", intent: "payment_intent/pi_1", payment: null, amountMinor: null },
      ],
      [
        "refund/re_1",
        { status: "succeeded", currency: "USD", amountMinor: 5_000, payment: "payment/ch_1", refundedAt: 2 },
      ],
    ]);
    const open = { ...invoice, status: "open" as const, balanceUsedMinor: 0 };
    const [one, two] = ["invoice/in_1", "invoice/in_2"].map((subject) => moneyOf(evidence, subject, open));
    assert.deepEqual([one!.payments[0]!.amountMinor, two!.payments[0]!.amountMinor], [4_000, 2_000]);
    assert.deepEqual([one!.refunds[0]!.amountMinor, two!.refunds[0]!.amountMinor], [4_000, 1_000]);
  });
});

describe("canonical encoding", () => {
  it("[CE1] the order of keys does not matter, and the text is that of RFC 8785", () => {
    assert.equal(canonical({ b: 1, a: [true, null, "é\u2028"], 10: -0 }), '{"10":0,"a":[true,null,"é\u2028"],"b":1}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = canonical(value as Json);
        assert.equal(canonical(JSON.parse(once)), once);
      }),
    );
  });
  it("[CE1] text is written as ECMAScript writes it: quotes, control characters and surrogates that stand alone", () => {
    const hard = fc.constantFrom(
      '"',
      "\\",
      "\n",
      "\u0000",
      "\u001f",
      "\u007f",
      "\u2028",
      "\ud83d",
      "\ude00",
      "\ud83d\ude00",
      "a",
    );
    fc.assert(
      fc.property(fc.array(hard), fc.string16bits(), (parts, other) => {
        for (const text of [parts.join(""), other]) {
          assert.equal(canonical(text), JSON.stringify(text));
          assert.equal(canonical({ [text]: 1 }), JSON.stringify({ [text]: 1 }));
        }
      }),
    );
  });
  it("[CE3] two values are compared as their texts would be", () => {
    const few = fc.constantFrom<Json | undefined>(undefined, null, 0, -0, 1, "", "0", false);
    const named = fc.dictionary(fc.constantFrom("a", "b", "__proto__", "toString"), few as fc.Arbitrary<Json>);
    const value = fc.oneof(
      named,
      fc.array(named, { maxLength: 2 }),
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        assert.equal(sameJson(a, b), text(a) === text(b));
        assert.ok(sameJson(a, JSON.parse(text(a))) && sameJson(JSON.parse(text(a)), a));
      }),
      { numRuns: 2000 },
    );
  });
  it("[CE2] what JSON cannot say is refused, never written as something else", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1])
      assert.throws(() => canonical(value as never), TypeError);
  });
});
