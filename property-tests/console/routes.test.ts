/** What the account's page asks for beside what there was: the timeline in pages, and what was said to a target word for word. */
import assert from "node:assert/strict";
import * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as HttpClientResponse from "@effect/platform/HttpClientResponse";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { it } from "vitest";
import type { System } from "../../domain/ports/system.ts";
import { maskFor } from "../../server/access/mask.ts";
import { Exchanges } from "../../server/exchanges/exchanges.ts";
import { CommandExchanges } from "../../server/exchanges/routes.ts";
import { type Loose, makeWorld } from "../../server/testing/world.ts";
import { firstKey, within } from "../access/company.ts";

it("[CO24] the timeline's pages, newest first, are the whole of it cut up, with the machine's transitions where they were", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Long Story" });
  for (let i = 0; i < 6; i++) {
    const invoice = operations.createInvoice({ customer, amountMinor: 1000 + i });
    operations.finalizeInvoice(invoice);
    if (i % 2 === 0) operations.payInvoice(invoice);
    await world.deliver();
  }
  await world.host.idle();
  const path = `/v1/accounts/stripe:${customer}/timeline`;
  const whole = (await world.get(`${path}?limit=1000`)).body;
  assert.equal(whole.complete, true);
  assert.equal(whole.nextCursor, null);
  assert.ok(whole.items.length > 30 && whole.transitions.length > 5);
  for (const limit of [1, 7, whole.items.length - 1]) {
    const [items, transitions]: [Loose[], Loose[]] = [[], []];
    let cursor: string | null = null;
    do {
      const page: Loose = (await world.get(`${path}?limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`)).body;
      assert.ok(page.items.length <= limit);
      assert.equal(page.complete, page.nextCursor === null);
      items.unshift(...page.items);
      transitions.unshift(...page.transitions);
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(items, whole.items);
    assert.deepEqual(transitions, whole.transitions);
  }
  for (const bad of ["x", Buffer.from("1 nonsense").toString("base64url")])
    assert.equal((await world.get(`${path}?cursor=${bad}`)).status, 400, bad);
});

/** A target that answers with what it was told, and a system that asks for a token first. */
const talking = async (body: string, answer: string) => {
  const exchanges = new Exchanges(20);
  const echo = HttpClient.make((request) =>
    Effect.succeed(
      HttpClientResponse.fromWeb(
        request,
        new Response(answer, { status: 200, headers: { "content-type": "application/json", "set-cookie": "sid=1" } }),
      ),
    ),
  );
  const layer = exchanges.heard(Layer.succeed(HttpClient.HttpClient, echo));
  let heard = "";
  const send = Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient;
    const token = HttpClientRequest.post("https://target.test/token").pipe(
      HttpClientRequest.bodyText("grant_type=x&assertion=very-secret", "application/x-www-form-urlencoded"),
    );
    yield* client.execute(token);
    const call = HttpClientRequest.post("https://target.test/invoices").pipe(
      HttpClientRequest.setHeaders({
        authorization: "Bearer very-secret",
        "idempotency-key": "k-1",
        cookie: "very-secret",
      }),
      HttpClientRequest.bodyText(body, "application/json"),
    );
    const response = yield* client.execute(call);
    // As the adapters read it.
    heard = new TextDecoder().decode(yield* response.arrayBuffer);
    return { foreignId: "1", content: {} };
  });
  const system = {
    connection: "t",
    outbound: { send: () => Effect.provide(send, layer), lookup: () => Effect.succeed(null) },
  } as unknown as System;
  const named = exchanges.naming(system);
  const command = (key: string) => ({ key }) as never;
  return { exchanges, named, command, heard: () => heard };
};

it("[CO25] what is said to a target is kept word for word without its secrets, the target's answer still reaches the adapter, and only so much is kept", async () => {
  const told = { name: "Acme", client_secret: "very-secret", nested: { access_token: "very-secret", amount: 12 } };
  const { exchanges, named, command, heard } = await talking(
    JSON.stringify(told),
    JSON.stringify({ id: 7, refresh_token: "very-secret" }),
  );
  await Effect.runPromise(named.outbound.send(command("cmd_1")) as Effect.Effect<unknown>);
  const [kept, ...more] = exchanges.of("cmd_1");
  assert.deepEqual(more, []);
  assert.equal(kept!.request.method, "POST");
  assert.deepEqual(kept!.request.body, {
    name: "Acme",
    client_secret: "•••",
    nested: { access_token: "•••", amount: 12 },
  });
  assert.equal(kept!.request.headers["idempotency-key"], "k-1");
  assert.deepEqual(kept!.answer!.body, { id: 7, refresh_token: "•••" });
  assert.ok(!JSON.stringify(kept).includes("very-secret"));
  assert.equal(JSON.parse(heard()).refresh_token, "very-secret");
  for (let i = 0; i < 9; i++) await Effect.runPromise(named.outbound.send(command("cmd_1")) as Effect.Effect<unknown>);
  assert.equal(exchanges.of("cmd_1").length, 6);
  for (let i = 0; i < 25; i++)
    await Effect.runPromise(named.outbound.send(command(`cmd_x${i}`)) as Effect.Effect<unknown>);
  assert.equal(exchanges.of("cmd_1").length, 0);
  assert.equal(exchanges.of("cmd_x24").length, 1);
  exchanges.forget();
  assert.equal(exchanges.of("cmd_x24").length, 0);
});

it("[CO26] word for word is as the caller may see it: who sees no names sees no body", async () => {
  const body = { companyName: "Acme", addressbook: { items: [{ attention: "Ada", email: "ada@acme.test" }] } };
  const exchange = {
    at: 1,
    durationMs: 2,
    kind: "send",
    request: { method: "PUT", url: "https://target.test/customer/1", headers: {}, body },
    answer: { status: 400, headers: {}, body: "Acme <ada@acme.test> is there already" },
  };
  const answer = { items: [exchange, { ...exchange, answer: null }] };
  const shown = (scopes: ReadonlyArray<"read" | "operate">) =>
    JSON.stringify(maskFor({ scopes, personal: false }, CommandExchanges)(answer));
  assert.equal(shown(["operate"]), JSON.stringify(answer));
  assert.ok(!/Acme|Ada|acme/.test(shown(["read"])), shown(["read"]));
  assert.match(shown(["read"]), /"status":400/);
  await within(async ({ ask }) => {
    const missing = await ask("/v1/commands/cmd_00000000000000000000000000000000/exchanges", firstKey);
    assert.equal(missing.status, 404);
    assert.match(missing.body.type, /no-such-command/);
  });
});
