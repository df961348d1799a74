/** Keys by the command line, with the server down and up; and who may watch. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "vitest";
import WebSocket from "ws";
import { main } from "../../server/cli/cli.ts";
import type { Loose } from "../../server/testing/world.ts";
import { firstKey, scratch, webhookSecret, within } from "./company.ts";

/** The command in this process, with what it prints. */
const tieout = async (folder: string, ...args: ReadonlyArray<string>) => {
  const env = {
    TIEOUT_DATA_DIR: join(folder, "data"),
    TIEOUT_CONFIG: join(folder, "tieout.config.json"),
    ACCESS_SECRET: webhookSecret,
  };
  const before = { ...process.env };
  const [log, error, code] = [console.log, console.error, process.exitCode];
  const [out, err]: [string[], string[]] = [[], []];
  Object.assign(process.env, env);
  console.log = (text: string) => void out.push(text);
  console.error = (text: string) => void err.push(text);
  try {
    process.exitCode = 0;
    await main(args);
    return { code: process.exitCode, out: out.join("\n"), err: err.join("\n") };
  } finally {
    console.log = log;
    console.error = error;
    process.exitCode = code;
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
};

it("[SE18] the command line makes a first key before any server runs, and makes, rotates, lists and revokes on a running one at once", async () => {
  const { folder, remove } = scratch();
  try {
    await within(async () => {}, {}, folder);
    const first = await tieout(
      folder,
      "keys",
      "make",
      "--name",
      "first",
      "--scopes",
      "admin",
      "--owner",
      "ada",
      "--json",
    );
    assert.equal(first.code, 0, first.err);
    const made = JSON.parse(first.out) as Loose;
    assert.match(made.madeBy, /^cli:/);
    await within(
      async ({ ask }) => {
        assert.equal((await ask("/v1/keys", made.secret)).status, 200);
        const rotated = JSON.parse(
          (await tieout(folder, "keys", "rotate", made.id, "--overlap", "0", "--json")).out,
        ) as Loose;
        assert.equal((await ask("/v1/keys", made.secret)).status, 401);
        assert.equal((await ask("/v1/keys", rotated.secret)).status, 200);
        const listed = await tieout(folder, "keys", "list");
        assert.match(listed.out, new RegExp(`${made.id}\\s+first\\s+ada\\s+admin\\s+all\\s+good`));
        assert.ok(!listed.out.includes(rotated.secret.split("_").slice(2).join("_")));
        const person = await tieout(
          folder,
          "keys",
          "make",
          "--name",
          "eu desk",
          "--scopes",
          "operate,approve",
          "--entities",
          "eu",
          "--approve-up-to",
          "USD:5",
        );
        const secret = person.out.split("\n").at(-1)!;
        assert.equal((await ask("/v1/accounts", secret)).status, 200);
        assert.match((await tieout(folder, "keys", "revoke", made.id, "--reason", "moved on")).out, /is revoked/);
        assert.equal((await ask("/v1/keys", rotated.secret)).status, 401);
      },
      {},
      folder,
    );
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
      [["keys"], 2, /one of make, list/],
      [["keys", "make", "--name", "x"], 2, /needs --scopes/],
      [["keys", "make", "--name", "x", "--scopes", "root"], 2, /root is none of/],
      [["keys", "revoke"], 2, /needs the ID/],
      [["keys", "list", "--name", "x"], 2, /takes no --name/],
      [["keys", "revoke", made.id], 1, /was revoked/],
      [["keys", "rotate", "nosuchkeyaaa"], 1, /no API key has the id/],
    ];
    for (const [args, code, why] of wrong) {
      const said = await tieout(folder, ...args);
      assert.equal(said.code, code, args.join(" "));
      assert.match(said.err, why);
    }
  } finally {
    remove();
  }
});

it("[SE19] a watcher needs a key that may read, of any kind, and sees only accounts in its sight", async () => {
  await within(async ({ server, make, act, invoiced, issuer }) => {
    await invoiced("stripe-eu", "cus_w");
    await invoiced("stripe-us", "cus_v");
    const { id, secret } = await make("watcher", ["read"], { entities: ["eu"] });
    const opening = (key: string | null, customer: string): Promise<number> =>
      new Promise((resolve) => {
        const headers = key === null ? {} : { authorization: `Bearer ${key}` };
        const socket = new WebSocket(`${server.url.replace("http", "ws")}/inspect?account=${customer}`, { headers });
        socket.on("error", () => {});
        socket.on("unexpected-response", (_, response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        socket.on("open", () => {
          socket.close();
          resolve(101);
        });
      });
    assert.equal(await opening(secret, "stripe-eu:cus_w"), 101);
    assert.equal(await opening(secret, "stripe-us:cus_v"), 404);
    assert.equal(await opening(firstKey, "stripe-us:cus_v"), 101);
    assert.equal(await opening(await issuer.token(), "stripe-us:cus_v"), 101);
    assert.equal(await opening(await issuer.token({ scope: "openid" }), "stripe-us:cus_v"), 403);
    assert.equal(await opening(null, "stripe-eu:cus_w"), 401);
    await act(`/v1/keys/${id}/revoke`, firstKey, { reason: "over" });
    assert.equal(await opening(secret, "stripe-eu:cus_w"), 401);
  });
});
