/** `tieout inspect` as a person meets it: spawned against a running server. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, it } from "vitest";
import { parseCommand } from "../cli/arguments.ts";
import { run } from "../cli/inspect.ts";
import type { Loose } from "../testing/world.ts";
import { chartJson } from "./chart.ts";
import { makePrinter } from "./printer.ts";
import { bill, openDoor, tell, until, type Watched, withServer } from "./testing/server.ts";

const entry = resolve(import.meta.dirname, "../cli/tieout.mjs");
const children = new Set<ChildProcess>();
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "tieout-inspect-cli-"));
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

const tieout = (...args: ReadonlyArray<string>) => {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [entry, ...args], { cwd: home, env: { PATH, HOME } });
  children.add(child);
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => {
    said.out += data;
  });
  child.stderr.on("data", (data) => {
    said.err += data;
  });
  const ended = new Promise<number | null>((done) => child.once("close", done)).finally(() => children.delete(child));
  return { child, said, ended };
};

/** The command in this process: what it answers or fails with. */
const failing = async (...args: ReadonlyArray<string>): Promise<string> =>
  run(parseCommand("inspect", args).values).then(
    (code) => `code ${code}`,
    (error: Error) => error.message,
  );

const sayErrors = async ({ server, url }: Watched, customer: string): Promise<void> => {
  assert.match(await failing("stripe:nobody", "--url", url), /refused \(404\): no account.*"stripe:nobody"/);
  const closed = await openDoor(server.host, { sandbox: false, apiKey: "k-0123456789abcdef" });
  assert.match(await failing("stripe:x", "--url", closed.url), /refused \(401\): .*set TIEOUT_API_KEY/);
  await closed.close();
  const going = await openDoor(server.host);
  const ended = failing(`stripe:${customer}`, "--url", going.url);
  await until(() => going.inspector.watchers() === 1, "watching");
  await new Promise((done) => setTimeout(done, 100));
  await going.close();
  assert.match(await ended, /ended the watch \(1001: the server is shutting down\)/);
};

it("[IN14] it prints which regions moved from where to where, JSON lines where asked; Ctrl-C ends it with 0, refusals are told", async () => {
  await withServer(mkdtempSync(join(home, "data-")), "inline", async (watched) => {
    const { server, url } = watched;
    const { customer, invoice } = bill(watched, "Terminal");
    await tell(server);
    // One after the other: the first start after a change makes the bundle.
    const started = async (...more: string[]) => {
      const one = tieout("inspect", `stripe:${customer}`, "--url", url, ...more);
      await until(() => one.said.out.includes("\n"), "a first line", 25_000);
      return one;
    };
    const plain = await started();
    const lines = await started("--json");
    assert.match(plain.said.err, /^tieout: watching stripe:\S+ at http:\S+; Ctrl-C ends\n$/);
    server.sandbox!.stripe.operations.payInvoice(invoice);
    await tell(server);
    await until(() => plain.said.out.includes("cash due → settled"), "the payment");
    await until(() => lines.said.out.includes('"cash":"settled"'), "the payment");
    for (const { child } of [plain, lines]) child.kill("SIGINT");
    assert.deepEqual([await plain.ended, await lines.ended], [0, 0]);
    assert.match(
      plain.said.out,
      /^\S+ {2}acct_\S+ {2}lifecycle \w+, subscription none, ledger \w+, cash due, sync agreed\n/,
    );
    const messages = lines.said.out.split("\n", 1).map((line) => JSON.parse(line) as Loose);
    assert.equal(messages[0].type, "@xstate.actor");
    await sayErrors(watched, customer);
  });
});

it("[IN14] what cannot be asked for is said in one line, with what to do", async () => {
  const never = () => assert.fail("nobody watches");
  const { url, close } = await openDoor({ watch: never, ask: never, accept: never });
  await close();
  const gone = `no server answers at ${url} (ECONNREFUSED); start one with tieout serve, or name one with --url`;
  assert.equal(await failing("x:1", "--url", url), gone);
  assert.equal(await failing("--machine", "--url", url), gone);
  assert.match(await failing("x:1", "--data-dir", join(home, "none")), /^no server uses \S+; start one there/);
  assert.match(await failing(), /needs an account/);
  assert.match(await failing("x:1", "--url", "localhost"), /begins with http/);
  assert.match(await failing("x:1", "--machine"), /takes no account/);
  assert.throws(() => parseCommand("inspect", ["a", "b"]), /takes one ACCOUNT/);
});

it("[IN14] --machine prints the machine for Stately's editor, without a server", async () => {
  const { said, ended } = tieout("inspect", "--machine");
  assert.equal(await ended, 0, said.err);
  assert.deepEqual(JSON.parse(said.out), JSON.parse(JSON.stringify(chartJson)));
});

it("[IN14] what ended, what was left out and what did not move is said in words", () => {
  const print = makePrinter();
  const context = { account: "acct_1" };
  const base = { sessionId: "x:0", createdAt: "0" };
  const shot = (status: string, cash: string) => ({ status, value: { cash }, context });
  const said = [
    print({ ...base, type: "@xstate.actor", snapshot: shot("active", "due") }),
    print({ ...base, type: "@xstate.event", event: { type: "evidence.joined" } }),
    print({ ...base, type: "@xstate.snapshot", event: { type: "evidence.joined" }, snapshot: shot("active", "due") }),
    print({ ...base, type: "@xstate.event", event: { type: "tieout.dropped", count: 3 } }),
    print({ ...base, type: "@xstate.snapshot", event: { type: "tieout.joined" }, snapshot: shot("stopped", "due") }),
  ];
  assert.deepEqual(said, [
    "00:00:00.000  acct_1  cash due",
    null,
    "00:00:00.000  acct_1  evidence.joined: no region moved",
    "00:00:00.000  x:0  3 events left out: more came than are shown a second",
    "00:00:00.000  acct_1  now part of another account",
  ]);
});
