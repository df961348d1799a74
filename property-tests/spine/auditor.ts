/** Compares a company at rest with its oracles: accounts, regions, money, books, and what the CRM shows. */
import assert from "node:assert/strict";
import { atRest, claims, documents } from "../simulation/auditor.ts";
import type { Instance } from "../simulation/world.ts";
import type { Company } from "./company.ts";
import type { Firm } from "./firm.ts";

export const auditCompany = (company: Company): void => {
  assert.equal(company.failure, null);
  company.tellWhole();
  claims(company);
  for (const instance of company.instances) {
    instance.loadAll(company.oracle.customers.keys());
    for (const { crm } of company.firms) instance.loadAll(crm.accounts.keys(), "salesforce");
    atRest(instance);
    for (const firm of company.firms) firmAtRest(company, firm, instance);
  }
  documents(company, company.instances[0]!);
  shown(company);
  log(company);
};

const firmAtRest = (company: Company, { crm, billing, index }: Firm, { engine }: Instance): void => {
  const { core } = engine!;
  const exceptions = core.allExceptions();
  for (const members of crm.companies()) {
    const where = `firm ${index}, ${members.join(" ")}`;
    const root = core.root(members[0]!);
    assert.equal(root, crm.rootOf(members[0]!), `links of ${where}`);
    assert.deepEqual(core.membersOf(root), members, `links of ${where}`);
    core.account(root);
    assert.deepEqual({ ...core.regionsFromActor(root) }, crm.regions(members, core.now), `P2 regions of ${where}`);
    const unquoted = members.flatMap((party) =>
      (exceptions.get(party) ?? []).filter(({ type, owner }) => type === "gap" && owner === "crm"),
    );
    assert.deepEqual(
      [...new Set(unquoted.map(({ source }) => source))].sort(),
      crm.unquoted(members),
      `quoted of ${where}`,
    );
    for (const party of members.filter((one) => one.startsWith("stripe:"))) {
      const held = [...core.parties.get(party)!.slots.values()].find(({ kind }) => kind === "customer")?.held;
      if (!held) continue;
      const record = company.netsuite.record("customer", held.foreignId)!;
      assert.equal(record["companyName"], crm.masterName(members), `the ERP's name for ${party} of ${where}`);
    }
  }
  for (const [id, invoice] of billing.invoices) {
    if (!["open", "paid", "uncollectible"].includes(invoice.status)) continue;
    const view = core.parties.get(`stripe:${invoice.customer}`)!.groups.get(`invoice/${id}`)?.view;
    assert.deepEqual(
      { settled: view?.money.settledMinor, credits: view?.money.creditsMinor, paid: view?.money.paid },
      billing.money(id),
      `P2 money of invoice ${id}`,
    );
  }
};

const objects = ["Tieout_Invoice__c", "Tieout_Subscription__c"] as const;

/** Every record that the CRM must show, once, and no other. */
const shown = ({ salesforce, stripe, firms }: Company): void => {
  const expected = new Map<string, unknown>();
  const numberOf = (id: string) => (stripe.get("invoice", id)?.["number"] as string | null | undefined) ?? null;
  for (const { crm } of firms)
    for (const company of crm.companies())
      for (const [source, record] of crm.shown(company, numberOf)) expected.set(source, record);
  const found = new Map<string, unknown>();
  for (const object of objects)
    for (const { fields } of salesforce!.records(object)) {
      const { Source__c: source, Tieout_Id__c: _, ...said } = fields as Readonly<Record<string, unknown>>;
      assert.ok(!found.has(String(source)), `P5: the CRM shows ${source} twice`);
      found.set(String(source), said);
    }
  const sorted = (map: ReadonlyMap<string, unknown>) =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(sorted(found), sorted(expected), "P3: what the CRM shows");
};

/** Of our own writes nothing made an account, and no outside id was made twice. */
const log = ({ salesforce }: Company): void => {
  const made = new Map<string, number>();
  for (const { client, object, op, externalId } of salesforce!.committed) {
    if (client === null) continue;
    assert.ok(
      objects.some((ours) => ours === object),
      `we wrote a ${object}`,
    );
    if (op === "create") made.set(externalId!, (made.get(externalId!) ?? 0) + 1);
  }
  for (const [id, count] of made) assert.equal(count, 1, `P5: ${id} was made ${count} times in the CRM`);
};
