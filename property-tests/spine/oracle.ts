/**
 * The sequential oracle of the CRM side of one firm: it sees what people did in Salesforce, which links were made and unmade, and
 * says who is one account, what was agreed, where the account stands, and which records the CRM must show. Like the oracle of
 * billing, on which it builds, it shares nothing with the code under test but the words for money.
 */
import { toDecimal } from "../../domain/money.ts";
import type { Oracle } from "../simulation/oracle.ts";

export type CrmAct =
  | { readonly act: "account.create"; readonly id: string; readonly name: string }
  | { readonly act: "account.rename"; readonly id: string; readonly name: string }
  | { readonly act: "account.delete"; readonly id: string }
  | { readonly act: "account.undelete"; readonly id: string }
  /** The link field of the CRM account. */
  | { readonly act: "link.field"; readonly account: string; readonly customer: string | null }
  /** The link in the customer's metadata; `to` is a party. */
  | { readonly act: "link.metadata"; readonly customer: string; readonly to: string }
  | { readonly act: "link.operator"; readonly party: string; readonly to: string | null }
  | { readonly act: "deal.stage"; readonly id: string; readonly account: string; readonly status: DealStatus }
  | {
      readonly act: "order.create";
      readonly id: string;
      readonly account: string;
      readonly subscription: string;
      readonly startAt: number;
      readonly endAt: number | null;
    }
  | { readonly act: "order.status"; readonly id: string; readonly status: OrderStatus };
export type DealStatus = "open" | "won" | "lost" | "deleted";
export type OrderStatus = "draft" | "activated" | "expired" | "cancelled" | "deleted";

interface Order {
  readonly account: string;
  readonly subscription: string;
  readonly startAt: number;
  readonly endAt: number | null;
  status: OrderStatus;
}
interface Contract {
  readonly id: string;
  readonly order: Order | null;
  /** Null: nobody bills it, or it is the contract of what has no subscription. */
  readonly subscription: string | null;
}
interface Term {
  readonly start: number;
  readonly end: number;
  readonly cancelled: boolean;
}

const least = Number.NEGATIVE_INFINITY;
const most = Number.POSITIVE_INFINITY;
/** What was signed, whatever became of it. */
const signed: ReadonlySet<OrderStatus> = new Set(["activated", "expired", "cancelled"]);
const regionOf: Readonly<Record<string, string>> = {
  unpaid: "past_due",
  incomplete: "none",
  incomplete_expired: "none",
};

export class CrmOracle {
  readonly accounts = new Map<string, { name: string; deleted: boolean; customer: string | null }>();
  readonly deals = new Map<string, { readonly account: string; status: DealStatus }>();
  readonly orders = new Map<string, Order>();
  /** By customer id: the party that its metadata names. */
  readonly metadata = new Map<string, string>();
  /** By party; null: it was separated. */
  readonly operator = new Map<string, string | null>();

  constructor(
    private readonly billing: Oracle,
    private readonly crmLed: boolean,
  ) {}

  tell(act: CrmAct): void {
    switch (act.act) {
      case "account.create":
        this.accounts.set(act.id, { name: act.name, deleted: false, customer: null });
        return;
      case "account.rename":
        this.accounts.get(act.id)!.name = act.name;
        return;
      case "account.delete":
      case "account.undelete":
        this.accounts.get(act.id)!.deleted = act.act === "account.delete";
        return;
      case "link.field":
        this.accounts.get(act.account)!.customer = act.customer;
        return;
      case "link.metadata":
        this.metadata.set(act.customer, act.to);
        return;
      case "link.operator":
        this.operator.set(act.party, act.to);
        return;
      case "deal.stage":
        this.deals.set(act.id, { account: act.account, status: act.status });
        return;
      case "order.create": {
        const { id, account, subscription, startAt, endAt } = act;
        this.orders.set(id, { account, subscription, startAt, endAt, status: "draft" });
        return;
      }
      case "order.status":
        this.orders.get(act.id)!.status = act.status;
        return;
    }
  }

  // ---------------------------------------------------------------- who is one account

  private get parties(): ReadonlyArray<string> {
    return [
      ...[...this.billing.customers.keys()].map((id) => `stripe:${id}`),
      ...[...this.accounts.keys()].map((id) => `salesforce:${id}`),
    ].sort();
  }

  private pointsTo(party: string): string | null {
    const said = this.operator.get(party);
    if (said !== undefined) return said;
    const id = party.slice(party.indexOf(":") + 1);
    if (party.startsWith("stripe:")) return this.metadata.get(id) ?? null;
    const customer = this.accounts.get(id)?.customer ?? null;
    return customer === null ? null : `stripe:${customer}`;
  }

  companies(): ReadonlyArray<ReadonlyArray<string>> {
    const parties = this.parties;
    const companyOf = new Map(parties.map((party) => [party, new Set([party])]));
    for (const party of parties) {
      const to = this.pointsTo(party);
      if (to === null) continue;
      const all = new Set([...companyOf.get(party)!, ...companyOf.get(to)!]);
      for (const member of all) companyOf.set(member, all);
    }
    return [...new Set(companyOf.values())].map((company) => [...company].sort());
  }

  /** Where following the links from anywhere in the company ends; in a circle, at its smallest name. */
  rootOf(party: string): string {
    const path: string[] = [];
    for (let at: string | null = party; at !== null && !path.includes(at); at = this.pointsTo(at)) path.push(at);
    const next = this.pointsTo(path.at(-1)!);
    return next === null ? path.at(-1)! : path.slice(path.indexOf(next)).sort()[0]!;
  }

  private customersOf(company: ReadonlyArray<string>): ReadonlyArray<string> {
    return company.filter((party) => party.startsWith("stripe:")).map((party) => party.slice("stripe:".length));
  }
  private accountsOf(company: ReadonlyArray<string>): ReadonlyArray<string> {
    return company.filter((party) => party.startsWith("salesforce:")).map((party) => party.slice("salesforce:".length));
  }

  /** The name that the ERP's customer records of this company carry. */
  masterName(company: ReadonlyArray<string>): string {
    const billing = this.customersOf(company).map((id) => this.billing.customers.get(id)!.name);
    const crm = this.accountsOf(company)
      .map((id) => this.accounts.get(id)!)
      .filter(({ deleted }) => !deleted)
      .map(({ name }) => name);
    return (this.crmLed ? [...crm, ...billing] : [...billing, ...crm])[0]!;
  }

  // ---------------------------------------------------------------- what was agreed

  private contracts(company: ReadonlyArray<string>): ReadonlyArray<Contract> {
    const [customers, accounts] = [this.customersOf(company), this.accountsOf(company)];
    const orders = [...this.orders]
      .filter(([, order]) => accounts.includes(order.account) && order.status !== "deleted")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const taken = new Set<string>();
    const found: Contract[] = [];
    for (const [id, { customer }] of this.billing.subscriptions) {
      if (!customers.includes(customer)) continue;
      const claim = orders.find(([, order]) => order.subscription === id);
      if (claim) taken.add(claim[0]);
      const name = claim ? `salesforce:${claim[0]}` : `stripe:${id}`;
      found.push({ id: name, order: claim?.[1] ?? null, subscription: id });
    }
    for (const [id, order] of orders)
      if (!taken.has(id) && signed.has(order.status)) found.push({ id: `salesforce:${id}`, order, subscription: null });
    const loose = [...this.billing.invoices].some(
      ([, i]) => customers.includes(i.customer) && i.subscription === null && isFinal(i.status),
    );
    return loose ? [...found, { id: "stripe:none", order: null, subscription: null }] : found;
  }

  private won(company: ReadonlyArray<string>): number {
    const accounts = this.accountsOf(company);
    return [...this.deals.values()].filter(({ account, status }) => accounts.includes(account) && status === "won")
      .length;
  }

  private quoted(contract: Contract, won: number): boolean {
    return contract.order === null ? won > 0 : signed.has(contract.order.status);
  }
  private isLoose(contract: Contract): boolean {
    return contract.order === null && contract.subscription === null;
  }
  private started(contract: Contract): boolean {
    if (this.isLoose(contract)) return true;
    if (contract.subscription === null) return false;
    return !this.billing.subscriptions.get(contract.subscription)!.status.startsWith("incomplete");
  }
  private invoicesOf(contract: Contract, customers: ReadonlyArray<string>): ReadonlyArray<string> {
    if (contract.subscription === null && !this.isLoose(contract)) return [];
    return [...this.billing.invoices]
      .filter(
        ([, i]) =>
          i.subscription === contract.subscription &&
          (contract.subscription !== null || customers.includes(i.customer)) &&
          isFinal(i.status),
      )
      .map(([id]) => id);
  }

  private term({ order, subscription }: Contract): Term {
    const billed = subscription === null ? null : this.billing.subscriptions.get(subscription)!;
    const cancelled = billed === null ? order?.status === "cancelled" : over.has(billed.status);
    const byOrder = order !== null && (this.crmLed || billed === null);
    const start = byOrder ? order.startAt : (billed?.start ?? least);
    if (cancelled) return { start, end: (billed === null ? order!.endAt : billed.end) ?? least, cancelled };
    return { start, end: (byOrder ? order.endAt : billed!.end) ?? most, cancelled };
  }

  private current(contracts: ReadonlyArray<Contract>, now: number): Contract | null {
    if (contracts.length === 1) return contracts[0]!;
    const dated = contracts.filter((one) => !this.isLoose(one)).map((one) => ({ one, ...this.term(one) }));
    type Dated = (typeof dated)[number];
    const best = (some: ReadonlyArray<Dated>, by: (d: Dated) => number): Contract | undefined =>
      [...some].sort((a, b) => (by(a) === by(b) ? (a.one.id < b.one.id ? -1 : 1) : by(a) < by(b) ? -1 : 1))[0]?.one;
    return (
      best(
        dated.filter(({ start, end }) => start <= now && now < end),
        ({ start }) => -start,
      ) ??
      best(
        dated.filter(({ end }) => end <= now),
        ({ end }) => -end,
      ) ??
      best(
        dated.filter(({ start }) => start > now),
        ({ start }) => start,
      ) ??
      contracts.find((one) => this.isLoose(one)) ??
      null
    );
  }

  private standing(contract: Contract, company: ReadonlyArray<string>): string {
    if (this.crmLed && !this.quoted(contract, this.won(company))) return "prospect";
    const before = this.crmLed ? "quoted" : "prospect";
    if (!this.started(contract)) return before;
    const billed = this.invoicesOf(contract, this.customersOf(company));
    if (billed.length === 0) return "activated";
    const newest = Math.max(...billed.map((id) => this.billing.invoices.get(id)!.start));
    const last = billed.filter((id) => this.billing.invoices.get(id)!.start === newest);
    return last.every((id) => this.billing.money(id).paid) ? "paid" : "posted";
  }

  /** The five regions at rest. What CRM and links do not touch is the billing oracle's. */
  regions(company: ReadonlyArray<string>, now: number): Readonly<Record<string, string>> {
    const current = this.current(this.contracts(company), now);
    const churned = current !== null && !this.isLoose(current) && this.churned(current, now);
    const status = current?.subscription ? this.billing.subscriptions.get(current.subscription)!.status : null;
    return {
      ...this.billing.regions(this.customersOf(company), now),
      lifecycle: churned
        ? "churned"
        : current !== null
          ? this.standing(current, company)
          : this.crmLed && this.won(company) > 0
            ? "quoted"
            : "prospect",
      subscription: status === null ? "none" : (regionOf[status] ?? status),
    };
  }
  private churned(contract: Contract, now: number): boolean {
    const { cancelled, end } = this.term(contract);
    return cancelled && end <= now;
  }

  /** Objects of billing that run or are billed, and that nobody agreed to. */
  unquoted(company: ReadonlyArray<string>): ReadonlyArray<string> {
    if (!this.crmLed) return [];
    const won = this.won(company);
    return this.contracts(company)
      .filter((contract) => !this.quoted(contract, won))
      .filter(
        (contract) =>
          this.invoicesOf(contract, this.customersOf(company)).length > 0 ||
          (this.started(contract) && !this.isLoose(contract)),
      )
      .map(({ subscription }) => `stripe:subscription/${subscription ?? "none"}`)
      .sort();
  }

  // ---------------------------------------------------------------- what the CRM shows

  /** By the object that it stands for; `numberOf`: the invoice's printed number. */
  shown(
    company: ReadonlyArray<string>,
    numberOf: (invoice: string) => string | null,
  ): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    const records = new Map<string, Readonly<Record<string, unknown>>>();
    const account = this.accountsOf(company).filter((id) => !this.accounts.get(id)!.deleted)[0];
    if (account === undefined) return records;
    const customers = this.customersOf(company);
    for (const [id, invoice] of this.billing.invoices) {
      if (!customers.includes(invoice.customer) || !(isFinal(invoice.status) || invoice.status === "void")) continue;
      const { settled, paid } = this.billing.money(id);
      const status =
        invoice.status === "void" ? "void" : paid ? "paid" : invoice.status === "paid" ? "open" : invoice.status;
      const amount = (minor: number) => Number(toDecimal(minor, invoice.currency));
      records.set(`stripe:invoice/${id}`, {
        Account__c: account,
        Number__c: numberOf(id),
        Status__c: status,
        Currency__c: invoice.currency,
        Amount__c: amount(invoice.total),
        Paid__c: amount(settled),
      });
    }
    for (const [id, { customer, status, start, end }] of this.billing.subscriptions) {
      if (!customers.includes(customer)) continue;
      const record = { Account__c: account, Status__c: status, Start__c: stamp(start) };
      records.set(`stripe:subscription/${id}`, end === null ? record : { ...record, End__c: stamp(end) });
    }
    return records;
  }
}

const over: ReadonlySet<string> = new Set(["canceled", "incomplete_expired"]);
const isFinal = (status: string): boolean => ["open", "uncollectible", "paid"].includes(status);
const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}.000+0000`;
