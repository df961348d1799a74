/** A party's document is one hash, read alike by redis-om, by Redis' own words and by the port. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as Effect from "effect/Effect";
import { EntityId } from "redis-om";
import { describe, it } from "vitest";
import { type SnapshotBatch, Snapshots } from "../../../domain/ports/store.ts";
import { partsOf } from "./batches.ts";
import { repositoryOf } from "./documents.ts";
import { Link } from "./link.ts";
import { behind, freshPrefix, inStore, redisIsHere, refusal, server } from "./scratch.ts";

const batch = (change: Partial<SnapshotBatch>): SnapshotBatch => ({
  through: 1,
  cells: [],
  owners: [],
  terms: [],
  accounts: [],
  ...change,
});
const save = (change: Partial<SnapshotBatch>) =>
  Effect.flatMap(Snapshots, (snapshots) => snapshots.save(batch(change)));
const load = (...parties: ReadonlyArray<string>) => Effect.flatMap(Snapshots, (snapshots) => snapshots.load(parties));
const cell = (party: string, name: string, body: string | null) => ({ party, cell: name, body });

describe.skipIf(!redisIsHere)("documents", () => {
  const redis = server();

  it("[RD8] fetch, redis-cli and HGETALL read the same document", async () => {
    const prefix = freshPrefix();
    const party = "stripe-eu:cus_1";
    const name = '{"name":"Müller & Söhne 漢字"}';
    await inStore(
      { url: redis().url, prefix },
      save({
        through: 17,
        cells: [cell(party, "account/cus_1", name), cell(party, "links", "[]"), cell("@links", "x", "1")],
      }),
    );
    const expected = {
      party,
      connection: "stripe-eu",
      customer: "cus_1",
      through: "17",
      cells: "2",
      "cell:account/cus_1": name,
      "cell:links": "[]",
    };

    const link = await Link.open(redis().url, 5000);
    try {
      const repository = repositoryOf(link.client, `${prefix}party`);
      const document = await repository.fetch(party);
      assert.deepEqual({ ...document }, { ...expected, through: 17, cells: 2, ...pick(document) });
      assert.equal(document[EntityId], party);
      const pool = await repository.fetch("@links");
      assert.deepEqual([pool.party, pool.connection, pool.customer, pool.cells], ["@links", "", "", 1]);
      assert.deepEqual({ ...(await link.client.hGetAll(`${prefix}party:${party}`)) }, expected);
    } finally {
      link.cut();
    }

    const { stdout } = await promisify(execFile)("redis-cli", [
      "--json",
      "-3",
      "-p",
      String(redis().port),
      "HGETALL",
      `${prefix}party:${party}`,
    ]);
    assert.deepEqual(JSON.parse(stdout), expected);
    assert.deepEqual(await inStore({ url: redis().url, prefix }, load(party)), [
      cell(party, "account/cus_1", name),
      cell(party, "links", "[]"),
    ]);
  });

  it("[RD8] a document goes when its last cell goes, and says how many there are and how far it was folded", async () => {
    const prefix = freshPrefix();
    const options = { url: redis().url, prefix };
    const fields = (...names: ReadonlyArray<string>) =>
      behind(redis().url, (send) => send("HMGET", `${prefix}party:a:1`, ...names));
    await inStore(options, save({ through: 3, cells: [cell("a:1", "x", "1"), cell("a:1", "y", "1")] }));
    assert.deepEqual(await fields("through", "cells"), ["3", "2"]);
    await inStore(options, save({ through: 9, cells: [cell("a:1", "x", null), cell("b:1", "x", "1")] }));
    assert.deepEqual(await fields("through", "cells"), ["9", "1"]);
    await inStore(options, save({ through: 10, cells: [cell("b:1", "x", "2")] }));
    assert.deepEqual(await fields("through", "cells"), ["9", "1"]);
    await inStore(options, save({ through: 11, cells: [cell("a:1", "y", null)] }));
    assert.equal(await behind(redis().url, (send) => send("EXISTS", `${prefix}party:a:1`)), 0);
  });

  it("[RD8] two owners that save at once leave the state of the one that was ahead", async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    const owner = (first: number) =>
      inStore(
        options,
        Effect.forEach(
          Array.from({ length: 25 }, (_, i) => first + i * 2),
          (through) =>
            save({
              through,
              cells: ["a:1", "a:2"].map((party) => cell(party, "at", String(through))),
              accounts: [{ id: "acct", stage: String(through), sync: "agreed", body: String(through) }],
            }),
        ),
      );
    await Promise.all([owner(1), owner(2)]);
    assert.deepEqual(await inStore(options, load("a:1", "a:2")), [cell("a:1", "at", "50"), cell("a:2", "at", "50")]);
    const all = { after: null, stage: null, sync: "agreed", limit: 9 };
    const rows = await inStore(
      options,
      Effect.flatMap(Snapshots, (snapshots) => snapshots.accounts(all)),
    );
    assert.deepEqual(rows, [{ id: "acct", stage: "50", sync: "agreed", body: "50" }]);
  });

  it("[RD8] a snapshot of many parts is saved or ignored whole", async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    const large = (through: number, mark: string): SnapshotBatch =>
      batch({
        through,
        cells: Array.from({ length: 2000 }, (_, i) => cell(`p:${i % 40}`, `c${i}`, mark)),
        owners: Array.from({ length: 51_000 }, (_, i) => ({ subject: `s${i}`, party: mark })),
        terms: Array.from({ length: 3000 }, (_, i) => ({ term: `t${i}`, party: mark })),
      });
    assert.ok(partsOf(large(5, "a")).length > 1);
    await inStore(options, save(large(5, "a")));
    const count = async () => {
      const cells = await inStore(options, load(...Array.from({ length: 40 }, (_, i) => `p:${i}`)));
      return [cells.length, new Set(cells.map(({ body }) => body?.at(-1))).size, cells[0]?.body?.at(-1)];
    };
    assert.deepEqual(await count(), [2000, 1, "a"]);
    await inStore(options, save(large(4, "b")));
    assert.deepEqual(await count(), [2000, 1, "a"]);
    const found = await inStore(
      options,
      Effect.flatMap(Snapshots, (snapshots) => snapshots.find("t", true, 10)),
    );
    assert.deepEqual(found, ["a"]);
  });

  it("[RD8] a document that somebody spoilt is named, and clearing the cache helps", async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    await inStore(options, save({ cells: [cell("a:1", "x", "1")] }));
    await behind(redis().url, (send) => send("HSET", `${options.prefix}party:a:1`, "through", "soon"));
    const { code, reason } = await refusal(options, load("a:1"));
    assert.equal(code, "corrupt");
    assert.ok(reason.includes("through"), reason);
    await inStore(
      options,
      Effect.flatMap(Snapshots, (snapshots) => snapshots.clear),
    );
    assert.deepEqual(await inStore(options, load("a:1")), []);
  });
});

/** What redis-om adds for itself. */
const pick = (document: object): object =>
  Object.fromEntries(Object.getOwnPropertySymbols(document).map((symbol) => [symbol, document[symbol as never]]));
