/** Everything an operator sets about one Stripe connection, with unit and default on each. */
import * as Config from "effect/Config";
import * as Redacted from "effect/Redacted";

export interface StripeConfig {
  /** The name of the connection, the `source` of its events. */
  readonly connection: string;
  /** Restricted key with the scopes of README.md. */
  readonly apiKey: Redacted.Redacted<string>;
  /** Where the API answers; null: Stripe itself. The sandbox gives its simulator's address. */
  readonly baseUrl: string | null;
  /** The version in which we ask and are answered; webhooks come in the version of their endpoint. */
  readonly apiVersion: string;
  /** A whole exchange, milliseconds. */
  readonly timeoutMs: number;
  /** How long an unclear outcome rests before it is read back, milliseconds. Search trails writes by up to a minute. */
  readonly settleWindowMs: number;
  /** Commands in flight at once. */
  readonly concurrency: number;
  /** The customer metadata key whose value `connection:customerId` says that two parties are one company. */
  readonly linkKey: string;
}

export const apiVersion = "2026-10-28.endive";
export const defaultLinkKey = "tieout_link";
/** Subscription metadata key whose value `connection:contractId` names the contract that it fulfils. */
export const contractKey = "tieout_contract";
/** Invoice metadata key whose value names the legal entity that issued it. */
export const entityKey = "tieout_entity";
/** Customer metadata key that carries our outside id. */
export const outsideIdKey = "tieout_outside_id";

export const defaults: Omit<StripeConfig, "connection" | "apiKey"> = {
  baseUrl: null,
  apiVersion,
  timeoutMs: 30_000,
  settleWindowMs: 90_000,
  concurrency: 8,
  linkKey: defaultLinkKey,
};

export const makeConfig = (
  given: { readonly connection: string; readonly apiKey: string } & Partial<typeof defaults>,
): StripeConfig => ({ ...defaults, ...given, apiKey: Redacted.make(given.apiKey) });

/** From the environment: `STRIPE_API_KEY`, `STRIPE_BASE_URL`, `STRIPE_TIMEOUT_MS` … */
export const configFrom = (connection: string, prefix = "STRIPE"): Config.Config<StripeConfig> =>
  Config.nested(
    Config.all({
      connection: Config.succeed(connection),
      apiKey: Config.redacted("API_KEY"),
      baseUrl: Config.withDefault(Config.string("BASE_URL"), defaults.baseUrl),
      apiVersion: Config.withDefault(Config.string("API_VERSION"), defaults.apiVersion),
      timeoutMs: Config.withDefault(Config.integer("TIMEOUT_MS"), defaults.timeoutMs),
      settleWindowMs: Config.withDefault(Config.integer("SETTLE_WINDOW_MS"), defaults.settleWindowMs),
      concurrency: Config.withDefault(Config.integer("CONCURRENCY"), defaults.concurrency),
      linkKey: Config.withDefault(Config.string("LINK_KEY"), defaults.linkKey),
    }),
    prefix,
  );
