/**
 * What happens at the company that is killed: customers, invoices paid, voided and refunded, told by webhooks in a shuffled order.
 * Every invoice has an amount of its own, so that what carries it can be told apart in the ERP. Deterministic by seed.
 */
import { makeStripeSimulator } from "../../adapters/stripe/layer.ts";

export interface Told {
  readonly id: string;
  readonly body: string;
}

/** What the ERP must hold at the end for one invoice, by its amount. Minor units. */
export interface Expected {
  readonly invoice: string;
  readonly amountMinor: number;
  readonly receivableMinor: number;
  readonly cashMinor: number;
}

export const makeRandom = (seed: number) => {
  let state = seed >>> 0;
  /** Mulberry32: [0, 1). */
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const shuffle = <A>(items: ReadonlyArray<A>, random: () => number): A[] => {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
};

/** Each act is so much later than the last: no two observations of an object share an instant. Milliseconds. */
const stepMs = 5000;

export const makeWorkload = (seed: number) => {
  const random = makeRandom(seed);
  let at = Date.UTC(2026, 0, 5, 9);
  const stripe = makeStripeSimulator({ now: () => (at += stepMs), idPrefix: "kill" });
  const { operations } = stripe;
  const expected: Expected[] = [];
  let nextAmount = 10_001;

  const invoice = (customer: string): void => {
    const amountMinor = nextAmount++;
    const id = operations.createInvoice({ customer, amountMinor });
    operations.finalizeInvoice(id);
    const fate = random();
    if (fate < 0.2) {
      operations.voidInvoice(id);
      expected.push({ invoice: id, amountMinor, receivableMinor: 0, cashMinor: 0 });
      return;
    }
    if (fate < 0.3) operations.failPayment(id);
    operations.payInvoice(id);
    expected.push({ invoice: id, amountMinor, receivableMinor: amountMinor, cashMinor: amountMinor });
  };

  return {
    expected: expected as ReadonlyArray<Expected>,
    random,
    /** The webhooks of so many new customers' first two invoices, in no order. */
    round: (customers: number): ReadonlyArray<Told> => {
      for (let i = 0; i < customers; i++) {
        const name = `Company ${expected.length}`;
        const customer = operations.createCustomer({ name, email: null });
        invoice(customer);
        invoice(customer);
      }
      const events = stripe.drainEvents().map((event): Told => {
        return { id: (event as { readonly id: string }).id, body: JSON.stringify(event) };
      });
      return shuffle(events, random);
    },
  };
};
