/** Laws of the pure parts behind the spine: links, peers, contracts, holds, and a ledger that people and machines write in at once. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { AccountData, ContractData, SubscriptionData } from "../../domain/event.ts";
import { Evidence } from "../../domain/evidence.ts";
import { fold, inFlight, outsideIdOf, type Slot } from "../../domain/ledger.ts";
import { policies, requiredStages, type Standing } from "../../domain/lifecycle.ts";
import { bestLink, joinLink, joinLinks, type LinkObservation, type LinkRegister, rootOf } from "../../domain/link.ts";
import { LinkGraph } from "../../domain/link-graph.ts";
import type { LedgerNote } from "../../domain/note.ts";
import { peersOf, samePeers } from "../../domain/peers.ts";
import { BilledPeriods } from "../../domain/periods-billed.ts";
import { holdOf, isBefore, modes } from "../../domain/rules.ts";
import { type ContractFacts, contractsOf, currentContract, lacksQuote, standingOf } from "../../domain/standing.ts";
import { Chance } from "../simulation/chance.ts";
import { permutations } from "../simulation/lab.ts";

const ranks = ["operator", "external-id", "metadata", "heuristic"] as const;
const parties = ["crm:a", "crm:b", "bill:c", "bill:d", "erp:e"];
const claim = fc.record({
  rank: fc.constantFrom(...ranks),
  target: fc.option(fc.constantFrom(...parties), { nil: null }),
  at: fc.integer({ min: 1, max: 3 }),
});
const none: LinkRegister = [];
const shuffled = <T>(items: ReadonlyArray<T>, seed: number): ReadonlyArray<T> => {
  const chance = new Chance(seed);
  const left = [...items];
  return items.map(() => left.splice(chance.between(0, left.length - 1), 1)[0]!);
};

describe("links", () => {
  it("[SP15 P2] claims with empty targets, of operators too, in any order, grouping and repetition: the same register and the same word", () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 8 }), fc.integer(), fc.nat(8), (claims, seed, cut) => {
        const once = claims.reduce(joinLink, none);
        const again = shuffled([...claims, ...claims.slice(0, cut)], seed);
        const grouped = joinLinks(again.slice(cut).reduce(joinLink, none), again.slice(0, cut).reduce(joinLink, none));
        assert.deepEqual(grouped, once);
        // By hand: of the ranks with something to say the first, of it the newest, of those the smallest.
        const said = (one: LinkObservation) => one.target !== null || one.rank === "operator";
        const newest = (one: LinkObservation) => claims.every((other) => other.rank !== one.rank || other.at <= one.at);
        const [first] = claims
          .filter((one) => newest(one) && said(one))
          .sort(
            (a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank) || ((a.target ?? "") < (b.target ?? "") ? -1 : 1),
          );
        assert.equal(bestLink(once), first?.target ?? null);
      }),
    );
  });

  const pointers = fc.array(fc.option(fc.nat(4), { nil: null }), { minLength: 5, maxLength: 5 });
  it("[SP16 P2] any pointers, with cycles and self-reference: everybody of a company reaches one root, which is one of them; the graph says so in any order of telling", () => {
    fc.assert(
      fc.property(pointers, fc.integer(), (to, seed) => {
        const target = (party: string) => {
          const index = to[parties.indexOf(party)];
          return index == null || parties[index] === party ? null : parties[index]!;
        };
        const graphs = [parties, shuffled(parties, seed)].map((order) => {
          const graph = new LinkGraph();
          for (const party of order) {
            // A first word, taken back: what was said before leaves no trace.
            graph.set(party, { link: { target: "crm:a", rank: "metadata" }, legalId: null });
            const to = target(party);
            graph.set(party, { link: to === null ? null : { target: to, rank: "metadata" }, legalId: null });
          }
          return graph;
        });
        for (const party of parties) {
          const root = rootOf(party, target);
          const members = graphs[0]!.members(party);
          assert.ok(members.includes(party) && members.includes(root));
          for (const graph of graphs) {
            assert.equal(graph.root(party), root);
            assert.deepEqual(graph.members(party), members);
            for (const member of members) assert.equal(graph.root(member), root, "one company, one root");
          }
        }
      }),
    );
  });
});

const account = (status: AccountData["status"], name: string | null): AccountData => ({
  status,
  name,
  email: null,
  currency: null,
  parent: null,
  legalId: null,
});

it("[SP17] peers: the smallest living account of a CRM, the authority's name, every customer of an ERP; the dead have no say", () => {
  const member = fc.record({
    connection: fc.constantFrom("crm", "bill", "erp"),
    customer: fc.constantFrom("1", "2", "3"),
    status: fc.constantFrom("active" as const, "deleted" as const),
    name: fc.option(fc.constantFrom("A", "B"), { nil: null }),
  });
  const places = {
    isCrm: (connection: string) => connection === "crm",
    isErp: (connection: string) => connection === "erp",
    isBilling: (connection: string) => connection === "bill",
    rankOf: (connection: string) => ["crm", "bill"].indexOf(connection) + 1 || null,
  };
  const id = (one: { connection: string; customer: string }) => `${one.connection}:${one.customer}`;
  fc.assert(
    fc.property(fc.uniqueArray(member, { selector: id, maxLength: 7 }), (drawn) => {
      const members = [...drawn].sort((a, b) => (id(a) < id(b) ? -1 : 1));
      const peers = peersOf(
        members.map(({ connection, customer, status, name }) => {
          const evidence = new Evidence({});
          const data = account(status, name);
          evidence.observe(`account/${customer}`, { status, at: 1, trust: 1, data }, false);
          return { connection, customer, evidence };
        }),
        places,
      );
      const living = members.filter(({ status }) => status === "active");
      assert.equal(peers.crm["crm"], living.find(({ connection }) => connection === "crm")?.customer);
      assert.deepEqual(
        peers.erp["erp"] ?? [],
        members.filter(({ connection }) => connection === "erp").map(({ customer }) => customer),
      );
      const named = (connection: string) => living.find((one) => one.connection === connection && one.name !== null);
      assert.equal(peers.master?.name ?? null, (named("crm") ?? named("bill"))?.name ?? null);
      assert.ok(samePeers(peers, peers));
    }),
  );
});

const contract = (status: ContractData["status"], more: Partial<ContractData> = {}): ContractData => ({
  ...{ status, name: null, number: null, currency: null, amountMinor: null },
  ...{ startAt: null, endAt: null, quote: null, subscription: null, ...more },
});
const subscription = (status: SubscriptionData["status"], startAt: number, named: string | null): SubscriptionData => ({
  ...{ status, startAt, endAt: status === "canceled" ? startAt + 5 : null, contract: named },
});

describe("contracts", () => {
  const billed = (standing: Standing, period: number): BilledPeriods => {
    const periods = new BilledPeriods();
    periods.add(period, standing, 1);
    return periods;
  };
  const facts = (id: string, sub: SubscriptionData | null, periods: ContractFacts["periods"]): ContractFacts => ({
    ...{ id, sold: null, won: false, subscription: sub, periods },
  });
  const crm = {
    contracts: [],
    sold: {
      connection: "crm",
      contracts: new Map([
        ["contract/1", contract("activated", { startAt: 3, subscription: "bill:sub_1" })],
        ["contract/2", contract("draft", { startAt: 1, quote: "quote/1" })],
        ["contract/3", contract("cancelled", { startAt: 1, endAt: 4 })],
        ["contract/4", contract("deleted", { subscription: "bill:sub_2" })],
      ]),
      wonQuotes: new Set(["quote/1"]),
    },
  };
  const otherAccount = {
    contracts: [],
    sold: {
      connection: "crm",
      contracts: new Map([["contract/5", contract("activated", { startAt: 2, subscription: "bill:sub_1" })]]),
      wonQuotes: new Set<string>(),
    },
  };
  const bill = (...contracts: ReadonlyArray<ContractFacts>) => ({ contracts, sold: null });
  const shares = [
    crm,
    otherAccount,
    bill(facts("bill:sub_1", subscription("active", 2, null), billed("paid", 4))),
    bill(
      facts("bill:sub_2", subscription("canceled", 3, "crm:1"), billed("posted", 5)),
      facts("bill:none", null, billed("paid", 1)),
    ),
    bill(facts("bill:none", null, billed("posted", 1))),
    bill(facts("other:sub_9", subscription("trialing", 9, null), null)),
  ];
  const text = (value: unknown): string =>
    canonical(
      JSON.parse(
        JSON.stringify(value, (_, one) => (one instanceof Map ? [...one].sort((a, b) => (a[0] < b[0] ? -1 : 1)) : one)),
      ) as Json,
    );

  it("[SP18 P2] the shares of an account's parties in all 720 orders: the same contracts, the same current one at every instant, the same standing", () => {
    const required = requiredStages(policies["crm-led"], new Set(["crm", "billing", "erp"]));
    const answers = new Set<string>();
    for (const order of permutations(shares)) {
      const { all, names, wonQuotes } = contractsOf(order);
      const sorted = [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
      const current = Object.values(policies).flatMap((policy) =>
        [0, 1, 2, 3, 4, 5, 9, 12].map((now) => {
          const chosen = currentContract(all, policy, now);
          return [chosen?.id ?? null, standingOf(chosen, wonQuotes, required)];
        }),
      );
      const lacking = sorted.filter((one) => lacksQuote(one, wonQuotes, required)).map(({ id }) => id);
      answers.add(text([sorted, [...names].sort(), wonQuotes, current, lacking]));
    }
    assert.equal(answers.size, 1);
    const { all, names } = contractsOf(shares);
    assert.deepEqual(all.map(({ id }) => id).sort(), ["bill:none", "crm:1", "crm:2", "crm:3", "crm:5", "other:sub_9"]);
    assert.deepEqual([names.get("bill:sub_1"), names.get("bill:sub_2")], ["crm:1", "crm:1"]);
    // Two subscriptions that one contract covers: the one that runs is shown, and both bill it.
    const covered = all.find(({ id }) => id === "crm:1")!;
    assert.equal(covered.subscription!.status, "active");
    assert.deepEqual([...covered.periods!.starts].sort(), [4, 5]);
  });
});

it("[SP26] the newest billed period, as invoices come and go, is the one that a look at all of them finds", () => {
  const edit = fc.record({
    period: fc.integer({ min: -2, max: 3 }),
    standing: fc.constantFrom<Standing>("invoiced", "posted", "paid"),
    asked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), fc.integer({ min: 0, max: 29 }), (edits, kept) => {
      const periods = new BilledPeriods();
      const there: Array<{ readonly period: number; readonly standing: Standing }> = [];
      const check = (found: BilledPeriods, all: typeof there) => {
        const newest = Math.max(...all.map(({ period }) => period));
        const standings = new Set(all.filter(({ period }) => period === newest).map(({ standing }) => standing));
        assert.deepEqual([...found.ofNewest].sort(), [...standings].sort());
        assert.deepEqual([...found.starts].sort(), [...new Set(all.map(({ period }) => period))].sort());
        assert.equal(found.isEmpty, all.length === 0);
      };
      for (const [index, { period, standing, asked }] of edits.entries()) {
        // An invoice that stands elsewhere now goes and comes back.
        const gone = index % 3 === 2 ? there.splice(index % there.length, 1)[0] : undefined;
        if (gone !== undefined) periods.add(gone.period, gone.standing, -1);
        else {
          periods.add(period, standing, 1);
          there.push({ period, standing });
        }
        if (asked) check(periods, there);
      }
      check(periods, there);
      const other = new BilledPeriods();
      for (const { period, standing } of edits.slice(0, kept)) other.add(period, standing, 1);
      check(periods.with(other), [...there, ...edits.slice(0, kept)]);
    }),
  );
});

it("[SP19] when a command waits for a person: the whole table of mode, row, inverse and approval", () => {
  const seen = new Set<string>();
  for (const mode of modes)
    for (const own of [null, ...modes])
      for (const holdInverses of [[], ["invoice.posted"], ["payment.applied"]])
        for (const inverse of [true, false])
          for (const approved of [true, false]) {
            const rules = { mode, rows: own === null ? {} : { "invoice.posted": own }, holdInverses, startAt: null };
            const hold = holdOf(rules, "invoice.posted", inverse, approved);
            const effective = own ?? mode;
            const expected =
              effective === "observe"
                ? "observe"
                : approved
                  ? null
                  : effective === "propose"
                    ? "approval"
                    : inverse && holdInverses[0] === "invoice.posted"
                      ? "inverse"
                      : null;
            assert.equal(hold, expected, JSON.stringify([mode, own, holdInverses, inverse, approved]));
            seen.add(String(hold));
          }
  assert.deepEqual([...seen].sort(), ["approval", "inverse", "null", "observe"]);
  const from = (startAt: number | null) => ({ mode: "act" as const, rows: {}, holdInverses: [], startAt });
  assert.deepEqual(
    [isBefore(from(null), -1), isBefore(from(5), 4), isBefore(from(5), 5), isBefore(from(5), 6)],
    [false, true, false, false],
  );
});

describe("the ledger, written in by machines and people at once", () => {
  const slotName = "erp|invoice/in_1|receivable";
  const place = { target: "erp", source: "invoice/in_1", part: "receivable", kind: "receivable" as const };
  const base = { party: "bill:c", slot: slotName };
  const receipt = { foreignId: "7", content: {} };
  const keys = ["k1", "k2"];
  /** A note that somebody might write: of this moment, or of one long gone. */
  const note = (slot: Slot | undefined) =>
    fc
      .record({
        pick: fc.nat(10),
        key: fc.constantFrom(...keys),
        owner: fc.constantFrom("o1", "o2"),
        stale: fc.boolean(),
      })
      .map(({ pick, key, owner, stale }): LedgerNote => {
        const content = { number: key };
        const outsideId = stale || slot === undefined ? "tie_0" : outsideIdOf(slot, "bill");
        const verb = slot?.held ? (pick % 2 === 0 ? ("update" as const) : ("reverse" as const)) : ("post" as const);
        const command = { ...place, key, outsideId, verb, content };
        const answered = { ...base, key: stale ? key : (slot?.attempt?.key ?? key) };
        switch (pick) {
          case 0:
          case 1:
            return { ...base, type: "command.claimed", owner, command, settleAt: 5 };
          case 2:
            return { ...answered, type: "command.acked", receipt, by: "answer" };
          case 3:
            return { ...answered, type: "command.retrying", detail: "", nextAt: 3 };
          case 4:
            return { ...answered, type: "command.unknown", detail: "", nextAt: 3 };
          case 5:
            return { ...answered, type: "command.rejected", detail: "", fixable: true };
          case 6:
            return { ...answered, type: "command.absent" };
          case 7:
            return { ...base, type: "document.adopted", place, foreignId: "9", content };
          default: {
            const type = (["command.retry", "command.cancel", "command.approve"] as const)[(key.length + pick) % 3]!;
            return { ...answered, type, place, by: "ops", reason: null };
          }
        }
      });

  it("[SP20 P5] any interleaving of claims, answers and operators' acts: the fold is total, at most one send is open and one document held, and a person moves nothing under way", () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= 400; seed++) {
      const slots = new Map<string, Slot>();
      let open: string | null = null;
      let acks = 0;
      const chance = new Chance(seed);
      for (let step = 0; step < 40; step++) {
        const before = slots.get(slotName);
        const said = fc.sample(note(before), { numRuns: 1, seed: chance.between(0, 1 << 30) })[0]!;
        const folded = fold(slots, "bill", said, step, acks);
        if (folded.acked) acks += 1;
        for (const slot of folded.slots) slots.set(slot.key, slot);
        const after = slots.get(slotName);
        if (!folded.stands) {
          assert.deepEqual(after, before, `${said.type}: what does not stand changes nothing`);
          continue;
        }
        reached.add(said.type);
        if (said.type === "command.claimed") {
          assert.equal(open, null, "a second send while the first is open");
          assert.equal(said.command.verb === "post", before?.held == null, "what is there is not posted again");
          open = said.command.key;
        } else if (/acked|retrying|rejected|absent/.test(said.type)) open = null;
        else if (said.type === "command.unknown") {
          assert.ok(open === said.key || before?.missed?.key === said.key, "only what was sent can be in doubt");
          open = said.key;
        } else if (/retry$|cancel|approve|adopted/.test(said.type)) {
          assert.equal(open, null, `${said.type} under way`);
          assert.ok(!inFlight(after!));
        }
        assert.equal(inFlight(after!), open !== null);
        if (after!.held && before?.held && !after!.held.adopted)
          assert.equal(after!.held.outsideId, before.held.outsideId, "one document at a time");
      }
    }
    for (const type of [
      ...["claimed", "acked", "retrying", "unknown", "rejected", "absent", "retry", "cancel", "approve"].map(
        (one) => `command.${one}`,
      ),
      "document.adopted",
    ])
      assert.ok(reached.has(type), `never stood: ${type}`);
  });
});
