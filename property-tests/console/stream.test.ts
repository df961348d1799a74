/** The stream of changes: what it tells, to whom, how it is taken up again, and how it ends. */
import assert from "node:assert/strict";
import { get as httpGet } from "node:http";
import type { Context } from "hono";
import { it } from "vitest";
import { type Caller, nobody } from "../../server/access/caller.ts";
import { makeStreams, type Pulse, type StreamOptions } from "../../server/console/stream.ts";
import { type Loose, makeWorld } from "../../server/testing/world.ts";
import { firstKey, within } from "../access/company.ts";
import { serve } from "./testing/browser.ts";

interface Told {
  readonly event: string;
  readonly id: string;
  readonly data: Loose;
}

const read = (text: string): ReadonlyArray<Told> =>
  text.split("\n\n").flatMap((block) => {
    const fields = Object.fromEntries(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
    );
    return fields["data"] === undefined
      ? []
      : [{ event: fields["event"]!, id: fields["id"]!, data: JSON.parse(fields["data"]) }];
  });

it("[CO19] the stream tells how things stand at once, and by a later one's number what was touched since, each account once", async () => {
  const world = await makeWorld();
  const ask = async (since?: string): Promise<ReadonlyArray<Told>> => {
    const headers: Record<string, string> = since === undefined ? {} : { "last-event-id": since };
    const response = await world.app.request("/v1/stream?seconds=0", { headers });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(response.headers.get("cache-control"), "no-store");
    return read(await response.text());
  };
  const [first] = await ask();
  assert.equal(first!.event, "now");
  assert.equal(first!.data.accounts, 0);
  const { operations } = world.stripe;
  const [one, two] = ["One", "Two"].map((name) => operations.createCustomer({ name }));
  operations.finalizeInvoice(operations.createInvoice({ customer: one!, amountMinor: 500 }));
  await world.deliver();
  const later = await ask(first!.id);
  assert.deepEqual(
    later.map(({ event }) => event),
    ["accounts", "now"],
  );
  const { items, more } = later[0]!.data;
  const ids = await Promise.all([one, two].map(async (id) => (await world.get(`/v1/accounts/stripe:${id}`)).body.id));
  assert.deepEqual(new Set(items.map(({ id }: Loose) => id)), new Set(ids));
  assert.equal(items.length, 2);
  assert.equal(more, 0);
  assert.deepEqual(later[1]!.data.accounts, 2);
  assert.deepEqual(
    (await ask(later[1]!.id)).map(({ event }) => event),
    ["now"],
  );
  for (const unknown of ["elsewhere.1", `${first!.id.split(".")[0]}.99999999`, "x"])
    assert.deepEqual(
      (await ask(unknown)).map(({ event }) => event),
      ["missed", "now"],
      unknown,
    );
  for (const bad of ["seconds=-1", "seconds=x", "seconds=99999", "colour=red"])
    assert.equal((await world.app.request(`/v1/stream?${bad}`)).status, 400, bad);
});

/** Streams over an engine that is a number. */
const counting = (more: Partial<StreamOptions> = {}) => {
  const engine = { tick: 0, asked: [] as Array<string | null> };
  const streams = makeStreams({
    host: {
      ask: async (query) => {
        const { since } = query as { readonly since: string | null };
        engine.asked.push(since);
        const touched =
          since !== null && Number(since) < engine.tick
            ? { items: [], more: engine.tick - Number(since), seq: 0 }
            : null;
        return {
          id: String(engine.tick),
          missed: false,
          touched,
          now: { at: Date.now(), seq: engine.tick },
        } satisfies Pulse as Loose;
      },
    },
    authenticate: async () => caller,
    refused: () => ({}),
    everyMs: 10,
    ...more,
  });
  return { engine, streams };
};
const caller: Caller = { ...nobody, kind: "key", by: "a reader", scopes: ["read"], personal: true, sight: null };
const context = (headers: Record<string, string> = {}): Context =>
  ({ req: { header: (name: string) => headers[name.toLowerCase()] } }) as unknown as Context;
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it("[CO20] readers of one sight share one question a round; one that is slow is told of everything since, at once", async () => {
  const { engine, streams } = counting();
  const slow = (await streams.open(context(), caller, null)).body!.getReader();
  const quick = (await streams.open(context(), caller, null)).body!.getReader();
  let heard = "";
  const reading = (async () => {
    for (;;) {
      const { done, value } = await quick.read();
      if (done) return;
      heard += new TextDecoder().decode(value);
    }
  })();
  for (let i = 0; i < 40; i++) {
    engine.tick += 1;
    await rest(10);
  }
  await rest(40);
  const told = read(heard).filter(({ event }) => event === "accounts");
  assert.equal(
    told.reduce((sum, { data }) => sum + data.more, 0),
    40,
  );
  // The slow one has what fits, then one message with the rest.
  let late = "";
  for (let quietFor = 0; quietFor < 5; ) {
    const next = await Promise.race([slow.read(), rest(30).then(() => null)]);
    if (next === null) quietFor += 1;
    else late += new TextDecoder().decode(next.value);
  }
  const missed = read(late).filter(({ event }) => event === "accounts");
  assert.equal(
    missed.reduce((sum, { data }) => sum + data.more, 0),
    40,
  );
  assert.ok(
    missed.length < told.length && missed.some(({ data }) => data.more > 5),
    JSON.stringify(missed.map(({ data }) => data.more)),
  );
  streams.close();
  await reading;
  assert.equal(streams.count(), 0);
});

it("[CO21] a stream ends when its key no longer opens, when its reader goes, and when the server ends; and there are only so many", async () => {
  let allowed = true;
  const { streams } = counting({
    heartbeatMs: 30,
    authenticate: async () => (allowed ? caller : { refused: "revoked" }),
  });
  const stream = (await streams.open(context(), caller, null)).body!.getReader();
  await stream.read();
  allowed = false;
  for (let done = false; !done; ) ({ done } = await stream.read());
  assert.equal(streams.count(), 0);
  allowed = true;
  const gone = (await streams.open(context(), caller, null)).body!.getReader();
  await gone.cancel();
  assert.equal(streams.count(), 0);
  const all = await Promise.all(Array.from({ length: 101 }, () => streams.open(context(), caller, null)));
  assert.deepEqual(
    all.map(({ status }) => status).filter((status) => status !== 200),
    [429],
  );
  streams.close();
  assert.equal(streams.count(), 0);
  assert.equal((await streams.open(context(), caller, null)).status, 503);
});

it("[CO22] a server with open streams ends at once and ends them", async () => {
  const serving = await serve();
  try {
    const ended = new Promise<string>((resolve, reject) => {
      let text = "";
      httpGet(`${serving.url}/v1/stream`, (response) => {
        response.on("data", (chunk) => {
          text += String(chunk);
        });
        response.on("end", () => resolve(text));
        response.on("error", reject);
      }).on("error", reject);
    });
    await rest(300);
    const began = Date.now();
    await serving.stop();
    assert.match(await ended, /event: now/);
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms`);
  } finally {
    await serving.end();
  }
});

it("[CO23] a key of one legal entity, or without the sight of names, is told of its own accounts alone and of no name", async () => {
  await within(async ({ ask, invoiced, make, server }) => {
    await invoiced("stripe-eu", "cus_mine");
    await invoiced("stripe-us", "cus_other");
    await server.idle();
    const eu = await make("eu", ["operate"], { entities: ["eu"] });
    const masked = await make("masked", ["read"]);
    const [all, part] = [(await ask("/v1/now", firstKey)).body, (await ask("/v1/now", eu.secret)).body];
    assert.equal(all.accounts, 2);
    assert.equal(part.accounts, 1);
    const money = (now: Loose) =>
      now.stages.flatMap((stage: Loose) => stage.money.map(({ billedMinor }: Loose) => billedMinor));
    assert.equal(
      money(all).reduce((a: number, b: number) => a + b),
      2 * money(part).reduce((a: number, b: number) => a + b),
    );
    const since = read((await ask("/v1/stream?seconds=0", firstKey)).text)[0]!.id;
    await invoiced("stripe-eu", "cus_mine", { name: "Person of cus_mine, moved" });
    await invoiced("stripe-us", "cus_other", { name: "Person of cus_other, moved" });
    await server.idle();
    const told = async (key: string): Promise<ReadonlyArray<Loose>> =>
      read((await ask("/v1/stream?seconds=0", key, { headers: { "last-event-id": since } })).text).find(
        ({ event }) => event === "accounts",
      )?.data.items ?? [];
    const names = async (key: string): Promise<ReadonlyArray<string>> =>
      (await told(key)).map(({ name }) => name).sort();
    assert.equal((await told(firstKey)).length, 2);
    // Within one second of the vendor's clock either name may be shown; the other entity's is not there.
    const seen = await names(eu.secret);
    assert.equal(seen.length, 1);
    assert.match(seen[0]!, /^Person of cus_mine/);
    assert.deepEqual(await names(masked.secret), ["•••", "•••"]);
  });
});
