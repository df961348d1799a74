/** The plan: what differs between wish and held becomes commands with keys of their own. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { fold, newSlot, outsideIdOf, type Slot } from "../../domain/ledger.ts";
import type { LedgerNote } from "../../domain/note.ts";
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
const planned = (slot: Slot | null, name: string, before: ReadonlyArray<Planned> = []): ReadonlyArray<Planned> =>
  plan({
    connection: "stripe",
    customer: "account/cus_1",
    slots: new Map(slot === null ? [] : [[key, slot]]),
    before,
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

  it("[PL3 P5] what was planned before changes no name: of a new place, after an answer, in flight under another key, after an inverse", () => {
    const empty = newSlot(key, "netsuite", "account/cus_1", "customer", "customer");
    const [post] = planned(empty, "A");
    const held = acked(empty, post!);
    const attempt = { ...post!, key: "k1", count: 1, at: 0, nextAt: 0, owner: "o", error: null, fixable: false };
    const claimed: Slot = { ...empty, attempt: { ...attempt, state: "sending", acksSeen: 0 } };
    const again: Slot = { ...empty, generation: 1 };
    const stands = [null, empty, claimed, held, { ...held, lastKey: "k2" }, again];
    const all = stands.flatMap((slot) => ["A", "B"].map((name) => ({ slot, name, found: planned(slot, name) })));
    for (const { found } of all)
      for (const { slot, name, found: alone } of all) {
        if (slot === null && found.some(({ outsideId }) => outsideId !== post!.outsideId)) continue;
        assert.deepEqual(planned(slot, name, found), alone);
      }
  });

  it("[PL2 P3 P5] an answer that comes after the read-back found nothing still counts, until another command is claimed", () => {
    const content = (name: string) => ({ name, email: null, currency: null });
    const base = { party: "stripe:cus_1", slot: key } as const;
    const claim = (name: string, command: string): LedgerNote => {
      const verb = name === "A" ? "post" : "update";
      const at = { target: "netsuite", source: "account/cus_1", part: "customer", kind: "customer" } as const;
      const outside = outsideIdOf(newSlot(key, "netsuite", "account/cus_1", "customer", "customer"), "stripe");
      const said = { key: command, outsideId: outside, verb, content: content(name), ...at } as const;
      return { type: "command.claimed", ...base, owner: "o", command: said, settleAt: 9 };
    };
    const receipt = (name: string) => ({ foreignId: "7", content: content(name) });
    const acknowledged = (name: string, command: string): LedgerNote => ({
      ...{ type: "command.acked", ...base, key: command, receipt: receipt(name), by: "answer" },
    });
    const absent = (command: string): LedgerNote => ({ type: "command.absent", ...base, key: command });
    const folded = (...notes: ReadonlyArray<LedgerNote>): Slot => {
      const slots = new Map<string, Slot>();
      for (const note of notes) for (const slot of fold(slots, "stripe", note, 1, 0).slots) slots.set(slot.key, slot);
      return slots.get(key)!;
    };
    const late = folded(claim("A", "k1"), absent("k1"), acknowledged("A", "k1"));
    assert.deepEqual([late.held?.content, late.lastKey, late.missed], [content("A"), "k1", undefined]);
    const first = [claim("A", "k1"), acknowledged("A", "k1")];
    const update = folded(...first, claim("B", "k2"), absent("k2"), acknowledged("B", "k2"));
    assert.deepEqual(update.held?.content, content("B"));
    assert.equal(planned(update, "A").length, 1, "what landed late is taken back like anything else");
    const other = folded(...first, claim("B", "k2"), absent("k2"), claim("C", "k3"), acknowledged("B", "k2"));
    assert.deepEqual([other.held?.content, other.attempt?.key], [content("A"), "k3"]);

    // Two owners asked; one of them sent anew before the other's answer came.
    const unknown: LedgerNote = { type: "command.unknown", ...base, key: "k1", detail: "no answer", nextAt: 9 };
    const asked = (sent: number): LedgerNote => ({ type: "command.absent", ...base, key: "k1", sent });
    const anew = folded(claim("A", "k1"), unknown, asked(1), claim("A", "k1"), asked(1), unknown);
    assert.deepEqual([anew.attempt?.key, anew.attempt?.state, anew.sent], ["k1", "unknown", 2]);
    assert.equal(folded(claim("A", "k1"), unknown, asked(1), claim("A", "k1"), asked(2)).attempt, null);
    // What was said to be absent, and its sender does not know: it is asked about once more.
    const doubted = folded(claim("A", "k1"), asked(1), unknown);
    assert.deepEqual([doubted.attempt?.state, doubted.missed], ["unknown", undefined]);
  });
});
