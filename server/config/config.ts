/** What the server is told: the environment, the configuration file, or the sandbox where there is none. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Redacted from "effect/Redacted";
import type { Accounting } from "../../domain/booking.ts";
import type { ApprovalRule } from "../../domain/controls/approval.ts";
import { type Policy, policies } from "../../domain/lifecycle.ts";
import { promptCadence, type UsageCadence } from "../../domain/metering/cadence.ts";
import { actOnAll, type ConnectionRules } from "../../domain/rules.ts";
import { outboundProblems } from "../access/outbound-config.ts";
import { inspectSetting } from "../inspect/settings.ts";
import { splitSecrets } from "../secrets.ts";
import type { StoreSettings } from "../store.ts";
import { vendors } from "../systems.ts";
import type { AccessConfig } from "./access.ts";
import { usualAccounting } from "./books.ts";
import { type ConnectionConfig, readConnection } from "./connections.ts";
import { type DeskConfig, deskOf } from "./desk.ts";
import { decodeFile } from "./file.ts";
import type { ReconciliationFile } from "./reconciliation.ts";
import { type TelemetryConfig, telemetryConfig } from "./telemetry.ts";
import { cadenceOf } from "./usage.ts";

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
  /** Who may come in, and how often; absent: nobody without a key, no limits. */
  readonly access?: AccessConfig;
  /** Which acts need more than one person. */
  readonly approvals?: ReadonlyArray<ApprovalRule>;
  readonly policy: Policy;
  /** How the two queues are worked, and where alerts go; absent: as usual, and nowhere. */
  readonly desk?: DeskConfig;
  /** How often it is reconciled, and the terms of the legs; absent: when somebody asks, the usual ones. */
  readonly reconciliation?: ReconciliationFile;
  /** How use is rated, approved and invoiced. */
  readonly usage: UsageCadence;
  /** Whether personal data are sealed, so that they can be erased. */
  readonly sealing: boolean;
  /** Days that raw bytes stay readable; null: for ever. */
  readonly rawDays: number | null;
  /** How the books are kept. */
  readonly accounting: Omit<Accounting, "entities">;
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

/** With the legal entity of each connection. */
export const accountingOf = ({ accounting, connections }: ServerConfig): Accounting => ({
  ...accounting,
  entities: Object.fromEntries(
    connections.flatMap(({ name, entity }) => (entity === undefined ? [] : [[name, entity]])),
  ),
});

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
  usage: "whsec_dGllb3V0LWRldmVsb3BtZW50LXVzYWdl",
} as const;

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
    let desk: DeskConfig | null = null;
    let accounting: ServerConfig["accounting"] = usualAccounting;
    const erasure = given("TIEOUT_ERASURE");
    if (erasure !== null && erasure !== "on" && erasure !== "off") problems.push(`TIEOUT_ERASURE: "on" or "off"`);
    // The sandbox has nobody's data, and its vendors keep theirs beside it.
    let sealing = erasure === "on" || (erasure === null && !sandbox);
    let rawDays: number | null = null;
    let connections: ReadonlyArray<ConnectionConfig> = [];
    let opened: Pick<ServerConfig, "access" | "approvals" | "reconciliation"> = {};
    let usage: UsageCadence = promptCadence;
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
        const { access, approvals, reconcileEvery, reconciliation } = file.right;
        opened = { access, approvals, reconciliation: { reconcileEvery, reconciliation } };
        usage = cadenceOf(file.right.usage);
        problems.push(...outboundProblems(file.right).map((problem) => `${path}: ${problem}`));
        accounting = file.right.accounting;
        if (erasure === null) sealing = file.right.privacy.erasure;
        rawDays = file.right.retention.rawDays;
        desk = deskOf(file.right, { env, directory: dirname(path) }, (line) => problems.push(`${path}: ${line}`));
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
      ...opened,
      usage,
      ...(desk === null ? {} : { desk }),
      policy,
      sealing,
      rawDays,
      accounting,
      connections,
      telemetry,
    });
  });

const sandboxConnections = (env: ConfigSource["env"]): ReadonlyArray<ConnectionConfig> =>
  [...vendors, "usage" as const].map((name) => {
    const fromEnv = splitSecrets(Redacted.make(env[`${name.toUpperCase()}_WEBHOOK_SECRET`] ?? ""));
    const webhookSecrets = fromEnv.length > 0 ? fromEnv : [Redacted.make(developmentSecrets[name])];
    return {
      name,
      vendor: name === "usage" ? "cloudevents" : name,
      rules: actOnAll,
      owner: null,
      webhookSecrets,
      settings: null,
    };
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
