/**
 * The sample company's last quarter, told by a Stripe account through real signed webhooks: in no good order, some twice, with an
 * outage of the ERP in the middle. The same content each time; only its dates move with the present.
 */
import { makeStripeSimulator, type StripeSimulator } from "../adapters/stripe/layer.ts";
import type { Host } from "./host/host.ts";
import { type Company, companies } from "./sandbox/companies.ts";
import { type CloudEvent, quarterBefore, termsOf, useOf } from "./sandbox/metered.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SampleOptions {
  readonly sandbox: Pick<Sandbox, "stripe" | "salesforce" | "netsuite" | "deliver" | "outage">;
  readonly host: Pick<Host, "ask">;
  readonly url: string;
  /** Resolves when nothing can move by itself. */
  readonly idle: () => Promise<void>;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Rest between two customers, so that the page can be watched. Milliseconds. */
  readonly paceMs: number;
  readonly stop?: AbortSignal;
}

/** Sold by the web shop: no salesperson ever heard of it. */
const unknownToCrm = "Harbor Foods";
const linkedLate = "Iris Labs";

const day = 86_400_000;
const months = ["first", "second", "third"];
/** Of the ERP, in the second month. Milliseconds. */
const outageMs = 4000;
/** Webhooks on their way at once. */
const lanes = 6;

/** The story's own clock and Stripe account; what it emits goes out when a scene ends. */
interface Story {
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

export const playSample = async (options: SampleOptions): Promise<void> => {
  const { say, host, url } = options;
  const began = options.now();
  const stopped = (): boolean => options.stop?.aborted === true;
  const overview = (await host.ask({ name: "overview" })) as { readonly accounts: number };
  if (overview.accounts > 0) {
    return say(`sample: ${overview.accounts} accounts are here already, nothing is played`);
  }
  const story = makeStory(options);
  say(`sample: a quarter of ${companies.length} customers, by webhooks to ${url}/webhooks/stripe`);
  for (const [month, name] of months.entries()) {
    if (month === 1) {
      options.sandbox.outage(outageMs);
      say(`sample: the ERP is down for ${outageMs / 1000} s; what it should hold waits in the outbox`);
    }
    for (const company of companies) {
      if (stopped()) return;
      scene(story, company, month);
      await story.tell({ inOrder: month === 0 && company === companies[0] });
      if (month === 0 && company === companies[0]) await firstPaid(options, story, began);
      await rest(options.paceMs, options.stop);
    }
    await told(story, useIn(options, story, month));
    say(`sample: the ${name} month is told (${seconds(options.now() - began)})`);
    story.at = Math.max(story.at, options.now() - (2 - month) * 30 * day - day);
  }
  for (const [line, twist] of twists(story)) {
    if (stopped()) return;
    twist();
    await story.tell();
    say(`sample: ${line}`);
  }
  await options.idle();
  if (!stopped()) await billUse(options);
  if (!stopped()) say(`sample: at rest after ${seconds(options.now() - began)}, ${await standing(host)}`);
};

const makeStory = (options: SampleOptions): Story => {
  const { sandbox } = options;
  const clock = { at: options.now() - 92 * day };
  const teller = makeStripeSimulator({ now: () => clock.at, state: sandbox.stripe.snapshot() });
  const shuffle = makeShuffle();
  const deliver: Story["deliver"] = async (connection, event) => {
    const answer = await sandbox.deliver(connection, event);
    if (answer === null || answer.status !== 202)
      throw new Error(
        `the door answered ${answer?.status ?? "nothing"} to a webhook of the sample: ${answer?.body ?? ""}`,
      );
  };
  return {
    deliver,
    act: teller.operations,
    crm: sandbox.salesforce.operations,
    get at() {
      return clock.at;
    },
    set at(value) {
      clock.at = value;
    },
    customers: new Map(),
    accounts: new Map(),
    subscriptions: new Map(),
    product: null,
    wrong: null,
    tell: async ({ inOrder = false } = {}) => {
      const events = teller.drainEvents();
      // The sandbox's Stripe answers re-reads, so it has to know what was told.
      sandbox.stripe.restore(teller.snapshot());
      const sent = inOrder ? [...events] : shuffle(events);
      const lane = async (): Promise<void> => {
        for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
          if (options.stop?.aborted) return;
          await deliver("stripe", next);
        }
      };
      await Promise.all(Array.from({ length: inOrder ? 1 : lanes }, lane));
    },
  };
};

/** What the first customer used in a month. Its terms come after the first use of it. */
const useIn = ({ now }: SampleOptions, story: Story, month: number): ReadonlyArray<CloudEvent> => {
  const { name } = companies[0]!;
  const [customer, subscription] = [story.customers.get(name)!, story.subscriptions.get(name)!];
  const quarter = quarterBefore(now());
  const use = useOf(month, quarter[month]!);
  return month === 0 ? [...use, termsOf(customer, subscription, quarter[0]!)] : use;
};

const told = async (story: Story, events: ReadonlyArray<CloudEvent>): Promise<void> => {
  for (const event of events) await story.deliver("usage", event);
};

/** The ERP bills what is ready to be invoiced, and the first invoice is paid there. */
const billUse = async ({ sandbox, idle, now, say }: SampleOptions): Promise<void> => {
  const { netsuite } = sandbox;
  const charges = netsuite.committed.filter(({ recordType, op }) => recordType === "charge" && op === "create");
  const [first] = charges;
  if (first === undefined) return;
  const upTo = quarterBefore(now())[3]!.toISOString().slice(0, 10);
  const { billTo } = netsuite.record("charge", first.internalId) as { readonly billTo: { readonly id: string } };
  const [invoice] = netsuite.operations.billCharges(billTo.id, upTo);
  if (invoice === undefined) return;
  await idle();
  netsuite.operations.payInvoice(invoice.internalId);
  await idle();
  say(
    `sample: ${companies[0]!.name} used more than is included: ${charges.length} charges in the ERP, billed and paid there`,
  );
};

/** Out of order, and every seventh twice; the same each time. */
const makeShuffle = () => {
  let seed = 42;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * below);
  };
  return (events: ReadonlyArray<unknown>): unknown[] => {
    const all = [...events, ...events.filter((_, index) => index % 7 === 3)];
    for (let i = all.length - 1; i > 0; i--) {
      const j = next(i + 1);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all;
  };
};

/** One customer's month: the subscription, its invoice, and what became of it. */
const scene = (story: Story, company: Company, month: number): void => {
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
const twists = (story: Story): ReadonlyArray<readonly [string, () => void]> => [
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

const firstPaid = async ({ host, say, now, stop }: SampleOptions, story: Story, began: number): Promise<void> => {
  const id = `stripe:${story.customers.get(companies[0]!.name)!}`;
  for (let turn = 0; turn < 100 && !stop?.aborted; turn++) {
    const account = (await host.ask({ name: "account", id })) as { readonly stage: string; readonly id: string } | null;
    if (account?.stage === "paid")
      return say(`sample: ${companies[0]!.name} is paid and posted after ${seconds(now() - began)}`);
    await rest(50, stop);
  }
};

const standing = async (host: SampleOptions["host"]): Promise<string> => {
  const view = (await host.ask({ name: "overview" })) as {
    readonly accounts: number;
    readonly stages: Readonly<Record<string, number>>;
    readonly exceptions: Readonly<Record<string, number>>;
  };
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "none";
  return `${view.accounts} accounts: ${counts(view.stages)}; exceptions: ${counts(view.exceptions)}`;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const rest = (ms: number, stop: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (ms <= 0 || stop?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop?.addEventListener("abort", end);
  });
