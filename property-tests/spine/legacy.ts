/** An older integration's books: customers and invoices that stand in NetSuite under its own names, and the billing history behind them. */
import assert from "node:assert/strict";
import { simulatorToken } from "../../adapters/netsuite/config.ts";
import type { NetsuiteSimulator } from "../../adapters/netsuite/layer.ts";
import { stripeEvent } from "../simulation/lab.ts";

export interface OldInvoice {
  readonly id: string;
  readonly number: string;
  readonly totalMinor: number;
  /** Seconds. */
  readonly finalizedAt: number;
  readonly paidAt: number | null;
  readonly voidedAt?: number;
}

/** Somebody else's writes, at the same door. */
export const makeLegacy = (netsuite: NetsuiteSimulator) => {
  const put = async (type: string, name: string, body: unknown): Promise<string> => {
    const url = `http://netsuite.test/services/rest/record/v1/${type}/eid:${name}?replace=item`;
    const headers = { authorization: `Bearer ${simulatorToken}`, "content-type": "application/json" };
    const answer = await netsuite.app.fetch(new Request(url, { method: "PUT", headers, body: JSON.stringify(body) }));
    assert.equal(answer.status, 204, await answer.text());
    return netsuite.committed.at(-1)!.internalId;
  };
  return {
    customer: (name: string): Promise<string> => put("customer", `LEGACY-${name}`, { companyName: name }),
    invoice: (customer: string, name: string, number: string, totalMinor: number, at: number): Promise<string> =>
      put("invoice", `LEGACY-${name}`, {
        entity: { id: customer },
        currency: { id: "USD" },
        tranDate: new Date(at * 1000).toISOString().slice(0, 10),
        otherRefNum: number,
        item: { items: [{ item: { id: "1" }, amount: totalMinor / 100 }] },
      }),
  };
};

/** What Stripe tells of one invoice of its history. */
export const history = (customer: string, invoice: OldInvoice) => {
  const { id, number, totalMinor, finalizedAt, paidAt, voidedAt } = invoice;
  const body = (status: string) => ({
    id,
    object: "invoice",
    customer,
    status,
    number,
    currency: "usd",
    total: totalMinor,
    amount_due: totalMinor,
    amount_paid: status === "paid" ? totalMinor : 0,
    period_start: finalizedAt - 86_400,
    period_end: finalizedAt,
    status_transitions: {
      finalized_at: finalizedAt,
      paid_at: status === "paid" ? paidAt : null,
      voided_at: status === "void" ? voidedAt! : null,
      marked_uncollectible_at: null,
    },
  });
  const named = (type: string, at: number) => `evt_${type}_${id}_${at}`;
  return {
    finalized: stripeEvent("invoice.finalized", body("open"), finalizedAt, named("finalized", finalizedAt)),
    paid:
      paidAt === null
        ? []
        : [
            stripeEvent("invoice.paid", body("paid"), paidAt, named("paid", paidAt)),
            stripeEvent(
              "charge.succeeded",
              {
                id: `ch_${id}`,
                object: "charge",
                customer,
                invoice: id,
                amount: totalMinor,
                amount_captured: totalMinor,
                captured: true,
                currency: "usd",
                created: paidAt,
                status: "succeeded",
              },
              paidAt,
              named("charge", paidAt),
            ),
          ],
    voided:
      voidedAt === undefined ? [] : [stripeEvent("invoice.voided", body("void"), voidedAt, named("voided", voidedAt))],
  };
};
