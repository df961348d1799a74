/** The sample company, told to the engine in memory: the same each time, and it ends in the states that it means to show. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { makeCloudEvents } from "../adapters/cloudevents.ts";
import { sign } from "../adapters/standard-webhooks.ts";
import { signWebhook } from "../adapters/stripe/layer.ts";
import { playSample } from "./sample.ts";
import { type Loose, makeWorld, secret } from "./testing/world.ts";

const usageSecret = `whsec_${Buffer.from("secret of usage").toString("base64")}`;
const usage = makeCloudEvents({ connection: "usage", roles: ["usage"] });

const start = Date.parse("2026-09-01T12:00:00Z");

const play = async () => {
  const world = await makeWorld({ senders: [{ system: usage, secret: usageSecret }] });
  world.clock.now = start;
  const lines: string[] = [];
  let sent = 0;
  let outages = 0;
  const sandbox: Parameters<typeof playSample>[0]["sandbox"] = {
    stripe: world.stripe,
    salesforce: world.salesforce,
    netsuite: world.netsuite,
    outage: (forMs) => {
      outages += forMs;
    },
    deliver: async (connection, event) => {
      sent += 1;
      const body = JSON.stringify(event);
      const timestampSec = Math.floor(start / 1000);
      const response = await (connection === "stripe"
        ? world.post(body, { "stripe-signature": signWebhook(body, secret, timestampSec) })
        : world.app.request("/webhooks/usage", {
            method: "POST",
            body,
            headers: sign(body, { id: "m1", timestampSec, secret: usageSecret }),
          }));
      // As the server's loop would: what was taken in is carried on at once.
      if (sent % 5 === 0) await world.echo();
      return { status: response.status, body: await response.text() };
    },
  };
  const say = (line: string): void => {
    lines.push(line);
  };
  const options = {
    sandbox,
    host: world.host,
    url: "http://x",
    idle: world.echo,
    now: () => start,
    say,
    paceMs: 0,
  };
  await playSample(options);
  return { world, lines, sent, outages: () => outages, again: () => playSample(options) };
};

it("[Y1] the sample company shows each stage's end, every inverse, three kinds of currency, and two exceptions", async () => {
  const { world, lines, sent, outages, again } = await play();
  const overview = (await world.host.ask({ name: "overview" })) as Loose;
  assert.equal(overview.accounts, 12);
  assert.deepEqual(overview.stages, { paid: 9, posted: 2, churned: 1 }, lines.join("\n"));
  assert.deepEqual(overview.exceptions, { unapplied: 1, "refund-without-credit": 1 });
  assert.deepEqual(overview.faults, {});
  assert.ok(outages() > 0);
  const kinds = new Set(world.netsuite.committed.map(({ recordType }) => recordType));
  for (const kind of ["customer", "invoice", "customerPayment", "creditMemo", "customerRefund", "journalEntry"]) {
    assert.ok(kinds.has(kind as never), `${kind} in ${[...kinds].join()}`);
  }
  const currencies = new Set(world.netsuite.committed.map(({ currency }) => currency));
  for (const currency of ["USD", "JPY", "BHD"]) assert.ok(currencies.has(currency));
  const before = sent;
  await again();
  assert.match(lines.at(-1)!, /are here already/);
  assert.equal(before, sent);
});

it("[Y2 P2] played twice from nothing it prints the same report", async () => {
  const [one, two] = [await play(), await play()];
  const reports = [
    await one.world.host.ask({ name: "report" }),
    await two.world.host.ask({ name: "report" }),
  ] as Loose[];
  for (const [index, account] of reports[0].accounts.entries()) {
    assert.deepEqual(reports[1].accounts[index], account, account.id);
  }
  assert.equal(JSON.stringify(reports[0]), JSON.stringify(reports[1]));
});

it("[Y3] its first customer's use is rated under terms that come after it: included volume, sub-cent tiers, a correction", async () => {
  const { world } = await play();
  const { body } = await world.get("/v1/reports/usage-checkpoints");
  const rated = (body as Loose).rows.find(({ hop }: Loose) => hop === "3 rated");
  // 434,000, 783,000 and 1,125,000 calls less 100,000 each: 668.00, 1,183.00 and 1,525.00.
  assert.deepEqual([rated.currency, rated.arrivedMinor, body.unstated.total], ["USD", 337_600, 0]);
});
