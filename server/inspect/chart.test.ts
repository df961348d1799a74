/** The machine as JSON: taken again by XState, it is the same chart. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { it } from "vitest";
import { type AnyStateMachine, createActor, createMachine } from "xstate";
import type { AccountFacts } from "../../domain/facts.ts";
import { accountMachine } from "../../machines/account.machine.ts";
import { makeWorld } from "../testing/world.ts";
import { chartJson } from "./chart.ts";

const again = createMachine(chartJson as never) as AnyStateMachine;

type Node = AnyStateMachine["root"];
const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...Object.values(node.states).flatMap(nodesOf)];

/** Every edge of a chart, as it resolved it. */
const edgesOf = (machine: AnyStateMachine): ReadonlyArray<string> =>
  nodesOf(machine.root).flatMap((node) => [
    `${node.id} ${node.type} ${node.config.initial ?? ""}`,
    ...[...(node.always ?? []), ...[...node.transitions.values()].flat()].map(
      ({ eventType, guard, target }) => `${node.id} --${eventType}[${guard}]→ ${target?.map((to) => to.id)}`,
    ),
  ]);

it("[IN13] the machine's JSON is what createMachine takes, with the same states, guards and edges", () => {
  assert.deepEqual(edgesOf(again), edgesOf(accountMachine));
  assert.ok(edgesOf(again).length > 70);
  assert.equal(JSON.parse(JSON.stringify(chartJson)).id, "account");
});

it("[IN13] given the guards again it walks wherever the machine walks", () => {
  const { guards } = accountMachine.implementations;
  const { actions } = (accountMachine.config.on as never)["evidence.joined"] as { readonly actions: never };
  const runnable = again.provide({ guards: guards as never, actions: { assign: actions } });
  const count = fc.nat({ max: 2 });
  const factsArb = fc.record<AccountFacts>({
    contract: fc.constant(null),
    standing: fc.constantFrom(
      ...(["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"] as const),
    ),
    subscription: fc.constantFrom(null, "trialing", "active", "past_due", "unpaid", "paused", "canceled"),
    receivables: fc.record({ posting: count, posted: count, blocked: count }),
    cash: fc.record({ due: count, partial: count, settled: count, disputed: count }),
    sync: fc.record({ open: count, parked: count, drift: count, unsettled: count }),
  });
  fc.assert(
    fc.property(fc.array(factsArb, { minLength: 1, maxLength: 5 }), (told) => {
      const ours = createActor(accountMachine, { input: { account: "" } }).start();
      const theirs = createActor(runnable).start();
      for (const facts of told) {
        ours.send({ type: "evidence.joined", account: "", facts });
        theirs.send({ type: "evidence.joined", account: "", facts });
        assert.deepEqual(theirs.getSnapshot().value, ours.getSnapshot().value);
      }
    }),
    { numRuns: 60 },
  );
});

it("[IN13] it is served to readers, and to nobody else", async () => {
  const world = await makeWorld();
  assert.deepEqual((await world.get("/v1/machine")).body, chartJson);
  const closed = await makeWorld({ sandbox: false, apiKey: "k-1" });
  assert.equal((await closed.get("/v1/machine")).status, 401);
  assert.equal((await world.app.request("/v1/machine", { method: "POST" })).headers.get("allow"), "GET, HEAD");
});
