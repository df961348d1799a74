/** Published examples of what goes over the wire; and that no example of all is forgotten. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import * as Either from "effect/Either";
import { it } from "vitest";
import { eventsIn } from "../../adapters/cloudevents.ts";
import { sign, verify as verifyStandard } from "../../adapters/netsuite/layer.ts";
import { inbound, signWebhook } from "../../adapters/stripe/layer.ts";
import { problem } from "../../server/http/problem.ts";
import { oracles, published } from "./oracle.ts";

published<Record<string, string>, { "webhook-signature": string }>(
  "A-WIR-01",
  "a Standard Webhooks signature",
  ({ input, expected }) => {
    const [secret, timestamp, body] = [input["secret"]!, input["webhook-timestamp"]!, input["body"]!];
    const headers = sign(body, { id: input["webhook-id"]!, timestampSec: Number(timestamp), secret });
    assert.equal(headers["webhook-signature"], expected["webhook-signature"]);
    const judged = (text: string) =>
      verifyStandard(
        { method: "POST", url: "/", headers, body: new TextEncoder().encode(text) },
        [secret],
        Number(timestamp) * 1000,
      ).ok;
    assert.equal(judged(body), true);
    assert.equal(judged(JSON.stringify(JSON.parse(body))), false, "other bytes of the same JSON do not verify");
  },
);

published<
  { hmac_vectors: { key: string; payload: string }[]; header_case: { secret: string; t: number; body: string } },
  { hmac_hex: string[]; header: string }
>("A-WIR-02", "a Stripe signature", ({ input, expected }) => {
  const hmacs = input.hmac_vectors.map(({ key, payload }) =>
    createHmac("sha256", key).update(payload.replace(" (U+1F600, UTF-8)", "")).digest("hex"),
  );
  assert.deepEqual(hmacs, expected.hmac_hex);
  const { secret, t, body } = input.header_case;
  assert.equal(signWebhook(body, secret, t), expected.header);
  const judged = (header: string) =>
    inbound.verify(
      { method: "POST", url: "/", headers: { "stripe-signature": header }, body: new TextEncoder().encode(body) },
      [secret],
      t * 1000,
    ).ok;
  assert.equal(judged(expected.header), true);
  assert.equal(judged(expected.header.replace("v1=", "v0=")), false, "v0 alone does not count");
});

const eventOf = (headers: Readonly<Record<string, string>>, body: string): Record<string, unknown> => {
  const events = eventsIn(headers, new TextEncoder().encode(body));
  assert.ok(Either.isRight(events) && events.right.length === 1);
  return JSON.parse(new TextDecoder().decode(events.right[0])) as Record<string, unknown>;
};

published<
  {
    binary: { headers: Record<string, string>; body: string };
    structured_content_types: string[];
    attribute_value: string;
  },
  { attributes: Record<string, string>; data: unknown; header_encoding: string }
>(
  "A-WIR-03",
  "a CloudEvent in headers is the event in one body, whatever the parameters of its media type",
  ({ input, expected }) => {
    const whole = { ...expected.attributes, data: expected.data };
    assert.deepEqual(eventOf(input.binary.headers, input.binary.body), whole);
    for (const type of input.structured_content_types)
      assert.deepEqual(eventOf({ "content-type": type }, JSON.stringify(whole)), whole);
    const encoded = { ...input.binary.headers, "ce-subject": expected.header_encoding };
    assert.equal(eventOf(encoded, input.binary.body)["subject"], input.attribute_value);
  },
);

const ofOurOwn = "our problems have types, titles and statuses of their own";
published<unknown, { content_type: string; body: { detail: string; balance: number; accounts: string[] } }>(
  "A-WIR-04",
  "problem details carry their extension members at top level",
  async ({ expected }) => {
    const { detail, balance, accounts } = expected.body;
    const answer = problem("bad-parameter", detail, "r1", { members: { balance, accounts } });
    assert.equal(answer.headers.get("content-type"), expected.content_type);
    const body = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(
      [body["detail"], body["balance"], body["accounts"], body["status"]],
      ["Your current balance is 30, but that costs 50.", 30, ["/account/12345", "/account/67890"], answer.status],
    );
  },
  { status: ofOurOwn, "body.type": ofOurOwn, "body.title": ofOurOwn, "body.instance": "ours is the request's id" },
);

it("[O all] every published example is there, and cited by a test that asserts each of its figures", () => {
  const folder = new URL(".", import.meta.url);
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith(".oracles.test.ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("");
  const ids = oracles.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.filter((id) => id.startsWith("A-")).length, 45);
  const isCited = (id: string): boolean =>
    tests.includes(`"${id}", "`) || tests.includes(`>("${id}"`) || tests.includes(`  "${id}",\n`);
  assert.deepEqual(
    ids.filter((id) => !id.startsWith("B-") && !isCited(id)),
    [],
  );
});
