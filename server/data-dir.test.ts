/** The data directory when it is not as it should be: in use, not writable, full, of a newer version, damaged. */
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { afterEach, it } from "vitest";
import { layer } from "../adapters/stores/embedded/layer.ts";
import { Sqlite } from "../adapters/stores/embedded/sqlite.ts";
import { signWebhook } from "../adapters/stripe/layer.ts";
import { policies } from "../domain/lifecycle.ts";
import { surroundingsOf } from "./engine/surroundings.ts";
import type { HostFailure } from "./host/host.ts";
import { makeHost, type RoomOptions, type RunningHost } from "./host/make.ts";
import { makeApp } from "./http/app.ts";
import { makeSystems } from "./systems.ts";
import { verify } from "./verify.ts";

const secret = "whsec_data_dir";
const connections = [{ vendor: "stripe" as const, connection: "stripe", api: null }];
const closers: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const directoryOf = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-dir-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
const open = async (directory: string, maxPages?: number): Promise<RunningHost> => {
  const options: RoomOptions = {
    store: { type: "embedded", directory, ...(maxPages === undefined ? {} : { maxPages }) },
    connections,
    policy: policies["billing-led"],
    rules: {},
    owner: `test:${Math.random()}`,
    retry: { baseMs: 1, capMs: 5 },
    sendTimeoutMs: 100,
    pollEveryMs: null,
    sending: false,
  };
  const host = await makeHost(options, { log: () => {}, fatal: () => {} }, "inline");
  closers.push(() => host.close(0));
  await host.recovered;
  return host;
};
const failureOf = async (work: Promise<unknown>): Promise<HostFailure> => {
  try {
    await work;
  } catch (failure) {
    return failure as HostFailure;
  }
  return assert.fail("it was opened");
};
/** Does not compress, and is the same each time. */
const noise = (bytes: number): string => {
  let text = "";
  for (let i = 0; text.length < bytes; i++) text += createHash("sha256").update(String(i)).digest("base64");
  return text.slice(0, bytes);
};
const systems = Effect.runPromise(Effect.provide(makeSystems(connections), FetchHttpClient.layer));
const post = async (host: RunningHost, id: string, note = ""): Promise<Response> => {
  const app = makeApp({
    host,
    systems: await systems,
    secrets: () => [secret],
    sandbox: true,
    apiKey: null,
    now: Date.now,
    ready: () => true,
    internalToken: null,
  });
  const object = {
    id: `cus_${id}`,
    object: "customer",
    name: `Shop ${id}`,
    email: null,
    created: 1,
    metadata: { note },
  };
  const event = {
    id: `evt_${id}`,
    object: "event",
    type: "customer.created",
    created: 1_790_000_000,
    data: { object },
  };
  const body = JSON.stringify(event);
  const signedAt = Math.floor(Date.now() / 1000);
  return app.request("/webhooks/stripe", {
    method: "POST",
    body,
    headers: { "stripe-signature": signWebhook(body, secret, signedAt) },
  });
};
const check = async (directory: string) => {
  const surroundings = surroundingsOf({
    systems: await systems,
    policy: policies["billing-led"],
    rules: new Map(),
  });
  return Effect.runPromise(Effect.either(verify(surroundings).pipe(Effect.provide(layer({ directory })))));
};
const filled = async (directory: string): Promise<void> => {
  const host = await open(directory);
  for (let i = 0; i < 60; i++) assert.equal((await post(host, String(i), noise(2000))).status, 202);
  await host.idle();
  await host.close(1000);
};

it("[DD1] a directory has one owner: the second is refused and told who has it", async () => {
  const directory = directoryOf();
  await open(directory);
  const failure = await failureOf(open(directory));
  assert.equal(failure.code, "in-use");
  assert.ok(failure.reason.includes(String(process.pid)) && failure.reason.includes(directory));
});

it("[DD2] a directory that cannot be written is refused at the start, with its name", async () => {
  const directory = directoryOf();
  const file = join(directory, "not-a-directory");
  writeFileSync(file, "");
  const failure = await failureOf(open(join(file, "data")));
  assert.equal(failure.code, "not-writable", failure.reason);
  assert.ok(failure.reason.includes(file));
});

it("[DD3 P1] a full disk is 503 at the door and never a 2xx: every 202 is there after a restart, and reading goes on", async () => {
  const directory = directoryOf();
  const host = await open(directory, 60);
  const accepted: string[] = [];
  let refused: Response | null = null;
  for (let i = 0; i < 200 && refused === null; i++) {
    const response = await post(host, String(i), noise(6000));
    if (response.status === 202) accepted.push(`evt_${i}`);
    else refused = response;
  }
  assert.equal(refused?.status, 503);
  const problem = (await refused!.json()) as { readonly type: string; readonly code: string };
  assert.deepEqual([problem.type, problem.code], ["urn:tieout:problem:store-unavailable", "full"]);
  assert.ok(accepted.length > 10);
  assert.equal(((await host.ask({ name: "account", id: "stripe:cus_0" })) as { readonly name: string }).name, "Shop 0");
  await host.close(100);
  const again = await open(directory);
  for (const id of accepted) assert.match(await (await post(again, id.slice(4), noise(6000))).text(), /"duplicate"/);
});

it("[DD4] a file of a newer version is refused, and left as it is", async () => {
  const directory = directoryOf();
  await filled(directory);
  const path = join(directory, "tieout.db");
  const file = openSync(path, "r+");
  // Bytes 60 to 63 of an SQLite header: the user version.
  writeSync(file, Buffer.from([0, 0, 3, 231]), 0, 4, 60);
  closeSync(file);
  const before = readFileSync(path);
  const failure = await failureOf(open(directory));
  assert.equal(failure.code, "newer-version", failure.reason);
  assert.ok(before.equals(readFileSync(path)));
});

it("[DD5] damage in any one page is found by verify or changes nothing that is told", async () => {
  const directory = directoryOf();
  await filled(directory);
  const path = join(directory, "tieout.db");
  const clean = readFileSync(path);
  const told = async (): Promise<string> => {
    const host = await open(directory);
    const report = JSON.stringify(await host.ask({ name: "report" }));
    await host.close(0);
    return report;
  };
  const untouched = await check(directory);
  assert.deepEqual(untouched._tag === "Right" ? untouched.right.findings : untouched.left, []);
  const truth = await told();
  let found = 0;
  for (let page = 1; page < clean.length / 8192; page += 4) {
    const damaged = Buffer.from(clean);
    damaged.fill(0xa5, page * 8192 + 2048, page * 8192 + 4096);
    writeFileSync(path, damaged);
    const result = await check(directory);
    if (result._tag === "Left" ? result.left.code === "corrupt" : result.right.findings.length > 0) found += 1;
    else assert.equal(await told(), truth, `page ${page}: verify was clean, and the report differs`);
  }
  assert.ok(found > 3, `${found} found`);
});

it("[DD6] one changed letter in the journal, a cell, or the list is a finding that names where", async () => {
  const directory = directoryOf();
  await filled(directory);
  const changes: ReadonlyArray<readonly [string, RegExp]> = [
    ["UPDATE batches SET events = replace(events, 'Shop 17', 'Shop 71')", /^position/],
    ["UPDATE cells SET body = replace(body, 'Shop 17', 'Shop 71')", /^cell account\/cus_17 of stripe:cus_17$/],
    ["UPDATE accounts SET body = replace(body, 'Shop 17', 'Shop 71')", /^account acct_/],
    [
      "UPDATE owners SET party = 'stripe:cus_18' WHERE party = 'stripe:cus_17'",
      /^the owner of stripe:account\/cus_17$/,
    ],
  ];
  const path = join(directory, "tieout.db");
  const clean = readFileSync(path);
  for (const [change, where] of changes) {
    const file = new Sqlite(path);
    file.exec(change);
    file.close();
    const result = await check(directory);
    const findings = result._tag === "Right" ? result.right.findings : assert.fail(result.left.reason);
    assert.ok(
      findings.some((finding) => where.test(finding.where)),
      `${change}: ${JSON.stringify(findings)}`,
    );
    rmSync(`${path}-wal`, { force: true });
    writeFileSync(path, clean);
  }
});
