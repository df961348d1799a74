/** What the server takes as its configuration, and in which words it refuses the rest. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { afterAll, beforeAll, it } from "vitest";
import { type ConfigError, developmentSecrets, loadConfig, type ServerConfig } from "./config.ts";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "tieout-config-"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const load = (env: Record<string, string>): ServerConfig => Effect.runSync(loadConfig({ env, cwd }));
const problems = (env: Record<string, string>): string =>
  Effect.runSync(Effect.flip(loadConfig({ env, cwd }))).problems.join("\n");
const file = (content: unknown): Record<string, string> => {
  const path = join(cwd, "given.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { TIEOUT_CONFIG: path };
};
const secrets = (config: ServerConfig, name: string) =>
  config.connections.find((connection) => connection.name === name)?.webhookSecrets.map(Redacted.value);

const whole = {
  policy: "billing-led",
  connections: {
    "stripe-eu": {
      vendor: "stripe",
      owner: "billing",
      webhookSecrets: [{ env: "OLD" }, { file: "new.secret" }, { command: [process.execPath, "-p", "'whsec_c'"] }],
      api: { apiKey: { env: "STRIPE_KEY" } },
    },
    netsuite: {
      vendor: "netsuite",
      mode: "act",
      webhookSecrets: [{ env: "NS" }],
      api: {
        account: "1234567_SB1",
        auth: { type: "oauth2", clientId: "id", certificateId: "kid", privateKey: { file: "key.pem" } },
        ids: { item: "5" },
      },
    },
  },
};

it("[CF1] without a file it is the sandbox: both vendors, act, fixed secrets, loopback only", () => {
  const config = load({});
  assert.equal(config.sandbox, true);
  assert.deepEqual([config.host, config.port, config.dataDir], ["127.0.0.1", 4000, join(cwd, "data")]);
  assert.deepEqual(secrets(config, "stripe"), [developmentSecrets.stripe]);
  assert.deepEqual(secrets(config, "netsuite"), [developmentSecrets.netsuite]);
  assert.ok(config.connections.every(({ rules }) => rules.mode === "act"));
  assert.match(problems({ HOST: "0.0.0.0" }), /HOST: 0\.0\.0\.0 is not this machine alone/);
  for (const host of ["localhost", "::1", "127.8.8.8"]) assert.equal(load({ HOST: host }).host, host);
  assert.match(problems({ HOST: "127.0.0.1.example.org" }), /not this machine alone/);
});

it("[CF2] a connection has several secrets during a rotation, separated by commas or blanks", () => {
  assert.deepEqual(secrets(load({ STRIPE_WEBHOOK_SECRET: "whsec_a, whsec_b whsec_c" }), "stripe"), [
    "whsec_a",
    "whsec_b",
    "whsec_c",
  ]);
});

it("[CF3] a file's connections observe unless told otherwise, with secrets from environment, file and command", () => {
  writeFileSync(join(cwd, "new.secret"), "whsec_b\n");
  writeFileSync(join(cwd, "key.pem"), "-----BEGIN PRIVATE KEY-----\nA B\n-----END PRIVATE KEY-----\n");
  const config = load({ ...file(whole), OLD: "whsec_a whsec_a2", STRIPE_KEY: "sk_1", NS: "whsec_bnM=" });
  assert.equal(config.sandbox, false);
  assert.deepEqual(secrets(config, "stripe-eu"), ["whsec_a", "whsec_a2", "whsec_b", "whsec_c"]);
  const [stripe, netsuite] = config.connections;
  assert.deepEqual([stripe?.rules.mode, stripe?.owner, netsuite?.rules.mode], ["observe", "billing", "act"]);
  const settings = Redacted.value(netsuite!.settings!);
  assert.ok(settings.vendor === "netsuite" && settings.api?.auth.type === "oauth2");
  assert.equal(settings.api.auth.privateKey, "-----BEGIN PRIVATE KEY-----\nA B\n-----END PRIVATE KEY-----");
  assert.deepEqual([settings.api.settleWindowMs, settings.api.concurrency], [960_000, 5]);
  assert.equal(settings.api.ids.item, "5");
});

it("[CF4] no secret is printed, whichever way the configuration is shown", () => {
  writeFileSync(join(cwd, "new.secret"), "whsec_in_file\n");
  writeFileSync(join(cwd, "key.pem"), "pem_in_file\n");
  const config = load({
    ...file(whole),
    OLD: "whsec_old",
    STRIPE_KEY: "sk_key",
    NS: "whsec_bnM=",
    TIEOUT_API_KEY: "k".repeat(16),
  });
  const shown = `${inspect(config, { depth: 9 })}${JSON.stringify(config)}${String(config)}`;
  for (const secret of ["whsec_old", "whsec_in_file", "pem_in_file", "sk_key", "whsec_bnM", "kkkk"]) {
    assert.ok(!shown.includes(secret), secret);
  }
});

it("[CF5] every mistake is told at once, with where it is and what to do", () => {
  const { "stripe-eu": stripe, netsuite } = whole.connections;
  const said = problems({
    ...file({
      policy: "no-such-policy",
      polices: 1,
      connections: {},
    }),
    PORT: "70000",
    TIEOUT_STORE: "postgres://localhost",
    TIEOUT_API_KEY: "short",
  });
  for (const part of [
    /PORT: "70000"/,
    /"postgres:\/\/localhost" is no store/,
    /TIEOUT_API_KEY: is too short/,
    /polices: there is no such setting/,
    /policy:/,
  ]) {
    assert.match(said, part);
  }
  const deeper = problems(
    file({
      connections: {
        "stripe-eu": { ...stripe, modus: "act", api: { ...stripe.api, timeoutMs: 0, retries: 3 } },
        "Bad Name": { vendor: "stripe", webhookSecrets: [] },
        other: { vendor: "paddle", webhookSecrets: [{ env: "X" }] },
        netsuite: { vendor: "netsuite", mode: "act", webhookSecrets: netsuite.webhookSecrets },
      },
    }),
  );
  for (const part of [
    /connections\.stripe-eu\.modus: there is no such setting/,
    /connections\.stripe-eu\.api\.retries: there is no such setting/,
    /connections\.stripe-eu\.api\.timeoutMs: /,
    /connections\.Bad Name: a name has lower-case letters/,
    /connections\.other\.vendor: no adapter is named "paddle"; one of stripe, salesforce, netsuite/,
    /connections\.netsuite\.api: is missing, and without it mode "act"/,
  ]) {
    assert.match(deeper, part);
  }
});

it("[CF6] a secret that is not there is named by its place; a file that is not there or not JSON by its path", () => {
  const said = problems({ ...file(whole), STRIPE_KEY: "sk_1" });
  assert.match(said, /connections\.stripe-eu\.webhookSecrets\.0: environment variable OLD is not set/);
  assert.match(said, /connections\.netsuite\.webhookSecrets\.0: environment variable NS is not set/);
  assert.match(problems({ TIEOUT_CONFIG: "nowhere.json" }), /nowhere\.json: cannot be read \(ENOENT\)/);
  assert.match(problems(file("{")), /the file is not JSON/);
  const error: ConfigError = Effect.runSync(Effect.flip(loadConfig({ env: { PORT: "x" }, cwd })));
  assert.match(error.message, /does not hold:\n {2}- PORT/);
});
