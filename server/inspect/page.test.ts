/** The page over plain HTTP: what it may load, what it says first, and that it knows nothing of any account. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { it } from "vitest";
import { makeWorld } from "../testing/world.ts";

it("[IN12] the page holds no data, runs one script that its policy names, and loads nothing before a button is pressed", async () => {
  const world = await makeWorld();
  world.stripe.operations.createCustomer({ name: "Visible Nowhere" });
  await world.deliver();
  const response = await world.app.request("/inspect");
  const page = await response.text();
  assert.equal(response.status, 200);
  assert.ok(!page.includes("Visible"));
  assert.ok(!/(src|href)="https?:|<iframe|<link|@import|url\(/.test(page));
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
  const styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) => text!);
  assert.deepEqual([scripts.length, styles.length], [1, 1]);
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = response.headers.get("content-security-policy") ?? "";
  for (const part of [
    "default-src 'none'",
    `script-src ${hash(scripts[0]!)}`,
    `style-src ${hash(styles[0]!)}`,
    "connect-src 'self'",
    "frame-src https://stately.ai",
    "frame-ancestors 'none'",
  ])
    assert.ok(policy.split("; ").includes(part), part);
  assert.equal(response.headers.get("x-frame-options"), "DENY");
});

it("[IN12] it says what leaves the machine before the buttons, and posts to the hosted inspector's origin alone", async () => {
  const world = await makeWorld();
  const page = (await world.get("/inspect")).body as string;
  const said = page.indexOf("What leaves this machine");
  assert.ok(said > 0 && said < page.indexOf('id="hosted"'));
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)![1]!;
  assert.ok(new Script(script));
  const posts = [...script.matchAll(/postMessage\(([^)]*)\)/g)].map(([, given]) => given);
  assert.deepEqual(posts, ["message, hostedOrigin", "message, hostedOrigin"]);
  assert.match(script, /event\.origin !== hostedOrigin \|\| event\.source !== frame\.contentWindow/);
  assert.equal([...script.matchAll(/frame\.src = /g)].length, 1);
});

it("[IN12] where inspection is off there is no page, and the answer says how to turn it on", async () => {
  const off = await makeWorld({ sandbox: false, apiKey: "k-1" });
  const { status, body } = await off.get("/inspect");
  assert.equal(status, 404);
  assert.match(body.detail, /TIEOUT_INSPECT=on/);
});
