/** Too often, too slowly, and to where nobody should call: what keeps the rim of the server whole. */
import assert from "node:assert/strict";
import type { lookup } from "node:dns";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { isPublicAddress, urlProblem } from "../../server/access/addresses.ts";
import { makeBucket } from "../../server/access/limits.ts";
import { makeGuardedFetch } from "../../server/access/outbound-guard.ts";
import { configured, firstKey, scratch, within } from "./company.ts";

it("[SE12] over its rate a key, and over its own a connection, is answered 429 with when to come again; others go on, and time alone fills it", async () => {
  await within(
    async ({ ask, make, server }) => {
      const [busy, calm] = [await make("busy", ["read"], { ratePerMinute: 5 }), await make("calm", ["read"])];
      const statuses: number[] = [];
      for (let i = 0; i < 8; i++) statuses.push((await ask("/v1/accounts", busy.secret)).status);
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
      const refused = await ask("/v1/accounts", busy.secret);
      assert.ok(Number(refused.headers.get("retry-after")) >= 1 && Number(refused.headers.get("retry-after")) <= 13);
      assert.equal(refused.body.type, "urn:tieout:problem:rate-limited");
      assert.equal((await ask("/v1/accounts", calm.secret)).status, 200);
      const send = async (connection: string): Promise<Response> =>
        fetch(`${server.url}/webhooks/${connection}`, { method: "POST", body: "{}" });
      const sent: number[] = [];
      for (let i = 0; i < 5; i++) sent.push((await send("stripe-eu")).status);
      assert.deepEqual(sent, [401, 401, 401, 429, 429]);
      assert.ok((await send("stripe-eu")).headers.get("retry-after"));
      assert.equal((await send("stripe-us")).status, 401);
    },
    {
      connections: {
        "stripe-eu": { vendor: "stripe", entity: "eu", ratePerMinute: 3, webhookSecrets: [{ env: "ACCESS_SECRET" }] },
      },
    },
  );
  for (const rate of [1, 7, 60, 6000]) {
    let now = 0;
    const bucket = makeBucket(rate, () => now);
    let taken = 0;
    for (now = 0; now < 600_000; now += 100) for (let i = 0; i < 20; i++) if (bucket.take() === null) taken += 1;
    assert.ok(
      taken <= rate * 10 + Math.max(10, rate / 10) && taken >= rate * 10 - 1,
      `${taken} at ${rate} a minute in ten`,
    );
  }
});

/** When and how the server ends a connection that has sent only this. */
const dawdle = (
  port: number,
  text: string,
  every: number | null,
): Promise<{ readonly ms: number; readonly said: string }> =>
  new Promise((resolve) => {
    const begun = performance.now();
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.write(text);
    const timer = every === null ? null : setInterval(() => socket.write("x-slow: 1\r\n"), every);
    socket.on("data", (bytes) => {
      said += String(bytes);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (timer !== null) clearInterval(timer);
      resolve({ ms: performance.now() - begun, said });
    });
  });

it("[SE13] a client that never ends its head, or its body, is shown out, others are served meanwhile, and connections beyond the most are closed", async () => {
  await within(
    async ({ ask, server }) => {
      const head = "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n";
      const body = "POST /webhooks/stripe-us HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{";
      const slow = [dawdle(server.port, head, 50), dawdle(server.port, head, null), dawdle(server.port, body, null)];
      assert.equal((await ask("/v1/accounts", firstKey)).status, 200);
      for (const { ms } of await Promise.all(slow)) assert.ok(ms > 250 && ms < 6000, String(ms));
      const many = Array.from({ length: 40 }, () => connect(server.port, "127.0.0.1"));
      let gone = 0;
      const closed = many.map(
        (socket) =>
          new Promise<void>((resolve) =>
            socket
              .on("error", () => {})
              .on("close", () => {
                gone += 1;
                resolve();
              }),
          ),
      );
      // Well before a head that does not come is given up.
      await new Promise((resolve) => setTimeout(resolve, 250));
      assert.ok(gone >= 15 && gone <= 30, `${gone} of 40 were closed at once, and 20 are the most`);
      for (const socket of many) socket.destroy();
      await Promise.all(closed);
      assert.equal((await ask("/healthz", null)).status, 200);
    },
    { access: { headersTimeoutMs: 400, requestTimeoutMs: 900, maxConnections: 20 } },
  );
});

it("[SE14] only addresses out in the world are called: every private, local, mapped and metadata form is refused, also behind a name and when the name changes", async () => {
  const inside =
    "127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 224.0.0.1 255.255.255.255 198.18.0.1 ::1 :: ::ffff:127.0.0.1 ::ffff:8.8.8.8 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 2001::1 nonsense";
  for (const address of inside.split(" ")) assert.equal(isPublicAddress(address), false, address);
  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
    assert.equal(isPublicAddress(address), true, address);
  const wrong =
    "http://example.com https://127.0.0.1 https://[::1]/ https://localhost https://a.localhost https://metadata.google.internal https://2130706433 https://0x7f.1 https://user:pw@example.com ftp://example.com https://169.254.169.254/latest https://[::ffff:7f00:1]/ nonsense";
  for (const url of wrong.split(" ")) assert.ok(urlProblem(url, false) !== null, url);
  assert.equal(urlProblem("https://api.example.com", false), null);
  assert.equal(urlProblem("http://127.0.0.1:9", true), null);

  let served = 0;
  const server = createServer((request, response) => {
    served += 1;
    if (request.url === "/away") return response.writeHead(302, { location: "http://127.0.0.1/" }).end();
    response.setHeader("x-method", request.method ?? "");
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const here = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const codeOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "called",
      (error) => error.cause?.code ?? String(error),
    );
  const leading = (...addresses: string[]) =>
    ((_: string, __: object, done: (error: null, found: object[]) => void) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      )) as unknown as typeof lookup;
  try {
    for (const addresses of [["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], []]) {
      const guarded = makeGuardedFetch({ privateHosts: [], resolver: leading(...addresses) });
      assert.equal(await codeOf(guarded("https://innocent.example/")), "ERR_OUTBOUND_REFUSED", addresses.join());
    }
    const strict = makeGuardedFetch({ privateHosts: [] });
    for (const url of [`http://${here}/`, `https://${here}/`, "https://localhost/"])
      assert.equal(await codeOf(strict(url)), "ERR_OUTBOUND_REFUSED", url);
    assert.equal(served, 0, "something was sent");
    const open = makeGuardedFetch({ privateHosts: [here] });
    const echoed = await open(`http://${here}/x`, { method: "POST", body: "ünïcode", headers: { "x-a": "1" } });
    assert.deepEqual([echoed.status, echoed.headers.get("x-method"), await echoed.text()], [200, "POST", "ünïcode"]);
    const moved = await open(`http://${here}/away`);
    assert.deepEqual([moved.status, moved.headers.get("location")], [302, "http://127.0.0.1/"]);
    assert.equal(served, 2, "a redirect was followed");
    const stopped = open(`http://${here}/`, { signal: AbortSignal.abort(new Error("enough")) });
    assert.match(await codeOf(stopped), /enough|Abort/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

it("[SE15] an address of the configuration that leads inside is told at the start, with its place; allowPrivate lets it", async () => {
  const { folder, remove } = scratch();
  try {
    const api = { account: "1", baseUrl: "http://10.0.0.1", auth: { type: "bearer", token: { env: "ACCESS_SECRET" } } };
    const netsuite = { vendor: "netsuite", webhookSecrets: [{ env: "ACCESS_SECRET" }], api };
    const oidc = { issuer: "https://169.254.169.254", audience: "x" };
    const read = (options: object) => Effect.runPromise(Effect.either(configured(folder, null, options)));
    const wrong = await read({ connections: { netsuite }, access: { oidc } });
    assert.ok(wrong._tag === "Left");
    assert.match(wrong.left.message, /connections\.netsuite\.api\.baseUrl: is not https/);
    assert.match(wrong.left.message, /access\.oidc\.issuer: leads to this machine or a private network/);
    const meant = {
      connections: { netsuite: { ...netsuite, allowPrivate: true } },
      access: { oidc: { ...oidc, allowPrivate: true } },
    };
    assert.equal((await read(meant))._tag, "Right");
  } finally {
    remove();
  }
});
