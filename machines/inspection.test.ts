/** The form of what watchers get: as the package's own serializer makes it, and nothing personal in it. */
import assert from "node:assert/strict";
import { createInspector } from "@statelyai/inspect";
import * as fc from "fast-check";
import { it } from "vitest";
import type { AccountFacts } from "../domain/facts.ts";
import { type AccountActor, activate, tell } from "./account.actor.ts";
import { noFacts } from "./account.machine.ts";
import { actorSeen, endSeen, reported } from "./inspection.ts";

type Loose = ReturnType<typeof JSON.parse>;

/** What goes over a wire, without the time of sending. */
const wire = (value: unknown): Loose => {
  const { createdAt, ...rest } = JSON.parse(JSON.stringify(value)) as Loose;
  assert.match(createdAt, /^\d+$/);
  return rest;
};

const paid: AccountFacts = {
  ...noFacts,
  standing: "paid",
  contract: "stripe:sub_1",
  receivables: { posting: 0, posted: 2, blocked: 0 },
  cash: { due: 0, partial: 0, settled: 2, disputed: 0 },
};

/** Everything that both make of one actor that is told these facts. */
const both = async (told: ReadonlyArray<AccountFacts>) => {
  const theirs: Loose[] = [];
  const ours: Loose[] = [];
  const inspector = createInspector({ send: (event) => theirs.push(wire(event)) });
  const actor = activate("acct_1");
  inspector.actor(actor, actor.getSnapshot());
  ours.push(wire(actorSeen(actor, 5)));
  actor.system.inspect(inspector.inspect);
  actor.system.inspect((event) => {
    const seen = reported(actor, event, 5);
    if (seen !== null) ours.push(wire(seen));
  });
  for (const facts of told) tell(actor, "acct_1", facts);
  // Theirs is made in later turns, one timer each.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { actor, theirs, ours };
};

it("[IN1] every message is the one that @statelyai/inspect's own serializer makes of the same event", async () => {
  const { theirs, ours } = await both([paid, noFacts, paid]);
  assert.deepEqual(
    ours.map(({ type }) => type),
    ["@xstate.actor", ...Array(3).fill(["@xstate.event", "@xstate.snapshot"]).flat()],
  );
  // Told of an actor by hand, theirs leaves the root out.
  assert.deepEqual(ours, [{ ...theirs[0], rootId: ours[0].sessionId }, ...theirs.slice(1)]);
  assert.equal(JSON.parse(ours[0].definition).id, "account");
});

it("[IN2] what is not a count, a known word or an id never leaves: fields are let through by name", () => {
  const secret = "ada@example.test";
  const leaky = (extra: string) =>
    ({
      ...paid,
      contract: `stripe:${extra}`,
      name: extra,
      receivables: { ...paid.receivables, name: extra },
      cash: { ...paid.cash, totalMinor: 123_456, memo: extra },
      sync: { ...paid.sync, reason: extra },
    }) as AccountFacts;
  const all = (told: AccountFacts): string => {
    const texts: string[] = [];
    const actor: AccountActor = activate("acct_1");
    const subscription = actor.system.inspect((event) => {
      texts.push(JSON.stringify(reported(actor, Object.assign({}, event, { body: secret }), 5)));
    });
    actor.send({ type: "evidence.joined", account: "acct_1", facts: told, email: secret } as never);
    actor.send({ type: "evidence.joined", account: secret, facts: told } as never);
    subscription.unsubscribe();
    texts.push(JSON.stringify(actorSeen(actor, 5)), JSON.stringify(endSeen(actor, "tieout.evicted", 5)));
    return texts.join("\n");
  };
  const text = all(leaky(secret));
  assert.ok(text.includes('"settled":2') && text.includes("(withheld)"));
  assert.ok(!text.includes("ada") && !text.includes("123456"), text);
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{3,8} [A-Z]{3,8}$|^[a-z]{3,9}@[a-z]{3,9}\.test$/), (personal) => {
      assert.ok(!all(leaky(personal)).includes(personal));
    }),
    { numRuns: 50 },
  );
});

it("[IN3] a session that ends says so with its last state and why", () => {
  const actor = activate("acct_1");
  tell(actor, "acct_1", paid);
  const ended = endSeen(actor, "tieout.joined", 5);
  assert.equal(ended.snapshot["status"], "stopped");
  assert.deepEqual(ended.snapshot["value"], actor.getSnapshot().value);
  assert.deepEqual(ended.event, { type: "tieout.joined" });
});
