/** The chart: from anywhere to anywhere it walks to where the facts put it, and nowhere else. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { createActor } from "xstate";
import type { AccountFacts } from "../../domain/facts.ts";
import { activate, regionsIn, tell } from "../../machines/account.actor.ts";
import { regionsOf } from "../../machines/account.guards.ts";
import { accountMachine, noFacts } from "../../machines/account.machine.ts";

const standings = ["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"] as const;
const subscriptions = [
  null,
  "incomplete",
  "incomplete_expired",
  "trialing",
  "active",
  "past_due",
  "unpaid",
  "paused",
  "canceled",
] as const;
const receivables = [
  { posting: 0, posted: 0, blocked: 0 },
  { posting: 1, posted: 2, blocked: 0 },
  { posting: 0, posted: 2, blocked: 0 },
  { posting: 1, posted: 1, blocked: 1 },
];
const cashes = [
  { due: 0, partial: 0, settled: 0, disputed: 0 },
  { due: 1, partial: 0, settled: 1, disputed: 0 },
  { due: 1, partial: 1, settled: 1, disputed: 0 },
  { due: 0, partial: 0, settled: 1, disputed: 0 },
  { due: 1, partial: 1, settled: 1, disputed: 1 },
];
const syncs = [
  { open: 0, parked: 0, drift: 0, unsettled: 0 },
  { open: 1, parked: 0, drift: 1, unsettled: 0 },
  { open: 0, parked: 0, drift: 0, unsettled: 1 },
  { open: 0, parked: 0, drift: 1, unsettled: 0 },
  { open: 1, parked: 1, drift: 1, unsettled: 0 },
];

/** The facts of one region over all its values, the others at rest. */
const regions: Record<string, ReadonlyArray<AccountFacts>> = {
  lifecycle: standings.map((standing) => ({ ...noFacts, standing })),
  subscription: subscriptions.map((subscription) => ({ ...noFacts, subscription })),
  ledger: receivables.map((r) => ({ ...noFacts, receivables: r })),
  cash: cashes.map((cash) => ({ ...noFacts, cash })),
  sync: syncs.map((sync) => ({ ...noFacts, sync })),
};

describe("account machine", () => {
  for (const [region, facts] of Object.entries(regions)) {
    it(`[M1 P2] ${region}: from every state to every state, the walk ends where the facts put it`, () => {
      for (const from of facts)
        for (const to of facts) {
          const actor = activate("acct_1");
          assert.deepEqual({ ...tell(actor, "acct_1", from) }, regionsOf(from));
          assert.deepEqual(
            { ...tell(actor, "acct_1", to) },
            regionsOf(to),
            `${JSON.stringify(from)} → ${JSON.stringify(to)}`,
          );
          actor.stop();
        }
    });
  }

  it("[M2 P2] the regions named here are all that the chart has, each reached", () => {
    const reached = new Set<string>();
    for (const facts of Object.values(regions).flat()) {
      for (const [region, state] of Object.entries(regionsOf(facts))) reached.add(`${region}.${state}`);
    }
    const drawn = Object.entries(accountMachine.root.states).flatMap(([region, node]) =>
      Object.keys(node.states).map((state) => `${region}.${state}`),
    );
    assert.deepEqual([...reached].sort(), drawn.sort());
  });

  it("[M3] regions do not touch each other", () => {
    const actor = activate("acct_1");
    for (const standing of standings)
      for (const cash of cashes)
        for (const sync of syncs) {
          const facts = { ...noFacts, standing, cash, sync };
          assert.deepEqual({ ...tell(actor, "acct_1", facts) }, regionsOf(facts));
        }
  });

  it("[M4] the walk goes neighbour to neighbour: a stage is passed, never jumped", () => {
    const order = [...standings.slice(0, -1)];
    for (const [index, stage] of order.entries()) {
      const { always } = (
        accountMachine.config.states as Record<string, { states: Record<string, { always: unknown }> }>
      )["lifecycle"]!.states[stage]!;
      const targets = [always].flat().map((transition) => (transition as { target: string }).target);
      const neighbours = [order[index - 1], order[index + 1], "churned"].filter((t) => t !== undefined);
      assert.deepEqual(targets.sort(), neighbours.sort(), stage);
    }
  });

  it("[M5] the actor refuses what is not addressed to it, and events that it does not know", () => {
    const actor = activate("acct_1");
    tell(actor, "acct_2", { ...noFacts, standing: "paid" });
    assert.equal(regionsIn(actor).lifecycle, "prospect");
    for (const type of ["xstate.init", "xstate.done.state.account", "done.invoke.x", "invoice.paid"]) {
      actor.send({ type, account: "acct_1", facts: { ...noFacts, standing: "paid" } } as never);
      assert.equal(regionsIn(actor).lifecycle, "prospect", type);
    }
  });

  it("[M7] an actor goes where the chart alone would go, whichever accounts went that way before", () => {
    const any: fc.Arbitrary<AccountFacts> = fc.record({
      standing: fc.constantFrom(...standings),
      contract: fc.constantFrom(null, "stripe:sub_1", "stripe:sub_2"),
      subscription: fc.constantFrom(...subscriptions),
      receivables: fc.record({ posting: fc.nat(2), posted: fc.nat(2), blocked: fc.nat(1) }),
      cash: fc.record({ due: fc.nat(2), partial: fc.nat(1), settled: fc.nat(2), disputed: fc.nat(1) }),
      sync: fc.record({ open: fc.nat(2), parked: fc.nat(1), drift: fc.nat(1), unsettled: fc.nat(1) }),
    });
    const stranger = fc.record({ account: fc.constantFrom("acct_1", "acct_1", "acct_1", "acct_2"), facts: any });
    fc.assert(
      fc.property(fc.array(stranger, { maxLength: 12 }), (heard) => {
        const actor = activate("acct_1");
        const alone = createActor(accountMachine, { input: { account: "acct_1" } }).start();
        for (const { account, facts } of heard) {
          tell(actor, account, facts);
          alone.send({ type: "evidence.joined", account, facts });
          assert.deepEqual(actor.getPersistedSnapshot(), alone.getPersistedSnapshot());
          assert.deepEqual(actor.getSnapshot().can({ type: "evidence.joined", account, facts }), account === "acct_1");
        }
      }),
      { numRuns: 300 },
    );
  });

  it("[M6] no state is final: a late event is still heard after churn and recognition", () => {
    const actor = activate("acct_1");
    for (const standing of ["recognized", "churned", "paid"] as const) {
      assert.equal(tell(actor, "acct_1", { ...noFacts, standing }).lifecycle, standing);
      assert.equal(actor.getSnapshot().status, "active");
    }
  });
});
