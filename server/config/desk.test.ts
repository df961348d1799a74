/** The desk's part of the configuration file. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, it } from "vitest";
import { loadConfig } from "./config.ts";
import { deskSettings, teamsOf } from "./desk.ts";

const folder = mkdtempSync(join(tmpdir(), "tieout-desk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = "whsec_dGllb3V0LWRldmVsb3BtZW50LWFsZXJ0cw==";
const load = (more: object) => {
  const path = join(folder, "tieout.config.json");
  const stripe = { vendor: "stripe", owner: "billing", webhookSecrets: [{ env: "S" }] };
  writeFileSync(path, JSON.stringify({ connections: { stripe }, ...more }));
  return Effect.runPromise(
    Effect.either(loadConfig({ env: { TIEOUT_CONFIG: path, S: "whsec_x", ALERTS: secret, ODD: "odd" }, cwd: folder })),
  );
};

it("[SL5] what is said replaces what is usual, and nothing else; teams are the connections' owners; no secret is printed", async () => {
  const loaded = await load({
    publicUrl: "https://tieout.example/",
    serviceLevels: {
      "invoice-posting": { withinMinutes: 40 },
      own: { rows: ["invoice.shown"], to: ["stripe"], withinMinutes: 5, team: "ops" },
    },
    alerts: [{ url: "https://hooks.example/tieout", secret: { env: "ALERTS" }, types: ["gap"], minMoneyMinor: 100 }],
    priorities: { types: { parked: "urgent" }, rates: { EUR: "1.08" }, dueMinutes: { urgent: 30 } },
  });
  assert.ok(loaded._tag === "Right", JSON.stringify(loaded));
  const settings = deskSettings(loaded.right.desk, teamsOf(loaded.right), "http://127.0.0.1:1");
  assert.deepEqual(settings.teams, { stripe: "billing" });
  assert.equal(settings.publicUrl, "https://tieout.example");
  assert.deepEqual(
    settings.serviceLevels.map(({ name, rows, atRiskMinutes }) => [name, rows.length, atRiskMinutes]),
    [
      ["invoice-posting", 2, 30],
      ["own", 1, 3],
    ],
  );
  const { types, dueMinutes, rates, money } = settings.priorities;
  assert.deepEqual(
    [types.parked, types.gap, rates, dueMinutes],
    ["urgent", "high", { EUR: "1.08" }, { urgent: 30, high: 1440, normal: 4320, low: 14_400 }],
  );
  assert.deepEqual(money, { urgent: 1_000_000, high: 100_000 });
  assert.deepEqual([settings.alerts[0]?.secret, settings.alerts[0]?.windowMinutes], [secret, 60]);
  assert.ok(!JSON.stringify(loaded.right).includes(secret) && !String(loaded.right.desk).includes(secret));
  const usual = deskSettings(undefined, {}, "http://127.0.0.1:1");
  assert.deepEqual([usual.serviceLevels.length, usual.alerts], [4, []]);
});

it("[SL5] each mistake is told at once with its place", async () => {
  const shape = await load({
    alerts: [{ url: "ftp://x", secret: { env: "ALERTS" } }],
    priorities: { types: { odd: "high" } },
    keepClosedDays: 0,
  });
  assert.ok(shape._tag === "Left");
  for (const place of [/alerts\.0\.url/, /priorities\.types/, /keepClosedDays/])
    assert.match(shape.left.message, place);
  const sense = await load({
    serviceLevels: { own: { withinMinutes: 5 }, "order-sync": { withinMinutes: 5, from: ["no"] } },
    alerts: [
      { url: "https://a.example", secret: { env: "NONE" } },
      { url: "https://a.example", secret: { env: "ODD" } },
    ],
  });
  assert.ok(sense._tag === "Left");
  for (const place of [
    /serviceLevels\.own\.rows/,
    /serviceLevels\.order-sync\.from/,
    /alerts\.0\.secret/,
    /alerts\.1\.secret/,
    /alerts\.1\.url/,
  ])
    assert.match(sense.left.message, place);
});
