/** Which actors are observed, while accounts are let go, join and are made anew: the real engine, folded by hand. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import type { AccountActor } from "../../machines/account.actor.ts";
import type { Inspected } from "../host/host.ts";
import { type Loose, makeWorld, type World } from "../testing/world.ts";
import { makeWatches } from "./watches.ts";

const setting = async () => {
  const world = await makeWorld();
  const watches = makeWatches(() => 5);
  let nextWatch = 0;
  const customers: string[] = [];
  const sell = async (name: string): Promise<string> => {
    const customer = world.stripe.operations.createCustomer({ name });
    const invoice = world.stripe.operations.createInvoice({ customer, amountMinor: 900 });
    world.stripe.operations.finalizeInvoice(invoice);
    await world.deliver();
    customers.push(customer);
    return customer;
  };
  const another = async (customer: string): Promise<void> => {
    world.clock.now += 5000;
    world.stripe.operations.finalizeInvoice(world.stripe.operations.createInvoice({ customer, amountMinor: 100 }));
    await world.deliver();
    watches.folded();
  };
  const watch = async (...ids: string[]) => {
    const messages: Loose[] = [];
    const take = (some: ReadonlyArray<Inspected>): void => {
      for (const { text } of some) messages.push(JSON.parse(text));
    };
    const id = ++nextWatch;
    const answer = await Effect.runPromise(watches.start(world.engine, id, ids, take));
    return { answer, messages, stop: () => watches.stop(id) };
  };
  return { world, watches, sell, another, watch };
};
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const actorOf = (world: World, customer: string): AccountActor => {
  const { core } = world.engine;
  return core.actorOf(core.root(`stripe:${customer}`))!;
};
/** Counts what is asked of an actor, and how many of its observers are left. */
const spy = (actor: AccountActor): { asked: number; left: number } => {
  const counts = { asked: 0, left: 0 };
  const { inspect } = actor.system;
  actor.system.inspect = (observer) => {
    counts.asked += 1;
    counts.left += 1;
    const subscription = inspect(observer);
    return {
      unsubscribe: () => {
        counts.left -= 1;
        subscription.unsubscribe();
      },
    };
  };
  return counts;
};
const observersOf = (actor: AccountActor): number =>
  (actor as unknown as { readonly observers: ReadonlySet<unknown> }).observers.size;

it("[IN8] only actors of watched accounts are ever observed, and none when the last watcher has left", async () => {
  const { world, watches, sell, another, watch } = await setting();
  const [watched, other] = [await sell("Watched"), await sell("Other")];
  const counts = [spy(actorOf(world, watched)), spy(actorOf(world, other))] as const;
  watches.folded();
  const first = await watch(`stripe:${watched}`);
  const second = await watch(`stripe:${watched}`);
  await another(watched);
  await another(other);
  assert.deepEqual([counts[0].left, counts[1].asked], [2, 0]);
  await turn();
  const told = first.messages.length;
  assert.ok(told > 1);
  assert.ok(first.stop() > 0);
  await another(watched);
  await turn();
  assert.equal(first.messages.length, told);
  assert.ok(second.messages.length > told);
  assert.equal(second.stop(), 0);
  assert.deepEqual([counts[0].left, observersOf(actorOf(world, watched))], [0, 0]);
});

it("[IN9] an account that is let go, and one that is made anew, end their session and begin another", async () => {
  const { world, sell, another, watch } = await setting();
  const customer = await sell("Evicted");
  await Effect.runPromise(world.engine.snapshot);
  const { messages, stop } = await watch(`stripe:${customer}`);
  const old = actorOf(world, customer);
  const observed = spy(old);
  await turn();
  world.engine.core.evict(0);
  await turn();
  assert.equal(actorOf(world, customer), null);
  const first = messages[0];
  const end = messages.at(-1);
  assert.deepEqual(
    [end.sessionId, end.snapshot.status, end.event.type],
    [first.sessionId, "stopped", "tieout.evicted"],
  );
  messages.splice(1);
  await another(customer);
  await turn();
  const next = messages[1];
  assert.equal(next.type, "@xstate.actor");
  assert.notEqual(next.sessionId, first.sessionId);
  assert.equal(next.snapshot.context.account, first.snapshot.context.account);
  await another(customer);
  await turn();
  assert.equal(messages.at(-1).sessionId, next.sessionId);
  assert.deepEqual([stop(), observed.left, observersOf(old)], [0, 0, 0]);
});

it("[IN9] an account that joins another ends its session, and the watcher is shown the account it is part of now", async () => {
  const { world, watches, sell, another, watch } = await setting();
  const [a, b] = [await sell("One"), await sell("Two")];
  const both = await watch(`stripe:${a}`, `stripe:${b}`, `stripe:${a}`);
  await turn();
  assert.equal(new Set(both.messages.map(({ sessionId }) => sessionId)).size, 2);
  const note = { type: "link", party: `stripe:${a}`, target: `stripe:${b}` };
  const entry = { kind: "operator", connection: "stripe", at: world.clock.now, partition: 0, dedup: null } as const;
  await Effect.runPromise(world.engine.append([{ ...entry, events: [], note, raw: null }]));
  await world.host.idle();
  watches.folded();
  await turn();
  const { core } = world.engine;
  const root = core.root(`stripe:${a}`);
  assert.equal(root, core.root(`stripe:${b}`));
  const ended = both.messages.filter(({ event }) => event?.type === "tieout.joined");
  assert.equal(ended.length, 1);
  const standing = (await world.get(`/v1/accounts/stripe:${a}`)).body;
  await another(a);
  await turn();
  const last = both.messages.filter(({ snapshot }) => snapshot).at(-1);
  assert.equal(last.snapshot.context.account, standing.id);
  assert.notEqual(last.sessionId, ended[0].sessionId);
  assert.equal(both.stop(), 0);
});

it("[IN10] accounts are named in any form that a reader may use; one id that leads nowhere, and nothing is watched", async () => {
  const { world, sell, watch } = await setting();
  const customer = await sell("Named");
  const { id } = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  const { answer, messages, stop } = await watch(id, `stripe:${customer}`);
  assert.deepEqual(answer, { accounts: [id, `stripe:${customer}`].map((asked) => ({ asked, account: id })) });
  await turn();
  assert.equal(messages.length, 1);
  const refused = await watch(id, "stripe:nobody");
  assert.deepEqual(refused.answer, { missing: "stripe:nobody" });
  assert.equal(stop(), 0);
});

it("[IN10] an account whose actor was let go to make room is shown where it stands, and live again when it moves", async () => {
  const { world, sell, another, watch } = await setting();
  const customer = await sell("Roomless");
  const { regions } = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  const root = world.engine.core.root(`stripe:${customer}`);
  actorOf(world, customer).stop();
  (world.engine.core["actors"] as Map<string, AccountActor>).delete(root);
  const { messages, stop } = await watch(`stripe:${customer}`);
  await turn();
  assert.deepEqual(messages[0].snapshot.value, regions);
  await another(customer);
  await turn();
  assert.deepEqual(
    messages.slice(1, 3).map(({ type, event }) => [type, event?.type]),
    [
      ["@xstate.snapshot", "tieout.replaced"],
      ["@xstate.actor", undefined],
    ],
  );
  assert.equal(stop(), 0);
});
