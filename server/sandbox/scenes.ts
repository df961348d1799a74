/** What happens to the sample company's customers: month by month, and after the quarter's end. */
import type { StripeSimulator } from "../../adapters/stripe/layer.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Company } from "./companies.ts";

/** Sold by the web shop: no salesperson ever heard of it. */
const unknownToCrm = "Harbor Foods";
const linkedLate = "Iris Labs";

/** The story's own clock and Stripe account; what it emits goes out when a scene ends. */
export interface Story {
  readonly act: StripeSimulator["operations"];
  /** The CRM's own people at work; its change events go out by themselves. */
  readonly crm: Sandbox["salesforce"]["operations"];
  /** Epoch ms of the story. */
  at: number;
  readonly tell: (how?: { readonly inOrder?: boolean }) => Promise<void>;
  readonly deliver: (connection: "stripe" | "usage", event: unknown) => Promise<void>;
  /** By company. */
  readonly customers: Map<string, string>;
  /** The company's account in the CRM. */
  readonly accounts: Map<string, string>;
  readonly subscriptions: Map<string, string>;
  /** What the company sells; each customer at a price of its own. */
  product: string | null;
  /** Kaffeehaus Linz's second invoice: posted, then voided and made anew. */
  wrong: string | null;
}

/** One customer's month: the subscription, its invoice, and what became of it. */
export const scene = (story: Story, company: Company, month: number): void => {
  const { act } = story;
  const { name, currency, monthlyMinor } = company;
  const pass = (ms: number): void => {
    story.at += ms;
  };
  pass(3_600_000);
  if (month === 0) {
    const email = `billing@${name.toLowerCase().replace(/[^a-z]+/g, "-")}.example`;
    const customer = act.createCustomer({ name, email, currency });
    pass(60_000);
    const status = name === "Harbor Foods" ? "trialing" : "active";
    story.customers.set(name, customer);
    if (name !== unknownToCrm) {
      // One link comes late: nothing of the company is in the CRM before.
      const link = name === linkedLate ? {} : { Billing_Customer_Id__c: customer };
      const account = story.crm.create("Account", { Name: name, ...link });
      const closed = new Date(story.at).toISOString().slice(0, 10);
      const deal = {
        AccountId: account.id,
        Name: `${name}, first year`,
        StageName: "Closed Won",
        CloseDate: closed,
        Amount: 1000,
        CurrencyIsoCode: currency.toUpperCase(),
      };
      story.crm.create("Opportunity", deal);
      story.accounts.set(name, account.id);
    }
    story.product ??= act.createProduct("Platform", "platform");
    const price = act.createPrice({ product: story.product, unitAmount: monthlyMinor, currency, interval: "month" });
    story.subscriptions.set(name, act.createSubscription({ customer, price, currency, status }));
    pass(60_000);
  } else act.renewSubscription(story.subscriptions.get(name)!);
  const subscription = story.subscriptions.get(name)!;
  if (name === "Harbor Foods" && month === 0) return;
  pass(60_000);
  if (name === "Harbor Foods" && month === 1) act.updateSubscription(subscription, { status: "active" });
  pass(60_000);
  const invoice = act.createInvoice({ subscription });
  pass(3_600_000);
  act.finalizeInvoice(invoice);
  pass(7_200_000);
  const last = month === 2;
  if (name === "Dunder Paper" && last) {
    act.markUncollectible(invoice);
    return;
  }
  if (name === "Kaffeehaus Linz" && month === 1) {
    story.wrong = invoice;
    return;
  }
  if (name === "Fjord Analytics" && month > 0) {
    act.failPayment(invoice);
    pass(60_000);
    act.updateSubscription(subscription, { status: "past_due" });
    pass(86_400_000 / 4);
    if (last) return;
    act.payInvoice(invoice);
    pass(60_000);
    act.updateSubscription(subscription, { status: "active" });
    return;
  }
  const charge = act.payInvoice(invoice, { charge: name === "Elm & Co" ? "payment_record" : true });
  pass(60_000);
  if (charge === null || month !== 1) return;
  if (name === "Granite Legal") act.createCreditNote({ invoice, amountMinor: 50_000, settle: "refund" });
  if (name === "Iris Labs") act.refundCharge(charge, { amountMinor: 25_000 });
  if (name === "Borealis Games") {
    const dispute = act.openDispute(charge);
    pass(86_400_000 / 2);
    act.closeDispute(dispute, "lost");
  }
  if (name === "Cedar Health") {
    const dispute = act.openDispute(charge);
    pass(86_400_000 / 4);
    act.submitEvidence(dispute);
    pass(86_400_000 / 4);
    act.closeDispute(dispute, "won");
  }
};

/** What is told after the quarter's end. */
export const twists = (story: Story): ReadonlyArray<readonly [string, () => void]> => [
  [
    "Kaffeehaus Linz had a wrong invoice: it is voided after it was posted, and made anew",
    () => {
      const { act } = story;
      const subscription = story.subscriptions.get("Kaffeehaus Linz")!;
      act.voidInvoice(story.wrong!);
      story.at += 60_000;
      const again = act.createInvoice({ subscription });
      story.at += 60_000;
      act.finalizeInvoice(again);
      story.at += 60_000;
      act.payInvoice(again);
      story.at += 60_000;
    },
  ],
  [
    `${linkedLate} is linked to its CRM account late: the CRM is shown all that it missed`,
    () => {
      const [account, customer] = [story.accounts.get(linkedLate)!, story.customers.get(linkedLate)!];
      story.crm.update("Account", account, { Billing_Customer_Id__c: customer });
    },
  ],
  [
    "Kaffeehaus Linz cancels: it is churned",
    () => {
      story.act.cancelSubscription(story.subscriptions.get("Kaffeehaus Linz")!);
    },
  ],
  [
    "Acme Robotics pays 300.00 USD for no invoice: unapplied cash, an exception",
    () => {
      story.act.createCharge({ customer: story.customers.get("Acme Robotics")!, amountMinor: 30_000 });
    },
  ],
];
