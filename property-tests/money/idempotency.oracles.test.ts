/** The published cases of `Idempotency-Key`, on the real server's routes. */
import assert from "node:assert/strict";
import { beforeAll } from "vitest";
import { makeWorld, type World } from "../../server/testing/world.ts";
import { published } from "./oracle.ts";

let world: World;
let count = 0;

beforeAll(async () => {
  world = await makeWorld({ requireIdempotencyKey: true });
});

const words = "words, not a figure: what they ask for is asserted";
published<{ cases: string[]; example_header: string }, { status: [number, number, number, string] }>(
  "A-WIR-05",
  "an act without its key, with another's key, with one that is under way, and again",
  async ({ input, expected }) => {
    const customer = world.stripe.operations.createCustomer({ name: "Acme" });
    await world.deliver();
    const path = `/v1/accounts/stripe:${customer}/park`;
    const send = async (reason: string, key: string | null) => {
      const headers = { "content-type": "application/json", ...(key === null ? {} : { "idempotency-key": key }) };
      return world.app.request(path, { method: "POST", body: JSON.stringify({ reason }), headers });
    };
    const key = input.example_header.slice(input.example_header.indexOf(" ") + 1).replace(/"$/, `${++count}"`);
    const [missing, other, running] = expected.status;
    assert.equal((await send("first", null)).status, missing);
    const both = await Promise.all([send("first", key), send("first", key)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, running]);
    assert.equal((await send("second", key)).status, other);
    const again = await send("first", key);
    assert.deepEqual([again.status, again.headers.get("idempotent-replayed")], [200, "true"]);
    // Clients that leave the quotes away mean the same key.
    const bare = await send("first", key.slice(1, -1));
    assert.deepEqual([bare.status, bare.headers.get("idempotent-replayed")], [200, "true"]);
  },
  { "status.3": words, header_syntax: words },
);
