/** CRM, billing, their link and the ERP's answers in every order: the same account, documents and CRM records. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { Chance } from "../simulation/chance.ts";
import { permutations, second, stripeEvent } from "../simulation/lab.ts";
import { company, policyNames, SpineLab } from "./lab.ts";
import { history } from "./legacy.ts";

const forms = ["metadata", "field", "operator"] as const;
type Form = (typeof forms)[number];

/** What happens, by name; `answers`: until then the ERP and the CRM leave everything unanswered. */
const story = (lab: SpineLab, form: Form): Readonly<Record<string, () => void | Promise<void>>> => {
  const said = company(lab);
  const { account } = said;
  let fieldSet: unknown = null;
  if (form === "field") {
    lab.salesforce.operations.update("Account", account, { Billing_Customer_Id__c: "cus_1" });
    [fieldSet] = lab.heard();
  }
  const link = {
    metadata: () => lab.give(said.linkedByMetadata(`salesforce:${account}`)),
    field: () => lab.give(fieldSet, "salesforce"),
    operator: () => lab.link("stripe:cus_1", `salesforce:${account}`),
  };
  return {
    account: () => lab.give(said.accountCreated, "salesforce"),
    deal: () => lab.give(said.dealWon, "salesforce"),
    customer: () => lab.give(said.customerCreated),
    finalized: () => lab.give(said.finalized),
    paid: () => lab.give(said.paid),
    link: link[form],
    answers: () => lab.rest(),
  };
};
const names = ["account", "deal", "customer", "finalized", "paid", "link", "answers"];
const orders = permutations(names);
/** Orders for each form of link and policy: `TIEOUT_ORDERS=500` draws as many, `all` takes every one of the 5,040. */
const asked = process.env["TIEOUT_ORDERS"] ?? "12";
const sampled = asked === "all" ? orders.length : Number(asked);

const check = (lab: SpineLab, order: string): void => {
  const [account] = lab.salesforce.records("Account");
  const root = lab.core.root("stripe:cus_1");
  assert.deepEqual(lab.core.membersOf(root), [`salesforce:${account!.id}`, "stripe:cus_1"], order);
  assert.deepEqual(
    { ...lab.core.account(root).regions },
    { lifecycle: "paid", subscription: "none", ledger: "posted", cash: "settled", sync: "agreed" },
    order,
  );
  for (const [type, made] of [
    ["customer", 1],
    ["invoice", 1],
    ["customerPayment", 1],
    ["journalEntry", 0],
  ] as const)
    assert.equal(lab.documents(type).length, made, `${type} in ${order}`);
  assert.deepEqual(
    lab.shown,
    [
      {
        object: "Tieout_Invoice__c",
        Account__c: account!.id,
        Number__c: "A-17",
        Status__c: "paid",
        Currency__c: "USD",
        Amount__c: 100,
        Paid__c: 100,
        Source__c: "stripe:invoice/in_1",
      },
    ],
    order,
  );
  assert.deepEqual(lab.crmWrites.filter((write) => write === "create Tieout_Invoice__c").length, 1, order);
  neverMadeAccounts(lab);
};
const neverMadeAccounts = (lab: SpineLab): void =>
  assert.deepEqual(
    lab.salesforce.committed.filter(({ client, object }) => client !== null && !object.startsWith("Tieout_")),
    [],
    "nothing but our own documents is written in the CRM",
  );

const customerName = { "billing-led": "Acme Inc", "crm-led": "Acme Holding" } as const;

describe("the spine in every order", () => {
  for (const policy of policyNames) {
    it(`[SP1 P2 P3] ${policy}: account, deal, customer, invoice, payment, link and the answers in ${sampled} orders for each form of the link`, async () => {
      for (const form of forms) {
        const chance = new Chance(forms.indexOf(form) * 31 + policyNames.indexOf(policy));
        let report: string | null = null;
        for (let i = 0; i < sampled; i++) {
          const order = sampled === orders.length ? orders[i]! : chance.pick(orders);
          const lab = new SpineLab(policy);
          const acts = story(lab, form);
          for (const name of order) {
            await acts[name]!();
            if (i % 2 === 0) await lab.rest();
          }
          await lab.rest();
          const name = `${form}: ${order.join(", ")}${i % 2 === 0 ? ", each at rest" : ""}`;
          check(lab, name);
          const [customer] = lab.documents("customer");
          assert.equal(
            lab.world.netsuite.record("customer", customer!.internalId)!["companyName"],
            customerName[policy],
            name,
          );
          report ??= lab.report();
          assert.equal(lab.report(), report, name);
        }
      }
    });
  }

  it("[SP2 P2 P3] a late link equals an early one: everything but when it was said, and no trace of the wait outside", async () => {
    for (const policy of policyNames) {
      const seen = new Set<string>();
      for (const form of forms) {
        const outcomes = new Set<string>();
        for (const late of [true, false]) {
          const lab = new SpineLab(policy);
          const acts = story(lab, form);
          const rest = names.filter((name) => name !== "link");
          for (const name of late ? [...rest, "link"] : ["link", ...rest]) {
            await acts[name]!();
            await lab.rest();
          }
          check(lab, `${policy} ${form} ${late}`);
          outcomes.add(JSON.stringify(lab.outcome()));
          seen.add(JSON.stringify([lab.shown, lab.books]));
        }
        assert.equal(outcomes.size, 1, `${policy} ${form}`);
      }
      assert.equal(seen.size, 1, policy);
    }
  });

  const byOperator = (lab: SpineLab, account: string) => ({
    apart: () => lab.link("stripe:cus_1", null, lab.world.now),
    again: () => lab.link("stripe:cus_1", `salesforce:${account}`, lab.world.now),
  });
  const unlinked: Readonly<
    Record<
      Form,
      (lab: SpineLab, said: ReturnType<typeof company>) => { first?: () => void; apart: () => void; again: () => void }
    >
  > = {
    metadata: (lab, said) => ({
      first: () => lab.give(said.linkedByMetadata(`salesforce:${said.account}`)),
      ...byOperator(lab, said.account),
    }),
    field: (lab, said) => {
      const set = (value: string | null) => {
        lab.salesforce.operations.update("Account", said.account, { Billing_Customer_Id__c: value });
        for (const event of lab.heard())
          if ((event as { ChangeEventHeader: { entityName: string } }).ChangeEventHeader.entityName === "Account")
            lab.give(event, "salesforce");
      };
      return { apart: () => set(null), again: () => set("cus_1") };
    },
    operator: (lab, said) => byOperator(lab, said.account),
  };

  for (const policy of policyNames) {
    it(`[SP3 P3 P6] ${policy}: separated and linked again is what it was; CRM records are taken away and made anew, the books do not move`, async () => {
      for (const form of forms) {
        const lab = new SpineLab(policy);
        const said = company(lab);
        for (const event of [said.customerCreated, said.finalized, said.paid]) lab.give(event);
        for (const event of [said.accountCreated, said.dealWon]) lab.give(event, "salesforce");
        const { first, apart, again } = unlinked[form](lab, said);
        (first ?? again)();
        await lab.rest();
        check(lab, form);
        const [outcome, shown, books] = [lab.outcome(), lab.shown, lab.books];
        const before = lab.documents("invoice").length;
        lab.world.now += 10_000;
        apart();
        await lab.rest();
        assert.deepEqual(lab.shown, [], `${form}: separated, the CRM shows nothing`);
        assert.equal(lab.core.root("stripe:cus_1"), "stripe:cus_1");
        assert.deepEqual(lab.books, books, `${form}: separated, the books are as they were`);
        const alone = lab.core.account("stripe:cus_1").regions;
        assert.equal(alone.lifecycle, policy === "crm-led" ? "prospect" : "paid");
        lab.world.now += 10_000;
        again();
        await lab.rest();
        assert.deepEqual(lab.outcome(), outcome, form);
        assert.deepEqual(lab.shown, shown, form);
        assert.deepEqual(lab.books, books, form);
        assert.equal(lab.documents("invoice").length, before);
        assert.deepEqual(
          lab.crmWrites.filter((write) => !write.startsWith("update")),
          ["create Tieout_Invoice__c", "delete Tieout_Invoice__c", "create Tieout_Invoice__c"],
          form,
        );
        neverMadeAccounts(lab);
      }
    });
  }
});

it("[SP21 P3 P6] what the CRM shows follows the money, in every order: paid and refunded is open again, voided is void, a draft is not shown", async () => {
  const old = { id: "in_1", number: "A-17", totalMinor: 10_000, finalizedAt: second };
  const { finalized, paid } = history("cus_1", { ...old, paidAt: second + 1 });
  const refund = {
    id: "re_1",
    object: "refund",
    charge: "ch_in_1",
    amount: 4_000,
    currency: "usd",
    status: "succeeded",
  };
  const refunded = stripeEvent("refund.created", { ...refund, created: second + 2 }, second + 2);
  const [voided] = history("cus_1", { ...old, paidAt: null, voidedAt: second + 3 }).voided;
  const draft = { ...finalized.data.object, id: "in_2", status: "draft", number: null };
  const drafted = stripeEvent("invoice.created", draft, second);
  for (const [events, status, paidMajor] of [
    [[finalized, ...paid, refunded, drafted], "open", 60],
    [[finalized, voided!, drafted], "void", 0],
  ] as const)
    for (const order of permutations<unknown>(events).filter((_, index) => index % 4 === 0)) {
      const lab = new SpineLab("billing-led");
      const said = company(lab);
      lab.give(said.accountCreated, "salesforce");
      lab.link("stripe:cus_1", `salesforce:${said.account}`);
      for (const event of order) lab.give(event);
      await lab.rest();
      const shown = lab.shown.map((one) => one as Readonly<Record<string, unknown>>);
      assert.deepEqual(
        shown.map((one) => [one["Source__c"], one["Status__c"], one["Paid__c"]]),
        [["stripe:invoice/in_1", status, paidMajor]],
      );
    }
});

// ---------------------------------------------------------------- field by field

/** A deal's life: made, two fields changed, one of them again, one change of which only a gap is told. */
const dealLife = (lab: SpineLab) => {
  const { operations } = lab.salesforce;
  const later = () => {
    lab.world.now += 7;
  };
  const account = operations.create("Account", { Name: "Acme" }).id;
  lab.heard();
  const deal = operations.create("Opportunity", {
    Name: "First",
    AccountId: account,
    StageName: "Prospecting",
    Amount: 100,
    CurrencyIsoCode: "USD",
    CloseDate: "2026-02-01",
  }).id;
  later();
  operations.update("Opportunity", deal, { Name: "Second" });
  later();
  operations.update("Opportunity", deal, { StageName: "Closed Won" });
  later();
  operations.update("Opportunity", deal, { Name: "Third" });
  later();
  operations.gap("Opportunity", deal, { CloseDate: "2026-03-01" });
  later();
  return { account, deal, events: lab.heard() };
};
const shownDeal = (lab: SpineLab, account: string, deal: string) =>
  lab.core.parties.get(`salesforce:${account}`)!.evidence.data(`quote/${deal}`);

describe("field by field", () => {
  const expected = {
    status: "won",
    name: "Third",
    number: null,
    currency: "USD",
    amountMinor: 10_000,
    deal: null,
    closedAt: Date.UTC(2026, 2, 1),
  };
  it("[SP4 P2 P4] creation, changes of two fields, of one again, and a gap in all 120 orders: the same evidence; the gap is answered by a re-read", async () => {
    let report: string | null = null;
    const indexes = permutations([0, 1, 2, 3, 4]);
    for (const order of indexes) {
      const lab = new SpineLab("crm-led");
      const { account, deal, events } = dealLife(lab);
      for (const index of order) lab.give(events[index]!, "salesforce");
      await lab.rest();
      const name = order.join(" ");
      assert.deepEqual(shownDeal(lab, account, deal), expected, name);
      assert.deepEqual([...lab.core.asks], [], name);
      report ??= lab.report();
      assert.equal(lab.report(), report, name);
    }
    for (const order of indexes.filter((_, i) => i % 5 === 0)) {
      const lab = new SpineLab("crm-led");
      const { account, deal, events } = dealLife(lab);
      for (const index of order) {
        lab.give(events[index]!, "salesforce");
        await lab.rest();
      }
      assert.deepEqual(shownDeal(lab, account, deal), expected, `each at rest: ${order.join(" ")}`);
    }
  });

  it("[SP5 P2 P6] a deletion before, between or after the changes is a deletion; an undeletion brings the record back", async () => {
    for (const undelete of [false, true]) {
      let report: string | null = null;
      for (const order of permutations(undelete ? [0, 1, 2, 3] : [0, 1, 2])) {
        const lab = new SpineLab("crm-led");
        const { operations } = lab.salesforce;
        const account = operations.create("Account", { Name: "First" }).id;
        lab.world.now += 5;
        operations.update("Account", account, { Name: "Second" });
        lab.world.now += 5;
        operations.delete("Account", account);
        lab.world.now += 5;
        if (undelete) operations.undelete("Account", account);
        lab.world.now += 5;
        const events = lab.heard();
        for (const index of order) lab.give(events[index]!, "salesforce");
        await lab.rest();
        const data = lab.core.parties.get(`salesforce:${account}`)!.evidence.data(`account/${account}`)!;
        assert.deepEqual(
          { ...data },
          {
            status: undelete ? "active" : "deleted",
            name: "Second",
            email: null,
            currency: null,
            parent: null,
            legalId: null,
          },
          order.join(" "),
        );
        report ??= lab.report();
        assert.equal(lab.report(), report, order.join(" "));
      }
    }
  });

  it("[SP6 P1] everything lost is read again each time it is said, not only the first", async () => {
    const lab = new SpineLab("crm-led");
    const { operations } = lab.salesforce;
    const account = operations.create("Account", { Name: "First" }).id;
    lab.heard();
    for (const name of ["Second", "Third"]) {
      lab.world.now += 5_000;
      operations.update("Account", account, { Name: name });
      lab.heard();
      lab.world.now += 5_000;
      operations.overflow("Account");
      for (const event of lab.heard()) lab.give(event, "salesforce");
      await lab.rest();
      assert.equal(lab.core.nameOf([lab.core.parties.get(`salesforce:${account}`)!]), name);
      assert.deepEqual([...lab.core.asks], []);
    }
  });
});
