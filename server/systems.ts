/** Which vendor folder serves a connection: settings as plain data, so that they can cross to another thread, to `System`s. */
import type { HttpClient } from "@effect/platform/HttpClient";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { makeCloudEvents } from "../adapters/cloudevents.ts";
import { makeNetsuite, type NetsuiteConfig, simulatorIds } from "../adapters/netsuite/layer.ts";
import { defaultDocuments, defaultNames, makeSalesforce, type SalesforceConfig } from "../adapters/salesforce/layer.ts";
import { makeStripe, type StripeConfig } from "../adapters/stripe/layer.ts";
import { RejectedFixable, type Role, type System } from "../domain/ports/system.ts";

/** Everything of the vendor's config but the name; secrets as text, in memory only. */
export type StripeSettings = Omit<StripeConfig, "connection" | "apiKey"> & { readonly apiKey: string };
export type NetsuiteSettings = Omit<NetsuiteConfig, "connection" | "auth"> & {
  readonly auth:
    | { readonly type: "bearer"; readonly token: string }
    | {
        readonly type: "oauth2";
        readonly clientId: string;
        readonly certificateId: string;
        readonly privateKey: string;
        readonly algorithm: "ES256" | "PS256";
      };
};

export type SalesforceSettings = Omit<SalesforceConfig, "connection" | "auth" | "pubsubUrl"> & {
  /** Null: change events come by relayed webhooks, nobody subscribes. */
  readonly pubsubUrl: string | null;
  readonly auth:
    | { readonly type: "bearer"; readonly token: string }
    | {
        readonly type: "jwt";
        readonly clientId: string;
        readonly username: string;
        readonly privateKey: string;
        readonly loginUrl: string;
      };
};

export type ConnectionSettings =
  /** `api` null: its webhooks are taken in, nothing is ever asked or sent. */
  | { readonly vendor: "stripe"; readonly connection: string; readonly api: StripeSettings | null }
  | { readonly vendor: "netsuite"; readonly connection: string; readonly api: NetsuiteSettings | null }
  | { readonly vendor: "salesforce"; readonly connection: string; readonly api: SalesforceSettings | null }
  /** Speaks the domain's own words, and is never asked or sent anything. */
  | {
      readonly vendor: "cloudevents";
      readonly connection: string;
      readonly api: null;
      readonly roles: ReadonlyArray<Role>;
    };

export const vendors = ["stripe", "salesforce", "netsuite"] as const satisfies ReadonlyArray<
  ConnectionSettings["vendor"]
>;
export type Vendor = ConnectionSettings["vendor"];

const stripeSystem = (connection: string, api: StripeSettings) =>
  makeStripe({ ...api, connection, apiKey: Redacted.make(api.apiKey) });

const netsuiteSystem = (connection: string, api: NetsuiteSettings) => {
  const { auth } = api;
  return makeNetsuite({
    ...api,
    connection,
    auth:
      auth.type === "bearer"
        ? { type: "bearer", token: Redacted.make(auth.token) }
        : { ...auth, privateKey: Redacted.make(auth.privateKey) },
  });
};

const salesforceSystem = (connection: string, api: SalesforceSettings) => {
  const { auth, pubsubUrl } = api;
  const system = makeSalesforce({
    ...api,
    connection,
    pubsubUrl: pubsubUrl ?? "",
    auth:
      auth.type === "bearer"
        ? { type: "bearer", token: Redacted.make(auth.token) }
        : { ...auth, privateKey: Redacted.make(auth.privateKey) },
  });
  return pubsubUrl === null ? Effect.map(system, unsubscribed) : system;
};
const unsubscribed = (system: System): System => {
  const { subscribe: _, ...outbound } = system.outbound;
  return { ...system, outbound };
};

/** A vendor's reading side needs some settings even where there is no API to talk to. */
const withoutApi: {
  readonly stripe: StripeSettings;
  readonly netsuite: NetsuiteSettings;
  readonly salesforce: SalesforceSettings;
} = {
  salesforce: {
    instanceUrl: "",
    apiVersion: "",
    auth: { type: "bearer", token: "" },
    clientName: "tieout",
    names: defaultNames,
    documents: defaultDocuments,
    currencyField: null,
    defaultCurrency: null,
    billingConnection: null,
    pubsubUrl: null,
    topic: "",
    tenantId: null,
    streamBatch: 1,
    streamSilenceMs: 1000,
    timeoutMs: 1000,
    settleWindowMs: 1000,
    concurrency: 1,
    pollOverlapMs: 0,
    pollPageSize: 200,
  },
  stripe: {
    apiKey: "",
    baseUrl: null,
    apiVersion: "",
    timeoutMs: 1000,
    settleWindowMs: 1000,
    concurrency: 1,
    linkKey: "tieout_link",
  },
  netsuite: {
    account: "",
    baseUrl: null,
    auth: { type: "bearer", token: "" },
    ids: simulatorIds,
    externalIdConnection: null,
    timeoutMs: 1000,
    settleWindowMs: 1000,
    concurrency: 1,
    pollOverlapMs: 0,
    pollPageSize: 1,
  },
};

const deaf = (system: System): System => {
  const refuse = Effect.fail(
    new RejectedFixable({
      code: "no-api",
      detail: `connection ${system.connection} has no "api" in the configuration`,
    }),
  );
  return {
    ...system,
    profile: { ...system.profile, canRead: false },
    outbound: { send: () => refuse, lookup: () => refuse, read: () => refuse, poll: null },
  };
};

const systemOf = (settings: ConnectionSettings): Effect.Effect<System, never, HttpClient> => {
  switch (settings.vendor) {
    case "stripe":
      return stripeSystem(settings.connection, settings.api ?? withoutApi.stripe);
    case "netsuite":
      return netsuiteSystem(settings.connection, settings.api ?? withoutApi.netsuite);
    case "salesforce":
      return salesforceSystem(settings.connection, settings.api ?? withoutApi.salesforce);
    case "cloudevents":
      return Effect.succeed(makeCloudEvents(settings));
  }
};

const make = (settings: ConnectionSettings): Effect.Effect<System, never, HttpClient> => {
  const system = systemOf(settings);
  return settings.api === null ? Effect.map(system, deaf) : system;
};

export const makeSystems = (
  connections: ReadonlyArray<ConnectionSettings>,
): Effect.Effect<ReadonlyMap<string, System>, never, HttpClient> =>
  Effect.map(
    Effect.forEach(connections, make),
    (systems) => new Map(systems.map((system) => [system.connection, system])),
  );
