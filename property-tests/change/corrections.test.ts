/** A correction ends where the right decoding from the beginning would have, whatever came before and after it. */
import assert from "node:assert/strict";
import * as fc from "effect/FastCheck";
import { it } from "vitest";
import { profile } from "../../adapters/stripe/layer.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { inForce, registersOf } from "../../domain/correction.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { actOnAll } from "../../domain/rules.ts";
import { Core } from "../../server/engine/core.ts";

const surroundings = {
  orders: () => profile.orders,
  targets: () => ["netsuite"],
  crms: () => [],
  rulesOf: () => actOnAll,
  required: new Set(["activated", "invoiced", "posted", "paid"] as const),
  policy: policies["billing-led"],
  places: { isCrm: () => false, isErp: (name: string) => name === "netsuite", isBilling: () => true, rankOf: () => 0 },
};

interface Said {
  readonly status: "draft" | "open" | "paid" | "void";
  readonly at: number;
  readonly totalMinor: number;
  readonly read: boolean;
}

const event = ({ status, at, totalMinor, read }: Said, index: number): CanonicalEvent => ({
  id: `evt_${index}`,
  source: "stripe",
  type: "invoice.updated",
  subject: "invoice/in_1",
  time: at * 1000,
  owner: "cus_1",
  via: null,
  clock: { at: at * 1000, tick: 1000, trust: 1000 },
  read,
  data: {
    status,
    number: null,
    currency: "USD",
    totalMinor,
    taxMinor: 0,
    balanceUsedMinor: 0,
    subscription: null,
    periodStart: null,
    periodEnd: null,
    finalizedAt: at * 1000,
  },
  links: [],
  externalId: null,
  correlationid: null,
  traceparent: null,
  dataschema: "tieout/invoice/1",
});

const entry = (position: number, events: ReadonlyArray<CanonicalEvent>, note: Json = null): Entry => ({
  position,
  kind: "webhook",
  connection: "stripe",
  at: position,
  partition: 0,
  dedup: { id: `e${position}`, type: "t", hash: "h" },
  conflictOf: null,
  events,
  note,
});

const said = fc.record({
  status: fc.constantFrom("draft", "open", "paid", "void" as const),
  at: fc.integer({ min: 1, max: 4 }),
  totalMinor: fc.constantFrom(100, 200),
  read: fc.boolean(),
}) as fc.Arbitrary<Said>;

/** Which of the events was decoded wrongly, to what, and how many entries come before the correction is written. */
const history = fc
  .record({ events: fc.array(said, { minLength: 1, maxLength: 6 }), wrong: said, which: fc.nat(), written: fc.nat() })
  .map(({ events, wrong, which, written }) => {
    const index = which % events.length;
    return { events, wrong, index, written: index + 1 + (written % (events.length - index)) };
  });

interface History {
  readonly events: ReadonlyArray<Said>;
  readonly wrong: Said;
  readonly index: number;
  readonly written: number;
}

const evidence = (entries: ReadonlyArray<Entry>): string => {
  const core = new Core(surroundings);
  for (const one of entries) {
    core.apply([one]);
    core.settleFold();
  }
  const party = core.parties.get("stripe:cus_1");
  const { view, planned } = party?.groups.get("invoice/in_1") ?? {};
  return canonical([
    party?.cell("invoice/in_1") ?? null,
    view?.standing ?? null,
    (planned ?? []).map(({ content }) => content),
  ] as Json);
};

const corrected = ({ events, wrong, index, written }: History, reset = true): ReadonlyArray<Entry> => {
  const entries: Entry[] = [];
  const right = event(events[index]!, index);
  const write = (position: number): void => {
    const others = inForce(entries).filter((one) => one.position !== index + 1);
    const registers = registersOf(profile.orders, "stripe", "invoice/in_1", [...others, { events: [right] }]);
    const cells = { "invoice/in_1": registers["invoice/in_1"] ?? null };
    const resets = reset ? [{ party: "stripe:cus_1", subject: "invoice/in_1", cells }] : [];
    entries.push(
      entry(position, [right], { replay: "r", corrects: index + 1, through: position - 1, resets } as unknown as Json),
    );
  };
  for (let i = 0; i < events.length; i++) {
    entries.push(entry(entries.length + 1, [event(i === index ? { ...wrong } : events[i]!, i)]));
    if (i + 1 === written) write(entries.length + 1);
  }
  return entries;
};

it("[RE6 P2] a correction ends where the right decoding from the beginning would have, whenever it is written", () => {
  fc.assert(
    fc.property(history, (one) => {
      const right = one.events.map((said, i) => entry(i + 1, [event(said, i)]));
      assert.equal(evidence(corrected(one)), evidence(right));
    }),
    { numRuns: 300, seed: 20_261_121 },
  );
});

it("[RE7 P2] in any order of the events, with the correction behind the wrong one, it ends the same", () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (one, keys) => {
      const order = one.events
        .map((said, i) => ({ said, i, key: keys[i]! }))
        .sort((a, b) => a.key - b.key || a.i - b.i);
      const index = order.findIndex(({ i }) => i === one.index);
      const shuffled = { ...one, events: order.map(({ said }) => said), index, written: order.length };
      assert.equal(evidence(corrected(shuffled)), evidence(corrected(one)));
    }),
    { numRuns: 200, seed: 7 },
  );
});

it("[RE8] without the resets a wrong observation stays as a rival: the test above can fail", () => {
  const one = {
    events: [{ status: "open", at: 1, totalMinor: 100, read: false }] as ReadonlyArray<Said>,
    wrong: { status: "open", at: 1, totalMinor: 200, read: false } as Said,
    index: 0,
    written: 1,
  };
  const right = evidence([entry(1, [event(one.events[0]!, 0)])]);
  assert.equal(evidence(corrected(one)), right);
  assert.notEqual(evidence(corrected(one, false)), right);
});
