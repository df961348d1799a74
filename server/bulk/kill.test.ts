/** Many dead letters taken up again by a server that is killed half-way; three of them must fail. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { afterAll, it } from "vitest";
import { makeConfig, makeStripe } from "../../adapters/stripe/layer.ts";
import { committedIn } from "../../property-tests/kill/audit.ts";
import { bundle } from "../../property-tests/kill/bundle.ts";
import { type Child, spawnServer } from "../../property-tests/kill/child.ts";
import { importBodies } from "../http/recorded.ts";
import { type Loose, scratch, within } from "../operators/testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

/** Others with `TIEOUT_LETTERS`. */
const letters = Number(process.env["TIEOUT_LETTERS"] ?? 1000);
/** Past what NetSuite's JSON carries exactly: refused every time. Minor units. */
const impossible = [9_000_000_000_000_001, 9_000_000_000_000_002, 9_000_000_000_000_003];
const customers = Math.ceil(letters / 15);

const stripeSystem = () =>
  Effect.runPromise(
    makeStripe(makeConfig({ connection: "stripe", apiKey: "", baseUrl: "http://127.0.0.1:9" })).pipe(
      Effect.provide(FetchHttpClient.layer),
    ),
  );
const json = async (url: string, body?: object): Promise<Loose> => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(url, body === undefined ? {} : init);
  const answered = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(answered));
  return answered;
};
const until = async (ask: () => Promise<Loose>, enough: (answer: Loose) => boolean): Promise<Loose> => {
  for (let turn = 0; turn < 20_000; turn++) {
    const answer = await ask();
    if (enough(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never came so far");
};

it(`[BU4 P1 P5] of ${letters} dead letters taken up again 3 must fail: a server killed half-way goes on, tells exactly those 3, and nothing is made twice`, {
  timeout: 600_000,
}, async () => {
  const dataDir = join(folder, "letters");
  const entry = await bundle();
  const children: Child[] = [];
  const spawn = async (): Promise<{ readonly child: Child; readonly url: string }> => {
    const child = spawnServer({ entry, dataDir, delayMs: 0, mode: "worker" });
    children.push(child);
    return { child, url: await child.release() };
  };
  try {
    await within(dataDir, async (company) => {
      const { stripe, netsuite } = company.server.sandbox!;
      const system = await stripeSystem();
      /** In one request, as `tieout import` does: a webhook for each would wait for the simulator's disk each time. */
      const imported = async (): Promise<void> => {
        const bodies = stripe.drainEvents().map((event) => new TextEncoder().encode(JSON.stringify(event)));
        await importBodies(company.server.host, system, bodies, Date.now());
        await company.server.idle();
      };
      const made = Array.from({ length: customers }, () => company.invoiced(1).customer);
      await imported();
      for (const { recordType, internalId } of netsuite.committed)
        if (recordType === "customer") netsuite.faults.rejectCustomers.add(internalId);
      for (let i = 0; i < letters; i++) {
        const amountMinor = impossible[i] ?? 1000 + i;
        stripe.operations.finalizeInvoice(
          stripe.operations.createInvoice({ customer: made[i % customers]!, amountMinor }),
        );
      }
      await imported();
    });

    const first = await spawn();
    const ask = { act: "retry", filter: { target: "netsuite" }, reason: "NetSuite takes them again" };
    const preview = await json(`${first.url}/v1/bulk`, { ...ask, dryRun: true });
    assert.equal(preview.count, letters);
    const { id } = await json(`${first.url}/v1/bulk`, { ...ask, previewToken: preview.previewToken });
    const half = await until(
      () => json(`${first.url}/v1/bulk/${id}`),
      ({ acted }) => acted >= letters / 2,
    );
    assert.equal(half.state, "acting", `killed at ${half.acted}`);
    await first.child.kill();

    const second = await spawn();
    const job = await until(
      () => json(`${second.url}/v1/bulk/${id}?limit=2`),
      ({ state }) => state === "ended",
    );
    assert.deepEqual([job.succeeded, job.failed, job.failures.length], [letters - 3, 3, 2]);
    const rest = await json(`${second.url}/v1/bulk/${id}?limit=2&cursor=${job.nextCursor}`);
    const failed = [...job.failures, ...rest.failures];
    const amounts: number[] = [];
    for (const { item, state } of failed) {
      assert.equal(state, "rejected");
      amounts.push((await json(`${second.url}/v1/commands/${item}`)).content.amountMinor);
    }
    assert.deepEqual(amounts.sort(), impossible);
    assert.equal(await second.child.stop(), 0);

    const committed = await committedIn(dataDir);
    const invoices = committed.filter(({ recordType, op }) => recordType === "invoice" && op === "create");
    assert.equal(invoices.length, letters - 3 + customers);
    assert.equal(new Set(invoices.map(({ externalId }) => externalId)).size, invoices.length);
    assert.equal(committed.length, invoices.length + customers);
  } finally {
    for (const child of children) await child.kill();
    entry.remove();
  }
});
