/** Laws of the accounts that links make: they depend on the links alone, and no account outgrows its guard. */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { it } from "vitest";
import { maxParties } from "../../domain/link.ts";
import { LinkGraph, type LinkNode, legalIdKey } from "../../domain/link-graph.ts";

const parties = Array.from({ length: 30 }, (_, i) => `p:${String(i).padStart(2, "0")}`);
const ranks = ["operator", "external-id", "metadata", "heuristic"] as const;
/** Hubs are what makes an account too large. */
const node = (count: number, ids: ReadonlyArray<string | null>): fc.Arbitrary<readonly [string, LinkNode]> => {
  const anyone = fc.nat(count - 1).map((i) => parties[i]!);
  const target = fc.oneof(
    { arbitrary: fc.constantFrom(parties[0]!, parties[1]!), weight: 6 },
    { arbitrary: anyone, weight: 1 },
  );
  const link = fc.option(fc.record({ target, rank: fc.constantFrom(...ranks) }), { freq: 12 });
  return fc.tuple(anyone, fc.record({ link, legalId: fc.constantFrom(...ids) }));
};
const nodes = fc.oneof(
  fc.uniqueArray(node(30, [null]), { selector: ([party]) => party, minLength: 26, maxLength: 30 }),
  fc.uniqueArray(node(8, [null, "A", "B"]), { selector: ([party]) => party, minLength: 5, maxLength: 8 }),
);

const graphOf = (all: ReadonlyArray<readonly [string, LinkNode]>): LinkGraph => {
  const graph = new LinkGraph();
  for (const [party, said] of all) graph.set(party, said);
  return graph;
};
const told = (graph: LinkGraph): unknown =>
  parties.map((party) => [graph.root(party), graph.members(party), graph.held(party)]);

it("[LK4] whatever the order in which links and legal ids become known, and whatever was said before, the accounts are the same", () => {
  fc.assert(
    fc.property(nodes, nodes, fc.infiniteStream(fc.nat()), (all, before, random) => {
      const shuffled = all
        .map((one) => [random.next().value, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      const late = graphOf(before);
      told(late);
      for (const party of parties) late.set(party, { link: null, legalId: null });
      for (const [party, said] of shuffled) {
        late.set(party, said);
        late.root(party);
      }
      assert.deepEqual(told(late), told(graphOf(all)));
    }),
    { numRuns: 200 },
  );
});

it("[LK5] no account has more than twenty parties or two legal ids; each party is in one, and only links that would break that are held", () => {
  let held = 0;
  let joined = 0;
  fc.assert(
    fc.property(nodes, (all) => {
      const graph = graphOf(all);
      for (const party of parties) {
        const members = graph.members(party);
        assert.ok(members.includes(party) && members.length <= maxParties);
        const ids = new Set(members.map((member) => graph.node(member).legalId).filter((id) => id !== null));
        assert.ok(ids.size < 2);
        for (const member of members) {
          assert.deepEqual(graph.members(member), members);
          assert.equal(graph.root(member), graph.root(party));
        }
        assert.ok(members.includes(graph.root(party)));
        const { link } = graph.node(party);
        const why = graph.held(party);
        if (link === null) assert.equal(why, null);
        else if (why === null) {
          joined += 1;
          assert.ok(members.includes(link.target));
        } else {
          held += 1;
          assert.ok(!members.includes(link.target));
          assert.ok(why.parties > maxParties || why.legalIds.length > 1);
        }
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(held > 100 && joined > 1000, `${held} held, ${joined} joined`);
});

it("[LK6] what is not held back when a person links it joins, and where no person's link was held before, separates no other one", () => {
  let free = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      nodes,
      fc.constantFrom(...parties.slice(0, 12)),
      fc.constantFrom(...parties.slice(0, 12)),
      (all, party, target) => {
        fc.pre(party !== target);
        const graph = graphOf(all);
        const before = told(graph);
        const why = graph.wouldHold(party, target);
        assert.deepEqual(told(graph), before);
        const linked = parties.filter((one) => graph.node(one).link?.rank === "operator");
        // Who leaves an account may let in whom it kept out, and that one may keep out another.
        const disputed = linked.some((one) => graph.held(one) !== null);
        const standing = linked.filter((one) => one !== party && !disputed);
        graph.set(party, { ...graph.node(party), link: { target, rank: "operator" } });
        if (why === null) {
          free += 1;
          assert.ok(graph.members(party).includes(target));
          for (const one of standing) assert.equal(graph.held(one), null);
        } else refused += 1;
      },
    ),
    { numRuns: Number(process.env["TIEOUT_RUNS"] ?? 300) },
  );
  assert.ok(free > 50 && refused > 20, `${free} free, ${refused} refused`);
});

it("[LK7] a legal id is the same however people write it, and an empty one is none", () => {
  assert.equal(legalIdKey("DE 811.234-5"), legalIdKey("de8112345"));
  assert.notEqual(legalIdKey("DE 1"), legalIdKey("DE 2"));
  for (const none of ["", " - ", null, undefined]) assert.equal(legalIdKey(none), null);
});
