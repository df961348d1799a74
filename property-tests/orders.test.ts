/** Small histories in every order of arrival: the same account, and the same documents outside. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { Lab, permutations, type StripeBody, second, stripeEvent } from "./simulation/lab.ts";

const invoice = (status: string, more: Record<string, unknown> = {}) => ({
  id: "in_1",
  object: "invoice",
  customer: "cus_1",
  status,
  number: "A-17",
  currency: "usd",
  total: 10_000,
  amount_due: 10_000,
  amount_paid: status === "paid" ? 10_000 : 0,
  parent: { type: "subscription_details", subscription_details: { subscription: "sub_1" } },
  period_start: second - 86_400,
  period_end: second,
  status_transitions: {
    finalized_at: second,
    paid_at: status === "paid" ? second : null,
    voided_at: null,
    marked_uncollectible_at: null,
  },
  ...more,
});
const charge = (status: string, more: Record<string, unknown> = {}) => ({
  id: "ch_1",
  object: "charge",
  customer: "cus_1",
  invoice: "in_1",
  amount: 10_000,
  amount_captured: 10_000,
  captured: true,
  currency: "usd",
  created: second,
  status,
  ...more,
});
const customer = { id: "cus_1", object: "customer", name: "Acme", email: "ap@acme.test" };
const subscription = {
  id: "sub_1",
  object: "subscription",
  customer: "cus_1",
  status: "active",
  start_date: second - 86_400,
};
const refund = {
  id: "re_1",
  object: "refund",
  charge: "ch_1",
  amount: 10_000,
  currency: "usd",
  status: "succeeded",
  created: second,
};
const dispute = (status: string) => ({
  id: "dp_1",
  object: "dispute",
  charge: "ch_1",
  amount: 10_000,
  currency: "usd",
  status,
  created: second,
});

/** Give the events in every order; between two events the world comes to rest, or not. */
const everyOrder = async (
  events: ReadonlyArray<StripeBody>,
  check: (lab: Lab, order: string) => void,
  resting: boolean,
) => {
  let report: string | null = null;
  for (const order of permutations(events)) {
    const lab = new Lab();
    for (const event of order) {
      lab.give(event);
      if (resting) await lab.rest();
    }
    await lab.rest();
    const name = order.map((event) => `${event.type}@${event.created - second}`).join(", ");
    check(lab, name);
    report ??= lab.report();
    assert.equal(lab.report(), report, name);
  }
};

const region = (lab: Lab) => lab.core.account("stripe:cus_1").regions;

describe("every order of arrival", () => {
  it("[O1 P2 P3 P4] six events of one second, no payment object: 720 orders, each paid, one receivable, one cash application", async () => {
    const events = [
      stripeEvent("customer.created", customer),
      stripeEvent("customer.subscription.updated", subscription),
      stripeEvent("invoice.finalized", invoice("open")),
      stripeEvent("invoice.updated", invoice("open")),
      stripeEvent("invoice.paid", invoice("paid")),
      stripeEvent("invoice.payment_succeeded", invoice("paid")),
    ];
    await everyOrder(
      events,
      (lab, order) => {
        assert.deepEqual(
          { ...region(lab) },
          { lifecycle: "paid", subscription: "active", ledger: "posted", cash: "settled", sync: "agreed" },
          order,
        );
        assert.equal(lab.documents("invoice").length, 1, order);
        assert.equal(lab.documents("customerPayment").length, 1, order);
        assert.equal(lab.documents("customer").length, 1, order);
      },
      true,
    );
  });

  for (const resting of [true, false]) {
    const how = resting ? "at rest between two" : "without rest";
    it(`[O2 P3 P6] finalize and void, ${how}: nothing is left in the books`, async () => {
      const events = [
        stripeEvent("customer.created", customer),
        stripeEvent("invoice.finalized", invoice("open")),
        stripeEvent("invoice.voided", invoice("void"), second + 1),
      ];
      await everyOrder(
        events,
        (lab, order) => {
          const [posted] = lab.documents("invoice");
          if (posted) assert.equal(lab.world.netsuite.openBalance(posted.internalId), 0, order);
          assert.equal(region(lab).ledger, "clear", order);
        },
        resting,
      );
    });

    it(`[O3 P3 P6] paid and refunded, ${how}: the cash goes back, the receivable stands open`, async () => {
      const events = [
        stripeEvent("invoice.finalized", invoice("open")),
        stripeEvent("invoice.paid", invoice("paid"), second + 1),
        stripeEvent("charge.succeeded", charge("succeeded"), second + 1),
        stripeEvent("refund.created", refund, second + 2),
      ];
      await everyOrder(
        events,
        (lab, order) => {
          const [posted] = lab.documents("invoice");
          assert.equal(lab.world.netsuite.openBalance(posted!.internalId), 10_000, order);
          assert.equal(region(lab).cash, "due", order);
        },
        resting,
      );
    });

    it(`[O4 P3 P6] dispute lost, then won by appeal, ${how}: the cash is applied again`, async () => {
      const events = [
        stripeEvent("invoice.paid", invoice("paid")),
        stripeEvent("charge.succeeded", charge("succeeded")),
        stripeEvent("charge.dispute.funds_withdrawn", dispute("needs_response"), second + 1),
        stripeEvent("charge.dispute.closed", dispute("lost"), second + 2),
        stripeEvent("charge.dispute.funds_reinstated", dispute("won"), second + 3),
      ];
      await everyOrder(
        events,
        (lab, order) => {
          const [posted] = lab.documents("invoice");
          assert.equal(lab.world.netsuite.openBalance(posted!.internalId), 0, order);
          assert.equal(lab.core.account("stripe:cus_1").facts.cash.settled, 1, order);
        },
        resting,
      );
    });
  }

  it("[O5 P3] the charge named late takes over the cash application of the invoice: none is sent twice", async () => {
    const events = [
      stripeEvent("invoice.finalized", invoice("open")),
      stripeEvent("invoice.paid", invoice("paid"), second + 1),
      stripeEvent("charge.succeeded", charge("succeeded"), second + 1),
    ];
    await everyOrder(events, (lab, order) => assert.equal(lab.documents("customerPayment").length, 1, order), true);
  });

  it("[O6 P4] paid and void in the same second is a conflict, shown by the fixed rule, asked about, and parked when Stripe does not know", async () => {
    const events = [stripeEvent("invoice.paid", invoice("paid")), stripeEvent("invoice.voided", invoice("void"))];
    await everyOrder(
      events,
      (lab, order) => {
        assert.deepEqual([...lab.core.parties.get("stripe:cus_1")!.evidence.ambiguous], ["invoice/in_1"], order);
        assert.equal(region(lab).sync, "parked", order);
      },
      true,
    );
  });
});
