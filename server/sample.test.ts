/** The sample company, told to the engine in memory: the same each time, and it ends in the states that it means to show. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { signWebhook } from "../adapters/stripe/layer.ts";
import { playSample } from "./sample.ts";
import { type Loose, makeWorld, secret } from "./testing/world.ts";

const start = Date.parse("2026-09-01T12:00:00Z");

const play = async () => {
  const world = await makeWorld();
  world.clock.now = start;
  const lines: string[] = [];
  let sent = 0;
  let outages = 0;
  const sandbox: Parameters<typeof playSample>[0]["sandbox"] = {
    stripe: world.stripe,
    salesforce: world.salesforce,
    outage: (forMs) => {
      outages += forMs;
    },
    deliver: async (connection, event) => {
      assert.equal(connection, "stripe");
      sent += 1;
      const body = JSON.stringify(event);
      const response = await world.post(body, {
        "stripe-signature": signWebhook(body, secret, Math.floor(start / 1000)),
      });
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
