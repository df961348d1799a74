/**
 * Everything an operator sets about one NetSuite account: where it is, how we prove who we are, and the internal ids
 * that this account gave to the things our documents refer to.
 */
import * as Config from "effect/Config";
import * as ConfigError from "effect/ConfigError";
import * as Either from "effect/Either";
import * as Option from "effect/Option";
import * as Redacted from "effect/Redacted";

export type NetsuiteAuth =
  /** OAuth 2.0 client credentials with a signed assertion (machine to machine), the way for production. */
  | {
      readonly type: "oauth2";
      readonly clientId: string;
      /** The `kid` that NetSuite shows beside the uploaded certificate. */
      readonly certificateId: string;
      /** PKCS#8 PEM: P-256 for ES256, RSA of 3072 bits or more for PS256. */
      readonly privateKey: Redacted.Redacted<string>;
      readonly algorithm: "ES256" | "PS256";
    }
  /** A fixed bearer token: the simulator, or a sandbox session. */
  | { readonly type: "bearer"; readonly token: Redacted.Redacted<string> };

/** NetSuite's internal ids of what our documents refer to; null: not mapped, so documents that need it are refused as fixable. */
export interface NetsuiteIds {
  /** The item of every receivable's line. */
  readonly item: string | null;
  /** Product → the item of its charges. */
  readonly items: Readonly<Record<string, string>>;
  /** The item of charges for products that `items` does not name; null: such a charge is refused. */
  readonly chargeItem: string | null;
  /** The charge type of our charges; null leaves the field out. */
  readonly chargeType: string | null;
  /** The item that carries a receivable's tax as a line of its own. */
  readonly taxItem: string | null;
  /** Accounts of the reversing journals. */
  readonly receivableAccount: string | null;
  readonly revenueAccount: string | null;
  readonly taxAccount: string | null;
  readonly cashAccount: string | null;
  /** OneWorld accounts only; null leaves the field out. */
  readonly subsidiary: string | null;
  /** ISO 4217 code → internal id of the currency record. A code not named here goes out as its own id, as in the simulator. */
  readonly currencies: Readonly<Record<string, string>>;
  /**
   * Legal entity, as billing calls it → internal id of its subsidiary. A subsidiary not named here goes by its own name. Only where this
   * or `subsidiary` is set is the account taken for a OneWorld one, and are subsidiaries read at all.
   */
  readonly entities: Readonly<Record<string, string>>;
}

export interface NetsuiteConfig {
  readonly connection: string;
  /** `1234567` or `1234567_SB1`. */
  readonly account: string;
  /** Replaces `https://{account}.suitetalk.api.netsuite.com`; null: that address. */
  readonly baseUrl: string | null;
  readonly auth: NetsuiteAuth;
  readonly ids: NetsuiteIds;
  /** The connection whose customer ids NetSuite's external ids hold (`stripe`); null: only `connection:id` is a link. */
  readonly externalIdConnection: string | null;
  /** How long we wait for an answer. Milliseconds, default 120,000. */
  readonly timeoutMs: number;
  /** How long an unclear outcome rests. Milliseconds, default 960,000: NetSuite itself gives up after 900,000. */
  readonly settleWindowMs: number;
  /** Requests in flight at once; the limit is shared by everything that talks to the account. Default 5. */
  readonly concurrency: number;
  /** How far a poll starts before the newest row seen, milliseconds. Default 960,000: a record may be stamped long before it commits. */
  readonly pollOverlapMs: number;
  /** Rows a page, 1 to 1000. Default 1000. */
  readonly pollPageSize: number;
}

/** The ids that the simulator's account has. */
export const simulatorIds: NetsuiteIds = {
  item: "1",
  items: {},
  chargeItem: "1",
  chargeType: "-19",
  taxItem: "2",
  receivableAccount: "119",
  revenueAccount: "54",
  taxAccount: "109",
  cashAccount: "122",
  subsidiary: null,
  currencies: {},
  entities: {},
};

export const simulatorToken = "tieout-netsuite-simulator";

const defaults = {
  baseUrl: null,
  externalIdConnection: null,
  timeoutMs: 120_000,
  settleWindowMs: 960_000,
  concurrency: 5,
  pollOverlapMs: 960_000,
  pollPageSize: 1000,
};

/** Towards the simulator: fixed token, its ids, a settle window of one second. */
export const sandboxConfig = (baseUrl: string, overrides: Partial<NetsuiteConfig> = {}): NetsuiteConfig => ({
  ...defaults,
  connection: "netsuite",
  account: "TSTDRV",
  baseUrl,
  auth: { type: "bearer", token: Redacted.make(simulatorToken) },
  ids: simulatorIds,
  settleWindowMs: 1000,
  ...overrides,
});

const text = (name: string) => Config.option(Config.nonEmptyString(name)).pipe(Config.map(Option.getOrNull));
const count = (name: string, fallback: number) => Config.integer(name).pipe(Config.withDefault(fallback));

/** `USD=1,EUR=4`. */
const pairs = (name: string, pattern: RegExp, expected: string) =>
  Config.nonEmptyString(name).pipe(
    Config.mapOrFail((list) => {
      const found = list.split(",").map((pair) => pattern.exec(pair));
      return found.every((pair) => pair !== null)
        ? Either.right(Object.fromEntries(found.map((pair) => [pair[1]!, pair[2]!])))
        : Either.left(ConfigError.InvalidData([name], `expected ${expected}`));
    }),
    Config.withDefault({} as Record<string, string>),
  );
const currencies = (name: string) => pairs(name, /^\s*([A-Z]{3})=(\S+)\s*$/, "codes with internal ids: USD=1,EUR=4");
const items = (name: string) => pairs(name, /^\s*([^=,]+?)=(\S+)\s*$/, "products with internal ids: api-calls=31");
const entities = (name: string) =>
  pairs(name, /^\s*([^=,]+?)=(\S+)\s*$/, "legal entities with internal ids: us=1,de=2");

const oauth2 = Config.all({
  type: Config.succeed("oauth2" as const),
  clientId: Config.nonEmptyString("CLIENT_ID"),
  certificateId: Config.nonEmptyString("CERTIFICATE_ID"),
  privateKey: Config.redacted(Config.nonEmptyString("PRIVATE_KEY")),
  algorithm: Config.literal("ES256", "PS256")("ALGORITHM").pipe(Config.withDefault("ES256" as const)),
});
const bearer = Config.all({
  type: Config.succeed("bearer" as const),
  token: Config.redacted(Config.nonEmptyString("TOKEN")),
});

/** From the environment: `NETSUITE_ACCOUNT`, `NETSUITE_CLIENT_ID` …; the prefix is the connection in capitals. */
export const netsuiteConfig = (connection: string): Config.Config<NetsuiteConfig> =>
  Config.all({
    connection: Config.succeed(connection),
    account: Config.nonEmptyString("ACCOUNT"),
    baseUrl: text("BASE_URL"),
    auth: Config.orElse(bearer, () => oauth2),
    ids: Config.all({
      item: text("ITEM"),
      items: items("ITEMS"),
      chargeItem: text("CHARGE_ITEM"),
      chargeType: text("CHARGE_TYPE"),
      taxItem: text("TAX_ITEM"),
      receivableAccount: text("RECEIVABLE_ACCOUNT"),
      revenueAccount: text("REVENUE_ACCOUNT"),
      taxAccount: text("TAX_ACCOUNT"),
      cashAccount: text("CASH_ACCOUNT"),
      subsidiary: text("SUBSIDIARY"),
      currencies: currencies("CURRENCIES"),
      entities: entities("ENTITIES"),
    }),
    externalIdConnection: text("EXTERNAL_ID_CONNECTION"),
    timeoutMs: count("TIMEOUT_MS", defaults.timeoutMs),
    settleWindowMs: count("SETTLE_WINDOW_MS", defaults.settleWindowMs),
    concurrency: count("CONCURRENCY", defaults.concurrency),
    pollOverlapMs: count("POLL_OVERLAP_MS", defaults.pollOverlapMs),
    pollPageSize: count("POLL_PAGE_SIZE", defaults.pollPageSize),
  }).pipe(Config.nested(connection.toUpperCase().replaceAll("-", "_")));

/** What people mapped since goes before what the configuration names. */
export const idsUnder = (mappings: Readonly<Record<string, string>> = {}, ids: NetsuiteIds): NetsuiteIds => {
  const named = Object.entries(mappings);
  if (named.length === 0) return ids;
  const under = (prefix: string) =>
    Object.fromEntries(
      named.flatMap(([name, id]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), id] as const] : [])),
    );
  const maps = new Set(["currencies", "entities", "items"]);
  const own = Object.fromEntries(named.filter(([name]) => name in ids && !maps.has(name)));
  return {
    ...ids,
    ...own,
    currencies: { ...ids.currencies, ...under("currency:") },
    items: { ...ids.items, ...under("item:") },
  };
};
