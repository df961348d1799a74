/** The sample company's quarter in a world in memory, at rest: what the reports are asked about. */
import { makeCloudEvents } from "../../../adapters/cloudevents.ts";
import { sign } from "../../../adapters/standard-webhooks.ts";
import { signWebhook } from "../../../adapters/stripe/layer.ts";
import { playSample } from "../../sample.ts";
import { type Loose, makeWorld, secret, type World } from "../../testing/world.ts";

const usageSecret = `whsec_${Buffer.from("secret of usage").toString("base64")}`;
const usage = makeCloudEvents({ connection: "usage", roles: ["usage"] });

/** Its present. */
export const start = Date.parse("2026-09-01T12:00:00Z");

export const sampleWorld = async (): Promise<World> => {
  const world = await makeWorld({ senders: [{ system: usage, secret: usageSecret }] });
  world.clock.now = start;
  const sandbox = {
    stripe: world.stripe,
    salesforce: world.salesforce,
    netsuite: world.netsuite,
    outage: () => {},
    deliver: async (connection: string, event: unknown) => {
      const body = JSON.stringify(event);
      const seconds = Math.floor(start / 1000);
      const headers =
        connection === "stripe"
          ? { "stripe-signature": signWebhook(body, secret, seconds) }
          : sign(body, { id: "m1", timestampSec: seconds, secret: usageSecret });
      const response = await world.app.request(`/webhooks/${connection}`, { method: "POST", body, headers });
      return { status: response.status, body: await response.text() };
    },
  } as unknown as Parameters<typeof playSample>[0]["sandbox"];
  const { host, echo } = world;
  await playSample({ sandbox, host, url: "http://x", idle: echo, now: () => start, say: () => {}, paceMs: 0 });
  return world;
};

/** An answer of the routes that is one. */
export const gets =
  (world: World) =>
  async (path: string): Promise<Loose> => {
    const { status, body } = await world.get(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
