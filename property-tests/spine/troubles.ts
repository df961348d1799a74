/** What may be wrong when a call leaves: each trouble as the vendor's own simulator, or the wire, really has it. */
import { simulatorToken } from "../../adapters/netsuite/config.ts";
import type { Planned } from "../../domain/plan.ts";
import type { DocumentKind } from "../../domain/ports/system.ts";
import type { AnswersLab, TableVerb, Vendor } from "./answers-lab.ts";

export const writes: ReadonlySet<TableVerb> = new Set(["post", "update", "reverse"]);
const serverError = { status: 500, headers: { "content-type": "application/json" }, body: "{}" };

export interface Trouble {
  readonly name: string;
  /** Null: this vendor has no such thing for this call; the text says why. */
  readonly arrange: (
    lab: AnswersLab,
    verb: TableVerb,
    planned: Planned | null,
  ) => Promise<string | null> | string | null;
  /** Puts right what would otherwise stay. */
  readonly lift?: (lab: AnswersLab) => void;
  /** Of the company's email, where the trouble lies in the content. */
  readonly email?: string;
  readonly only?: (verb: TableVerb, vendor: Vendor) => boolean;
  readonly totalMinor?: number;
  /** Another document than the vendor's usual one. */
  readonly kind?: (vendor: Vendor) => DocumentKind | undefined;
}

const throttled = (lab: AnswersLab, retryAfter: string): null => {
  if (lab.vendor === "netsuite") lab.world.netsuite.faults.rateLimit = { requests: 1, status: 429, retryAfter };
  else if (lab.vendor === "salesforce") lab.salesforce.faults.rateLimit = { requests: 1, retryAfter };
  else
    lab.world.stripe.inject({
      when: "before",
      status: 429,
      headers: { "retry-after": retryAfter },
      error: { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" },
    });
  return null;
};
const at = (lab: AnswersLab, ms: number): string =>
  new Date(Math.ceil((lab.world.now + ms) / 1000) * 1000).toUTCString();
const none = (why: string) => why;

const put = async (lab: AnswersLab, type: string, outsideId: string, body: unknown): Promise<void> => {
  const url = `http://netsuite.test/services/rest/record/v1/${type}`.replace("{eid}", outsideId);
  const headers = { authorization: `Bearer ${simulatorToken}`, "content-type": "application/json" };
  const method = type.includes("!transform") ? "POST" : "PUT";
  const answer = await lab.world.netsuite.app.fetch(new Request(url, { method, headers, body: JSON.stringify(body) }));
  if (answer.status >= 300) throw new Error(await answer.text());
};

export const troubles: ReadonlyArray<Trouble> = [
  { name: "none", arrange: () => null },
  { name: "refused connection", arrange: (lab) => lab.next((well) => ({ ...well, refused: true })) },
  {
    name: "503 before processing",
    arrange: (lab, _verb, planned) => {
      const until = Math.max(lab.world.now, planned?.dueAt ?? 0) + 1_000;
      if (lab.vendor === "netsuite") lab.world.netsuite.faults.outageUntil = until;
      else if (lab.vendor === "salesforce") lab.salesforce.faults.outageUntil = until;
      else lab.world.stripe.inject({ when: "before", status: 503, error: { message: "Service unavailable" } });
      return null;
    },
  },
  { name: "throttled, seconds", arrange: (lab) => throttled(lab, "3") },
  { name: "throttled, date", arrange: (lab) => throttled(lab, at(lab, 7_000)) },
  { name: "no answer in time, done", arrange: (lab) => lab.next((well) => ({ ...well, answeredAfter: null })) },
  { name: "no answer in time, lost", arrange: (lab) => lab.next((well) => ({ ...well, arrivesAfter: null })) },
  {
    name: "5xx after it was done",
    arrange: (lab, verb) => {
      if (!writes.has(verb)) return lab.next((well) => ({ ...well, instead: serverError }));
      if (lab.vendor === "netsuite") lab.world.netsuite.faults.loseAnswers = 1;
      else if (lab.vendor === "salesforce") lab.salesforce.faults.loseAnswers = 1;
      else
        lab.world.stripe.inject({
          on: "write",
          when: "after",
          status: 500,
          error: { message: "An unknown error occurred" },
        });
      return null;
    },
  },
  {
    name: "rejected, fixable",
    email: "nobody",
    only: (verb) => writes.has(verb),
    arrange: (lab, verb) => {
      if (lab.vendor === "stripe") return null;
      if (lab.vendor === "salesforce") {
        if (verb === "reverse") return none("no validation runs on a deletion");
        lab.salesforce.faults.rejectAccounts.add(lab.said.account);
        return null;
      }
      if (verb === "update") return none("a number changes whatever the customer's state");
      lab.world.netsuite.faults.rejectCustomers.add(lab.documents("customer")[0]!.internalId);
      return null;
    },
    lift: (lab) => {
      if (lab.vendor === "stripe") lab.rename("ap@acme.test", 60);
      lab.salesforce.faults.rejectAccounts.clear();
      lab.world.netsuite.faults.rejectCustomers.clear();
    },
  },
  {
    name: "impossible",
    totalMinor: 2_000_000_000_000_000,
    kind: (vendor) => (vendor === "stripe" ? "receivable" : undefined),
    arrange: (lab, verb) => {
      if (lab.vendor === "stripe" && verb === "read") return lab.ask("read", "posting/invoice:1");
      if (lab.vendor !== "stripe" && verb === "read") return lab.ask("read", "invoice/in_1");
      if (verb === "post") return null;
      return none("nothing that the engine would send");
    },
  },
  {
    name: "wrong authentication",
    arrange: (lab) => {
      if (lab.vendor !== "stripe") lab.withWrongToken(true);
      else
        lab.world.stripe.inject({
          when: "before",
          status: 401,
          error: { type: "invalid_request_error", message: "Invalid API Key provided." },
        });
      return null;
    },
    lift: (lab) => lab.withWrongToken(false),
  },
  {
    name: "unknown reference",
    arrange: (lab, verb, planned) => {
      if (lab.vendor === "netsuite" && (verb === "post" || verb === "reverse")) {
        lab.world.netsuite.operations.delete("customer", lab.documents("customer")[0]!.internalId);
        return null;
      }
      if (lab.vendor === "netsuite" && verb === "update") {
        lab.world.netsuite.operations.delete("invoice", lab.documents("invoice")[0]!.internalId);
        return null;
      }
      if (lab.vendor === "salesforce" && (verb === "post" || verb === "update")) {
        lab.salesforce.operations.delete("Account", lab.said.account);
        return null;
      }
      if (lab.vendor === "stripe" && verb === "update") {
        const held = lab.core.parties.get("stripe:cus_1")!.slots.get(planned!.slot)!.held!;
        lab.world.stripe.operations.deleteCustomer(held.foreignId);
        return null;
      }
      if (verb === "read") {
        lab.ask(
          "read",
          { stripe: "account/cus_none", netsuite: "account/999", salesforce: "account/001000000000999AAA" }[lab.vendor],
        );
        return null;
      }
      return none(verb === "lookup" || verb === "poll" ? "it asks for nothing by name" : "it refers to nothing");
    },
    lift: (lab) => {
      if (lab.vendor !== "salesforce" || lab.salesforce.record("Account", lab.said.account) !== null) return;
      lab.world.now += 1_000;
      lab.salesforce.operations.undelete("Account", lab.said.account);
      for (const event of lab.heard())
        if ((event as { ChangeEventHeader: { entityName: string } }).ChangeEventHeader.entityName === "Account")
          lab.give(event, "salesforce");
    },
  },
  {
    name: "same external id, other content",
    only: (verb) => verb === "post",
    arrange: async (lab, _verb, planned) => {
      if (lab.vendor === "salesforce") {
        await lab.salesforce.app.fetch(
          new Request(
            `http://salesforce.test/services/data/v67.0/sobjects/Tieout_Invoice__c/Tieout_Id__c/${planned!.outsideId}`,
            {
              method: "PATCH",
              headers: {
                authorization: "Bearer 00D000000000001!tieout-salesforce-simulator",
                "content-type": "application/json",
              },
              body: JSON.stringify({ Account__c: lab.said.account, Status__c: "void" }),
            },
          ),
        );
        return null;
      }
      if (lab.vendor === "netsuite") {
        const customer = lab.documents("customer")[0]!.internalId;
        const item = { items: [{ item: { id: "1" }, amount: 1 }] };
        await put(lab, "invoice/eid:{eid}?replace=item", planned!.outsideId, {
          entity: { id: customer },
          currency: { id: "USD" },
          item,
        });
        return null;
      }
      await lab.world.stripe.app.fetch(
        new Request("http://stripe.test/v1/customers", {
          method: "POST",
          headers: {
            authorization: "Bearer sk_test",
            "idempotency-key": planned!.key,
            "content-type": "application/x-www-form-urlencoded",
          },
          body: "name=Somebody",
        }),
      );
      return null;
    },
  },
  {
    name: "same external id, other content, of a transform",
    only: (verb, vendor) => verb === "post" && vendor === "netsuite",
    kind: () => "cash_application",
    arrange: async (lab, _verb, planned) => {
      const [invoice] = lab.documents("invoice");
      const body = { externalId: planned!.outsideId, currency: { id: "USD" }, payment: 1 };
      await put(lab, `invoice/${invoice!.internalId}/!transform/customerPayment`, "", body);
      return null;
    },
  },
  {
    name: "closed period",
    only: (verb) => writes.has(verb),
    arrange: (lab, verb) => {
      if (lab.vendor !== "netsuite") return none("no periods");
      if (verb === "update") return none("a number changes in a closed period too");
      for (const month of ["2026-01", "2025-12"]) lab.world.netsuite.faults.closedPeriods.add(month);
      return null;
    },
    lift: (lab) => lab.world.netsuite.faults.closedPeriods.clear(),
  },
  {
    name: "second void",
    only: (verb) => verb === "reverse",
    arrange: (lab) => {
      if (lab.vendor === "netsuite")
        lab.world.netsuite.operations.void("invoice", lab.documents("invoice")[0]!.internalId);
      else
        for (const { object, id } of lab.salesforce.records("Tieout_Invoice__c"))
          lab.salesforce.operations.delete(object, id);
      return null;
    },
  },
];
