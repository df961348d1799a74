/**
 * The sample company's last quarter, told by a Stripe account through real signed webhooks: in no good order, some twice, with an
 * outage of the ERP in the middle. The same content each time; only its dates move with the present.
 */
import { makeStripeSimulator } from "../adapters/stripe/layer.ts";
import type { Host } from "./host/host.ts";
import { companies } from "./sandbox/companies.ts";
import { type CloudEvent, quarterBefore, termsOf, useOf } from "./sandbox/metered.ts";
import { type Story, scene, twists } from "./sandbox/scenes.ts";
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

const day = 86_400_000;
const months = ["first", "second", "third"];
/** Of the ERP, in the second month. Milliseconds. */
const outageMs = 4000;
/** Webhooks on their way at once. */
const lanes = 6;

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
