/** A whole run, and then the search: no secret in any answer, line or span, and nothing of a person in any line or span. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "vitest";
import WebSocket from "ws";
import { simulatorToken } from "../../adapters/netsuite/config.ts";
import { developmentSecrets } from "../../server/config/config.ts";
import { operations } from "../../server/openapi/operations.ts";
import { answersMade, linesWritten } from "../../server/telemetry/channels.ts";
import { makeLogger } from "../../server/telemetry/log.ts";
import { openTracing } from "../../server/telemetry/tracing.ts";
import { firstKey, webhookSecret, within } from "./company.ts";
import { forms, leaks } from "./nowhere.ts";
import { heardSoFar, wrongSoFar } from "./overheard.ts";

/** Spans as they would be sent, written out. */
const collecting = () => {
  const spans: string[] = [];
  const exporter = {
    export: (batch: ReadonlyArray<object>, done: (result: { code: number }) => void) => {
      for (const span of batch) {
        const { name, attributes, events, status, links, resource } = span as Record<string, unknown>;
        const { attributes: about } = resource as { readonly attributes: unknown };
        spans.push(JSON.stringify({ name, attributes, events, status, links, about }));
      }
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  return { spans, exporter };
};

it("[SE16] the search finds what is there in each form: plain, URL-encoded, escaped, hexadecimal, base64 at any place and of both alphabets", () => {
  const secret = 'p@ss "wörd"/+?';
  const said = (text: string) => ({ here: ["nothing", `before ${text} after`] });
  for (const form of forms(secret)) assert.ok(leaks({ secret }, said(form)).length > 0, form);
  for (let shift = 0; shift < 6; shift++) {
    const inside = Buffer.from(`${"x".repeat(shift)}${secret}tail`);
    for (const encoding of ["base64", "base64url"] as const)
      assert.ok(leaks({ secret }, said(inside.toString(encoding))).length > 0, `${encoding} ${shift}`);
  }
  assert.deepEqual(leaks({ secret }, said("p@ss wörd")), []);
});

it("[SE20] in every test, an answer of ours with a secret in it is found, and others' answers are let be", async () => {
  const secret = developmentSecrets.netsuite;
  const server = createServer((request, answer) => {
    if (request.url !== "/other") answer.setHeader("x-request-id", "1");
    answer.end(`{"said":"${request.url === "/hex" ? Buffer.from(secret).toString("hex") : secret}"}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ["/", "/hex"]) {
      await fetch(`${url}${path}`);
      assert.match((await wrongSoFar()).join(), /^a secret is in an answer/);
    }
    assert.ok((await (await fetch(`${url}/other`)).text()).includes(secret));
    assert.deepEqual(await wrongSoFar(), []);
  } finally {
    server.close();
  }
});

it("[SE21] in every test, a secret, a key or an address in a log line, a span or a child's lines is found, and so is an address in a masked answer", async () => {
  const key = `tieout_abcdefghijkl_${"K".repeat(43)}`;
  const address = "ada@personal.test";
  const heard = async (): Promise<ReadonlyArray<string>> =>
    (await wrongSoFar()).map((what) => what.slice(0, what.indexOf(":"))).sort();

  // Nobody told the logger of this one, and it looks like none.
  makeLogger({ level: "info", format: "json", sink: () => {} }).info(`the token is ${simulatorToken}`);
  assert.deepEqual(await heard(), ["a secret is in a log line"]);
  linesWritten.publish(`${key} of ${address}`);
  assert.deepEqual(await heard(), ["a key is in a log line", "an address is in a log line"]);

  const { exporter } = collecting();
  const settings = { url: "", sampler: { name: "always_on", ratio: 1, parentBased: true }, resource: {}, timeoutMs: 1 };
  const tracing = await openTracing(settings as never, { warn: () => {}, exporter: exporter as never });
  tracing
    .start({ name: "x", kind: "internal", parent: null, attributes: { to: address } })
    .end({ with: Buffer.from(simulatorToken).toString("base64") });
  await tracing.close();
  assert.deepEqual(await heard(), ["a secret is in a span", "an address is in a span"]);

  // Spans of another thread or process come to a collector of the test.
  const collector = createServer((request, answer) => request.resume().on("end", () => answer.end()));
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  await fetch(url, { method: "POST", body: JSON.stringify({ resourceSpans: [key, simulatorToken] }) });
  collector.close();
  assert.deepEqual(await heard(), ["a key is in a span", "a secret is in a span"]);

  const script = `process.stdout.write(process.argv[1].slice(0, 9)); setTimeout(() => {
    console.log(process.argv[1].slice(9)); console.error(process.argv[2]); console.error("tieout: POST x  secret " + process.argv[1]);
  }, 20)`;
  const child = execFile(process.execPath, ["-e", script, simulatorToken, key]);
  let out = "";
  child.stdout!.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  assert.equal(out, `${simulatorToken}\n`, "who reads the child's lines gets all of them");
  assert.deepEqual(await heard(), [
    "a key is in a child's stderr",
    "a secret is in a child's stderr",
    "a secret is in a child's stdout",
  ]);

  for (const personal of [false, true])
    answersMade.publish({ personal, response: Response.json({ name: "•••", email: address }) });
  assert.deepEqual(await heard(), ["a personal field is in a masked answer", "an address is in a masked answer"]);
  answersMade.publish({ personal: false, response: Response.json({ name: "•••", email: "•••", raw: null }) });
  assert.deepEqual(await heard(), []);
});

it("[SE17] over a run of every route with good and bad keys, webhooks, tokens and a watcher no secret is in an answer, a log line or a span, and no name or address in a line or a span", async () => {
  const { spans, exporter } = collecting();
  await within(
    async (company) => {
      const { ask, act, make, issuer, invoiced, answers, lines, server } = company;
      const made = await make("whole run", ["operate", "admin"]);
      const rotated = (await act(`/v1/keys/${made.id}/rotate`, made.secret, { reason: "x" })).body;
      const madeAnswers = answers.length;
      const token = await issuer.token({ scope: "tieout:operate", sub: "subject-of-token" });
      await invoiced("stripe-eu", "cus_n");
      for (const key of [made.secret, rotated.secret, token, firstKey, `${made.secret.slice(0, -1)}?`, `${token}x`])
        for (const { method, path } of operations) {
          const address = path.replaceAll(/\{\w+\}/g, "stripe-eu:cus_n");
          if (method === "get") await ask(address, key);
          else if (key === rotated.secret) await act(address, key, { surprise: key, reason: "" });
        }
      await ask(`/v1/accounts?q=${encodeURIComponent(made.secret)}&colour=${rotated.secret}`, firstKey).catch(() => {});
      const offered = ["tieout.inspect", `tieout.key.${Buffer.from(`${rotated.secret}x`).toString("base64url")}`];
      const refused = await new Promise<string>((resolve) => {
        const socket = new WebSocket(`${server.url.replace("http", "ws")}/inspect?account=stripe-eu:cus_n`, offered);
        socket.on("unexpected-response", (_, response) => {
          resolve(String(response.statusCode));
          response.resume();
        });
        socket.on("open", () => resolve("open"));
        socket.on("error", () => {});
      });
      assert.equal(refused, "401");
      await server.idle();
      const part = (secret: string): string => secret.split("_").slice(2).join("_");
      const secrets = {
        "made key": part(made.secret),
        "rotated key": part(rotated.secret),
        "token's signature": token.split(".")[2]!,
        "first key": firstKey,
        "webhook secret": webhookSecret,
      };
      // What a caller puts into a query comes back to them in the refusal; nowhere else.
      const said = answers
        .slice(madeAnswers)
        .filter((text) => !text.includes("bad-parameter") && !text.includes("surprise"));
      assert.ok(said.length > 150 && lines.length > 50, `${said.length} answers, ${lines.length} lines`);
      assert.deepEqual(leaks(secrets, { answers: said, lines }), []);
      const people = { name: "Person of cus_n", address: "cus_n@personal.test" };
      assert.deepEqual(leaks(people, { lines }), []);
      await new Promise((resolve) => setTimeout(resolve, 10));
      Object.assign(found, { ...secrets, ...people });
      for (const place of ["an answer", "a log line"] as const)
        assert.ok((heardSoFar().get(place) ?? 0) > 20, `${place} is listened to`);
    },
    { start: { spanExporter: exporter as never } },
  );
  assert.ok(spans.length > 50, `${spans.length} spans`);
  assert.ok((heardSoFar().get("a span") ?? 0) >= spans.length);
  assert.deepEqual(leaks(found, { spans }), []);
});

/** What the run knew, for the spans that come when it ends. */
const found: Record<string, string> = {};
