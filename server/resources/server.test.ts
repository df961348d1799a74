/** The canonical resources, the document and its page on a real server: over loopback, with the engine where it is served. */
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it } from "vitest";
import { loadConfig } from "../config/config.ts";
import { document } from "../openapi/document.ts";
import { misfits } from "../openapi/testing/validate.ts";
import { type RunningServer, startServer } from "../runtime.ts";
import type { Loose } from "../testing/world.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-resources-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const within = <A>(work: (server: RunningServer) => Promise<A>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const env = { PORT: "0", TIEOUT_DATA_DIR: join(folder, "data") };
        const config = yield* loadConfig({ env, cwd: folder });
        const server = yield* startServer(config, { log: () => {}, fatal: (reason) => assert.fail(reason) });
        return yield* Effect.promise(() => work(server));
      }),
    ),
  );

/** One paid invoice, told by signed webhooks. */
const sell = async ({ sandbox, idle }: RunningServer): Promise<string> => {
  const { operations, drainEvents } = sandbox!.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  const invoice = operations.createInvoice({ customer, amountMinor: 12_345 });
  operations.finalizeInvoice(invoice);
  operations.payInvoice(invoice);
  for (const event of drainEvents()) assert.equal((await sandbox!.deliver("stripe", event))?.status, 202);
  await idle();
  return invoice;
};

it("[RS14 P10] a sale is found as its objects, with what each system knows, also after a restart", async () => {
  const shown = document() as Loose;
  const read = async (server: RunningServer, path: string): Promise<Loose> => {
    const response = await fetch(`${server.url}${path}`);
    assert.equal(response.status, 200, path);
    return response.json();
  };
  const told = async (server: RunningServer, invoice: string): Promise<Loose> => {
    const { items, nextCursor } = await read(server, "/v1/invoices?status=paid");
    assert.equal(nextCursor, null);
    assert.deepEqual(
      items.map(({ id }: Loose) => id),
      [`stripe:${invoice}`],
    );
    const one = await read(server, `/v1/invoices/stripe%3A${invoice}`);
    assert.deepEqual(misfits(shown, { $ref: "#/components/schemas/Invoice" }, one), []);
    const { seq: _seq, ...rest } = one;
    return rest;
  };
  const { invoice, before } = await within(async (server) => {
    const invoice = await sell(server);
    const before = await told(server, invoice);
    assert.deepEqual([before.dueMinor, before.settledMinor, before.stage], [0, 12_345, "paid"]);
    assert.deepEqual([before.systems.stripe.status, before.systems.netsuite.status], ["paid", "posted"]);
    assert.deepEqual(await read(server, "/openapi.json"), JSON.parse(JSON.stringify(shown)));
    const page = await fetch(`${server.url}/docs`);
    assert.ok((await page.text()).includes("/v1/invoices/{id}"));
    const { headers } = await fetch(`${server.url}/v1/invoices/stripe:${invoice}`);
    const again = { "if-none-match": headers.get("etag")! };
    assert.equal((await fetch(`${server.url}/v1/invoices/stripe:${invoice}`, { headers: again })).status, 304);
    return { invoice, before };
  });
  const after = await within((server) => told(server, invoice));
  assert.deepEqual({ ...after, systems: null }, { ...before, systems: null });
  assert.deepEqual(after.systems.netsuite.id, before.systems.netsuite.id);
});
