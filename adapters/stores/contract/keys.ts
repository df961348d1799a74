/** What every store does for evidence and for erasure: the chain's links, data keys, and terms that are forgotten. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { DataKeys, Journal, Snapshots } from "../../../domain/ports/store.ts";
import type { Rule } from "../store.contract.ts";
import type { Steps } from "./run.ts";
import { sampleEntry } from "./samples.ts";

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const get = ({ run }: Steps, ...names: ReadonlyArray<string>) =>
  run(Effect.flatMap(DataKeys, (keys) => keys.get(names)));
const add = ({ run }: Steps, ...keys: ReadonlyArray<readonly [string, Uint8Array]>) =>
  run(Effect.flatMap(DataKeys, (port) => port.add(new Map(keys))));
const destroy = ({ run }: Steps, ...names: ReadonlyArray<string>) =>
  run(Effect.flatMap(DataKeys, (keys) => keys.destroy(names)));
const linkAt = ({ run }: Steps, position: number) => run(Effect.flatMap(Journal, (journal) => journal.link(position)));
const forget = ({ run }: Steps, beginning: string, ...parties: ReadonlyArray<string>) =>
  run(Effect.flatMap(Snapshots, (snapshots) => snapshots.forgetTerms(beginning, parties)));

export const keysContract = (rule: Rule): void => {
  rule("[S14] every entry is in one link, links follow each other, and a link never changes", async (store) => {
    assert.equal(await linkAt(store, 1), null);
    for (const [from, size] of [
      [0, 1],
      [1, 5],
      [6, 2],
    ] as const) {
      const entries = Array.from({ length: size }, (_, i) => sampleEntry({ id: `evt_${from + i}`, serial: from + i }));
      await store.append(...entries);
    }
    const links = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((position) => linkAt(store, position)));
    let previous = "0".repeat(64);
    for (let at = 1; at <= 8; ) {
      const link = links[at - 1]!;
      assert.deepEqual([link.first, link.previous], [at, previous]);
      assert.match(link.hash, /^[0-9a-f]{64}$/);
      for (let position = link.first; position <= link.last; position++) assert.deepEqual(links[position - 1], link);
      previous = link.hash;
      at = link.last + 1;
    }
    assert.equal(links.at(-1)!.last, await store.head());
    await store.append(sampleEntry({ id: "evt_more" }));
    assert.deepEqual(await linkAt(store, 8), links[7]);
    for (const nowhere of [0, -1, 1.5, 10]) assert.equal(await linkAt(store, nowhere), null);
  });

  rule("[S15] the first data key under a name stands, also against one that comes later", async (store) => {
    assert.equal((await get(store, "a")).size, 0);
    assert.equal((await get(store)).size, 0);
    assert.deepEqual(
      await add(store, ["a", key(1)], ["b", key(2)]),
      new Map([
        ["a", key(1)],
        ["b", key(2)],
      ]),
    );
    assert.deepEqual(
      await add(store, ["a", key(3)], ["c", key(0)]),
      new Map([
        ["a", key(1)],
        ["c", key(0)],
      ]),
    );
    assert.deepEqual(
      await get(store, "a", "c", "nobody"),
      new Map([
        ["a", key(1)],
        ["c", key(0)],
      ]),
    );
    const many = Array.from({ length: 600 }, (_, i) => [`k${i}`, key(i % 256)] as const);
    await add(store, ...many);
    assert.deepEqual(await get(store, ...many.map(([name]) => name)), new Map(many));
  });

  rule("[S15] a destroyed data key stays destroyed, and leaves the others alone", async (store) => {
    await add(store, ["a", key(1)], ["b", key(2)]);
    await destroy(store, "a", "never");
    await destroy(store, "a");
    await destroy(store);
    assert.deepEqual(
      await get(store, "a", "b", "never"),
      new Map([
        ["a", null],
        ["b", key(2)],
        ["never", null],
      ]),
    );
    assert.deepEqual(
      await add(store, ["a", key(4)], ["never", key(5)]),
      new Map([
        ["a", null],
        ["never", null],
      ]),
    );
  });

  rule("[S16] terms of a party that begin so are forgotten, and no others", async (store) => {
    const term = (text: string, party: string) => ({ term: text, party });
    const many = Array.from({ length: 300 }, (_, i) =>
      term(`~w${String(i).padStart(3, "0")}`, i % 2 === 0 ? "p" : "q"),
    );
    await store.save({ through: 1, terms: [term("~", "p"), term("stripe:p", "p"), ...many, term("}", "p")] });
    await forget(store, "~", "p", "nobody");
    assert.deepEqual(await store.find("~", true, 1000), ["q"]);
    assert.deepEqual(await store.find("~w000", false), []);
    assert.deepEqual(await store.find("~w001", false), ["q"]);
    assert.deepEqual(await store.find("stripe:p", false), ["p"]);
    assert.deepEqual(await store.find("}", false), ["p"]);
  });
};
