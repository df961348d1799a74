/** What sealing promises of texts and bytes, of retention, and that a process that dies in the middle of an erasure ends it later. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as FastCheck from "effect/FastCheck";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { erasure } from "../../domain/controls/erasure.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { makeEngine } from "../engine/engine.ts";
import { entriesOf } from "../operators/entries.ts";
import { objectKey, partyKey } from "./entries.ts";
import { retain } from "./retention.ts";
import { isSealed, keyName, keysIn, newKey, openBytes, revealText, sealBytes, sealText } from "./sealing.ts";

it("[ER6] a text is one token under one key and comes back; another key, a destroyed one or a changed token gives nothing away", () => {
  FastCheck.assert(
    FastCheck.property(FastCheck.fullUnicodeString(), FastCheck.fullUnicodeString(), (text, other) => {
      const [key, strange, name] = [newKey(), newKey(), keyName("party a")];
      const wellFormed = (one: string): string => Buffer.from(one, "utf8").toString("utf8");
      const token = sealText(name, key, text);
      assert.equal(sealText(name, key, text), token);
      if (other !== text) assert.notEqual(sealText(name, key, other), token);
      assert.deepEqual(keysIn(`a ${token} b`), [name]);
      assert.equal(
        revealText(`a ${token} b`, () => key),
        `a ${wellFormed(text)} b`,
      );
      assert.equal(
        revealText(token, () => null),
        "erased",
      );
      assert.equal(
        revealText(token, () => strange),
        token,
      );
      if (text.length > 3) assert.ok(!token.includes(text));
    }),
    { numRuns: 100 },
  );
});

it("[ER6] bytes under several keys open with all of them and with nothing less", () => {
  FastCheck.assert(
    FastCheck.property(
      FastCheck.uint8Array({ maxLength: 2000 }),
      FastCheck.integer({ min: 1, max: 5 }),
      (bytes, count) => {
        const keys = Array.from({ length: count }, (_, i) => ({ name: keyName(`k ${i}`), key: newKey() }));
        const all = new Map(keys.map(({ name, key }) => [name, key as Uint8Array | null]));
        const sealed = sealBytes(keys, bytes);
        assert.ok(isSealed(sealed) && !isSealed(bytes));
        assert.deepEqual(
          openBytes(sealed, (name) => all.get(name)),
          bytes,
        );
        for (const { name } of keys) {
          assert.equal(
            openBytes(sealed, (one) => (one === name ? null : all.get(one))),
            null,
          );
          assert.equal(
            openBytes(sealed, (one) => (one === name ? newKey() : all.get(one))),
            null,
          );
        }
        const changed = sealed.slice();
        changed[changed.length - 1]! ^= 1;
        assert.equal(
          openBytes(changed, (name) => all.get(name)),
          null,
        );
      },
    ),
    { numRuns: 60 },
  );
});

const engineOver = (store: ReturnType<typeof makeMemory>, recovered = true) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const engine = yield* makeEngine({
        systems: new Map(),
        policy: policies["billing-led"],
        rules: new Map(),
        owner: `process ${Math.random()}`,
        retry: { baseMs: 1, capMs: 5 },
        sendTimeoutMs: 1000,
        snapshotCells: 10,
        hotParties: 1000,
        sealing: true,
      });
      if (recovered) yield* engine.recover;
      return engine;
    }).pipe(Effect.provide(store.layer)),
  );
const account = (customer: string, name: string, at: number, owner: string | null = customer): NewEntry => ({
  kind: "webhook",
  connection: "stripe",
  at,
  partition: 0,
  dedup: { id: `evt_${customer}_${at}`, type: "customer.updated", hash: `hash of ${name}` },
  events: [
    {
      id: `evt_${customer}_${at}`,
      source: "stripe",
      type: "account.updated",
      subject: `account/${customer}`,
      time: at,
      owner,
      via: null,
      clock: { at, tick: 1000, trust: 0 },
      read: false,
      data: { status: "active", name, email: null, currency: null, parent: null, legalId: null },
      links: [],
      externalId: null,
      correlationid: null,
      traceparent: null,
      dataschema: "tieout/account/1",
    },
  ],
  note: null,
  raw: new TextEncoder().encode(JSON.stringify({ name })),
});
const [january, march] = [Date.parse("2026-01-15"), Date.parse("2026-03-15")];
const order = (party: string, objects: ReadonlyArray<string> = []) =>
  entriesOf(
    [{ type: "erasure.ordered", party: "@controls", subject: party, objects, by: "maria", reason: "asked" }],
    { id: `erase ${party}`, hash: "h" },
    march,
  );

it("[ER7] raw bytes past their time open no longer, hashes and chain stay; a legal hold keeps them", async () => {
  const store = makeMemory();
  const engine = await engineOver(store);
  const run = Effect.runPromise;
  await run(engine.append([account("a", "Anna", january), account("b", "Bert", march)]));
  await run(engine.fold);
  const place = [
    { type: "hold.placed", party: "@controls", hold: "h1", matter: null, by: "maria", reason: "case" } as const,
  ];
  const over = (subject: object, id: string) =>
    entriesOf([{ ...place[0]!, hold: id, subject: subject as never }], { id, hash: "h" }, march);
  const lift = (id: string) =>
    entriesOf(
      [{ type: "hold.lifted", party: "@controls", hold: id, by: "maria", reason: "done" }],
      { id: `lift ${id}`, hash: "h" },
      march,
    );
  const now = Date.parse("2026-03-20");
  for (const subject of [
    { kind: "party", party: "stripe:a" },
    { kind: "period", from: january, until: january + 1, period: "2026-01" },
  ]) {
    const id = `hold ${subject.kind}`;
    await run(engine.append(over(subject, id)));
    assert.deepEqual(await run(retain(engine, 30, now)), []);
    await run(engine.append(lift(id)));
  }
  assert.deepEqual(await run(retain(engine, 90, now)), []);
  const link = await run(engine.journal.link(1));
  assert.deepEqual(await run(retain(engine, 30, now)), ["2026-01"]);
  assert.deepEqual(await run(retain(engine, 30, now)), []);
  assert.equal(await run(engine.journal.raw(1)), null);
  assert.match(new TextDecoder().decode((await run(engine.journal.raw(2)))!), /Bert/);
  assert.deepEqual(await run(engine.journal.link(1)), link);
  assert.equal(engine.core.controls.get(erasure, "2026-01")!.kind, "month");
});

it("[ER3 ER8] an erasure that was ordered is carried out by the next process, also of bytes that came before their party was known", async () => {
  const store = makeMemory();
  const first = await engineOver(store);
  const run = Effect.runPromise;
  await run(
    first.append([account("a", "Anna", january, null), account("a", "Anna", march), account("b", "Bert", march)]),
  );
  await run(first.fold);
  assert.deepEqual(await run(first.privacy!.apart(["stripe:account/a", "stripe:account/b"])), ["stripe:account/a"]);
  for (const position of [1, 2, 3]) assert.ok((await run(first.journal.raw(position))) !== null);
  // The process dies between the order and the destruction.
  await run(first.append(order("stripe:a", ["stripe:account/a"])));
  const second = await engineOver(store);
  assert.deepEqual(
    await Promise.all([1, 2, 3].map((position) => run(second.journal.raw(position)).then((raw) => raw !== null))),
    [false, false, true],
  );
  const held = await run(
    store.dataKeys.get([partyKey("stripe:a", 0), objectKey("stripe:account/a"), partyKey("stripe:b", 0)]),
  );
  assert.deepEqual(
    [...held.values()].map((one) => one === null),
    [true, true, false],
  );
  const names = await Promise.all(
    ["stripe:a", "stripe:b"].map(async (party) => {
      await run(second.ensure(party));
      return run(second.privacy!.reveal(second.core.nameOf([second.core.parties.get(party)!])));
    }),
  );
  assert.deepEqual(names, ["erased", "Bert"]);
  // A process that has not looked at the journal yet takes in what comes all the same.
  const early = await engineOver(store, false);
  await run(early.append([account("a", "Anna Dritte", march + 5)]));
  assert.match(new TextDecoder().decode((await run(early.journal.raw(5)))!), /Anna Dritte/);
  // The same words again are the same event, or sealed anew.
  const [again] = await run(second.append([account("a", "Anna", march)]));
  assert.equal(again!._tag, "Duplicate");
  await run(second.append([account("a", "Anna Neu", march + 9)]));
  await run(second.fold);
  assert.equal(
    await run(second.privacy!.reveal(second.core.nameOf([second.core.parties.get("stripe:a")!]))),
    "Anna Neu",
  );
});
