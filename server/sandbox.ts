/**
 * The vendors of the sandbox: their simulators on loopback, what those have committed on disk, their webhooks to our door. The
 * addresses are there first, the state is opened once the data directory is ours: until then requests wait.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import * as Redacted from "effect/Redacted";
import type { Hono } from "hono";
import {
  makeNetsuiteSimulator,
  type NetsuiteSimulator,
  sandboxConfig,
  simulatorToken,
} from "../adapters/netsuite/layer.ts";
import {
  makeSalesforceSimulator,
  type SalesforceSimulator,
  sandboxConfig as salesforceSandbox,
  simulatorToken as salesforceToken,
} from "../adapters/salesforce/layer.ts";
import { makeConfig, makeStripeSimulator, type StripeSimulator } from "../adapters/stripe/layer.ts";
import { type Delivered, makeDelivery, type Speaker } from "./sandbox/delivery.ts";
import { type DurableLog, openDurableLog } from "./sandbox/durable-log.ts";
import type { ConnectionSettings, Vendor } from "./systems.ts";

type StripeState = ReturnType<StripeSimulator["snapshot"]>;
type StripeCommit = Parameters<StripeSimulator["recommit"]>[0];
type NetsuiteState = ReturnType<NetsuiteSimulator["snapshot"]>;
type SalesforceState = ReturnType<SalesforceSimulator["snapshot"]>;
type SalesforceCommit = NonNullable<Parameters<SalesforceSimulator["restore"]>[1]>[number];
type NetsuiteCommit = NonNullable<Parameters<NetsuiteSimulator["restore"]>[1]>[number];

export interface SandboxOptions {
  readonly dataDir: string;
  readonly now: () => number;
  /** The first webhook secret of each connection. */
  readonly secret: (speaker: Speaker) => string;
  /** How long NetSuite's answer rests after its commit. Milliseconds. */
  readonly netsuiteDelayMs: number;
}

export interface Sandbox {
  readonly stripe: StripeSimulator;
  readonly netsuite: NetsuiteSimulator;
  readonly salesforce: SalesforceSimulator;
  readonly connections: ReadonlyArray<ConnectionSettings>;
  /** Puts the state back that was on disk. Only for the owner of the data directory. */
  readonly open: () => Promise<void>;
  /** Deliveries begin. */
  readonly attach: (doorUrl: string) => void;
  /** One webhook of a vendor, repeated until the door takes or refuses it; null when given up. `timestamp`: of the signature, seconds. */
  readonly deliver: (
    connection: Speaker,
    event: unknown,
    how?: { readonly timestamp?: number },
  ) => Promise<Delivered | null>;
  /** NetSuite answers 503 for so long from now, and does nothing. */
  readonly outage: (forMs: number) => void;
  /** Resolves when no webhook of the simulators' own is on its way. */
  readonly quiet: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Milliseconds. */
const timeoutMs = 2000;
const settleWindowMs = 1000;
const concurrency = 10;
/** Far enough back for what commits late, near enough to read little twice. */
const pollOverlapMs = 10_000;

/** Of the simulator. */
export const stripeKey = "sk_test_tieout_simulator";

type Fetch = (request: Request) => Response | Promise<Response>;

const listen = async (fetch: Fetch): Promise<Server> => {
  const server = createServer(getRequestListener(fetch));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return server;
};
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

export const makeSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { now } = options;
  let opened: () => void = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  let stripeLog: DurableLog<StripeState, StripeCommit> | null = null;
  let netsuiteLog: DurableLog<NetsuiteState, NetsuiteCommit> | null = null;
  let salesforceLog: DurableLog<SalesforceState, SalesforceCommit> | null = null;

  const delivery = makeDelivery({ now, secret: options.secret });
  const stripe = makeStripeSimulator({ now, apiKey: stripeKey, onCommit: (entry) => stripeLog!.append(entry) });
  const netsuite = makeNetsuiteSimulator({
    now,
    onCommit: async (_, change) => {
      await netsuiteLog!.append(change);
      delivery.enqueue("netsuite", netsuite.drainEvents());
    },
  });
  const salesforce = makeSalesforceSimulator({
    now,
    onCommit: async (_, change) => {
      await salesforceLog!.append(change);
      delivery.enqueue("salesforce", salesforce.drainEvents());
    },
  });
  netsuite.faults.delayMs = options.netsuiteDelayMs;

  const onceOpen =
    (app: () => Hono): Fetch =>
    async (request) => {
      await open;
      return app().fetch(request);
    };
  const stripeServer = await listen(onceOpen(() => stripe.app));
  const netsuiteServer = await listen(onceOpen(() => netsuite.app));
  const salesforceServer = await listen(onceOpen(() => salesforce.app));
  const servers = [stripeServer, netsuiteServer, salesforceServer];

  const restore = async (): Promise<void> => {
    const folder = (vendor: Vendor) => join(options.dataDir, "simulators", vendor);
    stripeLog = await openDurableLog<StripeState, StripeCommit>(folder("stripe"));
    if (stripeLog.snapshot) stripe.restore(stripeLog.snapshot);
    for (const entry of stripeLog.lines) stripe.recommit(entry);
    if (stripeLog.long) await stripeLog.save(stripe.snapshot());

    netsuiteLog = await openDurableLog<NetsuiteState, NetsuiteCommit>(folder("netsuite"));
    const { snapshot, lines } = netsuiteLog;
    const through = snapshot?.committed.length ?? 0;
    netsuite.restore(
      snapshot,
      lines.filter(({ entry }) => entry.seq > through),
    );
    // What was not delivered before the end of the last process is what the poll is for.
    netsuite.drainEvents();
    if (netsuiteLog.long) await netsuiteLog.save(netsuite.snapshot());

    salesforceLog = await openDurableLog<SalesforceState, SalesforceCommit>(folder("salesforce"));
    const org = salesforceLog;
    const known = org.snapshot?.committed.length ?? 0;
    salesforce.restore(
      org.snapshot,
      org.lines.filter(({ entry }) => entry.seq > known),
    );
    salesforce.drainEvents();
    if (org.long) await org.save(salesforce.snapshot());
    opened();
  };

  /** Acts on the Stripe simulator are not commits of its API: the state is on disk before anyone hears of them. */
  let saving: Promise<void> | null = null;
  let asked = false;
  const saveStripe = (): Promise<void> => {
    asked = true;
    saving ??= (async () => {
      try {
        await new Promise((resolve) => setImmediate(resolve));
        asked = false;
        await stripeLog!.save(stripe.snapshot());
      } finally {
        saving = null;
      }
    })();
    return saving.then(() => (asked ? saveStripe() : undefined));
  };

  const api = makeConfig({ connection: "stripe", apiKey: stripeKey, timeoutMs, settleWindowMs, concurrency });
  const erp = sandboxConfig(urlOf(netsuiteServer), { timeoutMs, settleWindowMs, concurrency, pollOverlapMs });
  const { connection: _stripe, ...stripeApi } = { ...api, apiKey: Redacted.value(api.apiKey) };
  const { connection: _netsuite, auth: _auth, ...netsuiteApi } = erp;
  const crm = salesforceSandbox(urlOf(salesforceServer), {
    timeoutMs,
    settleWindowMs,
    concurrency,
    pollOverlapMs,
    defaultCurrency: "USD",
  });
  const { connection: _salesforce, auth: _crmAuth, ...salesforceApi } = crm;

  return {
    stripe,
    netsuite,
    salesforce,
    connections: [
      { vendor: "stripe", connection: "stripe", api: { ...stripeApi, baseUrl: urlOf(stripeServer) } },
      {
        vendor: "netsuite",
        connection: "netsuite",
        api: { ...netsuiteApi, externalIdConnection: "stripe", auth: { type: "bearer", token: simulatorToken } },
      },
      {
        vendor: "salesforce",
        connection: "salesforce",
        // Its change events come by webhooks, as from a relay; what those missed, the poll brings.
        api: { ...salesforceApi, pubsubUrl: null, auth: { type: "bearer", token: salesforceToken } },
      },
      { vendor: "cloudevents", connection: "usage", api: null, roles: ["usage"] },
    ],
    open: restore,
    attach: delivery.attach,
    deliver: async (connection, event, how) => {
      if (connection === "stripe") await saveStripe();
      return delivery.deliver(connection, event, how?.timestamp);
    },
    outage: (forMs) => {
      netsuite.faults.outageUntil = now() + forMs;
    },
    quiet: delivery.quiet,
    close: async () => {
      delivery.close();
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
      await stripeLog?.close();
      await netsuiteLog?.close();
      await salesforceLog?.close();
    },
  };
};
