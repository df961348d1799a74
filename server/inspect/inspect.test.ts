/** A chosen account watched over a WebSocket while signed webhooks move it, with the engine in either thread. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createWebSocketReceiver } from "@statelyai/inspect";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createMachine } from "xstate";
import type { Loose } from "../testing/world.ts";
import { bill, connect, openDoor, socketUrl, tell, until, type Watched, withServer } from "./testing/server.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-inspect-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = async (url: string, path: string): Promise<Loose> => (await fetch(`${url}${path}`)).json();
const lastOf = (messages: ReadonlyArray<Loose>): Loose => messages.filter(({ snapshot }) => snapshot).at(-1)?.snapshot;

describe.each(["inline", "worker"] as const)("%s", (mode) => {
  it(`[IN4 IN8] ${mode}: the package's own receiver gets a valid session of a chosen account while signed webhooks move it, and leaves no observer`, async () => {
    await withServer(mkdtempSync(join(folder, "live-")), mode, async (watched) => {
      const { server, inspector, url } = watched;
      const { customer, invoice } = bill(watched, "Zanzibar");
      await tell(server);
      const before = await read(server.url, `/v1/accounts/stripe:${customer}`);

      const seen: Loose[] = [];
      const served = connect(socketUrl(server.url, before.id));
      // An invoice's id leads to its account as well.
      createWebSocketReceiver({ server: socketUrl(url, `stripe:${invoice}`) }).subscribe((event) => seen.push(event));
      await until(() => seen.length > 0, "the actor");
      const [first] = seen;
      assert.deepEqual([first.type, first.name, first._version], ["@xstate.actor", "account", "0.7.2"]);
      assert.deepEqual(first.snapshot.value, before.regions);
      assert.equal(first.snapshot.context.account, before.id);
      const definition = JSON.parse(first.definition);
      assert.deepEqual(Object.keys(createMachine(definition).states).sort(), Object.keys(before.regions).sort());

      bill(watched, "Unwatched");
      server.sandbox!.stripe.operations.payInvoice(invoice);
      await tell(server);
      const after = await read(server.url, `/v1/accounts/stripe:${customer}`);
      await until(() => isDeepStrictEqual(lastOf(seen).value, after.regions), "where the account stands now");
      const there = () => isDeepStrictEqual(lastOf(served.messages)?.value, after.regions);
      await until(there, "the same, from the server's own address");
      served.socket.close();
      assert.deepEqual([before.regions.cash, after.regions.cash], ["due", "settled"]);

      const moves = seen.slice(1);
      assert.ok(moves.length >= 2);
      for (const { type, sessionId, rootId, createdAt, _version, event } of moves) {
        assert.ok(type === "@xstate.event" || type === "@xstate.snapshot");
        assert.deepEqual([sessionId, rootId, _version], [first.sessionId, first.sessionId, "0.7.2"]);
        assert.ok(Math.abs(Number(createdAt) - Date.now()) < 60_000);
        assert.deepEqual([event.type, event.account], ["evidence.joined", before.id]);
      }
      assert.ok(!/Zanzibar|example\.test|77031|Unwatched/i.test(JSON.stringify(seen)));

      const clients = [1, 2].map(() => connect(socketUrl(url, `stripe:${customer}`)));
      for (const { messages } of clients) await until(() => messages.length > 0, "the actor");
      assert.equal(inspector.watchers(), 3);
      clients[0]!.socket.terminate();
      clients[1]!.socket.close();
      await until(() => inspector.watchers() === 1, "two have left");
      const left = async (): Promise<number> => {
        const probe = server.host.watch([`stripe:${customer}`], () => {});
        await probe.started;
        return probe.stop();
      };
      assert.ok((await left()) > 0);
      await inspector.close();
      await until(() => inspector.watchers() === 0, "all have left");
      assert.equal(await left(), 0);
    });
  });
});

it("[IN5 IN7 IN15] who may watch, who is dropped, and what a watcher hears when the server goes", async () => {
  await withServer(mkdtempSync(join(folder, "doors-")), "inline", async (watched) => {
    const { customer } = bill(watched, "Guarded");
    await tell(watched.server);
    await refusals(watched, customer);
    await sleeper(watched, customer);
    const door = await openDoor(watched.server.host);
    const last = connect(socketUrl(door.url, `stripe:${customer}`));
    await until(() => last.messages.length > 0, "the actor");
    await door.close();
    assert.deepEqual(await last.closed, { code: 1001, reason: "the server is shutting down" });
  });
});

const refusedWith = async (target: string, options: Loose = {}, protocols: string[] = []): Promise<string> => {
  const { opened, socket } = connect(target, options, protocols);
  const { status, body } = await opened;
  socket.terminate();
  return status === 101 ? "101" : `${status} ${body.type.split(":").at(-1)} ${body.detail}`;
};

const refusals = async ({ server, url }: Watched, customer: string): Promise<void> => {
  const good = socketUrl(url, `stripe:${customer}`);
  assert.equal(await refusedWith(good), "101");
  assert.equal(await refusedWith(good, { headers: { origin: url } }), "101");
  const foreign: ReadonlyArray<string> = ["https://evil.example", "null", "http://127.0.0.1:1", "file://"];
  for (const origin of foreign) assert.match(await refusedWith(good, { headers: { origin } }), /^403 foreign-origin/);
  assert.match(await refusedWith(good, { headers: { host: "evil.example" } }), /^401 unauthorized/);
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    [`${url.replace("http", "ws")}/elsewhere`, /^404 no-such-route/],
    [socketUrl(url), /^400 bad-parameter .*\?account=ID/],
    [`${good}&depth=3`, /^400 bad-parameter .*depth/],
    [socketUrl(url, ...Array.from({ length: 21 }, (_, i) => `stripe:${i}`)), /^400 bad-parameter at most 20/],
    [socketUrl(url, "stripe:nobody"), /^404 no-such-account .*stripe:nobody/],
    [socketUrl(url, `stripe:${customer}`, "acct_none"), /^404 no-such-account .*acct_none/],
  ];
  for (const [target, hint] of wrong) assert.match(await refusedWith(target), hint);

  const off = await openDoor(server.host, { enabled: false });
  assert.match(await refusedWith(socketUrl(off.url, `stripe:${customer}`)), /^404 no-such-route .*TIEOUT_INSPECT=on/);
  const early = await openDoor(server.host, { ready: () => false });
  assert.match(await refusedWith(socketUrl(early.url, `stripe:${customer}`)), /^503 not-ready/);
  const full = await openDoor(server.host, { limits: { mostWatchers: 0 } });
  assert.match(await refusedWith(socketUrl(full.url, `stripe:${customer}`)), /^429 overloaded/);

  const keyed = await openDoor(server.host, { sandbox: false, apiKey: "k-0123456789abcdef" });
  const target = socketUrl(keyed.url, `stripe:${customer}`);
  const offer = (key: string) => ["tieout.inspect", `tieout.key.${Buffer.from(key).toString("base64url")}`];
  assert.match(await refusedWith(target), /^401 unauthorized/);
  assert.match(await refusedWith(target, {}, offer("another-key")), /^401 unauthorized/);
  assert.match(await refusedWith(target, { headers: { authorization: "Bearer another" } }), /^401 unauthorized/);
  assert.equal(await refusedWith(target, {}, offer("k-0123456789abcdef")), "101");
  assert.equal(await refusedWith(target, { headers: { authorization: "Bearer k-0123456789abcdef" } }), "101");
  for (const door of [off, early, full, keyed]) await door.close();
};

const sleeper = async ({ server }: Watched, customer: string): Promise<void> => {
  const door = await openDoor(server.host, { limits: { pulseMs: 150 } });
  const target = socketUrl(door.url, `stripe:${customer}`);
  const [asleep, awake] = [connect(target), connect(target)];
  await Promise.all([asleep.opened, awake.opened]);
  asleep.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  asleep.socket.resume();
  assert.deepEqual(await asleep.closed, { code: 4008, reason: "slow reader: no answer to a ping within 150 ms" });
  await until(() => door.inspector.watchers() === 1, "one is left");
  assert.equal(awake.socket.readyState, awake.socket.OPEN);
  await door.close();
};

it("[IN11] a request that offers another protocol than WebSocket is answered as before", async () => {
  const never = () => assert.fail("nobody watches");
  const host = { watch: never, ask: never, accept: never };
  const door = await openDoor(host);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = dial(Number(new URL(door.url).port), "127.0.0.1");
    socket.on("error", reject);
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.on("end", () => resolve(text));
    socket.write(
      "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello",
    );
  });
  assert.match(answer, /^HTTP\/1.1 200 OK[\s\S]*plain 5/);
  await door.close();
});
