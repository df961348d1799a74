/** The shape of `tieout.config.json`. Keys that it does not know are refused: a misspelt one would be a setting that is not there. */
import * as Either from "effect/Either";
import * as ParseResult from "effect/ParseResult";
import * as Schema from "effect/Schema";
import { policies } from "../domain/lifecycle.ts";
import { modes } from "../domain/rules.ts";
import { obligationTable } from "../domain/wish.ts";

const Text = Schema.NonEmptyTrimmedString;
const Millis = Schema.Int.pipe(Schema.between(1, 86_400_000));
const Concurrency = Schema.Int.pipe(Schema.between(1, 1000));

/** Exactly one of the three; told apart before their fields are looked at, so that a mistake is named once. */
const SecretRef = Schema.Union(
  Schema.Struct({ env: Text }),
  Schema.Struct({ file: Text }),
  Schema.Struct({ command: Schema.NonEmptyArray(Text) }),
);

const or = <A, I>(schema: Schema.Schema<A, I>, value: A) => Schema.optionalWith(schema, { default: () => value });
const orNull = <A, I>(schema: Schema.Schema<A, I>) => or(Schema.NullOr(schema), null);

const BaseUrl = Text.pipe(Schema.filter((text) => URL.canParse(text) || "is not a URL"));

/** A day or an instant of ISO 8601, in UTC where it names no zone; epoch milliseconds inside. */
const Day = Text.pipe(
  Schema.filter(
    (text) =>
      Number.isFinite(Date.parse(text)) || "is neither a day (2026-01-01) nor an instant (2026-01-01T00:00:00Z)",
  ),
  Schema.transform(Schema.Number, {
    decode: (text) => Date.parse(text),
    encode: (at) => new Date(at).toISOString(),
    strict: true,
  }),
);
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
      taxItem: orNull(Text),
      receivableAccount: orNull(Text),
      revenueAccount: orNull(Text),
      taxAccount: orNull(Text),
      cashAccount: orNull(Text),
      subsidiary: orNull(Text),
      currencies: or(Schema.Record({ key: Schema.String, value: Text }), {}),
    }),
    {
      item: null,
      taxItem: null,
      receivableAccount: null,
      revenueAccount: null,
      taxAccount: null,
      cashAccount: null,
      subsidiary: null,
      currencies: {},
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

export type FileConnection = typeof Stripe.Type | typeof Netsuite.Type | typeof Salesforce.Type;
export interface FileConfig {
  readonly policy: keyof typeof policies;
  readonly connections: Readonly<Record<string, FileConnection>>;
}

const Outer = Schema.Struct({
  policy: or(Schema.Literal(...(Object.keys(policies) as Array<keyof typeof policies>)), "billing-led"),
  connections: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
});

const vendors = { stripe: Stripe, salesforce: Salesforce, netsuite: Netsuite } as const;
const namePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** `connections.stripe-eu.api.timeoutMs: …`, one line a mistake. */
const problemsOf = (error: ParseResult.ParseError, prefix: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, path, message }) => {
    const where = [...prefix, ...path.map(String)].join(".") || "the file";
    if (_tag === "Unexpected") return `${where}: there is no such setting; take it out or correct its name`;
    if (_tag === "Missing") return `${where}: is missing`;
    return `${where}: ${message.replace(/\s+/g, " ")}`;
  });
  return [...new Set(lines)];
};

const decoder = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" });
const readOuter = decoder(Outer);

/** Every mistake at once. */
export const decodeFile = (text: string): Either.Either<FileConfig, ReadonlyArray<string>> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (failure) {
    return Either.left([`the file is not JSON: ${(failure as Error).message}`]);
  }
  const outer = readOuter(json);
  if (Either.isLeft(outer)) return Either.left(problemsOf(outer.left, []));
  const problems: string[] = [];
  const connections: Record<string, FileConnection> = {};
  for (const [name, value] of Object.entries(outer.right.connections)) {
    const path = ["connections", name];
    if (!namePattern.test(name)) {
      problems.push(`${path.join(".")}: a name has lower-case letters, digits and hyphens, at most 63, a letter first`);
    }
    const vendor = (value as { readonly vendor?: unknown } | null)?.vendor;
    const schema = typeof vendor === "string" && Object.hasOwn(vendors, vendor) ? vendors[vendor as "stripe"] : null;
    if (schema === null) {
      const known = Object.keys(vendors).join(", ");
      problems.push(
        `${path.join(".")}.vendor: ${vendor === undefined ? "is missing" : `no adapter is named ${JSON.stringify(vendor)}`}; one of ${known}`,
      );
      continue;
    }
    const decoded = decoder(schema as Schema.Schema<FileConnection, unknown>)(value);
    if (Either.isLeft(decoded)) problems.push(...problemsOf(decoded.left, path));
    else if (decoded.right.mode !== "observe" && decoded.right.api === null) {
      problems.push(
        `${path.join(".")}.api: is missing, and without it mode "${decoded.right.mode}" has nowhere to send to`,
      );
    } else connections[name] = decoded.right;
  }
  if (Object.keys(outer.right.connections).length === 0)
    problems.push("connections: there is none, so nothing could come in");
  return problems.length > 0 ? Either.left(problems) : Either.right({ policy: outer.right.policy, connections });
};
