/**
 * The scenario of docs/usage.md through a real server and its three simulators: a base subscription, included volume, overage, an upgrade
 * in the middle of the month, an added regional unit with its own tax; batches approved, charges in the ERP, its invoices in the CRM.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, test, vi } from "vitest";
import { sign } from "../../adapters/standard-webhooks.ts";
import type { AmendmentData, TermsData } from "../../domain/event.ts";
import { run as explain } from "../../server/cli/explain.ts";
import { developmentSecrets } from "../../server/config/config.ts";
import { type Company, type Loose, scratch, within } from "../../server/operators/testing/company.ts";
import { cloudEvent } from "./metered.ts";

const { folder, remove } = scratch();
afterAll(remove);

type Event = ReturnType<typeof cloudEvent>;
const march = (day: number, hour = 12) => `2026-03-${String(day).padStart(2, "0")}T${hour}:00:00Z`;
const told = (subject: string, data: object, time = march(1)) => cloudEvent("usage", subject, data, { time });
const used = (id: string, time: string, quantity: string, more: object = {}) =>
  told(`use/${id}`, { status: "recorded", meter: "calls", contract: null, quantity, ...more }, time);

const tiers = (first: string, rest: string) =>
  ({
    included: "1000",
    price: {
      model: "graduated",
      tiers: [
        { upTo: "1000", unit: first },
        { upTo: null, unit: rest },
      ],
    },
  }) as const;

const agreed = (subscription: string, link: string): Event => ({
  ...told("terms/C-1", {
    status: "active",
    subscription: `stripe:${subscription}`,
    timeZone: "America/New_York",
    contract: {
      id: "C-1",
      currency: "USD",
      start: "2026-03-01",
      months: 12,
      items: [{ id: "base", product: "platform", price: "500" }],
    },
    meters: [
      {
        meter: "calls",
        aggregation: "sum",
        product: "api-calls",
        versions: [{ version: 1, inForceFrom: "2026-03-01", charge: tiers("0.10", "0.08") }],
      },
    ],
    placements: { calls: { entity: null, jurisdiction: "US-NY", taxes: [{ id: "ny", percent: "8.875" }] } },
  } satisfies TermsData),
  link,
});
const amended = (id: string, change: AmendmentData["change"], more: Partial<AmendmentData> = {}): Event =>
  told(`amendment/${id}`, { status: "active", terms: "terms/C-1", publishedAt: null, change, ...more });

/** The upgrade: another price for use and for the base, and a unit in the EU with its own entity and tax. */
const upgrade: ReadonlyArray<Event> = [
  amended("A-1", {
    id: "A-1",
    on: "2026-03-16",
    do: "charge",
    meter: "calls",
    version: 2,
    charge: tiers("0.09", "0.05"),
  }),
  amended("A-2", { id: "A-2", on: "2026-03-16", do: "price", item: "base", price: "800" }),
  amended(
    "A-3",
    { id: "A-3", on: "2026-03-16", do: "add", item: { id: "calls@eu", product: "regional-unit", price: "100" } },
    { placement: { entity: "eu", jurisdiction: "DE", taxes: [{ id: "vat", percent: "19" }] } },
  ),
];
const uses: ReadonlyArray<Event> = [
  used("u1", march(2), "900"),
  used("u2", march(9), "1200"),
  used("u3", march(15), "500"),
  used("u4", march(17), "1000"),
  used("u5", march(20), "600"),
  used("u6", march(21), "-100"),
  used("e1", march(18), "300", { entity: "eu" }),
  used("e2", march(25), "200", { entity: "eu" }),
];
/** In no good order, and some twice. */
const shuffled = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const mixed = events.map((_, index) => events[(index * 7 + 3) % events.length]!);
  return [...mixed, mixed[0]!, mixed[5]!];
};

const post = async ({ server }: Company, events: ReadonlyArray<Event>): Promise<ReadonlyArray<string>> => {
  const body = JSON.stringify(events);
  const timestampSec = Math.floor(Date.now() / 1000);
  const signed = sign(body, { id: `m${timestampSec}${events.length}`, timestampSec, secret: developmentSecrets.usage });
  const headers = { ...signed, "content-type": "application/cloudevents-batch+json" };
  const response = await fetch(`${server.url}/events`, { method: "POST", body, headers });
  const answered = (await response.json()) as Loose;
  assert.equal(response.status, 202, JSON.stringify(answered));
  return answered.events.map(({ status }: Loose) => status);
};

const until = async <A>(what: string, look: () => Promise<A | null>): Promise<A> => {
  for (let turn = 0; turn < 400; turn++) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail(`${what} did not come`);
};

/** The batches that wait, with their lines in short; then they are approved and carried out. */
const approved = async (company: Company, count: number): Promise<ReadonlyArray<string>> => {
  const items = await until("the batches", async () => {
    const page = await company.get("/v1/usage-batches?state=rated");
    return page.items.length === count ? (page.items as ReadonlyArray<Loose>) : null;
  });
  const lines: string[] = [];
  for (const { id } of items) {
    const batch = await company.get(`/v1/usage-batches/${id}`);
    for (const line of batch.items)
      lines.push(
        `${line.entity}/${line.jurisdiction} ${line.quantity} = ${line.amountMinor} + ${line.taxMinor} (${line.reason}): ${line.versions
          .map(({ version, quantity, amountMinor }: Loose) => `v${version} ${quantity} = ${amountMinor}`)
          .join(", ")}`,
      );
    await company.done(`/v1/usage-batches/${id}/approve`, {});
  }
  await until("the release", async () =>
    (await company.get("/v1/usage-batches?state=rated,approved")).items.length === 0 ? true : null,
  );
  await company.server.idle();
  return lines.sort();
};

const chargesIn = ({ server, committed }: Company): ReadonlyArray<Loose> => {
  const { netsuite } = server.sandbox!;
  return [...new Set(committed("charge").map(({ internalId }) => internalId))].map((id) =>
    netsuite.record("charge", id),
  );
};

test("[UB11 P8 P10] Base, included volume, overage, an upgrade and a regional unit: to the cent in the ERP, in the CRM when it is paid, and explained from the invoice to the bytes of one use", async () => {
  const usage = { rate: "now", approve: "now", invoice: "cycle", approval: "required", graceMs: 0 } as const;
  const dataDir = join(folder, "scenario");
  const { mkdirSync } = await import("node:fs");
  mkdirSync(dataDir);
  await within(
    dataDir,
    async (company) => {
      const { stripe, salesforce, netsuite } = company.server.sandbox!;
      const crm = salesforce.operations.create("Account", { Name: "Acme" }).id;
      const customer = stripe.operations.createCustomer({
        name: "Acme",
        metadata: { tieout_link: `salesforce:${crm}` },
      });
      const subscription = stripe.operations.createSubscription({ customer, amountMinor: 50_000 });
      stripe.operations.payInvoice(
        (() => {
          const invoice = stripe.operations.createInvoice({ subscription });
          stripe.operations.finalizeInvoice(invoice);
          return invoice;
        })(),
      );
      await company.deliver();
      const statuses = await post(
        company,
        shuffled([
          agreed(subscription, `stripe:${customer}`),
          ...upgrade,
          ...uses,
          used("e3", march(26), "0", { entity: "eu" }),
        ]),
      );
      assert.equal(statuses.filter((status) => status === "duplicate").length, 2);

      /*
       * Until the 15th 2,600 were used: 1,000 are included, 1,000 at 0.10 and 600 at 0.08: 148.00; 8.875 % of it is 13.135, so 13.14.
       * From the 16th on 2,000 more, all past the first tier, at 0.05: 100.00, of which 1,500 of 2,000 are here, 75.00 (tax 6.66), and
       * 500 in the EU, 25.00 (tax 4.75).
       */
      assert.deepEqual(await approved(company, 2), [
        "default/US-NY 4100 = 22300 + 1980 (first): v1 2600 = 14800, v2 1500 = 7500",
        "eu/DE 500 = 2500 + 475 (first): v2 500 = 2500",
      ]);
      const short = () =>
        chargesIn(company).map((charge) => [
          charge.custrecord_tieout_entity,
          charge.custrecord_tieout_jurisdiction,
          charge.amount,
          charge.custrecord_tieout_tax,
          charge.quantity,
          charge.chargeDate,
        ]);
      assert.deepEqual([...short()].sort(), [
        ["default", "US-NY", 223, 19.8, 4100, "2026-03-31"],
        ["eu", "DE", 25, 4.75, 500, "2026-03-31"],
      ]);
      assert.ok(!JSON.stringify(chargesIn(company)).includes("u1"), "no raw use goes to the ERP");

      /*
       * Late: 200 of the 10th, 164.00 for 2,800 before the upgrade (tax 14.56), 16.00 more (tax 1.42). Corrected: 200 in the EU were 100;
       * 1,900 after the upgrade are 95.00, of which 400 in the EU are 20.00 (tax 3.80): 5.00 and 0.95 too much.
       */
      await post(company, [
        used("u7", march(10), "200"),
        used("e2c", march(25), "100", { entity: "eu", corrects: "e2" }),
      ]);
      assert.deepEqual(await approved(company, 2), [
        "default/US-NY 200 = 1600 + 142 (late use): v1 2800 = 16400, v2 1500 = 7500",
        "eu/DE -100 = -500 + -95 (corrected use): v2 400 = 2000",
      ]);
      assert.deepEqual([...short()].slice(2).sort(), [
        ["default", "US-NY", 16, 1.42, 200, "2026-03-31"],
        ["eu", "DE", -5, -0.95, -100, "2026-03-31"],
      ]);
      for (const later of chargesIn(company).slice(2)) {
        const first = chargesIn(company).find((one) => `charge:${one.id}` === later.custrecord_tieout_applies_to);
        assert.equal(first.custrecord_tieout_entity, later.custrecord_tieout_entity);
      }

      // One customer record, Stripe's invoice and its cash, four charges; NetSuite bills by entity, and is paid for one of the two.
      assert.deepEqual(
        ["customer", "invoice", "customerPayment", "charge"].map(
          (type) => company.committed(type).filter(({ op }) => op === "create").length,
        ),
        [1, 1, 1, 4],
      );
      const [charge] = chargesIn(company);
      const invoices = netsuite.operations.billCharges(charge.billTo.id, "2026-04-01");
      assert.deepEqual(
        invoices.map(({ signedMinor }) => signedMinor).sort((a, b) => a - b),
        [2380, 26_022],
      );
      const mine = invoices.find(({ signedMinor }) => signedMinor === 26_022)!;
      const settled = async () => {
        await netsuite.flush();
        await company.server.idle();
      };
      await settled();
      // NetSuite stamps in whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      netsuite.operations.payInvoice(mine.internalId);
      await settled();
      const shown = () =>
        salesforce
          .records("Tieout_Invoice__c")
          .map(({ fields }: Loose) => [
            fields.Account__c,
            fields.Number__c,
            fields.Status__c,
            fields.Amount__c,
            fields.Paid__c,
          ]);
      assert.deepEqual(
        shown()
          .filter(([, number]) => String(number).startsWith("NS-"))
          .sort(),
        invoices
          .map(({ number, signedMinor }) => [
            crm,
            number,
            signedMinor === 26_022 ? "paid" : "open",
            signedMinor / 100,
            signedMinor === 26_022 ? 260.22 : 0,
          ])
          .sort(),
      );
      const { regions } = await company.account(customer);
      assert.deepEqual([regions.sync, regions.lifecycle], ["agreed", "paid"]);
      const { rows } = await company.get(`/v1/reports/usage-checkpoints?account=stripe:${customer}`);
      assert.deepEqual(
        rows.map(({ hop, arrivedMinor, passedMinor, heldMinor }: Loose) => [hop, arrivedMinor, passedMinor, heldMinor]),
        ["1 raw", "2 attributed", "3 rated", "4 invoice_ready", "5 posted"].map((hop) => [hop, 25_900, 25_900, 0]),
      );

      // From the invoice of the ERP to the bytes of one use, by HTTP and by the command line.
      const chain = await company.get(`/v1/explain/posting/netsuite:invoice:${mine.internalId}`);
      const byId = new Map<string, Loose>(chain.hops.map((hop: Loose) => [hop.id, hop]));
      const reached = new Set<string>();
      const walk = (id: string): void => {
        if (reached.has(id)) return;
        reached.add(id);
        for (const under of byId.get(id)?.because ?? []) walk(under);
      };
      walk(chain.root);
      const kinds = [...reached].map((id) => byId.get(id)!);
      const raw = kinds.find((hop) => hop.hop === "raw" && JSON.stringify(hop.says).includes("use/u7"));
      assert.ok(raw, "the bytes of the late use");
      const event = kinds.find((hop) => hop.hop === "event" && hop.says.subject === "use/u7");
      assert.equal(event.says.data.quantity, "200");
      assert.ok(kinds.some((hop) => hop.hop === "document" && hop.says.kind === "charge"));
      assert.ok(kinds.some((hop) => hop.hop === "command" && hop.says.row === "usage.invoice_ready"));
      assert.ok(kinds.some((hop) => hop.hop === "value" && JSON.stringify(hop.says).includes("amendment/A-1")));
      assert.ok(kinds.some((hop) => hop.id.startsWith("figure:usage_batch batch_")));
      assert.ok(
        !kinds.some((hop) => hop.hop === "event" && hop.says.subject === "use/e1"),
        "nothing of the other entity",
      );
      const batch = (await company.get("/v1/usage-batches")).items[0];
      const [line] = (await company.get(`/v1/usage-batches/${batch.id}`)).items;
      assert.equal((await company.get(`/v1/explain/charge/${line.charge}`)).root, `figure:usage:charge/${line.charge}`);
      const told = (await company.get(`/v1/explain/usage-batch/${batch.id}`)).hops;
      assert.ok(
        told.some(({ says }: Loose) => says.state === "released" && says.decided.reason === "the test says so"),
      );
      const one = await company.get(`/v1/explain/use/${encodeURIComponent("usage:acme/e2")}`);
      assert.deepEqual(
        one.hops
          .filter(({ hop }: Loose) => hop === "event")
          .map(({ says }: Loose) => says.subject)
          .sort(),
        ["use/e2", "use/e2c"],
      );
      const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
      try {
        assert.equal(await explain({ KIND: "charge", ID: line.charge, json: true, "data-dir": dataDir }), 0);
        assert.ok(written.mock.calls.map(String).join("").includes(line.charge));
      } finally {
        written.mockRestore();
      }
      await company.verified();
    },
    { usage },
  );
});
