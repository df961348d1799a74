/** The command line as a person or a script meets it: spawned, over a directory of its own. */
import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, it } from "vitest";
import { makeStripeSimulator, signWebhook } from "../../adapters/stripe/layer.ts";
import { developmentSecrets } from "../config/config.ts";
import type { Loose } from "../testing/world.ts";
import { parseCommand, UsageError } from "./arguments.ts";
import { commandHelp, commands, helpText } from "./usage.ts";

const entry = resolve(import.meta.dirname, "tieout.mjs");
const home = mkdtempSync(join(tmpdir(), "tieout-cli-"));
const children = new Set<ChildProcess>();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [entry, ...args], { cwd: home, env: { PATH, HOME, ...env } });
  children.add(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  const ended = new Promise<Ended>((done) => child.once("close", (code) => done({ code, out, err })));
  ended.then(() => children.delete(child));
  return { child, ended, said: () => out };
};
const tieout = (...args: ReadonlyArray<string>): Promise<Ended> => start(args).ended;
const serving = async (dataDir: string): Promise<{ url: string; stop: () => Promise<Ended> }> => {
  const { child, ended, said } = start(["serve", "--no-sample", "--port", "0", "--data-dir", dataDir]);
  for (let i = 0; i < 200; i++) {
    const url = /listening on (http:\S+)/.exec(said())?.[1];
    const stop = (): Promise<Ended> => {
      child.kill("SIGTERM");
      return ended;
    };
    if (url) return { url, stop };
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return assert.fail("the server did not start");
};

const raw = join(home, "raw");
let ids: string[] = [];
beforeAll(() => {
  mkdirSync(raw);
  const stripe = makeStripeSimulator({ now: () => Date.parse("2026-05-05T10:00:00Z") });
  for (const name of ["One", "Two"]) {
    const customer = stripe.operations.createCustomer({ name });
    const invoice = stripe.operations.createInvoice({ customer, amountMinor: 5000 });
    stripe.operations.finalizeInvoice(invoice);
    stripe.operations.payInvoice(invoice, { charge: "payment_record" });
  }
  const events = stripe.drainEvents() as Loose[];
  ids = events.map(({ id }) => id);
  for (const [index, event] of events.entries()) {
    writeFileSync(join(raw, `${String(index).padStart(3, "0")}.json`), JSON.stringify(event));
  }
  writeFileSync(join(raw, "900-again.json"), JSON.stringify(events[0]));
  writeFileSync(
    join(raw, "901-odd.json"),
    JSON.stringify({ ...events[0], id: "evt_odd", data: { object: { id: 7 } } }),
  );
  writeFileSync(join(raw, "902-none.txt"), "not json");
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

it("[C1] help and version are printed; a wrong command is exit 2 with the right hint", async () => {
  const [version, command] = await Promise.all([tieout("--version"), tieout("verfy")]);
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  assert.equal(version.code, 0);
  assert.deepEqual([command.code, command.out], [2, ""]);
  assert.match(command.err, /did you mean "verify"/);
  assert.match(helpText(), /usage: tieout <command>/);
  for (const one of commands) assert.ok(helpText().includes(one.what) && commandHelp(one).includes(one.synopsis));
});

it("[C6] options that are unknown, repeated, without their value or out of place are usage errors with a hint", () => {
  const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
    [["serve", "--prot", "1"], /did you mean --port/],
    [["serve", "--port"], /--port needs a value/],
    [["serve", "--port", "--sample"], /--port needs a value/],
    [["serve", "--port="], /--port needs a value/],
    [["serve", "--sample=yes"], /takes no value/],
    [["accounts", "--json", "--json"], /given twice/],
    [["verify", "here"], /options begin with --/],
    [["verify", "--constructor"], /no option/],
    [["nothing-like-it"], /there is no command/],
  ];
  for (const [[name, ...rest], hint] of wrong) {
    assert.throws(
      () => parseCommand(name!, rest),
      (error: Error) => error instanceof UsageError && hint.test(error.message),
    );
  }
  const { values } = parseCommand("serve", ["--sample", "--no-sample", "--port=0"]);
  assert.deepEqual({ ...values }, { sample: true, "no-sample": true, port: "0" });
});

/** What the imported directory prints, for the served one to be compared with. */
let offline = "";
let served: Awaited<ReturnType<typeof serving>> | null = null;

it("[C2 P1] import takes every file in, counts what it is, sends what follows, and says so as JSON alone", async () => {
  const dir = join(home, "import");
  const first = await tieout("import", "--connection", "stripe", "--raw", raw, "--data-dir", dir, "--json");
  assert.equal(first.code, 0, first.err);
  const wanted = { connection: "stripe", files: ids.length + 3, accepted: ids.length, duplicate: 1, undecodable: 1 };
  assert.deepEqual(JSON.parse(first.out), { ...wanted, unknownType: 0, notAnEnvelope: 1, refused: [] });
  const accounts = await tieout("accounts", "--json", "--data-dir", dir);
  const verified = await tieout("verify", "--json", "--data-dir", dir);
  assert.deepEqual([accounts.code, verified.code], [0, 0], verified.out);
  assert.deepEqual(JSON.parse(verified.out).findings, []);
  offline = accounts.out;
  const report = JSON.parse(offline);
  assert.deepEqual(
    report.accounts.map((a: Loose) => a.regions.lifecycle),
    ["paid", "paid"],
  );
  for (const account of report.accounts) {
    const nets = account.parties[0].effects.map((e: Loose) => [e.side, e.netMinor]).sort();
    assert.deepEqual(nets, [
      ["cash", 5000],
      ["receivable", 5000],
    ]);
  }
});

it("[C3 P2] a running server is asked instead, and what another server took in prints the same, byte for byte", async () => {
  const dir = join(home, "served");
  const server = await serving(dir);
  const ask = (...args: ReadonlyArray<string>) => tieout(...args, "--data-dir", dir);
  try {
    const imported = await ask("import", "--connection", "stripe", "--raw", raw, "--json");
    assert.equal(imported.code, 0, imported.err);
    assert.equal(JSON.parse(imported.out).accepted, ids.length);
    const [live, verified, second] = await Promise.all([
      ask("accounts", "--json"),
      ask("verify"),
      ask("serve", "--port", "0"),
    ]);
    assert.equal(live.out, offline);
    assert.match(verified.out, /^verify: clean/);
    assert.equal(second.code, 1);
    assert.match(second.err, /is in use by process \d+, which answers at http/);
    assert.ok(!second.err.includes("    at "), second.err);
    assert.equal(statSync(join(dir, "internal.token")).mode & 0o777, 0o600);
  } catch (failure) {
    await server.stop();
    throw failure;
  }
  served = server;
});

it("[C4 P1] over real HTTP what is signed is 202 and what is over the limit 413, however announced; SIGTERM ends with 0", async () => {
  assert.ok(served, "the server of C3 runs");
  const { url } = served;
  const object = { id: "cus_h", object: "customer", name: "H", email: null, created: 1, metadata: {} };
  const body = JSON.stringify({ id: "evt_h", object: "event", type: "customer.created", created: 1, data: { object } });
  const signature = signWebhook(body, developmentSecrets.stripe, Math.floor(Date.now() / 1000));
  const init = { method: "POST", headers: { "stripe-signature": signature } };
  const post = async (rest: object): Promise<number> =>
    (await fetch(`${url}/webhooks/stripe`, { ...init, ...rest })).status;
  assert.equal(await post({ body }), 202);
  assert.equal(await post({ body: new Uint8Array(8 * 1024 * 1024 + 1) }), 413);
  let left = 12;
  const pull = (controller: ReadableStreamDefaultController): void =>
    left-- > 0 ? controller.enqueue(new Uint8Array(1 << 20)) : controller.close();
  assert.equal(await post({ body: new ReadableStream({ pull }), duplex: "half" }), 413);
  assert.equal((await fetch(`${url}/v1/accounts/stripe:cus_h`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const ended = await served.stop();
  assert.equal(ended.code, 0, ended.err);
});

it("[C5] a directory without data is said to have none, and is not made by asking", async () => {
  const dir = join(home, "nothing");
  const ended = await tieout("verify", "--json", "--data-dir", dir);
  assert.deepEqual([ended.code, ended.out], [1, ""]);
  assert.match(ended.err, /there is no data in/);
  assert.ok(!existsSync(dir));
});
