/** The log: its two forms, its levels, and what never stands in it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { type ConfigError, developmentSecrets, loadConfig } from "../config/config.ts";
import { type RunningServer, startServer } from "../runtime.ts";
import { type LogLevel, makeLogger, rarely } from "./log.ts";
import { collecting } from "./testing/collector.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-log-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (format: "json" | "text", level: LogLevel, secrets: ReadonlyArray<string> = []) => {
  const lines: string[] = [];
  return { lines, log: makeLogger({ level, format, sink: (line) => lines.push(line), secrets, now: () => 0 }) };
};

it("[OT14] a line is one JSON object, or one line of text, and only from its level on", () => {
  const json = linesOf("json", "warn");
  json.log.info("not told");
  json.log.error("broke", { requestId: "r-1", status: 500 });
  assert.deepEqual(JSON.parse(json.lines.join("")), {
    time: "1970-01-01T00:00:00.000Z",
    level: "error",
    message: "broke",
    requestId: "r-1",
    status: 500,
  });
  const text = linesOf("text", "debug");
  text.log.info("listening", { url: "http://127.0.0.1:4000" });
  text.log.warn("two\nlines", { code: "a b" });
  assert.deepEqual(text.lines, [
    "tieout: listening url=http://127.0.0.1:4000",
    'tieout: warn: two\n  lines code="a b"',
  ]);
});

it("[OT15] secrets and addresses that others wrote into a text are taken out of it, known values wherever they stand", () => {
  const { lines, log } = linesOf("json", "debug", ["correct-horse-battery"]);
  log.error("answer: Bearer abc.def.ghi for ada@example.org, key sk_live_4eC39HqLyjW, whsec_c2VjcmV0", {
    stack:
      "at correct-horse-battery (https://user:pass12@vendor.test/x?token=t0k3n&a=1)\n-----BEGIN PRIVATE KEY-----\nMIIE",
    url: "https://vendor.test/?signature=abcdef",
  });
  const line = lines.join("");
  for (const word of ["abc.def", "ada@", "4eC39", "c2Vj", "correct-horse", "pass12", "t0k3n", "MIIE", "abcdef"])
    assert.ok(!line.includes(word), `${word} in ${line}`);
  assert.match(line, /a=1/);
});

it("[OT16] what anybody may cause is told at most so often, with how often it happened", () => {
  let now = 0;
  const due = rarely(1000, () => now);
  assert.deepEqual([due("a"), due("a"), due("b"), due("a")], [1, 0, 1, 0]);
  now = 1000;
  assert.deepEqual([due("a"), due("a")], [3, 0]);
});

const env = (more: Record<string, string>) => ({ PORT: "0", TIEOUT_DATA_DIR: join(folder, "data"), ...more });

it("[OT17] every line of a request or a command has its id and its trace, and no body, secret or name is in any", async () => {
  const lines: string[] = [];
  const work = async ({ url, sandbox, idle, host }: RunningServer): Promise<void> => {
    await host.recovered;
    const { operations, drainEvents } = sandbox!.stripe;
    const customer = operations.createCustomer({ name: "Grace Hopper", email: "grace@example.org" });
    operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 4321 }));
    for (const event of drainEvents()) {
      const body = JSON.stringify(event);
      const signature = signWebhook(body, developmentSecrets.stripe, Math.floor(Date.now() / 1000));
      const headers = { "stripe-signature": signature, "x-request-id": "caller-7" };
      await fetch(`${url}/webhooks/stripe`, { method: "POST", headers, body });
      await fetch(`${url}/webhooks/stripe`, { method: "POST", headers: { "stripe-signature": "v1=forged" }, body });
    }
    await fetch(`${url}/v1/accounts?q=grace@example.org&stage=nowhere`, {
      headers: { authorization: "Bearer stolen-key-1" },
    });
    await idle();
  };
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const config = yield* loadConfig({
          env: env({ TIEOUT_LOG_LEVEL: "debug", TIEOUT_LOG_FORMAT: "json" }),
          cwd: folder,
        });
        const log = (line: string) => lines.push(line);
        const server = yield* startServer(config, {
          mode: "inline",
          log,
          spanExporter: collecting(),
          fatal: assert.fail,
        });
        yield* Effect.promise(() => work(server));
      }),
    ),
  );
  const told = lines.map((line) => JSON.parse(line) as Record<string, string | number>);
  const webhooks = told.filter(({ message }) => String(message).startsWith("webhook"));
  assert.ok(webhooks.length > 3, lines.join("\n"));
  assert.ok(webhooks.every(({ requestId, traceId }) => requestId && /^[0-9a-f]{32}$/.test(String(traceId))));
  assert.ok(webhooks.some(({ requestId, outcome }) => requestId === "caller-7" && outcome === "accepted"));
  assert.equal(webhooks.filter(({ outcome }) => outcome === "bad-signature").length, 1);
  const commands = told.filter(({ commandKey }) => commandKey !== undefined);
  assert.ok(commands.some(({ answer, target }) => answer === "acked" && target === "netsuite"));
  assert.ok(commands.every(({ traceId }) => /^[0-9a-f]{32}$/.test(String(traceId))));
  const refused = told.find(({ message }) => message === "request");
  assert.deepEqual(
    [refused?.["route"], refused?.["status"], typeof refused?.["requestId"]],
    ["/v1/accounts", 401, "string"],
  );
  for (const word of ["Grace", "grace", "4321", "whsec", "forged", "stolen", "Bearer", "sk_test", "nowhere"])
    assert.ok(!lines.some((line) => line.includes(word)), `${word}: ${lines.find((line) => line.includes(word))}`);
});

it("[OT18] level, format and the OTLP settings come from the environment, and a wrong one is named", () => {
  const load = (more: Record<string, string>) => Effect.runSync(loadConfig({ env: env(more), cwd: folder })).telemetry;
  const wrong = (more: Record<string, string>): string =>
    (Effect.runSync(Effect.flip(loadConfig({ env: env(more), cwd: folder }))) as ConfigError).problems.join("\n");
  assert.deepEqual(load({}), { logLevel: "info", logFormat: null, tracing: null });
  const { logLevel, logFormat, tracing } = load({
    TIEOUT_LOG_LEVEL: "WARN",
    TIEOUT_LOG_FORMAT: "json",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.name=ignored",
    OTEL_SERVICE_NAME: "ties",
  });
  assert.deepEqual([logLevel, logFormat], ["warn", "json"]);
  assert.deepEqual(tracing, {
    url: "http://collector:4318/v1/traces",
    sampler: { name: "traceidratio", ratio: 0.25, parentBased: true },
    resource: { "service.name": "ties", "deployment.environment.name": "test" },
    timeoutMs: 10_000,
    linkAfterMs: 900_000,
  });
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" };
  assert.equal(load({ ...otlp, TIEOUT_TRACE_LINK_AFTER_SECONDS: "60" }).tracing?.linkAfterMs, 60_000);
  assert.match(wrong({ ...otlp, TIEOUT_TRACE_LINK_AFTER_SECONDS: "1h" }), /AFTER_SECONDS: "1h" is no whole number/);
  assert.equal(load({ ...otlp, OTEL_SDK_DISABLED: "true" }).tracing, null);
  assert.match(wrong({ TIEOUT_LOG_LEVEL: "loud" }), /TIEOUT_LOG_LEVEL: "loud" is not known; one of debug, info/);
  assert.match(wrong({ TIEOUT_LOG_FORMAT: "xml" }), /one of json, text/);
  assert.match(wrong({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }), /is no http\(s\) URL/);
  assert.match(wrong({ ...otlp, OTEL_TRACES_SAMPLER: "often" }), /OTEL_TRACES_SAMPLER: "often"/);
  assert.match(wrong({ ...otlp, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" }), /from 0 to 1/);
  assert.match(wrong({ ...otlp, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }), /OTLP over HTTP only/);
});
