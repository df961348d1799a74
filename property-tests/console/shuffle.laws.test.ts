/** The console's shuffle: an account's own events, folded by the code that the browser runs, end where the server's fold ended. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { type Events, Folding } from "../../server/console/app/pages/shuffle/fold.ts";
import {
  arrivals,
  asItCame,
  delayed,
  dropped,
  isWhole,
  moved,
  type Order,
  repeated,
  shuffled,
  without,
} from "../../server/console/app/pages/shuffle/orders.ts";
import { sampleWorld } from "../../server/reports/testing/sample.ts";
import { type Loose, makeWorld, type World } from "../../server/testing/world.ts";

const eventsOf = async (world: World, id: string, limit = 500): Promise<Events> => {
  const { status, body } = await world.get(`/v1/accounts/${encodeURIComponent(id)}/events?limit=${limit}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

const foldedIn = (events: Events, order: Order, batch = 1): Folding => {
  const byId = new Map(events.items.map((item) => [item.id, item]));
  const folding = new Folding(events);
  const all = arrivals(order).map((id) => byId.get(id)!);
  for (let from = 0; from < all.length; from += batch) folding.deliver(all.slice(from, from + batch));
  return folding;
};

/** In as many orders, by chance. */
const sameIn = (events: Events, orders: number, say: string): void => {
  const ids = events.items.map(({ id }) => id);
  for (let seed = 0; seed < orders; seed++) {
    const order = seed === 0 ? asItCame(ids) : shuffled(ids, seed);
    const folding = foldedIn(events, order, 1 + (seed % 7));
    const { regions } = folding.standing;
    assert.ok(folding.isSame, `${say}, seed ${seed}: ${folding.differing.join(", ")} ${JSON.stringify(regions)}`);
  }
};

/** Nobody writes to it. */
let company: Promise<World> | null = null;
const played = (): Promise<World> => {
  company ??= sampleWorld().then(async (world) => {
    await world.echo();
    return world;
  });
  return company;
};

const act = async (world: World, path: string, body: object): Promise<Loose> => {
  const response = await world.app.request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "the test says so", ...body }),
  });
  const answered = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answered));
  await world.host.idle();
  return answered;
};

it("[CO40 P2] an account's own events, folded by the browser's code in any order, some twice, some lost and sent again, are byte for byte what the server has", async () => {
  const world = await played();
  const { items } = (await world.get("/v1/accounts")).body;
  assert.equal(items.length, 12);
  let [events, repetitions, losses] = [0, 0, 0];
  for (const { id, name } of items) {
    const account = await eventsOf(world, id);
    assert.ok(account.complete);
    events += account.items.length;
    sameIn(account, 4, name);
    const order = shuffled(
      account.items.map((item) => item.id),
      7,
    );
    repetitions += order.filter(({ how }) => how === "again").length;
    losses += order.filter(({ how }) => how === "dropped").length;
    assert.notDeepEqual(arrivals(order), arrivals(asItCame(account.items.map((item) => item.id))));
  }
  assert.ok(events > 200 && repetitions > 10 && losses > 10, `${events} ${repetitions} ${losses}`);
});

it("[CO41] half-way it is said what differs, and what is left out is never called the same", async () => {
  const world = await played();
  const { items } = (await world.get("/v1/accounts?stage=paid")).body;
  const account = await eventsOf(world, items[0].id);
  const folding = new Folding(account);
  const before = folding.standing;
  assert.deepEqual([before.equal, before.same, before.regions.lifecycle], [false, 0, "prospect"]);
  const stages = new Set<string>();
  for (const item of account.items.toReversed()) {
    folding.deliver([item]);
    stages.add(folding.standing.regions.lifecycle);
  }
  assert.ok(stages.size > 1, [...stages].join());
  const after = folding.standing;
  assert.deepEqual([after.equal, after.other, after.missing, after.waiting, after.apart], [true, 0, 0, 0, 0]);
  assert.deepEqual(folding.differing, []);
  // Each event that says something of its own is missed.
  const ids = account.items.map(({ id }) => id);
  let missed = 0;
  for (const lost of ids) if (!foldedIn(account, asItCame(ids.filter((id) => id !== lost)), 50).isSame) missed += 1;
  assert.ok(missed > 3, `${missed} of ${ids.length}`);
});

it("[CO42] of more events than fit, what the older ones came to is given, and the order of the newest is free all the same", async () => {
  const world = await played();
  const { items } = (await world.get("/v1/accounts")).body;
  let cut = 0;
  for (const { id, name } of items) {
    const whole = await eventsOf(world, id);
    for (const limit of [1, 7]) {
      const part = await eventsOf(world, id, limit);
      assert.equal(part.complete, whole.items.length <= limit);
      if (part.complete) continue;
      cut += 1;
      assert.deepEqual(
        part.items.map((item) => item.id),
        whole.items.slice(-part.items.length).map((item) => item.id),
      );
      sameIn(part, 3, `${name}, the newest ${limit}`);
    }
  }
  assert.ok(cut > 12);
});

it("[CO43] what people decided, documents outside, refusals and corrections stand beside the events, and the state is the same", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const invoiced = (name: string | null): string => {
    const customer = operations.createCustomer(name === null ? {} : { name });
    const invoice = operations.createInvoice({ customer, amountMinor: 5000 });
    operations.finalizeInvoice(invoice);
    return customer;
  };
  const check = async (customer: string, say: string, sync: string): Promise<void> => {
    const account = await eventsOf(world, `stripe:${customer}`);
    assert.equal((JSON.parse(account.state) as Loose).regions.sync, sync, say);
    sameIn(account, 12, say);
  };
  const [parked, plain, nameless] = [invoiced("Parked Ltd"), invoiced("Plain Ltd"), invoiced(null)];
  await world.deliver();
  await act(world, `/v1/accounts/stripe:${parked}/park`, {});
  operations.finalizeInvoice(operations.createInvoice({ customer: parked, amountMinor: 700 }));
  await world.deliver();
  await check(parked, "parked", "parked");
  await check(plain, "plain", "agreed");
  await check(nameless, "without a name", "agreed");
  await act(world, "/v1/park-rules", { kind: "invoice", nameContains: "rule" });
  const ruled = invoiced("Ruled Ltd");
  await world.deliver();
  await check(ruled, "kept back by its name", "parked");
  await act(world, "/v1/links", { party: `stripe:${plain}`, target: `stripe:${nameless}` });
  await check(plain, "joined by a person", "agreed");
  // Refused for its customer: the key of the command is a hash of the name.
  Object.assign(world.netsuite.faults, { rejectCustomers: { has: () => true } });
  const refused = invoiced("Refused Ltd");
  await world.deliver();
  await check(refused, "refused", "parked");
});

it("[CO44] no name and no address is in the answer, whoever asks", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Ada Lovelace", email: "ada@example.test" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 }));
  await world.deliver();
  const text = JSON.stringify(await eventsOf(world, `stripe:${customer}`));
  assert.ok(!/lovelace|ada@/i.test(text), text.match(/.{80}(lovelace|ada@).{20}/i)?.[0]);
  assert.match(text, /•1•/);
});

it("[CO45] an order made by hand is what the hand did: moved, sent twice, late, lost and sent again, and back", () => {
  const ids = ["a", "b", "c", "d"];
  const said = (order: Order): string => order.map(({ item, how }) => `${item}${how[0]}`).join(" ");
  const first = asItCame(ids);
  assert.equal(said(moved(first, 3, 0)), "df af bf cf");
  assert.equal(said(moved(first, 0, 99)), "bf cf df af");
  assert.equal(said(delayed(first, 0, 2)), "bf cf af df");
  const twice = repeated(first, 1);
  assert.equal(said(twice), "af bf ba cf df");
  assert.equal(said(without(twice, 2)), said(first));
  const lost = dropped(first, 1);
  assert.equal(said(lost), "af bd cf df br");
  assert.deepEqual(arrivals(lost), ["a", "c", "d", "b"]);
  for (const at of [1, 4]) assert.equal(said(without(lost, at)), said(first));
  assert.ok(isWhole(lost, ids) && !isWhole(lost.slice(0, 4), ids));
  assert.equal(new Set(repeated(repeated(twice, 1), 1).map(({ key }) => key)).size, 7);
  // The same seed, the same order; another, another.
  assert.deepEqual(shuffled(ids, 5), shuffled(ids, 5));
  assert.ok(new Set(Array.from({ length: 50 }, (_, seed) => arrivals(shuffled(ids, seed)).join(""))).size > 30);
  for (let seed = 0; seed < 50; seed++) assert.ok(isWhole(shuffled(ids, seed), ids));
});
