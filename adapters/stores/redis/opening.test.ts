/** Which servers a journal is not entrusted to, and what is said then. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { Journal } from "../../../domain/ports/store.ts";
import { layer } from "./layer.ts";
import { behind, fill, freshPrefix, head, inStore, redisIsHere, refusal, scratch, server } from "./scratch.ts";
import { refusalOf, type Server } from "./server.ts";
import { makeProxy } from "./testing/proxy.ts";

const sound: Server = {
  version: "7.0.15",
  run: "r",
  role: "master",
  cluster: false,
  settings: {
    appendonly: "yes",
    appendfsync: "always",
    "no-appendfsync-on-rewrite": "no",
    maxmemory: "0",
    "maxmemory-policy": "noeviction",
  },
};

it("[RD2] a version, a role or a cluster that does not do is refused, with or without accepting loss", () => {
  assert.equal(refusalOf(sound, false), null);
  for (const version of ["7.2.4", "8.0.0", "10.1.0"]) assert.equal(refusalOf({ ...sound, version }, false), null);
  for (const [change, says] of [
    [{ version: "6.2.14" }, "needs 7.0"],
    [{ version: "2.8.0" }, "needs 7.0"],
    [{ version: "unknown" }, "needs 7.0"],
    [{ role: "slave" }, "name the primary"],
    [{ cluster: true }, "single server"],
  ] as const) {
    for (const acceptLoss of [false, true]) {
      assert.ok(refusalOf({ ...sound, ...change }, acceptLoss)?.reason.includes(says), JSON.stringify(change));
    }
  }
});

describe.skipIf(!redisIsHere)("opening", () => {
  const redis = server();
  const settled = async (settings: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> => {
    const set = (name: string, value: string) => behind(redis().url, (send) => send("CONFIG", "SET", name, value));
    const sound = { appendonly: "yes", appendfsync: "always", maxmemory: "0", "maxmemory-policy": "noeviction" };
    for (const [name, value] of Object.entries(settings)) await set(name, value);
    try {
      await work();
    } finally {
      await set("no-appendfsync-on-rewrite", "no");
      for (const [name, value] of Object.entries(sound)) await set(name, value);
    }
  };

  it("[RD2] a server that does not flush every answer to disk is refused, and what to set is said", async () => {
    for (const [name, value] of [
      ["appendfsync", "everysec"],
      ["appendfsync", "no"],
      ["no-appendfsync-on-rewrite", "yes"],
      ["appendonly", "no"],
    ] as const) {
      await settled({ [name]: value }, async () => {
        const options = { url: redis().url, prefix: freshPrefix() };
        const { code, reason } = await refusal(options);
        assert.equal(code, "not-writable");
        assert.ok(reason.includes(`${name} ${value}`) && reason.includes(`CONFIG SET ${name}`), reason);
        await inStore({ ...options, acceptLoss: true }, fill(1));
      });
    }
  });

  it("[RD2] a server that would evict the journal is refused, also when loss is accepted", async () => {
    const settings = { maxmemory: "100000000", "maxmemory-policy": "allkeys-lru" };
    await settled(settings, async () => {
      const { reason } = await refusal({ url: redis().url, prefix: freshPrefix(), acceptLoss: true });
      assert.ok(reason.includes("noeviction"), reason);
    });
    await settled({ ...settings, "maxmemory-policy": "noeviction" }, () =>
      inStore({ url: redis().url, prefix: freshPrefix() }, fill(1)),
    );
  });

  it("[RD2] a replica is refused, before anything is begun on it", async () => {
    const prefix = freshPrefix();
    await behind(redis().url, async (send) => {
      await send("REPLICAOF", "127.0.0.1", "1");
      try {
        const { code, reason } = await refusal({ url: redis().url, prefix });
        assert.equal(code, "not-writable");
        assert.ok(reason.includes("replica"), reason);
      } finally {
        await send("REPLICAOF", "NO", "ONE");
      }
      assert.equal(await send("EXISTS", `${prefix}meta`), 0);
    });
  });

  it("[RD2] where CONFIG is forbidden nobody can vouch for the server", async () => {
    const url = redis().url.replace("//", "//clerk:secret@");
    await behind(redis().url, (send) => send("ACL", "SETUSER", "clerk", "on", ">secret", "~*", "+@all", "-config"));
    const { code, reason } = await refusal({ url, prefix: freshPrefix() });
    assert.equal(code, "not-writable");
    assert.ok(reason.includes("CONFIG GET is forbidden") && !reason.includes("secret"), reason);
    await inStore({ url, prefix: freshPrefix(), acceptLoss: true }, fill(1));
  });

  it("[RD2] a server that is not there, is none, or wants another password is said so, at once and without the password", async () => {
    const dumb = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    dumb.listen(0, "127.0.0.1");
    await once(dumb, "listening");
    const address = dumb.address() as { port: number };
    const before = performance.now();
    for (const [url, code, says] of [
      ["redis://127.0.0.1:1", "io", "cannot be reached"],
      [`redis://127.0.0.1:${address.port}`, "io", "cannot be reached"],
      ["http://127.0.0.1:1", "io", "no URL of a Redis"],
      ["nonsense", "io", "no URL of a Redis"],
      [redis().url.replace("//", "//nobody:topsecret@"), "not-writable", "password"],
    ] as const) {
      const error = await refusal({ url });
      assert.equal(error.code, code, error.reason);
      assert.ok(error.reason.includes(says) && !error.reason.includes("topsecret"), error.reason);
    }
    assert.ok(performance.now() - before < 4000);
    dumb.close();
  });

  it("[RD2] data of a newer version, or keys that are not ours, are refused and left as they are", async () => {
    const prefix = freshPrefix();
    await inStore({ url: redis().url, prefix }, fill(1));
    await behind(redis().url, async (send) => {
      await send("HSET", `${prefix}meta`, "format", "99");
      const error = await refusal({ url: redis().url, prefix });
      assert.equal(error.code, "newer-version");
      assert.ok(error.reason.includes("99"), error.reason);
      assert.equal(await send("HGET", `${prefix}meta`, "format"), "99");

      const theirs = freshPrefix();
      await send("SET", `${theirs}meta`, "mine");
      assert.equal((await refusal({ url: redis().url, prefix: theirs })).code, "corrupt");
      assert.equal(await send("GET", `${theirs}meta`), "mine");
    });
  });

  it("[RD2] prefixes and databases of one server are stores of their own", async () => {
    const prefix = freshPrefix();
    const options = { url: redis().url, prefix };
    await inStore(options, fill(2));
    assert.equal(await inStore({ ...options, prefix: `${prefix}x` }, head), 0);
    assert.equal(await inStore({ ...options, url: `${redis().url}/3` }, head), 0);
    assert.equal(await inStore(options, head), 20);
  });

  it("[RD2] a directory that cannot hold the marker, or a marker that is none, is refused", async () => {
    const directory = scratch();
    const options = { url: redis().url, prefix: freshPrefix(), directory };
    await inStore(options, fill(1));
    const path = join(directory, "redis-journal.json");
    const mark = JSON.parse(readFileSync(path, "utf8")) as { position: number };
    assert.equal(mark.position, 10);
    writeFileSync(path, "{}");
    const { code, reason } = await refusal(options);
    assert.equal(code, "corrupt");
    assert.ok(reason.includes(path), reason);
    assert.equal(readFileSync(path, "utf8"), "{}");
    assert.equal((await refusal({ ...options, directory: join(path, "below") })).code, "not-writable");
  });

  it("[RD2] a store that is used after its scope closed fails as a store", async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    const journal = await Effect.runPromise(Effect.provide(Journal, layer(options)));
    assert.equal((await Effect.runPromise(Effect.flip(journal.head))).code, "io");
  });

  it("[RD2] a server that asks for a password gets the one in the URL, or says that it is missing", async () => {
    await behind(redis().url, async (send) => {
      await send("CONFIG", "SET", "requirepass", "topsecret");
      try {
        const { code, reason } = await refusal({ url: redis().url, prefix: freshPrefix() });
        assert.equal(code, "not-writable");
        assert.ok(reason.includes("put the password into the URL"), reason);
        await inStore({ url: redis().url.replace("//", "//:topsecret@"), prefix: freshPrefix() }, fill(1));
      } finally {
        await send("CONFIG", "SET", "requirepass", "");
      }
    });
  });

  it("[RD2] a server that is still reading its files is waited for, but not for ever", async () => {
    const proxy = await makeProxy(redis().port);
    try {
      const options = { url: proxy.url, prefix: freshPrefix(), patienceMs: 100 };
      proxy.load();
      const { code, reason } = await refusal(options);
      assert.equal(code, "io");
      assert.ok(reason.includes("still reading its files"), reason);
      setTimeout(proxy.ready, 100);
      await inStore(
        { ...options, patienceMs: 5000 },
        Effect.gen(function* () {
          yield* fill(1);
          proxy.load();
          setTimeout(proxy.ready, 50);
          assert.equal(yield* head, 10);
        }),
      );
    } finally {
      await proxy.close();
    }
  });
});
