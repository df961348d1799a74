/** A company of clean firms on a real engine with three simulators and systems that send CloudEvents; and words to spoil them. */
import assert from "node:assert/strict";
import { makeCloudEvents } from "../../adapters/cloudevents.ts";
import { sign } from "../../adapters/standard-webhooks.ts";
import type { CanonicalEvent, DataOf, ObjectKind } from "../../domain/event.ts";
import type { Role } from "../../domain/ports/system.ts";
import { legNames, legs } from "../../domain/reconciliation/leg.ts";
import { importBodies } from "../../server/http/recorded.ts";
import { type Loose, makeWorld, type World } from "../../server/testing/world.ts";

const hour = 3_600_000;

const senders = (
  [
    ["avalara", "tax"],
    ["meters", "usage"],
    ["zendesk", "support"],
    ["cpq", "cpq"],
    ["bank", "warehouse"],
    ["gateway", "payments"],
  ] as ReadonlyArray<readonly [string, Role]>
).map(([connection, role]) => ({
  system: makeCloudEvents({ connection, roles: [role] }),
  secret: `whsec_${Buffer.from(`secret of ${connection}`).toString("base64")}`,
}));

/** Legal entity → NetSuite's subsidiary. */
const entities = { us: "1", de: "2" };

export interface Firm {
  readonly name: string;
  readonly currency: string;
  readonly crm: string;
  readonly customer: string;
  readonly subscription: string;
  /** Paid, with a credit note that was refunded. */
  readonly paid: string;
  readonly open: string;
  readonly charge: string;
  readonly note: string;
  readonly refund: string;
}

type Said = Readonly<Record<string, unknown>>;

export class Company {
  readonly world: World;
  private events = 0;
  private documents = 900_000;

  private constructor(world: World) {
    this.world = world;
  }

  static async make(more: { readonly healBelowMinor?: number } = {}): Promise<Company> {
    // Nothing is young enough to be waited for, but for tax.
    const terms = legNames.map((name) => ({ ...legs[name], windowMs: name === "tax" ? hour : 0, ...more }));
    const world = await makeWorld({ policy: "crm-led", senders, reconciliation: { legs: terms }, entities });
    return new Company(world);
  }

  get now(): number {
    return this.world.clock.now;
  }

  /** The engine acknowledges by the machine's clock; what the vendors say next comes after that. */
  pass(): void {
    this.world.clock.now = Math.max(this.now, Date.now()) + 5000;
  }

  async rest(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      await this.world.deliver();
      await this.world.echo();
    }
  }

  /** Everything that a firm has, in agreement. */
  firm(index: number, without?: "link"): Firm {
    const { stripe, salesforce } = this.world;
    const name = `Firm ${index}`;
    const currency = ["USD", "EUR", "JPY"][index % 3]!;
    const money = { currency: currency.toLowerCase() };
    const crm = salesforce.operations.create("Account", { Name: name }).id;
    salesforce.operations.create("Opportunity", {
      Name: name,
      AccountId: crm,
      StageName: "Closed Won",
      Amount: 12_000,
      CurrencyIsoCode: currency,
      CloseDate: "2026-01-05",
    });
    const customer = stripe.operations.createCustomer({
      name,
      metadata: without === "link" ? {} : { tieout_link: `salesforce:${crm}` },
    });
    const subscription = stripe.operations.createSubscription({ customer, amountMinor: 10_000, ...money });
    const paid = stripe.operations.createInvoice({ subscription, taxMinor: 1900, ...money });
    stripe.operations.finalizeInvoice(paid);
    const charge = stripe.operations.payInvoice(paid)!;
    const note = stripe.operations.createCreditNote({ invoice: paid, amountMinor: 1000, settle: "balance" });
    const refund = stripe.operations.refundCharge(charge, { amountMinor: 1000 });
    const open = stripe.operations.createInvoice({
      customer,
      amountMinor: 5000 + index,
      metadata: { tieout_entity: "us" },
      ...money,
    });
    stripe.operations.finalizeInvoice(open);
    return { name, currency, crm, customer, subscription, paid, open, charge, note, refund };
  }

  /** What stands beside it in tax, support and metering. */
  async beside(firm: Firm): Promise<void> {
    const link = `stripe:${firm.customer}`;
    await this.say("avalara", `tax_document/${firm.paid}`, this.tax(firm, 1900), { owner: firm.name, link });
    await this.say("zendesk", `entitlement/${firm.subscription}`, this.entitlement(firm), { owner: firm.name, link });
  }

  tax({ paid, currency }: Firm, taxMinor: number): DataOf<"tax_document"> {
    const more = { number: null, entity: null, documentAt: this.now, totalMinor: 10_000 + taxMinor };
    return { status: "committed", currency, taxMinor, invoice: `stripe:${paid}`, ...more };
  }

  entitlement({ subscription }: Firm, more: Partial<DataOf<"entitlement">> = {}): DataOf<"entitlement"> {
    const said = { product: "pro", quantity: null, startAt: null, endAt: null };
    return { status: "active", subscription: `stripe:${subscription}`, ...said, ...more };
  }

  /** Through the door for CloudEvents, signed. */
  async say(source: string, subject: string, data: Said, more: Said = {}): Promise<void> {
    this.world.clock.now += 2;
    const id = `ce-${++this.events}`;
    const type = `${subject.slice(0, subject.indexOf("/"))}.told`;
    const time = new Date(this.now).toISOString();
    const body = JSON.stringify({ specversion: "1.0", id, source, type, subject, time, data, ...more });
    const { secret } = senders.find(({ system }) => system.connection === source)!;
    const response = await this.world.app.request("/events", {
      method: "POST",
      body,
      headers: {
        "content-type": "application/cloudevents+json",
        ...sign(body, { id, timestampSec: Math.floor(this.now / 1000), secret }),
      },
    });
    assert.equal(response.status, 202, await response.text());
  }

  /** What an adapter would make of something that its simulator cannot say. */
  async told(source: string, subject: string, data: Said, more: Partial<CanonicalEvent> = {}): Promise<void> {
    this.world.clock.now += 2000;
    const kind = subject.slice(0, subject.indexOf("/")) as ObjectKind;
    const at = this.now;
    const event: CanonicalEvent = {
      id: `told-${++this.events}`,
      source,
      type: `${kind}.told`,
      subject,
      time: at,
      owner: null,
      via: null,
      clock: { at, tick: 1000, trust: 1000 },
      read: false,
      data: data as unknown as CanonicalEvent["data"],
      links: [],
      externalId: null,
      correlationid: null,
      traceparent: null,
      dataschema: `tieout/${kind}/1`,
      ...more,
    };
    const common = { connection: source, at, partition: 0, note: null, raw: null };
    await this.world.host.accept([
      { ...common, kind: "webhook", dedup: { id: event.id, type: event.type, hash: event.id }, events: [event] },
    ]);
  }

  // ---------------------------------------------------------------- the ERP

  /** NetSuite's record of the firm, that we made there. */
  record(firm: Firm): string {
    const party = this.world.engine.core.parties.get(`stripe:${firm.customer}`)!;
    return [...party.slots.values()].find(({ kind }) => kind === "customer")!.held!.foreignId;
  }

  /** The document that stands for an object: NetSuite's id and our outside id. */
  document(firm: Firm, kind: string, source: string): { readonly id: string; readonly outside: string } {
    const party = this.world.engine.core.parties.get(`stripe:${firm.customer}`)!;
    const slot = [...party.slots.values()].find((one) => one.kind === kind && one.source.endsWith(`/${source}`));
    return { id: slot!.held!.foreignId, outside: slot!.held!.outsideId };
  }

  private async script(type: string, id: string, record: Said, externalId: string | null): Promise<void> {
    this.world.clock.now += 2000;
    const at = new Date(this.now).toISOString();
    const [recordType] = type.split(".");
    const head = { id: `own-${++this.events}`, type, time: at, recordType, internalId: id, externalId };
    const body = { ...head, lastModifiedDate: at, sequence: this.events, record: { id, externalId, ...record } };
    const system = this.world.engine.systems.get("netsuite")!;
    await importBodies(this.world.host, system, [new TextEncoder().encode(JSON.stringify(body))], this.now);
  }

  /** Somebody enters a document in NetSuite by hand. Answers its id. */
  async enter(firm: Firm, recordType: string, amount: number, number: string, more: Said = {}): Promise<string> {
    const id = String(++this.documents);
    const entity = { id: this.record(firm) };
    const money = { total: amount, payment: amount, currency: { id: "1", refName: firm.currency } };
    const status = { id: "Open", refName: "Open" };
    await this.script(
      `${recordType}.create`,
      id,
      { ...money, entity, customer: entity, status, otherRefNum: number, ...more },
      null,
    );
    return id;
  }

  async strike(firm: Firm, recordType: string, id: string, number: string, amount = 1): Promise<void> {
    const entity = { id: this.record(firm) };
    const money = { total: amount, payment: amount, currency: { id: "1", refName: firm.currency } };
    await this.script(
      `${recordType}.edit`,
      id,
      { ...money, entity, customer: entity, otherRefNum: number, status: { id: "Voided", refName: "Voided" } },
      null,
    );
  }

  // ---------------------------------------------------------------- what is seen

  async latest(query = "limit=200"): Promise<Loose> {
    await this.world.host.idle();
    for (let turn = 0; turn < 20; turn++) {
      const { status, body } = await this.world.get(`/v1/reconciliations/latest?${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      if (body.complete) return body;
    }
    throw new Error("it is never complete");
  }

  async act(path: string, body: object): Promise<Loose> {
    const response = await this.world.app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "the test says so", ...body }),
    });
    const answered = (await response.json()) as Loose;
    assert.equal(response.status, 200, JSON.stringify(answered));
    return answered;
  }
}
