/** What each vendor's connection says in the configuration file. */
import * as Schema from "effect/Schema";
import { senderRoles } from "../../adapters/cloudevents.ts";
import { defaultEntity } from "../../domain/periods.ts";
import { modes } from "../../domain/rules.ts";
import { obligationTable } from "../../domain/wish.ts";
import { RatePerMinute } from "./access.ts";
import { BaseUrl, Concurrency, Day, Millis, or, orNull, SecretRef, Text } from "./leaf.ts";

const rowNames = obligationTable.map(({ row }) => row) as [string, ...string[]];

const StripeApi = Schema.Struct({
  apiKey: SecretRef,
  baseUrl: orNull(BaseUrl),
  apiVersion: Schema.optionalWith(Text, { exact: true }),
  timeoutMs: or(Millis, 30_000),
  settleWindowMs: or(Millis, 90_000),
  concurrency: or(Concurrency, 8),
  linkKey: or(Text, "tieout_link"),
});

const NetsuiteApi = Schema.Struct({
  account: Text,
  baseUrl: orNull(BaseUrl),
  auth: Schema.Union(
    Schema.Struct({ type: Schema.Literal("bearer"), token: SecretRef }),
    Schema.Struct({
      type: Schema.Literal("oauth2"),
      clientId: Text,
      certificateId: Text,
      privateKey: SecretRef,
      algorithm: or(Schema.Literal("ES256", "PS256"), "ES256"),
    }),
  ),
  ids: or(
    Schema.Struct({
      item: orNull(Text),
      items: or(Schema.Record({ key: Schema.String, value: Text }), {}),
      chargeItem: orNull(Text),
      chargeType: orNull(Text),
      taxItem: orNull(Text),
      receivableAccount: orNull(Text),
      revenueAccount: orNull(Text),
      taxAccount: orNull(Text),
      cashAccount: orNull(Text),
      subsidiary: orNull(Text),
      currencies: or(Schema.Record({ key: Schema.String, value: Text }), {}),
      entities: or(Schema.Record({ key: Schema.String, value: Text }), {}),
    }),
    {
      item: null,
      items: {},
      chargeItem: null,
      chargeType: null,
      taxItem: null,
      receivableAccount: null,
      revenueAccount: null,
      taxAccount: null,
      cashAccount: null,
      subsidiary: null,
      currencies: {},
      entities: {},
    },
  ),
  externalIdConnection: orNull(Text),
  timeoutMs: or(Millis, 120_000),
  settleWindowMs: or(Millis, 960_000),
  concurrency: or(Concurrency, 5),
  pollOverlapMs: or(Millis, 960_000),
  pollPageSize: or(Schema.Int.pipe(Schema.between(1, 1000)), 1000),
});

const common = {
  webhookSecrets: Schema.NonEmptyArray(SecretRef),
  /** `observe`: what the connection would be sent is computed and shown, and not sent; `propose`: a person approves each command. */
  mode: or(Schema.Literal(...modes), "observe"),
  /** Rows of the obligation table with a mode of their own. */
  rows: or(
    Schema.Record({ key: Schema.String, value: Schema.Literal(...modes) }).pipe(
      Schema.filter((rows) => {
        const unknown = Object.keys(rows).find((row) => !rowNames.includes(row));
        return unknown === undefined || `no row is named ${unknown}; one of ${rowNames.join(", ")}`;
      }),
    ),
    {},
  ),
  /** Rows whose inverse a person approves, whatever their mode. */
  holdInverses: or(Schema.Array(Schema.Literal(...rowNames)), []),
  /** What took effect before is matched with what the system has, never sent. */
  startAt: orNull(Day),
  /** The team that its exceptions go to. */
  owner: orNull(Text),
  /** The legal entity that the system belongs to. */
  entity: or(Text, defaultEntity),
  /** Webhooks that are taken in. */
  ratePerMinute: RatePerMinute,
  /** Its addresses may be on this machine or in a private network. */
  allowPrivate: or(Schema.Boolean, false),
};
const Stripe = Schema.Struct({ vendor: Schema.Literal("stripe"), ...common, api: orNull(StripeApi) });
const Field = Schema.NullOr(Text);
const Words = Schema.Array(Text);
/** Only what differs from the defaults. */
const partly = <F extends Schema.Struct.Fields>(fields: F) =>
  Schema.partialWith(Schema.Struct(fields), { exact: true });
const accountNames = { object: Text, name: Field, email: Field, parent: Field, legalId: Field, links: Words };
const quoteNames = {
  object: Text,
  account: Field,
  name: Field,
  number: Field,
  status: Field,
  amount: Field,
  deal: Field,
  closedAt: Field,
  won: Words,
  lost: Words,
};
const contractNames = {
  object: Text,
  account: Field,
  name: Field,
  number: Field,
  status: Field,
  amount: Field,
  start: Field,
  end: Field,
  quote: Words,
  subscription: Field,
  activated: Words,
  expired: Words,
  cancelled: Words,
};

/** What the org calls its objects, fields and words; null: it has no such object. */
const SalesforceNames = partly({
  account: partly(accountNames),
  opportunity: Schema.NullOr(partly(quoteNames)),
  cpqQuote: Schema.NullOr(partly(quoteNames)),
  order: Schema.NullOr(partly(contractNames)),
  contract: Schema.NullOr(partly(contractNames)),
});
const SalesforceDocuments = partly({
  externalId: Text,
  subscription: partly({ object: Text, account: Text, status: Text, startAt: Text, endAt: Text, source: Field }),
  invoice: partly({
    object: Text,
    account: Text,
    number: Text,
    status: Text,
    currency: Text,
    amountMinor: Text,
    paidMinor: Text,
    source: Field,
  }),
});

const SalesforceApi = Schema.Struct({
  instanceUrl: BaseUrl,
  apiVersion: or(Text, "67.0"),
  auth: Schema.Union(
    Schema.Struct({ type: Schema.Literal("bearer"), token: SecretRef }),
    Schema.Struct({
      type: Schema.Literal("jwt"),
      clientId: Text,
      username: Text,
      privateKey: SecretRef,
      loginUrl: or(BaseUrl, "https://login.salesforce.com"),
    }),
  ),
  clientName: or(Text, "tieout"),
  names: or(SalesforceNames, {}),
  documents: or(SalesforceDocuments, {}),
  currencyField: Schema.optionalWith(Schema.NullOr(Text), { default: () => "CurrencyIsoCode" }),
  defaultCurrency: orNull(Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/))),
  billingConnection: orNull(Text),
  /** Null: change events come by relayed webhooks. */
  pubsubUrl: orNull(Text),
  topic: or(Text, "/data/ChangeEvents"),
  tenantId: orNull(Text),
  streamBatch: or(Schema.Int.pipe(Schema.between(1, 100)), 100),
  streamSilenceMs: or(Millis, 300_000),
  timeoutMs: or(Millis, 120_000),
  settleWindowMs: or(Millis, 660_000),
  concurrency: or(Concurrency, 8),
  pollOverlapMs: or(Millis, 660_000),
  pollPageSize: or(Schema.Int.pipe(Schema.between(200, 2000)), 2000),
});
const Netsuite = Schema.Struct({ vendor: Schema.Literal("netsuite"), ...common, api: orNull(NetsuiteApi) });

const Salesforce = Schema.Struct({ vendor: Schema.Literal("salesforce"), ...common, api: orNull(SalesforceApi) });

const CloudEvents = Schema.Struct({
  vendor: Schema.Literal("cloudevents"),
  ...common,
  roles: Schema.NonEmptyArray(Schema.Literal(...senderRoles)),
  api: or(Schema.Null, null),
});

export type FileConnection =
  | typeof CloudEvents.Type
  | typeof Stripe.Type
  | typeof Netsuite.Type
  | typeof Salesforce.Type;
/** By the word that `vendor` says. */
export const vendors = {
  stripe: Stripe,
  salesforce: Salesforce,
  netsuite: Netsuite,
  cloudevents: CloudEvents,
} as const;
