/** What every journal does. */
import assert from "node:assert/strict";
import { canonical } from "../../../domain/canonical.ts";
import type { Appended, Entry, NewEntry } from "../../../domain/ports/store.ts";
import type { Rule } from "../store.contract.ts";
import { sampleEntry, sampleEvent } from "./samples.ts";

const many = (count: number, from = 0): ReadonlyArray<NewEntry> =>
  Array.from({ length: count }, (_, i) => sampleEntry({ id: `evt_${from + i}`, serial: from + i }));

const positionsOf = (answers: ReadonlyArray<Appended>): ReadonlyArray<number> =>
  answers.map(({ position }) => position);
const tagsOf = (answers: ReadonlyArray<Appended>): ReadonlyArray<string> => answers.map(({ _tag }) => _tag);

/** A stored entry as it must read. */
const stored = ({ raw: _, ...entry }: NewEntry, position: number, conflictOf: number | null = null): Entry => ({
  ...entry,
  position,
  conflictOf,
});
const same = (actual: unknown, expected: unknown): void => {
  assert.equal(canonical(actual as never), canonical(expected as never));
};

export const journalContract = (rule: Rule): void => {
  rule("[S1] an empty journal has head 0, nothing to read and nothing to find", async ({ head, read, raw, check }) => {
    assert.equal(await head(), 0);
    assert.deepEqual(await read(0, 10), []);
    assert.equal(await raw(1), null);
    assert.deepEqual(await check(), []);
  });

  rule("[S1] positions start at 1, grow with every entry, and head is the last", async ({ append, head }) => {
    const positions = [
      ...positionsOf(await append(...many(3))),
      ...positionsOf(await append(...many(1, 3))),
      ...positionsOf(await append(...many(40, 4))),
    ];
    assert.equal(positions[0], 1);
    for (let i = 1; i < positions.length; i++) assert.ok((positions[i] ?? 0) > (positions[i - 1] ?? 0));
    assert.equal(await head(), positions.at(-1));
  });

  rule("[S1] an empty batch answers nothing and writes nothing", async ({ append, head }) => {
    assert.deepEqual(await append(), []);
    await append(...many(1));
    assert.deepEqual(await append(), []);
    assert.equal(await head(), 1);
  });

  rule("[S2] reading from any position with any limit gives that part of the order", async ({ append, read }) => {
    const entries = many(23);
    let from = 0;
    for (const size of [1, 7, 2, 12, 1]) {
      await append(...entries.slice(from, from + size));
      from += size;
    }
    const all = await read(0, 100);
    same(
      all,
      entries.map((entry, i) => stored(entry, all[i]?.position ?? 0)),
    );
    for (const [start, limit] of [
      [0, 1],
      [0, 8],
      [3, 1],
      [3, 9],
      [7, 3],
      [8, 100],
      [22, 1],
      [22, 5],
    ] as const) {
      same(await read(all[start]?.position ?? 0, limit), all.slice(start + 1, start + 1 + limit));
    }
    same(await read(0, 9), all.slice(0, 9));
    assert.deepEqual(await read(all.at(-1)?.position ?? 0, 10), []);
    assert.deepEqual(await read(1_000_000, 10), []);
    assert.deepEqual(await read(0, 0), []);
  });

  rule("[S2] a batch of 512 reads back whole and in order", async ({ append, read, raw, check }) => {
    const entries = many(512);
    const answers = await append(...entries);
    assert.deepEqual(answers.length, 512);
    same(
      await read(0, 512),
      entries.map((entry, i) => stored(entry, answers[i]?.position ?? 0)),
    );
    assert.deepEqual(await raw(answers[511]?.position ?? 0), entries[511]?.raw);
    assert.deepEqual(await check(), []);
  });

  rule("[S3] the same connection, id, type and hash is a duplicate of the first and writes nothing", async (store) => {
    const [first] = await store.append(sampleEntry({ id: "evt_1" }));
    const [again] = await store.append(sampleEntry({ id: "evt_1", serial: 9 }));
    assert.deepEqual(again, { _tag: "Duplicate", position: first?.position });
    assert.equal(await store.head(), first?.position);
  });

  rule("[S3] a duplicate within one batch is found, among entries that are new", async ({ append, read, head }) => {
    const answers = await append(...many(2), sampleEntry({ id: "evt_0" }), ...many(1, 2), sampleEntry({ id: "evt_2" }));
    assert.deepEqual(tagsOf(answers), ["Accepted", "Accepted", "Duplicate", "Accepted", "Duplicate"]);
    assert.equal(answers[2]?.position, answers[0]?.position);
    assert.equal(answers[4]?.position, answers[3]?.position);
    assert.equal(await head(), answers[3]?.position);
    assert.deepEqual(
      (await read(0, 10)).map(({ dedup }) => dedup?.id),
      ["evt_0", "evt_1", "evt_2"],
    );
  });

  rule("[S3] a batch of duplicates only leaves the journal as it was", async ({ append, head, check }) => {
    const first = await append(...many(5));
    const again = await append(...many(5));
    assert.deepEqual(tagsOf(again), Array(5).fill("Duplicate"));
    assert.deepEqual(positionsOf(again), positionsOf(first));
    assert.equal(await head(), first.at(-1)?.position);
    assert.deepEqual(await check(), []);
  });

  rule("[S3] connection, id and type each count, wherever one ends and the next begins", async ({ append }) => {
    const answers = await append(
      sampleEntry({ connection: "ab", id: "c", type: "d", hash: "h" }),
      sampleEntry({ connection: "a", id: "bc", type: "d", hash: "h" }),
      sampleEntry({ connection: "ab", id: "cd", type: "", hash: "h" }),
      sampleEntry({ connection: "ab", id: "", type: "cd", hash: "h" }),
      sampleEntry({ connection: "ab", id: "c\0", type: "d", hash: "h" }),
      sampleEntry({ connection: "ab", id: "c", type: "d", hash: "h" }),
    );
    assert.deepEqual(tagsOf(answers), [...Array(5).fill("Accepted"), "Duplicate"]);
    assert.ok(answers.every((answer) => answer._tag === "Duplicate" || answer.conflictOf === null));
  });

  rule("[S3] entries without a key are never duplicates", async ({ append, read }) => {
    const own: NewEntry = {
      ...sampleEntry({ id: "x" }),
      kind: "decision",
      dedup: null,
      events: [],
      note: { n: 1 },
      raw: null,
    };
    assert.deepEqual(tagsOf(await append(own, own)), ["Accepted", "Accepted"]);
    assert.deepEqual(tagsOf(await append(own)), ["Accepted"]);
    assert.equal((await read(0, 10)).length, 3);
  });

  rule("[S4] the same id with another hash is kept and names the earliest", async ({ append, read }) => {
    const [first] = await append(sampleEntry({ id: "evt_1", hash: "a" }));
    const [second] = await append(sampleEntry({ id: "evt_1", hash: "b" }));
    const [third] = await append(sampleEntry({ id: "evt_1", hash: "c" }));
    assert.equal(first?._tag === "Accepted" && first.conflictOf, null);
    for (const later of [second, third]) {
      assert.ok(later?._tag === "Accepted");
      assert.equal(later.conflictOf, first?.position);
    }
    assert.deepEqual(
      (await read(0, 10)).map(({ conflictOf }) => conflictOf),
      [null, first?.position, first?.position],
    );
  });

  rule("[S4] an exact repeat of any of the conflicting ones is a duplicate of that one", async ({ append }) => {
    const accepted = [];
    for (const hash of ["a", "b", "c"]) accepted.push(...(await append(sampleEntry({ id: "evt_1", hash }))));
    for (const [i, hash] of ["a", "b", "c"].entries()) {
      assert.deepEqual(await append(sampleEntry({ id: "evt_1", hash })), [
        { _tag: "Duplicate", position: accepted[i]?.position },
      ]);
    }
  });

  rule("[S4] a conflict within one batch names the entry before it", async ({ append }) => {
    const [first, second, third] = await append(
      sampleEntry({ id: "evt_1", hash: "a" }),
      sampleEntry({ id: "evt_1", hash: "b" }),
      sampleEntry({ id: "evt_1", hash: "b" }),
    );
    assert.ok(second?._tag === "Accepted");
    assert.equal(second.conflictOf, first?.position);
    assert.deepEqual(third, { _tag: "Duplicate", position: second.position });
  });

  rule("[S5] raw bytes come back as they were: none, empty, not UTF-8, 8 MiB", async ({ append, raw, check }) => {
    const big = new Uint8Array(8 * 1024 * 1024);
    let state = 1;
    for (let i = 0; i < big.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      big[i] = state >>> 24;
    }
    const raws = [null, new Uint8Array(0), Uint8Array.of(0xff, 0, 0xc3, 0x28), big, Uint8Array.of(1), null];
    const view = new Uint8Array([9, 8, 7, 6]).subarray(1, 3);
    const entries = [...raws, view].map((bytes, i) => ({ ...sampleEntry({ id: `evt_${i}` }), raw: bytes }));
    const answers = await append(...entries);
    for (const [i, { position }] of answers.entries()) assert.deepEqual(await raw(position), entries[i]?.raw ?? null);
    assert.equal(await raw((answers.at(-1)?.position ?? 0) + 1), null);
    assert.equal(await raw(0), null);
    assert.deepEqual(await check(), []);
  });

  rule("[S5] raw bytes are those of their own entry, whatever batch it came in", async ({ append, raw }) => {
    const entries = many(30);
    await append(...entries.slice(0, 1));
    await append(...entries.slice(1, 20));
    await append(...entries.slice(20));
    for (const i of [29, 0, 1, 19, 20, 10, 2]) assert.deepEqual(await raw(i + 1), entries[i]?.raw);
  });

  rule("[S6] events and notes come back to the same canonical encoding", async ({ append, read }) => {
    const odd = 'é漢😀\ud800x\udc00\0\u2028\ue000\x01"\\</script>';
    const entries: ReadonlyArray<NewEntry> = [
      { ...sampleEntry({ id: odd, connection: odd, type: odd, hash: odd }) },
      { ...sampleEntry({ id: "2" }), events: [{ ...sampleEvent("2", "stripe", 1, 0), owner: odd, externalId: odd }] },
      {
        ...sampleEntry({ id: "3", events: 3 }),
        note: { state: "undecodable", reason: odd, [odd]: [1, -0, 1e21, null, true] },
      },
      { ...sampleEntry({ id: "4", events: 0 }), note: odd, at: Number.MAX_SAFE_INTEGER, partition: 0 },
      ...(["webhook", "read", "poll", "command", "operator", "decision", "time", "fault"] as const).map((kind) => ({
        ...sampleEntry({ id: kind }),
        kind,
      })),
    ];
    const answers = await append(...entries);
    same(
      await read(0, 100),
      entries.map((entry, i) => stored(entry, answers[i]?.position ?? 0)),
    );
    assert.deepEqual(tagsOf(await append(...entries)), Array(entries.length).fill("Duplicate"));
  });

  rule("[S6] what a read gave is the reader's: changing the list changes nothing stored", async ({ append, read }) => {
    await append(...many(4));
    const first = (await read(0, 10)) as Array<Entry>;
    first.length = 0;
    assert.equal((await read(0, 10)).length, 4);
  });
};
