/** One firm: its acts in billing, in the CRM and at an operator's desk, each done at a simulator and told to the oracles. */
import type { SalesforceSimulator } from "../../adapters/salesforce/layer.ts";
import type { StripeSimulator } from "../../adapters/stripe/layer.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { Chance } from "../simulation/chance.ts";
import { Oracle } from "../simulation/oracle.ts";
import { Workload } from "../simulation/workload.ts";
import { type CrmAct, CrmOracle, type DealStatus, type OrderStatus } from "./oracle.ts";

const stages: Readonly<Record<Exclude<DealStatus, "deleted">, string>> = {
  open: "Negotiation",
  won: "Closed Won",
  lost: "Closed Lost",
};
const words: Readonly<Record<Exclude<OrderStatus, "deleted">, string>> = {
  draft: "Draft",
  activated: "Activated",
  expired: "Expired",
  cancelled: "Cancelled",
};
const day = 86_400_000;
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export class Firm {
  readonly billing = new Oracle();
  readonly crm: CrmOracle;
  readonly acts: CrmAct[] = [];
  /** Events of it that were delivered so far. */
  heard = 0;
  /** Before this nothing happens: of two links in a customer's metadata within one of Stripe's seconds nothing says which is later. */
  restsUntil = 0;
  readonly notes: OperatorNote[] = [];
  private readonly workload: Workload;
  /** Accounts whose link changed without its being said: once they are deleted nobody can tell. */
  private readonly untold = new Set<string>();
  private lastNote = 0;
  private known = 0;
  private count = 0;

  constructor(
    readonly index: number,
    private readonly stripe: StripeSimulator,
    private readonly salesforce: SalesforceSimulator,
    private readonly chance: Chance,
    private readonly now: () => number,
    crmLed: boolean,
  ) {
    this.crm = new CrmOracle(this.billing, crmLed);
    this.workload = new Workload(stripe, this.billing, chance, now);
  }

  /** One act; answers Stripe's events. Salesforce's and the operator's notes are taken from where they are. */
  step(): ReadonlyArray<unknown> {
    if (this.chance.bet(0.45)) this.agree();
    else this.workload.step();
    for (const act of this.workload.acts.slice(this.known))
      if (act.act === "customer.link") this.named(act.id, `stripe:${act.to}`);
    this.known = this.workload.acts.length;
    return this.workload.takeEvents();
  }

  private tell(act: CrmAct): void {
    this.acts.push(act);
    this.crm.tell(act);
  }

  /** One act at the CRM or of an operator. */
  private agree(): void {
    const { chance, crm } = this;
    const accounts = [...crm.accounts].filter(([, one]) => !one.deleted).map(([id]) => id);
    const deleted = [...crm.accounts].filter(([, one]) => one.deleted).map(([id]) => id);
    if (crm.accounts.size === 0) {
      this.newAccount();
      return;
    }
    const customers = [...this.billing.customers.keys()];
    const subscriptions = [...this.billing.subscriptions.keys()];
    const deals = [...crm.deals.keys()];
    const told = accounts.filter((id) => !this.untold.has(id));
    const orders = [...crm.orders].filter(([, one]) => one.status !== "deleted").map(([id]) => id);
    const some = accounts.length > 0;
    const linked = [...crm.accounts].filter(([, one]) => one.customer !== null && !one.deleted).map(([id]) => id);
    const possible: Array<readonly [number, () => void]> = [
      [crm.accounts.size < 2 ? 0.4 : 0, () => this.newAccount()],
      [some ? 1.5 : 0, () => this.rename(chance.pick(accounts))],
      [some && customers.length > 0 ? 4 : 0, () => this.link(chance.pick(accounts), chance.pick(customers))],
      [linked.length > 0 ? 0.8 : 0, () => this.field(chance.pick(linked), null)],
      [crm.operator.size > 0 || customers.length > 0 ? 0.6 : 0, () => this.separate()],
      [some ? 3 : 0, () => this.newDeal(chance.pick(accounts))],
      [deals.length > 0 ? 3 : 0, () => this.moveDeal(chance.pick(deals))],
      [
        some && subscriptions.length > 0 ? 2 : 0,
        () => this.newOrder(chance.pick(accounts), chance.pick(subscriptions)),
      ],
      [orders.length > 0 ? 2 : 0, () => this.moveOrder(chance.pick(orders))],
      [told.length > 0 ? 0.4 : 0, () => this.remove(chance.pick(told))],
      [deleted.length > 0 ? 3 : 0, () => this.bringBack(chance.pick(deleted))],
      [0.1, () => this.salesforce.operations.overflow("Account")],
    ];
    chance.weighted(possible)();
  }

  private newAccount(): void {
    const name = `Firm ${this.index} Holding ${++this.count}`;
    const { id } = this.salesforce.operations.create("Account", { Name: name });
    this.tell({ act: "account.create", id, name });
  }

  private rename(id: string): void {
    const name = `Firm ${this.index} Holding ${++this.count}`;
    this.change("Account", id, { Name: name });
    this.tell({ act: "account.rename", id, name });
  }

  /** Now and then only a gap is told. */
  private change(object: string, id: string, fields: Readonly<Record<string, unknown>>): boolean {
    const { operations } = this.salesforce;
    const gap = this.chance.bet(0.15);
    if (gap) operations.gap(object, id, fields);
    else operations.update(object, id, fields);
    return !gap;
  }

  /** One of the three ways; towards the one customer of a firm that has several by its smallest name. */
  private link(account: string, customer: string): void {
    const way = this.chance.weighted([
      [2, "field" as const],
      [2, "metadata" as const],
      [2, "operator" as const],
    ]);
    const party = `salesforce:${account}`;
    if (way === "field") this.field(account, customer);
    else if (way === "operator") this.operate(`stripe:${customer}`, party);
    else {
      this.stripe.operations.updateCustomer(customer, { metadata: { tieout_link: party } });
      this.named(customer, party);
    }
  }

  private named(customer: string, to: string): void {
    this.restsUntil = this.now() + 2_000;
    this.tell({ act: "link.metadata", customer, to });
  }

  private field(account: string, customer: string | null): void {
    if (this.change("Account", account, { Billing_Customer_Id__c: customer })) this.untold.delete(account);
    else this.untold.add(account);
    this.tell({ act: "link.field", account, customer });
  }

  private separate(): void {
    const parties = [
      ...this.crm.operator.keys(),
      ...[...this.billing.customers.keys()].map((id) => `stripe:${id}`),
      ...[...this.crm.accounts.keys()].map((id) => `salesforce:${id}`),
    ];
    this.operate(this.chance.pick(parties), null);
  }

  /** Two notes of one moment about one party would be one person saying two things at once. */
  private operate(party: string, target: string | null): void {
    if (this.now() <= this.lastNote) return;
    this.lastNote = this.now();
    this.notes.push({ type: "link", party, target, by: "ops", reason: null });
    this.tell({ act: "link.operator", party, to: target });
  }

  private newDeal(account: string): void {
    const status = this.chance.pick(["open", "won"] as const);
    const { id } = this.salesforce.operations.create("Opportunity", {
      Name: `Deal ${++this.count}`,
      AccountId: account,
      StageName: stages[status],
      Amount: this.chance.between(1, 90) * 100,
      CurrencyIsoCode: "USD",
      CloseDate: dateOf(this.now()),
    });
    this.tell({ act: "deal.stage", id, account, status });
  }

  private moveDeal(id: string): void {
    const { account, status: before } = this.crm.deals.get(id)!;
    if (before === "deleted") return;
    if (this.chance.bet(0.08)) {
      this.salesforce.operations.delete("Opportunity", id);
      this.tell({ act: "deal.stage", id, account, status: "deleted" });
      return;
    }
    if (this.chance.bet(0.3)) {
      this.change("Opportunity", id, { Amount: this.chance.between(1, 90) * 100 });
      return;
    }
    const status = this.chance.pick(["open", "won", "won", "lost"] as const);
    this.change("Opportunity", id, { StageName: stages[status] });
    this.tell({ act: "deal.stage", id, account, status });
  }

  private newOrder(account: string, subscription: string): void {
    const startAt = Math.floor(this.now() / day) * day + this.chance.between(-3, 3) * day;
    const lastDay = this.chance.bet(0.3) ? startAt + 30 * day : null;
    const { id } = this.salesforce.operations.create("Order", {
      AccountId: account,
      OrderNumber: `O-${this.index}-${++this.count}`,
      Status: words.draft,
      EffectiveDate: dateOf(startAt),
      Billing_Subscription_Id__c: subscription,
      ...(lastDay === null ? {} : { EndDate: dateOf(lastDay) }),
    });
    const endAt = lastDay === null ? null : lastDay + day;
    this.tell({ act: "order.create", id, account, subscription, startAt, endAt });
  }

  private moveOrder(id: string): void {
    if (this.chance.bet(0.1)) {
      this.salesforce.operations.delete("Order", id);
      this.tell({ act: "order.status", id, status: "deleted" });
      return;
    }
    const status = this.chance.pick(["activated", "activated", "draft", "expired", "cancelled"] as const);
    this.change("Order", id, { Status: words[status] });
    this.tell({ act: "order.status", id, status });
  }

  private remove(id: string): void {
    this.salesforce.operations.delete("Account", id);
    this.tell({ act: "account.delete", id });
  }
  private bringBack(id: string): void {
    this.salesforce.operations.undelete("Account", id);
    this.tell({ act: "account.undelete", id });
  }
}
