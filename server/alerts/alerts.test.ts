/** Alerts at a real receiver on loopback: signed, once for a cause and a window, through refusals, silence, and the server's own death. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { type Company, type Loose, scratch, within } from "../operators/testing/company.ts";
import { quick, until } from "../queues/testing/quick.ts";
import { makeReceiver, type Receiver, secret } from "./testing/receiver.ts";

const { folder, remove } = scratch();
afterAll(remove);

const endpoint = (url: string, more: object = {}) => ({
  url,
  secret,
  types: [] as ReadonlyArray<string>,
  minMoneyMinor: 0,
  windowMinutes: 525_600,
  allowPrivate: true,
  ...more,
});

const unapplied = (company: Company, amountMinor: number): void => {
  const { operations } = company.server.sandbox!.stripe;
  operations.createCharge({ customer: operations.createCustomer({ name: "Shop" }), amountMinor });
};
const heard = (receiver: Receiver, many: number): Promise<Loose> =>
  until(
    async () => receiver.received,
    (all) => all.length >= many,
  );
const ids = ({ received }: Receiver): ReadonlySet<string> => new Set(received.map(({ id }) => id));

it("[SL3] an alert is signed and says what, how much money, since when, whose and where; sent until it is taken, once for a cause and a window, and only to who asked for it", async () => {
  const [all, great] = [await makeReceiver(), await makeReceiver()];
  all.answer = 500;
  const alerts = [endpoint(all.url), endpoint(great.url, { types: ["exception"], minMoneyMinor: 10_000 })];
  await within(
    join(folder, "once"),
    async (company) => {
      unapplied(company, 3000);
      await company.deliver();
      await heard(all, 3);
      const faults = await until(
        () => company.get("/v1/faults?kind=alert-endpoint"),
        ({ total }) => total === 1,
      );
      assert.match(
        faults.items[0].what,
        /^http:\/\/127\.0\.0\.1:\d+ took none of \d+ sendings: it answers 500; 1 alert waits$/,
      );
      all.answer = 200;
      await until(
        () => company.get("/v1/faults?kind=alert-endpoint"),
        ({ total }) => total === 0,
      );
      assert.equal(ids(all).size, 1, "one id, however often it was sent");
      const { id, body } = all.received.at(-1)!;
      assert.match(id, /^alt_[0-9a-f]{24}$/);
      assert.equal(body.type, "exception.unapplied");
      const { data } = body;
      assert.deepEqual(
        [data.count, data.team, data.connection, data.moneyAtRisk, data.worth.amountMinor],
        [1, "billing", "stripe", [{ currency: "USD", amountMinor: "3000" }], "3000"],
      );
      const [listed] = (await company.get(new URL(data.link).pathname + new URL(data.link).search)).items;
      assert.deepEqual([listed.type, new Date(listed.firstSeenAt).toISOString()], ["unapplied", data.firstSeen]);
      // More of the same cause is no other alert in this window; for who asks for great sums it has become one.
      const taken = all.received.length;
      unapplied(company, 9000);
      await company.deliver();
      await heard(great, 1);
      assert.deepEqual(great.received[0]!.body.data.count, 2);
      const { deliver } = company.server.sandbox!;
      await deliver("stripe", { id: "evt_odd", object: "event", type: "odd.thing", created: 1, data: { object: {} } });
      await heard(all, taken + 1);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.equal(all.received.length, taken + 1);
      assert.equal(all.received.at(-1)!.body.type, "fault.unknown-type");
      assert.equal(great.received.length, 1);
      await company.verified();
    },
    { desk: { ...quick(), alerts } },
  );
  await Promise.all([all.close(), great.close()]);
});

it("[SL4 P1] a receiver that is gone is waited for, and a server killed between deciding and sending sends the same alert when it is back", async () => {
  const receiver = await makeReceiver();
  receiver.answer = "hang";
  const dataDir = join(folder, "kill");
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "testing", "child.ts")], {
    env: { ...process.env, PORT: "0", TIEOUT_DATA_DIR: dataDir, ALERT_URL: receiver.url, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.once("exit", () => reject(new Error(`it ended: ${text}`)));
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const found = /listening (\S+)/.exec(text);
      if (found) resolve(found[1]!);
    });
  });
  // What the door keeps as a sample: signed for nobody, so it is a fault without any vendor's help.
  const { signWebhook } = await import("../../adapters/stripe/layer.ts");
  const body = JSON.stringify({ id: "evt_1", object: "event", type: "odd.thing", created: 1, data: { object: {} } });
  const signed = signWebhook(body, "whsec_tieout_development_stripe", Math.floor(Date.now() / 1000));
  const taken = await fetch(`${url}/webhooks/stripe`, {
    method: "POST",
    body,
    headers: { "stripe-signature": signed },
  });
  assert.equal(taken.status, 202);
  await heard(receiver, 1);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  await receiver.close();
  const first = [...ids(receiver)];
  assert.equal(first.length, 1);
  await within(
    dataDir,
    async (company) => {
      // Nobody is there: it waits, and is a fault.
      const faults = await until(
        () => company.get("/v1/faults?kind=alert-endpoint"),
        ({ total }) => total === 1,
      );
      assert.match(faults.items[0].what, /no connection/);
      receiver.answer = 200;
      await receiver.open();
      await heard(receiver, 2);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.deepEqual([...ids(receiver)], first);
      assert.equal(receiver.received.length, 2);
      assert.deepEqual(receiver.received[1]!.body.data.cause, "fault:unknown-type:stripe");
      await company.verified();
    },
    { desk: { ...quick(), alerts: [endpoint(receiver.url)] } },
  );
  await receiver.close();
});
