/**
 * Everything an operator sets about one Salesforce org: where it is, who we are there, and what its objects, fields and status
 * words are called. Plain data but for the secrets. Names of managed packages (SBQQ) are unverified: they are settings.
 */
import * as Config from "effect/Config";
import * as Option from "effect/Option";
import * as Redacted from "effect/Redacted";

export type SalesforceAuth =
  /** OAuth 2.0 JWT bearer (RS256), the way for production: the app is pre-authorised for the user. */
  | {
      readonly type: "jwt";
      /** The connected app's consumer key. */
      readonly clientId: string;
      readonly username: string;
      /** PKCS#8 PEM of the RSA key whose certificate the app has. */
      readonly privateKey: Redacted.Redacted<string>;
      /** Audience and token host: `https://login.salesforce.com`, or `https://test.salesforce.com` for sandboxes. */
      readonly loginUrl: string;
    }
  /** A fixed bearer token: the simulator, or a session at hand. */
  | { readonly type: "bearer"; readonly token: Redacted.Redacted<string> };

/** The org's name for a field; null: the org has none, and nothing is ever said of it. */
type Field = string | null;

export interface AccountNames {
  readonly object: string;
  readonly name: Field;
  readonly email: Field;
  readonly parent: Field;
  readonly legalId: Field;
  /** Fields that hold the customer's id elsewhere. */
  readonly links: ReadonlyArray<string>;
}
export interface QuoteNames {
  readonly object: string;
  readonly account: Field;
  readonly name: Field;
  readonly number: Field;
  readonly status: Field;
  readonly amount: Field;
  /** The deal that an offer belongs to; an opportunity has none. */
  readonly deal: Field;
  readonly closedAt: Field;
  /** Words of the status field, in any case; what is in neither list is open. */
  readonly won: ReadonlyArray<string>;
  readonly lost: ReadonlyArray<string>;
}
export interface ContractNames {
  readonly object: string;
  readonly account: Field;
  readonly name: Field;
  readonly number: Field;
  readonly status: Field;
  readonly amount: Field;
  readonly start: Field;
  /** The last day of the term, included. */
  readonly end: Field;
  /** The fields that name the quote or deal, the first that is filled counts. */
  readonly quote: ReadonlyArray<string>;
  readonly subscription: Field;
  /** Words of the status field, in any case; what is in no list is a draft. */
  readonly activated: ReadonlyArray<string>;
  readonly expired: ReadonlyArray<string>;
  readonly cancelled: ReadonlyArray<string>;
}

export interface SalesforceNames {
  readonly account: AccountNames;
  /** Null, here and below: the org has no such object, or it is not to be read. */
  readonly opportunity: QuoteNames | null;
  readonly cpqQuote: QuoteNames | null;
  readonly order: ContractNames | null;
  readonly contract: ContractNames | null;
}

/** Our own documents there: custom objects, each with an external id field (unique, text of 40 or more). */
export interface SalesforceDocuments {
  readonly externalId: string;
  readonly subscription: {
    readonly object: string;
    readonly account: string;
    readonly status: string;
    readonly startAt: string;
    readonly endAt: string;
    readonly source: Field;
  };
  readonly invoice: {
    readonly object: string;
    readonly account: string;
    readonly number: string;
    readonly status: string;
    readonly currency: string;
    readonly amountMinor: string;
    readonly paidMinor: string;
    readonly source: Field;
  };
}

export interface SalesforceConfig {
  readonly connection: string;
  /** `https://brightwater.my.salesforce.com`. */
  readonly instanceUrl: string;
  /** `67.0`. */
  readonly apiVersion: string;
  readonly auth: SalesforceAuth;
  /** The client name of our calls, which comes back in `changeOrigin`. */
  readonly clientName: string;
  readonly names: SalesforceNames;
  readonly documents: SalesforceDocuments;
  /** `CurrencyIsoCode` in an org with several currencies; null in one with a single currency. */
  readonly currencyField: Field;
  /** ISO 4217: the currency of what names none. */
  readonly defaultCurrency: string | null;
  /** The connection that bare customer and subscription ids in link fields belong to (`stripe`); null: only `connection:id` is read. */
  readonly billingConnection: string | null;
  /** `host:port` of the Pub/Sub API; `http://host:port` without TLS, for the simulator. */
  readonly pubsubUrl: string;
  readonly topic: string;
  /** The org's id for the Pub/Sub API; null: as the token's answer says it. */
  readonly tenantId: string | null;
  /** Events asked for at once, 1 to 100. */
  readonly streamBatch: number;
  /** Longer silence of the stream than this is a broken connection: an empty answer is due within 270 s. Milliseconds. */
  readonly streamSilenceMs: number;
  /** How long we wait for an answer. Milliseconds. */
  readonly timeoutMs: number;
  /** How long an unclear outcome rests. Milliseconds; Salesforce itself gives up after ten minutes. */
  readonly settleWindowMs: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** How far a poll starts before the newest row seen, milliseconds: a record may be stamped long before it commits. */
  readonly pollOverlapMs: number;
  /** Rows a page, 200 to 2000. */
  readonly pollPageSize: number;
}

export const defaultNames: SalesforceNames = {
  account: {
    ...{ object: "Account", name: "Name", email: null, parent: "ParentId", legalId: null },
    links: ["Billing_Customer_Id__c"],
  },
  opportunity: {
    object: "Opportunity",
    account: "AccountId",
    name: "Name",
    number: null,
    status: "StageName",
    amount: "Amount",
    deal: null,
    closedAt: "CloseDate",
    won: ["Closed Won"],
    lost: ["Closed Lost"],
  },
  cpqQuote: {
    object: "SBQQ__Quote__c",
    account: "SBQQ__Account__c",
    name: null,
    number: "Name",
    status: "SBQQ__Status__c",
    amount: "SBQQ__NetAmount__c",
    deal: "SBQQ__Opportunity2__c",
    closedAt: null,
    won: ["Accepted", "Approved"],
    lost: ["Rejected", "Denied", "Expired"],
  },
  order: {
    object: "Order",
    account: "AccountId",
    name: "Name",
    number: "OrderNumber",
    status: "Status",
    amount: "TotalAmount",
    start: "EffectiveDate",
    end: "EndDate",
    quote: ["SBQQ__Quote__c", "OpportunityId"],
    subscription: "Billing_Subscription_Id__c",
    activated: ["Activated"],
    expired: ["Expired"],
    cancelled: ["Cancelled", "Canceled", "Terminated"],
  },
  contract: {
    object: "Contract",
    account: "AccountId",
    name: "Name",
    number: "ContractNumber",
    status: "Status",
    amount: null,
    start: "StartDate",
    end: "EndDate",
    quote: ["SBQQ__Quote__c", "SBQQ__Opportunity__c"],
    subscription: "Billing_Subscription_Id__c",
    activated: ["Activated"],
    expired: ["Expired"],
    cancelled: ["Cancelled", "Canceled", "Terminated"],
  },
};

export const defaultDocuments: SalesforceDocuments = {
  externalId: "Tieout_Id__c",
  subscription: {
    object: "Tieout_Subscription__c",
    account: "Account__c",
    status: "Status__c",
    startAt: "Start__c",
    endAt: "End__c",
    source: "Source__c",
  },
  invoice: {
    object: "Tieout_Invoice__c",
    account: "Account__c",
    number: "Number__c",
    status: "Status__c",
    currency: "Currency__c",
    amountMinor: "Amount__c",
    paidMinor: "Paid__c",
    source: "Source__c",
  },
};

export const defaults = {
  apiVersion: "67.0",
  clientName: "tieout",
  names: defaultNames,
  documents: defaultDocuments,
  currencyField: "CurrencyIsoCode",
  defaultCurrency: null,
  billingConnection: null,
  pubsubUrl: "api.pubsub.salesforce.com:7443",
  topic: "/data/ChangeEvents",
  tenantId: null,
  streamBatch: 100,
  streamSilenceMs: 300_000,
  timeoutMs: 120_000,
  settleWindowMs: 660_000,
  concurrency: 8,
  pollOverlapMs: 660_000,
  pollPageSize: 2000,
} satisfies Omit<SalesforceConfig, "connection" | "instanceUrl" | "auth">;

export const simulatorToken = "00D000000000001!tieout-salesforce-simulator";
/** The org of the simulator. */
export const simulatorTenant = "00D000000000001AAA";

/** Towards the simulator: fixed token, a settle window of one second, bare ids in link fields are Stripe's. */
export const sandboxConfig = (instanceUrl: string, overrides: Partial<SalesforceConfig> = {}): SalesforceConfig => ({
  ...defaults,
  connection: "salesforce",
  instanceUrl,
  auth: { type: "bearer", token: Redacted.make(simulatorToken) },
  tenantId: simulatorTenant,
  billingConnection: "stripe",
  settleWindowMs: 1000,
  ...overrides,
});

const text = (name: string) => Config.option(Config.nonEmptyString(name)).pipe(Config.map(Option.getOrNull));
const word = (name: string, fallback: string) => Config.nonEmptyString(name).pipe(Config.withDefault(fallback));
const count = (name: string, fallback: number) => Config.integer(name).pipe(Config.withDefault(fallback));

const jwt = Config.all({
  type: Config.succeed("jwt" as const),
  clientId: Config.nonEmptyString("CLIENT_ID"),
  username: Config.nonEmptyString("USERNAME"),
  privateKey: Config.redacted(Config.nonEmptyString("PRIVATE_KEY")),
  loginUrl: word("LOGIN_URL", "https://login.salesforce.com"),
});
const bearer = Config.all({
  type: Config.succeed("bearer" as const),
  token: Config.redacted(Config.nonEmptyString("TOKEN")),
});

/** From the environment: `SALESFORCE_INSTANCE_URL` …; the prefix is the connection in capitals. Names and words: in the configuration file. */
export const salesforceConfig = (connection: string): Config.Config<SalesforceConfig> =>
  Config.all({
    connection: Config.succeed(connection),
    instanceUrl: Config.nonEmptyString("INSTANCE_URL"),
    apiVersion: word("API_VERSION", defaults.apiVersion),
    auth: Config.orElse(bearer, () => jwt),
    clientName: word("CLIENT_NAME", defaults.clientName),
    names: Config.succeed(defaultNames),
    documents: Config.succeed(defaultDocuments),
    // `none` says that the org has a single currency.
    currencyField: word("CURRENCY_FIELD", defaults.currencyField).pipe(Config.map((f) => (f === "none" ? null : f))),
    defaultCurrency: text("DEFAULT_CURRENCY"),
    billingConnection: text("BILLING_CONNECTION"),
    pubsubUrl: word("PUBSUB_URL", defaults.pubsubUrl),
    topic: word("TOPIC", defaults.topic),
    tenantId: text("TENANT_ID"),
    streamBatch: count("STREAM_BATCH", defaults.streamBatch),
    streamSilenceMs: count("STREAM_SILENCE_MS", defaults.streamSilenceMs),
    timeoutMs: count("TIMEOUT_MS", defaults.timeoutMs),
    settleWindowMs: count("SETTLE_WINDOW_MS", defaults.settleWindowMs),
    concurrency: count("CONCURRENCY", defaults.concurrency),
    pollOverlapMs: count("POLL_OVERLAP_MS", defaults.pollOverlapMs),
    pollPageSize: count("POLL_PAGE_SIZE", defaults.pollPageSize),
  }).pipe(Config.nested(connection.toUpperCase().replaceAll("-", "_")));
