/** What the server is told: the environment, the configuration file, or the sandbox where there is none. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Redacted from "effect/Redacted";
import { defaultDocuments, defaultNames } from "../adapters/salesforce/layer.ts";
import { makeConfig as stripeDefaults } from "../adapters/stripe/layer.ts";
import { type Policy, policies } from "../domain/lifecycle.ts";
import { actOnAll, type ConnectionRules } from "../domain/rules.ts";
import { decodeFile, type FileConnection } from "./config-file.ts";
import { type TelemetryConfig, telemetryConfig } from "./config-telemetry.ts";
import { inspectSetting } from "./inspect/settings.ts";
import { type Found, findSecret, type Places, type SecretRef, splitSecrets } from "./secrets.ts";
import type { StoreSettings } from "./store.ts";
import { type ConnectionSettings, type Vendor, vendors } from "./systems.ts";

export interface ConnectionConfig {
  readonly name: string;
  readonly vendor: Vendor;
  /** What may go out to it. */
  readonly rules: ConnectionRules;
  /** The team that its exceptions go to. */
  readonly owner: string | null;
  /** Each is tried. */
  readonly webhookSecrets: ReadonlyArray<Redacted.Redacted<string>>;
  /** Null in the sandbox, whose simulators have no address before they run. */
  readonly settings: Redacted.Redacted<ConnectionSettings> | null;
}

export interface ServerConfig {
  readonly sandbox: boolean;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** URL of the shared store; null: the embedded one, in `dataDir`. */
  readonly redis: Redacted.Redacted<string> | null;
  /** Serve from a Redis that may lose what it acknowledged. */
  readonly acceptLoss: boolean;
  /** Whether accounts may be watched at `/inspect`. */
  readonly inspect: boolean;
  readonly apiKey: Redacted.Redacted<string> | null;
  readonly policy: Policy;
  readonly connections: ReadonlyArray<ConnectionConfig>;
  readonly telemetry: TelemetryConfig;
}

export const storeOf = ({ redis, dataDir, acceptLoss }: ServerConfig): StoreSettings =>
  redis === null
    ? { type: "embedded", directory: dataDir }
    : { type: "redis", url: Redacted.value(redis), directory: dataDir, acceptLoss };

/** What may go out, by connection. */
export const rulesOf = ({ connections }: ServerConfig): Readonly<Record<string, ConnectionRules>> =>
  Object.fromEntries(connections.map(({ name, rules }) => [name, rules]));

export class ConfigError extends Data.TaggedError("ConfigError")<{ readonly problems: ReadonlyArray<string> }> {
  override get message(): string {
    return `the configuration does not hold:\n${this.problems.map((problem) => `  - ${problem}`).join("\n")}`;
  }
}

/** Of the sandbox, known to everyone: they guard nothing but a loopback address. */
export const developmentSecrets = {
  stripe: "whsec_tieout_development_stripe",
  salesforce: "whsec_dGllb3V0LWRldmVsb3BtZW50LXNhbGVzZm9yY2U=",
  netsuite: "whsec_dGllb3V0LWRldmVsb3BtZW50LW5ldHN1aXRl",
} as const;

/** The version of the API that the adapter was written against. */
const stripeVersion = stripeDefaults({ connection: "", apiKey: "" }).apiVersion;

const configFileName = "tieout.config.json";

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

export const loadConfig = ({ env, cwd }: ConfigSource): Effect.Effect<ServerConfig, ConfigError> =>
  Effect.suspend(() => {
    const problems: string[] = [];
    const given = (name: string): string | null => env[name]?.trim() || null;

    const portText = given("PORT") ?? "4000";
    const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
    if (!(port <= 65_535))
      problems.push(`PORT: ${JSON.stringify(portText)} is no port; a whole number up to 65535, 0 for any free one`);
    const host = given("HOST") ?? "127.0.0.1";
    const dataDir = resolve(cwd, given("TIEOUT_DATA_DIR") ?? "data");
    const store = given("TIEOUT_STORE") ?? "embedded";
    const shared = /^rediss?:\/\//.test(store);
    if (shared && !URL.canParse(store)) problems.push("TIEOUT_STORE: is not a URL; redis://user:password@host:port/0");
    if (!shared && store !== "embedded") {
      problems.push(`TIEOUT_STORE: ${JSON.stringify(store)} is no store; "embedded" (the default), or a redis:// URL`);
    }
    const redis = shared ? Redacted.make(store) : null;
    const lossy = given("TIEOUT_ACCEPT_LOSS");
    if (lossy !== null && lossy !== "yes") problems.push(`TIEOUT_ACCEPT_LOSS: "yes", or leave it out`);
    const apiKey = given("TIEOUT_API_KEY");
    if (apiKey !== null && apiKey.length < 16) problems.push("TIEOUT_API_KEY: is too short; 16 characters or more");

    const telemetry = telemetryConfig(given, (problem) => problems.push(problem));

    const named = given("TIEOUT_CONFIG");
    const path = named !== null ? resolve(cwd, named) : join(cwd, configFileName);
    const sandbox = named === null && !existsSync(path);
    const inspect = inspectSetting(env["TIEOUT_INSPECT"], sandbox);
    if ("problem" in inspect) problems.push(inspect.problem);
    let policy: Policy = policies["billing-led"];
    let connections: ReadonlyArray<ConnectionConfig> = [];
    if (sandbox) {
      connections = sandboxConnections(env);
      if (!isLoopback(host)) {
        problems.push(
          `HOST: ${host} is not this machine alone, and the sandbox's secrets are known to everyone; use 127.0.0.1, or write a ${configFileName}`,
        );
      }
    } else {
      const file = readFile(path);
      if (Either.isLeft(file)) problems.push(...file.left.map((problem) => `${path}: ${problem}`));
      else {
        policy = policies[file.right.policy];
        connections = Object.entries(file.right.connections).flatMap(([name, connection]) => {
          const read = readConnection(name, connection, { env, directory: dirname(path) });
          if (Either.isRight(read)) return [read.right];
          problems.push(...read.left.map((problem) => `${path}: ${problem}`));
          return [];
        });
      }
    }
    if (problems.length > 0) return Effect.fail(new ConfigError({ problems }));
    const key = apiKey === null ? null : Redacted.make(apiKey);
    return Effect.succeed({
      sandbox,
      host,
      port,
      dataDir,
      redis,
      acceptLoss: lossy !== null,
      inspect: "enabled" in inspect && inspect.enabled,
      apiKey: key,
      policy,
      connections,
      telemetry,
    });
  });

const sandboxConnections = (env: ConfigSource["env"]): ReadonlyArray<ConnectionConfig> =>
  vendors.map((name) => {
    const fromEnv = splitSecrets(Redacted.make(env[`${name.toUpperCase()}_WEBHOOK_SECRET`] ?? ""));
    const webhookSecrets = fromEnv.length > 0 ? fromEnv : [Redacted.make(developmentSecrets[name])];
    return { name, vendor: name, rules: actOnAll, owner: null, webhookSecrets, settings: null };
  });

const readFile = (path: string) => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    return Either.left([`cannot be read (${code}); TIEOUT_CONFIG names it, without it the server is a sandbox`]);
  }
  return decodeFile(text);
};

const readConnection = (
  name: string,
  connection: FileConnection,
  places: Places,
): Either.Either<ConnectionConfig, ReadonlyArray<string>> => {
  const problems: string[] = [];
  const need = (where: string, ref: SecretRef): Redacted.Redacted<string> => {
    const found: Found = findSecret(ref, places);
    if (found.ok) return found.value;
    problems.push(`connections.${name}.${where}: ${found.reason}`);
    return Redacted.make("");
  };
  const webhookSecrets = connection.webhookSecrets.flatMap((ref, i) => splitSecrets(need(`webhookSecrets.${i}`, ref)));
  const settings = settingsOf(name, connection, (where, ref) => Redacted.value(need(where, ref)));
  if (problems.length > 0) return Either.left(problems);
  const { vendor, mode, rows, holdInverses, startAt, owner } = connection;
  const rules = { mode, rows, holdInverses, startAt };
  return Either.right({ name, vendor, rules, owner, webhookSecrets, settings: Redacted.make(settings) });
};

const settingsOf = (
  name: string,
  connection: FileConnection,
  secret: (where: string, ref: SecretRef) => string,
): ConnectionSettings => {
  if (connection.vendor === "stripe") {
    const { api } = connection;
    if (api === null) return { vendor: "stripe", connection: name, api };
    const { apiVersion = stripeVersion, ...rest } = api;
    return {
      vendor: "stripe",
      connection: name,
      api: { ...rest, apiVersion, apiKey: secret("api.apiKey", api.apiKey) },
    };
  }
  if (connection.vendor === "salesforce") return salesforceSettings(name, connection, secret);
  const { api } = connection;
  if (api === null) return { vendor: "netsuite", connection: name, api };
  const auth =
    api.auth.type === "bearer"
      ? { ...api.auth, token: secret("api.auth.token", api.auth.token) }
      : { ...api.auth, privateKey: secret("api.auth.privateKey", api.auth.privateKey) };
  return { vendor: "netsuite", connection: name, api: { ...api, auth } };
};

const salesforceSettings = (
  name: string,
  { api }: Extract<FileConnection, { readonly vendor: "salesforce" }>,
  secret: (where: string, ref: SecretRef) => string,
): ConnectionSettings => {
  if (api === null) return { vendor: "salesforce", connection: name, api };
  const auth =
    api.auth.type === "bearer"
      ? { ...api.auth, token: secret("api.auth.token", api.auth.token) }
      : { ...api.auth, privateKey: secret("api.auth.privateKey", api.auth.privateKey) };
  const { account, opportunity, cpqQuote, order, contract } = api.names;
  const over = <N extends object>(usual: N | null, own: object | null | undefined): N | null =>
    own === null || usual === null ? null : { ...usual, ...own };
  const names = {
    account: { ...defaultNames.account, ...account },
    opportunity: over(defaultNames.opportunity, opportunity),
    cpqQuote: over(defaultNames.cpqQuote, cpqQuote),
    order: over(defaultNames.order, order),
    contract: over(defaultNames.contract, contract),
  };
  const documents = {
    externalId: api.documents.externalId ?? defaultDocuments.externalId,
    subscription: { ...defaultDocuments.subscription, ...api.documents.subscription },
    invoice: { ...defaultDocuments.invoice, ...api.documents.invoice },
  };
  return { vendor: "salesforce", connection: name, api: { ...api, auth, names, documents } };
};
