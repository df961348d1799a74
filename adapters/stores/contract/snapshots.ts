/** What every snapshot store does. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { type AccountRow, type Cell, Snapshots } from "../../../domain/ports/store.ts";
import type { Rule } from "../store.contract.ts";
import type { Steps } from "./run.ts";

const through = ({ run }: Steps) => run(Effect.flatMap(Snapshots, (snapshots) => snapshots.through));
const clear = ({ run }: Steps) => run(Effect.flatMap(Snapshots, (snapshots) => snapshots.clear));
const parties = ({ run }: Steps, after: string | null = null, limit = 100) =>
  run(Effect.flatMap(Snapshots, (snapshots) => snapshots.parties(after, limit)));
const owners = ({ run }: Steps, ...subjects: ReadonlyArray<string>) =>
  run(Effect.flatMap(Snapshots, (snapshots) => snapshots.owners(subjects)));
const accounts = ({ run }: Steps, query: { after?: string; stage?: string; sync?: string; limit?: number } = {}) =>
  run(
    Effect.flatMap(Snapshots, (snapshots) =>
      snapshots.accounts({ after: null, stage: null, sync: null, limit: 100, ...query }),
    ),
  );

const cell = (party: string, name: string, body: string | null): Cell => ({ party, cell: name, body });
const key = ({ party, cell }: Cell): string => JSON.stringify([party, cell]);
/** Loaded cells, in an order of ours: the port promises none. */
const load = async ({ run }: Steps, ...of: ReadonlyArray<string>): Promise<ReadonlyArray<Cell>> => {
  const cells = await run(Effect.flatMap(Snapshots, (snapshots) => snapshots.load(of)));
  return [...cells].sort((a, b) => (key(a) < key(b) ? -1 : 1));
};
const account = (id: string, stage: string, sync: string, body: string | null = `{"id":"${id}"}`): AccountRow => ({
  id,
  stage,
  sync,
  body,
});
const idsOf = (rows: ReadonlyArray<AccountRow>): ReadonlyArray<string> => rows.map(({ id }) => id);

export const snapshotsContract = (rule: Rule): void => {
  rule("[S7] an empty store has through 0 and finds nothing", async (store) => {
    assert.equal(await through(store), 0);
    assert.deepEqual(await load(store, "stripe:cus_1"), []);
    assert.deepEqual(await load(store), []);
    assert.deepEqual(await owners(store, "stripe:invoice/in_1"), []);
    assert.deepEqual(await store.find("", true), []);
    assert.deepEqual(await accounts(store), []);
    assert.deepEqual(await parties(store), []);
  });

  rule("[S7] a save is one write: cells, owners, terms, accounts and through", async (store) => {
    await store.save({
      through: 7,
      cells: [cell("p1", "a", "1")],
      owners: [{ subject: "stripe:invoice/in_1", party: "p1" }],
      terms: [{ term: "acme", party: "p1" }],
      accounts: [account("acct_1", "paid", "agreed")],
    });
    assert.equal(await through(store), 7);
    assert.deepEqual(await load(store, "p1"), [cell("p1", "a", "1")]);
    assert.deepEqual(await owners(store, "stripe:invoice/in_1"), [{ subject: "stripe:invoice/in_1", party: "p1" }]);
    assert.deepEqual(await store.find("acme", false), ["p1"]);
    assert.deepEqual(await accounts(store), [account("acct_1", "paid", "agreed")]);
  });

  rule("[S7] a batch behind the stored through is ignored whole; one at it is applied", async (store) => {
    await store.save({ through: 7, cells: [cell("p1", "a", "1")] });
    await store.save({
      through: 6,
      cells: [cell("p1", "a", "0"), cell("p2", "a", "0")],
      owners: [{ subject: "s", party: "p2" }],
      terms: [{ term: "late", party: "p2" }],
      accounts: [account("late", "paid", "agreed")],
    });
    assert.equal(await through(store), 7);
    assert.deepEqual(await load(store, "p1", "p2"), [cell("p1", "a", "1")]);
    assert.deepEqual(await owners(store, "s"), []);
    assert.deepEqual(await store.find("late", false), []);
    assert.deepEqual(await accounts(store), []);
    await store.save({ through: 7, cells: [cell("p1", "a", "2")] });
    assert.deepEqual(await load(store, "p1"), [cell("p1", "a", "2")]);
  });

  rule("[S7] the last cell of a name wins, null removes, also within one batch", async (store) => {
    await store.save({
      through: 1,
      cells: [cell("p", "a", "1"), cell("p", "b", "1"), cell("p", "a", "2"), cell("p", "c", "1"), cell("p", "c", null)],
    });
    assert.deepEqual(await load(store, "p"), [cell("p", "a", "2"), cell("p", "b", "1")]);
    await store.save({ through: 2, cells: [cell("p", "a", null), cell("p", "b", null), cell("p", "b", "3")] });
    assert.deepEqual(await load(store, "p"), [cell("p", "b", "3")]);
    await store.save({ through: 3, cells: [cell("p", "b", null), cell("never", "there", null)] });
    assert.deepEqual(await load(store, "p", "never"), []);
    assert.deepEqual(await parties(store), []);
  });

  rule("[S7] cells are told apart by party and name, wherever one ends and the next begins", async (store) => {
    const cells = [
      cell("ab", "c", "1"),
      cell("a", "bc", "2"),
      cell("abc", "", "3"),
      cell("", "abc", "4"),
      cell("a\0", "b", "5"),
    ];
    await store.save({ through: 1, cells });
    for (const one of cells) assert.ok((await load(store, one.party)).some((held) => held.body === one.body));
    assert.equal((await load(store, "ab", "a", "abc", "", "a\0")).length, cells.length);
  });

  rule("[S7] many parties load at once, each once, and only those asked for", async (store) => {
    const all = Array.from({ length: 700 }, (_, i) => `party_${String(i).padStart(4, "0")}`);
    await store.save({
      through: 1,
      cells: all.flatMap((party) => [cell(party, "a", `"${party}"`), cell(party, "b", "1")]),
    });
    const asked = all.filter((_, i) => i % 2 === 0);
    const cells = await load(store, ...asked, ...asked.slice(0, 5), "nobody");
    assert.deepEqual(
      cells.map(({ party, cell }) => `${party} ${cell}`),
      asked.flatMap((party) => [`${party} a`, `${party} b`]),
    );
  });

  rule("[S7] an object's owner may change, and the last one wins", async (store) => {
    await store.save({
      through: 1,
      owners: [
        { subject: "s", party: "p1" },
        { subject: "t", party: "p1" },
      ],
    });
    await store.save({
      through: 2,
      owners: [
        { subject: "s", party: "p2" },
        { subject: "s", party: "p3" },
      ],
    });
    const found = await owners(store, "s", "t", "u", "s");
    assert.deepEqual(
      [...found].sort((a, b) => (a.subject < b.subject ? -1 : 1)),
      [
        { subject: "s", party: "p3" },
        { subject: "t", party: "p1" },
      ],
    );
  });

  rule("[S8] a whole term finds its parties and no longer or shorter ones", async (store) => {
    await store.save({
      through: 1,
      terms: ["in", "in_1", "in_17", "xin_1"].map((term) => ({ term, party: `of ${term}` })),
    });
    assert.deepEqual(await store.find("in_1", false), ["of in_1"]);
    assert.deepEqual(await store.find("i", false), []);
  });

  rule("[S8] a prefix is literal: % and _ and * and ? stand for themselves", async (store) => {
    const terms = ["100%", "100% acme", "100x", "a_b", "axb", "a*b", "a?b", "a[b", "a\\b", "a'b"];
    await store.save({ through: 1, terms: terms.map((term) => ({ term, party: `of ${term}` })) });
    assert.deepEqual(await store.find("100%", true), ["of 100%", "of 100% acme"]);
    assert.deepEqual(await store.find("a_", true), ["of a_b"]);
    for (const text of ["%", "_", "*", "a%"]) assert.deepEqual(await store.find(text, true), []);
    for (const text of ["a*", "a?", "a[", "a\\", "a'"]) assert.deepEqual(await store.find(text, true), [`of ${text}b`]);
  });

  rule("[S8] a prefix finds each party once, in order of term and party, up to the limit", async (store) => {
    const terms = Array.from({ length: 400 }, (_, i) => ({
      term: `acme ${String(i).padStart(3, "0")}`,
      party: `p${String(i % 150).padStart(3, "0")}`,
    }));
    await store.save({
      through: 1,
      terms: [...terms, { term: "acm", party: "other" }, { term: "acmf", party: "other" }],
    });
    await store.save({ through: 2, terms: [...terms].reverse() });
    const expected = Array.from({ length: 150 }, (_, i) => `p${String(i).padStart(3, "0")}`);
    assert.deepEqual(await store.find("acme", true, 1000), expected);
    assert.deepEqual(await store.find("acme", true, 150), expected);
    assert.deepEqual(await store.find("acme", true, 7), expected.slice(0, 7));
    assert.deepEqual(await store.find("acme", true, 0), []);
    assert.deepEqual(await store.find("acme 1", true, 2), ["p100", "p101"]);
    assert.deepEqual((await store.find("", true, 1000)).length, 151);
  });

  rule("[S8] terms of any script are found, by prefixes that end anywhere", async (store) => {
    const terms = ["é", "éa", "漢字", "漢", "😀x", "\uffffz", "\ue000q", "a\0b", "a\x01b", "\ud800"];
    await store.save({ through: 1, terms: terms.map((term) => ({ term, party: `of ${term}` })) });
    for (const term of terms) assert.deepEqual(await store.find(term, false), [`of ${term}`]);
    assert.deepEqual(await store.find("é", true), ["of é", "of éa"]);
    assert.deepEqual(await store.find("漢", true), ["of 漢", "of 漢字"]);
    assert.deepEqual(await store.find("😀", true), ["of 😀x"]);
    assert.deepEqual(await store.find("a\0", true), ["of a\0b"]);
    assert.deepEqual(await store.find("a", true), ["of a\0b", "of a\x01b"]);
    assert.deepEqual(await store.find("\uffff", true), ["of \uffffz"]);
  });

  rule("[S9] account rows come in id order, by stage, by sync, by both", async (store) => {
    const rows = [
      account("e", "paid", "parked"),
      account("a", "paid", "agreed"),
      account("d", "posted", "agreed"),
      account("b", "posted", "parked"),
      account("c", "paid", "agreed"),
    ];
    await store.save({ through: 1, accounts: rows });
    assert.deepEqual(idsOf(await accounts(store)), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(idsOf(await accounts(store, { stage: "paid" })), ["a", "c", "e"]);
    assert.deepEqual(idsOf(await accounts(store, { sync: "parked" })), ["b", "e"]);
    assert.deepEqual(idsOf(await accounts(store, { stage: "paid", sync: "agreed" })), ["a", "c"]);
    assert.deepEqual(idsOf(await accounts(store, { stage: "paid", after: "a", limit: 1 })), ["c"]);
    assert.deepEqual(idsOf(await accounts(store, { sync: "agreed", after: "a" })), ["c", "d"]);
    assert.deepEqual(idsOf(await accounts(store, { stage: "gone" })), []);
    assert.deepEqual(idsOf(await accounts(store, { limit: 0 })), []);
  });

  rule("[S9] an account row moves between stages, and null removes it", async (store) => {
    await store.save({ through: 1, accounts: [account("a", "paid", "agreed"), account("b", "paid", "agreed")] });
    await store.save({
      through: 2,
      accounts: [account("a", "posted", "parked", "[1]"), account("b", "paid", "agreed", null)],
    });
    assert.deepEqual(await accounts(store, { stage: "paid" }), []);
    assert.deepEqual(await accounts(store), [account("a", "posted", "parked", "[1]")]);
    await store.save({ through: 3, accounts: [account("a", "x", "y", null), account("a", "paid", "agreed", "[2]")] });
    assert.deepEqual(await accounts(store), [account("a", "paid", "agreed", "[2]")]);
  });

  rule("[S9] paging under insertion shows every row that was there throughout, once", async (store) => {
    const id = (i: number) => `acct_${String(i).padStart(3, "0")}`;
    const steady = Array.from({ length: 30 }, (_, i) => account(id(i * 10), "paid", "agreed"));
    await store.save({ through: 1, accounts: steady });
    const seen: Array<string> = [];
    for (let page = 0; ; page++) {
      const rows = await accounts(store, {
        stage: "paid",
        limit: 4,
        ...(seen.length > 0 ? { after: seen.at(-1) ?? "" } : {}),
      });
      if (rows.length === 0) break;
      assert.ok(rows.length <= 4);
      seen.push(...idsOf(rows));
      await store.save({
        through: 2 + page,
        accounts: [account(id(page * 37 + 1), "paid", "agreed"), account(id(page * 11 + 5), "paid", "agreed")],
      });
    }
    assert.deepEqual([...seen].sort(), seen);
    assert.equal(new Set(seen).size, seen.length);
    for (const row of steady) assert.ok(seen.includes(row.id));
  });

  rule("[S9] parties that have cells come in order, after a party", async (store) => {
    await store.save({
      through: 1,
      cells: [cell("b", "x", "1"), cell("a", "x", "1"), cell("a", "y", "1"), cell("c", "x", "1"), cell("d", "x", null)],
      owners: [{ subject: "s", party: "owner-only" }],
    });
    assert.deepEqual(await parties(store), ["a", "b", "c"]);
    assert.deepEqual(await parties(store, "a"), ["b", "c"]);
    assert.deepEqual(await parties(store, "a", 1), ["b"]);
    assert.deepEqual(await parties(store, "bb"), ["c"]);
    assert.deepEqual(await parties(store, "c"), []);
  });

  rule("[S9] every list is in the order of code points, whatever the characters", async (store) => {
    const ordered = [
      "",
      "\0",
      "\x01",
      "A",
      "a",
      "a\0",
      "ab",
      "é",
      "\ud7ff",
      "\ud800",
      "\udfff",
      "\ue000",
      "\uffff",
      "😀",
      "\u{10ffff}",
    ];
    const shuffled = [...ordered].reverse();
    await store.save({
      through: 1,
      cells: shuffled.map((party) => cell(party, "x", "1")),
      accounts: shuffled.map((id) => account(id, "paid", "agreed", "1")),
    });
    assert.deepEqual(await parties(store), ordered);
    assert.deepEqual(idsOf(await accounts(store)), ordered);
    for (let i = 0; i < ordered.length; i++) {
      assert.deepEqual(await parties(store, ordered[i]), ordered.slice(i + 1));
    }
  });

  rule("[S10] clear forgets all of it and through, and the store takes up from the beginning", async (store) => {
    await store.append();
    await store.save({
      through: 9,
      cells: [cell("p", "a", "1")],
      owners: [{ subject: "s", party: "p" }],
      terms: [{ term: "t", party: "p" }],
      accounts: [account("a", "paid", "agreed")],
    });
    await clear(store);
    assert.equal(await through(store), 0);
    assert.deepEqual(await load(store, "p"), []);
    assert.deepEqual(await owners(store, "s"), []);
    assert.deepEqual(await store.find("t", false), []);
    assert.deepEqual(await accounts(store), []);
    assert.deepEqual(await parties(store), []);
    await store.save({ through: 1, cells: [cell("p", "a", "2")] });
    assert.deepEqual(await load(store, "p"), [cell("p", "a", "2")]);
  });
};
