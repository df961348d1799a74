/** Going live beside five years of somebody else's invoices: watch, match, act; nothing is posted twice. */
import assert from "node:assert/strict";
import { beforeAll, describe, it } from "vitest";
import type { Exception } from "../../domain/exceptions.ts";
import { type ConnectionRules, observeAll } from "../../domain/rules.ts";
import { second, stripeEvent } from "../simulation/lab.ts";
import { SpineLab } from "./lab.ts";
import { history, makeLegacy, type OldInvoice } from "./legacy.ts";

const day = 86_400;
const customers = 50;
const each = 10;
/** Epoch seconds: what is finalized from here on is ours. */
const start = second - 30 * day;
const rules: ConnectionRules = { ...observeAll, startAt: start * 1000 };

/** What the books have of one historical invoice. */
type Case = "there" | "other amount" | "missing" | "twice" | "elsewhere" | "paid later" | "voided later";
const caseOf = (index: number): Case =>
  index < 5
    ? "other amount"
    : index < 10
      ? "missing"
      : index < 15
        ? "twice"
        : index < 20
          ? "elsewhere"
          : index < 25
            ? "paid later"
            : index < 30
              ? "voided later"
              : "there";
const cases = Array.from({ length: customers * each }, (_, index) => caseOf(index));
const count = (...wanted: ReadonlyArray<Case>): number => cases.filter((one) => wanted.includes(one)).length;
const unmatchable = count("missing", "twice", "elsewhere");

/** Spread, so that no customer has one kind only. */
const customerOf = (index: number): number => index % customers;
const old = (index: number): OldInvoice => ({
  id: `in_old_${index}`,
  number: `INV-${String(index).padStart(4, "0")}`,
  totalMinor: 10_000 + index,
  finalizedAt: start - (index + 2) * day,
  paidAt: caseOf(index) === "paid later" || caseOf(index) === "voided later" ? null : start - (index + 1) * day,
});
const fresh = (index: number): OldInvoice => ({
  id: `in_new_${index}`,
  number: `NEW-${index}`,
  totalMinor: 5_000 + index,
  finalizedAt: start + (index + 1) * day,
  paidAt: index % 2 === 0 ? start + (index + 2) * day : null,
});
const news = 20;

const lab = new SpineLab("billing-led", { rules: new Map([["netsuite", rules]]), maxSteps: 200_000 });
const setRules = (mode: ConnectionRules["mode"]): void => {
  (lab.world.setting.rules as Map<string, ConnectionRules>).set("netsuite", { ...rules, mode });
  // The process ends; the next one has the journal and the other rules.
  lab.world.instances[0]!.dead = true;
};
const erpCustomers: string[] = [];
let committedByOthers = 0;
const ours = () => lab.world.netsuite.committed.slice(committedByOthers);
const tell = (events: ReadonlyArray<unknown>, connection: "stripe" | "netsuite" = "stripe"): void => {
  const [instance] = lab.world.instances;
  for (const event of events)
    assert.ok(instance!.take(connection, new TextEncoder().encode(JSON.stringify(event))), "taken");
  instance!.turn(true);
};
const loaded = () => {
  lab.world.instances[0]!.loadAll(Array.from({ length: customers }, (_, i) => `cus_${i}`));
  return lab.core;
};
const exceptions = (type: Exception["type"]): ReadonlyArray<Exception> => {
  const core = loaded();
  return [...core.allExceptions().values()].flat().filter((one) => one.type === type);
};
const slotsOf = (kind: string) => {
  const core = loaded();
  return [...core.parties.values()].flatMap((party) => [...party.slots.values()].filter((slot) => slot.kind === kind));
};

describe("going live beside an older integration", () => {
  beforeAll(async () => {
    const legacy = makeLegacy(lab.world.netsuite);
    for (let i = 0; i <= customers; i++) erpCustomers.push(await legacy.customer(`Company ${i}`));
    for (const [index, what] of cases.entries()) {
      const { number, totalMinor, finalizedAt } = old(index);
      const post = (customer: number, name: string, total: number) =>
        legacy.invoice(erpCustomers[customer]!, name, number, total, finalizedAt);
      if (what === "missing") continue;
      // Of the same amount, for a company that nobody linked: a number alone is no match.
      if (what === "elsewhere") await post(customers, `${index}`, totalMinor);
      else await post(customerOf(index), `${index}`, what === "other amount" ? totalMinor + 700 : totalMinor);
      if (what === "twice") await post(customerOf(index), `${index}-again`, totalMinor);
    }
    committedByOthers = lab.world.netsuite.committed.length;
    tell(lab.world.netsuite.drainEvents(), "netsuite");
    for (let i = 0; i < customers; i++) {
      const data = { id: `cus_${i}`, object: "customer", name: `Company ${i}`, email: `ap@${i}.test` };
      tell([stripeEvent("customer.created", data, start - 600 * day, `evt_cus_${i}`)]);
    }
    for (let index = 0; index < cases.length; index++) {
      const { finalized, paid } = history(`cus_${customerOf(index)}`, old(index));
      tell([finalized, ...paid]);
    }
    for (let index = 0; index < news; index++) {
      const { finalized, paid } = history(`cus_${index * 2}`, fresh(index));
      tell([finalized, ...paid]);
    }
    await lab.rest();
  });

  it("[SP10] observe: what is newer than the start date is computed and held, what is older is not; nothing is sent", () => {
    assert.deepEqual(ours(), []);
    const core = loaded();
    const held = [...core.open.values()].map(({ planned }) => planned).filter(({ target }) => target === "netsuite");
    assert.ok(held.every(({ state, hold }) => state === "held" && hold === "observe"));
    const byKind = (kind: string) => held.filter((planned) => planned.kind === kind).map(({ source }) => source);
    assert.deepEqual(byKind("receivable").sort(), Array.from({ length: news }, (_, i) => `invoice/in_new_${i}`).sort());
    assert.equal(byKind("cash_application").length, news / 2);
    assert.equal(byKind("customer").length, news);
    assert.equal(held.length, news + news / 2 + news);
    assert.equal(exceptions("unmatched").length, cases.length, "before anybody is linked nothing is matched");
  });

  it("[SP11] each customer linked with its record in the ERP: matched by number and party, never by amount; what is missing, used twice or another's is not", async () => {
    for (let i = 0; i < customers; i++) lab.link(`stripe:cus_${i}`, `netsuite:${erpCustomers[i]}`, lab.world.now);
    await lab.rest();
    assert.deepEqual(ours(), [], "adoption writes nothing");
    const adopted = slotsOf("receivable").filter((slot) => slot.held?.adopted);
    assert.equal(adopted.length, cases.length - unmatchable);
    for (const slot of adopted) {
      const record = lab.world.netsuite.record("invoice", slot.held!.foreignId)!;
      const index = Number(slot.source.slice("invoice/in_old_".length));
      assert.equal(record["otherRefNum"], old(index).number);
      assert.equal((record["entity"] as { id: string }).id, erpCustomers[customerOf(index)]);
    }
    const unmatched = exceptions("unmatched").map(({ source }) => source);
    const expected = cases.flatMap((what, index) =>
      ["missing", "twice", "elsewhere"].includes(what) ? [`stripe:invoice/in_old_${index}`] : [],
    );
    assert.deepEqual([...unmatched].sort(), expected.sort());
    const drift = exceptions("drift");
    assert.deepEqual(
      drift.map(({ source, moneyMinor }) => [source, moneyMinor]).sort(),
      cases.flatMap((what, index) => (what === "other amount" ? [[`stripe:invoice/in_old_${index}`, 700]] : [])).sort(),
    );
  });

  it("[SP12 P3 P5] act, by a new process on the same journal: the newer ones once, on the customers that were there; of the older ones nothing", async () => {
    setRules("act");
    await lab.rest();
    const made = ours().filter(({ op }) => op === "create");
    assert.equal(made.filter(({ recordType }) => recordType === "invoice").length, news);
    assert.equal(made.filter(({ recordType }) => recordType === "customerPayment").length, news / 2);
    assert.equal(made.filter(({ recordType }) => recordType === "customer").length, 0, "no customer is made again");
    assert.equal(made.length, news + news / 2);
    for (const { customer } of made) assert.ok(erpCustomers.includes(customer));
    for (const { op, recordType } of ours())
      assert.ok(op === "create" || recordType !== "invoice", "no old invoice is changed");
    const numbers = slotsOf("receivable").filter((slot) => slot.held && !slot.held.adopted);
    assert.equal(numbers.length, news);
    // Heard again, from the older integration's script and from Stripe: nothing more.
    const before = ours().length;
    tell(history("cus_30", old(30)).paid.map((event) => ({ ...event, id: `${event.id}_again` })));
    tell(lab.world.netsuite.drainEvents(), "netsuite");
    await lab.rest();
    assert.equal(ours().length, before);
  });

  it("[SP13 P3 P6] after going live an adopted invoice that is paid gets its cash once, and one that is voided is reversed once", async () => {
    const before = ours().length;
    const later = second - 5 * day;
    for (let index = 0; index < cases.length; index++) {
      const customer = `cus_${customerOf(index)}`;
      if (cases[index] === "paid later") tell(history(customer, { ...old(index), paidAt: later }).paid);
      if (cases[index] === "voided later") tell(history(customer, { ...old(index), voidedAt: later }).voided);
    }
    await lab.rest();
    const made = ours().slice(before);
    assert.equal(made.filter(({ recordType }) => recordType === "customerPayment").length, count("paid later"));
    assert.equal(made.filter(({ recordType }) => recordType === "journalEntry").length, count("voided later"));
    assert.equal(made.length, count("paid later", "voided later"));
    const foreignIds = lab.world.netsuite.committed
      .slice(0, committedByOthers)
      .filter(({ recordType }) => recordType === "invoice");
    for (const { internalId, externalId } of foreignIds) {
      const what = cases[Number(/\d+/.exec(externalId!)![0])]!;
      if (what === "paid later" || what === "voided later")
        assert.equal(lab.world.netsuite.openBalance(internalId), 0, `${externalId} ${what}`);
    }
    tell(
      cases.flatMap((what, index) =>
        what === "voided later"
          ? history(`cus_${customerOf(index)}`, { ...old(index), voidedAt: later }).voided.map((event) => ({
              ...event,
              id: `${event.id}_again`,
            }))
          : [],
      ),
    );
    await lab.rest();
    assert.equal(ours().length - before, made.length, "told twice, reversed once");
  });
});
