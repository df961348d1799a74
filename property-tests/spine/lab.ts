/** A lab with a CRM: Salesforce's own events, one history told by hand, operators' notes, and what all of it comes to. */
import assert from "node:assert/strict";
import * as Runtime from "effect/Runtime";
import { netEffects } from "../../adapters/netsuite/layer.ts";
import type { Json } from "../../domain/canonical.ts";
import { canonical } from "../../domain/canonical.ts";
import { partitionOf } from "../../domain/ids.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { report } from "../../server/views/report.ts";
import { Lab, second, stripeEvent } from "../simulation/lab.ts";
import { epoch, type Setting } from "../simulation/world.ts";

/** The two whose authorities differ; the others are variations of them. */
export const policyNames = ["billing-led", "crm-led"] as const;
export type PolicyName = (typeof policyNames)[number];

/** An operator's entry; `at` is its own time, so that a lab's orders say the same. */
export const operatorEntry = (note: OperatorNote, at: number): NewEntry => {
  const connection = note.party.slice(0, note.party.indexOf(":"));
  return {
    kind: "operator",
    connection,
    at,
    partition: partitionOf(connection, note.party),
    dedup: null,
    events: [],
    note: note as unknown as Json,
    raw: null,
  };
};

export class SpineLab extends Lab {
  constructor(policy: PolicyName, more: Setting = {}) {
    super(1, { policy: policies[policy], salesforce: true, ...more });
  }

  get salesforce() {
    return this.world.salesforce!;
  }

  operator(note: OperatorNote, at = epoch): void {
    const [instance] = this.world.instances;
    assert.ok(instance!.append([operatorEntry(note, at)]));
    instance!.turn(true);
  }

  link(party: string, target: string | null, at = epoch): void {
    this.operator({ type: "link", party, target, by: "ops", reason: null }, at);
  }

  /** What a relay would have sent since the last call. */
  heard(): ReadonlyArray<Json> {
    return this.salesforce.drainEvents() as ReadonlyArray<Json>;
  }

  /** What `tieout accounts --json` prints. */
  override report(): string {
    return canonical(Runtime.runSync(this.world.runtime)(report(this.world.instances[0]!.engine!)));
  }

  /** Regions and effects of every account: the report without what sources said and when. */
  outcome(): Json {
    const { accounts } = JSON.parse(this.report()) as {
      readonly accounts: ReadonlyArray<{
        id: string;
        regions: Json;
        parties: ReadonlyArray<{ party: string; effects: Json }>;
      }>;
    };
    return accounts.map(({ id, regions, parties }) => ({
      id,
      regions,
      parties: parties.map(({ party, effects }) => ({ party, effects })),
    }));
  }

  /** Live documents of ours in the CRM, without the ids that depend on how often they were made anew. */
  get shown(): ReadonlyArray<Json> {
    return ["Tieout_Subscription__c", "Tieout_Invoice__c"]
      .flatMap((object) => this.salesforce.records(object))
      .map(({ object, fields }) => {
        const { Tieout_Id__c: _, ...said } = fields as Record<string, Json>;
        return { object, ...said };
      })
      .sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  }

  /** Our committed writes in the CRM: what was done to which object. */
  get crmWrites(): ReadonlyArray<string> {
    return this.salesforce.committed.filter(({ client }) => client !== null).map(({ op, object }) => `${op} ${object}`);
  }

  /** P3's sums on the ERP's committed log, by side. */
  get books(): Json {
    const sums: Record<string, number> = {};
    for (const { side, currency, amountMinor } of netEffects(this.world.netsuite.committed))
      sums[`${side} ${currency}`] = (sums[`${side} ${currency}`] ?? 0) + amountMinor;
    return sums;
  }
}

/** One company as its systems tell it: an account with a deal, and a customer with a paid invoice. */
export const company = (lab: SpineLab) => {
  const account = lab.salesforce.operations.create("Account", { Name: "Acme Holding" }).id;
  const deal = lab.salesforce.operations.create("Opportunity", {
    Name: "Acme 2026",
    AccountId: account,
    StageName: "Closed Won",
    Amount: 1200,
    CurrencyIsoCode: "USD",
    CloseDate: "2026-01-05",
  }).id;
  const [accountCreated, dealWon] = lab.heard();
  const customer = { id: "cus_1", object: "customer", name: "Acme Inc", email: "ap@acme.test" };
  const invoice = (status: "open" | "paid") => ({
    id: "in_1",
    object: "invoice",
    customer: "cus_1",
    status,
    number: "A-17",
    currency: "usd",
    total: 10_000,
    amount_due: 10_000,
    amount_paid: status === "paid" ? 10_000 : 0,
    period_start: second - 86_400,
    period_end: second,
    status_transitions: {
      finalized_at: second,
      paid_at: status === "paid" ? second : null,
      voided_at: null,
      marked_uncollectible_at: null,
    },
  });
  return {
    account,
    deal,
    accountCreated: accountCreated!,
    dealWon: dealWon!,
    customerCreated: stripeEvent("customer.created", customer),
    linkedByMetadata: (target: string, at = second + 1) =>
      stripeEvent("customer.updated", { ...customer, metadata: { tieout_link: target } }, at),
    finalized: stripeEvent("invoice.finalized", invoice("open")),
    paid: stripeEvent("invoice.paid", invoice("paid"), second + 1),
  };
};
