/** The plan: what differs between wish and held becomes commands with keys of their own. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { newSlot, type Slot } from "../../domain/ledger.ts";
import { noPeers } from "../../domain/peers.ts";
import { type Planned, plan } from "../../domain/plan.ts";
import type { DocumentContent } from "../../domain/ports/system.ts";
import { actOnAll } from "../../domain/rules.ts";
import { slotKey, type Wish } from "../../domain/wish.ts";

const key = slotKey("netsuite", "account/cus_1", "customer");
const wish = (name: string): Wish => ({
  slot: key,
  target: "netsuite",
  kind: "customer",
  source: "account/cus_1",
  part: "customer",
  content: { name, email: null, currency: null },
  on: null,
  effectiveAt: 0,
});
const planned = (slot: Slot, name: string): ReadonlyArray<Planned> =>
  plan({
    connection: "stripe",
    customer: "account/cus_1",
    slots: new Map([[key, slot]]),
    known: [],
    wishes: [wish(name)],
    acks: 0,
    frozen: null,
    parked: null,
    rulesOf: () => actOnAll,
    peers: noPeers,
  }).planned;

/** The slot after the command was acknowledged. */
const acked = (slot: Slot, command: Planned): Slot => ({
  ...slot,
  held: {
    outsideId: command.outsideId,
    content: command.content,
    foreignId: "7",
    observed: {} as DocumentContent,
    ackedAt: 0,
  },
  lastKey: command.key,
});

describe("plan", () => {
  it("[PL1 P5] A→B→A is three commands on one outside id, and what is held already is none", () => {
    const keys: string[] = [];
    const outside = new Set<string>();
    let slot = newSlot(key, "netsuite", "account/cus_1", "customer", "customer");
    for (const name of ["A", "B", "A"]) {
      const [command, ...more] = planned(slot, name);
      assert.ok(command);
      assert.deepEqual(more, []);
      keys.push(command.key);
      outside.add(command.outsideId);
      slot = acked(slot, command);
      assert.deepEqual(planned(slot, name), []);
    }
    assert.equal(new Set(keys).size, 3);
    assert.equal(outside.size, 1);
  });
});
