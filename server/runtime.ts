/** The running server: sandbox, host and door put together in one scope, and taken apart in the order that loses nothing. */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import type * as Scope from "effect/Scope";
import { announce } from "../adapters/stores/embedded/layer.ts";
import { openHttp } from "./access/http-server.ts";
import { openAccess, outboundOf } from "./access/open.ts";
import { contentOf } from "./change/configuration.ts";
import { accountingOf, rulesOf, type ServerConfig, storeOf } from "./config/config.ts";
import type { ConnectionConfig } from "./config/connections.ts";
import { deskSettings, teamsOf } from "./config/desk.ts";
import { reconciliationSettings } from "./config/reconciliation.ts";
import { secretMarks } from "./connections/secret-marks.ts";
import type { HostFailure } from "./host/host.ts";
import { type HostMode, makeHost, type RoomEvents, type RoomOptions, type RunningHost } from "./host/make.ts";
import { makeApp } from "./http/app.ts";
import { writeToken } from "./http/internal.ts";
import { listening, stopListening } from "./http/listening.ts";
import { attachInspector } from "./inspect/door.ts";
import type { DeskSettings } from "./queues/settings.ts";
import { makeSandbox, type Sandbox } from "./sandbox.ts";
import { type ConnectionSettings, makeSystems } from "./systems.ts";
import type { Logger } from "./telemetry/log.ts";
import { openServerTelemetry } from "./telemetry/server-telemetry.ts";
import type { TracingOptions } from "./telemetry/tracing.ts";

export interface StartOptions {
  readonly mode?: HostMode;
  /** How long the NetSuite simulator's answers rest after their commit. Milliseconds, default 0. */
  readonly netsuiteDelayMs?: number;
  /** Takes each line of the log; default: standard error. */
  readonly log?: (line: string) => void;
  /** In place of OTLP over HTTP, for tests with the engine in the same thread; tracing is then on. */
  readonly spanExporter?: TracingOptions["exporter"];
  /** Something that only a new process puts right; default: say so and exit 1. */
  readonly fatal?: (reason: string) => void;
  /** How long requests and jobs may take to end at shutdown. Milliseconds, default 5000. */
  readonly graceMs?: number;
  /** Lets tests look through the queues sooner. */
  readonly desk?: Partial<DeskSettings>;
  /** Lets tests and benches set what they need to. */
  readonly room?: Partial<
    Pick<RoomOptions, "retry" | "pollEveryMs" | "sending" | "snapshotCells" | "hotParties" | "loop">
  >;
}

export interface RunningServer {
  /** `http://host:port`. */
  readonly url: string;
  readonly port: number;
  readonly host: RunningHost;
  readonly sandbox: Sandbox | null;
  readonly ready: () => boolean;
  /** Nothing can move by itself any more, here or in the simulators. */
  readonly idle: () => Promise<void>;
}

export class StartError extends Data.TaggedError("StartError")<{ readonly code: string; readonly reason: string }> {
  override get message(): string {
    return this.reason;
  }
}

/** By measurement (`npm run bench`): see docs/decisions. */
export const defaultMode: HostMode = "worker";

const sandboxTiming = { retry: { baseMs: 100, capMs: 2000 }, sendTimeoutMs: 2500, pollEveryMs: 5000 };
/** Added to the longest wait of any adapter. Milliseconds. */
const sendMarginMs = 5000;

const sayAndExit =
  (log: Logger) =>
  (reason: string): void => {
    log.error(reason);
    log.error("stopping; nothing accepted is lost, start it again");
    process.exit(1);
  };

const timingOf = (connections: ReadonlyArray<ConnectionSettings>) => ({
  retry: { baseMs: 500, capMs: 300_000 },
  sendTimeoutMs: Math.max(0, ...connections.map(({ api }) => api?.timeoutMs ?? 0)) + sendMarginMs,
  pollEveryMs: 60_000,
});

const startError = (failure: unknown): StartError => {
  const { code, reason, message } = failure as Partial<HostFailure> & { readonly message?: string };
  return new StartError({ code: code ?? "internal", reason: reason ?? message ?? String(failure) });
};
const promised = <A>(work: () => Promise<A>): Effect.Effect<A, StartError> =>
  Effect.tryPromise({ try: work, catch: startError });

const secretsOf = (connections: ReadonlyArray<ConnectionConfig>) => {
  const secrets = new Map(
    connections.map(({ name, webhookSecrets }) => [name, webhookSecrets.map((secret) => Redacted.value(secret))]),
  );
  return (connection: string): ReadonlyArray<string> => secrets.get(connection) ?? [];
};

/** Listens when the effect completes; `ready` once the journal's tail is folded. */
export const startServer = (
  config: ServerConfig,
  options: StartOptions = {},
): Effect.Effect<RunningServer, StartError, Scope.Scope> =>
  Effect.gen(function* () {
    const { dataDir } = config;
    const now = Date.now;
    const graceMs = options.graceMs ?? 5000;
    const secrets = secretsOf(config.connections);
    const sink = options.log ?? ((line: string) => console.error(line));
    const telemetry = yield* Effect.acquireRelease(
      promised(() => openServerTelemetry(config, { sink, exporter: options.spanExporter })),
      ({ tracing }) => Effect.promise(() => tracing?.close() ?? Promise.resolve()),
    );
    const { log } = telemetry;

    const sandbox = !config.sandbox
      ? null
      : yield* Effect.acquireRelease(
          promised(() =>
            makeSandbox({
              dataDir,
              now,
              secret: (vendor) => secrets(vendor)[0] ?? "",
              netsuiteDelayMs: options.netsuiteDelayMs ?? 0,
            }),
          ),
          (sandbox) => Effect.promise(sandbox.close),
        );
    const connections =
      sandbox?.connections ??
      config.connections.flatMap(({ settings }) => (settings === null ? [] : [Redacted.value(settings)]));

    const outbound = outboundOf(config);
    let stopping = false;
    const roomOptions: RoomOptions = {
      store: storeOf(config),
      connections,
      policy: config.policy,
      rules: rulesOf(config),
      configuration: contentOf(config),
      accounting: accountingOf(config),
      sealing: config.sealing,
      rawDays: config.rawDays,
      ...(outbound === undefined ? {} : { outbound }),
      ...(config.approvals === undefined ? {} : { approvals: config.approvals }),
      owner: `${hostname()}:${process.pid}:${randomUUID()}`,
      sending: true,
      reconciliation: reconciliationSettings(config.reconciliation),
      usage: config.usage,
      desk: { ...deskSettings(config.desk, teamsOf(config), `http://${config.host}:${config.port}`), ...options.desk },
      ...(sandbox === null ? timingOf(connections) : sandboxTiming),
      ...(sandbox === null ? { secretMarks: yield* promised(() => secretMarks(config.connections)) } : {}),
      tracing: config.telemetry.tracing,
      logLevel: config.telemetry.logLevel,
      ...options.room,
    };
    const fatal = options.fatal ?? sayAndExit(log);
    const events: RoomEvents = {
      log: (line, level = "warn", fields = {}) => log.write(level, line, fields),
      fatal: (reason) => (stopping ? log.error(reason) : fatal(reason)),
    };
    const host = yield* Effect.acquireRelease(
      promised(() => makeHost(roomOptions, events, options.mode ?? defaultMode, telemetry.tracing)),
      (host) =>
        Effect.promise(() => {
          stopping = true;
          return host.close(graceMs).catch((failure: HostFailure) => log.error(`closing: ${failure.reason}`));
        }),
    );
    let ready = false;
    host.recovered.then(
      () => {
        ready = true;
      },
      () => {},
    );
    if (sandbox) yield* promised(sandbox.open);

    // The door reads and verifies; whoever owns the engine sends.
    const systems = yield* Effect.provide(makeSystems(connections), FetchHttpClient.layer);
    const apiKey = config.apiKey === null ? null : Redacted.value(config.apiKey);
    const authenticator = yield* Effect.acquireRelease(
      Effect.sync(() => openAccess(config, { host, now })),
      ({ usage }) => Effect.promise(usage.close),
    );
    const rates = new Map(config.connections.map(({ name, ratePerMinute = null }) => [name, ratePerMinute]));
    const closings: Array<() => void> = [];
    const app = makeApp({
      closing: (close) => closings.push(close),
      authenticator,
      ratePerMinute: config.access?.ratePerMinute ?? null,
      requireIdempotencyKey: config.access?.requireIdempotencyKey ?? false,
      rateOf: (connection) => rates.get(connection) ?? null,
      host,
      systems,
      secrets,
      sandbox: config.sandbox,
      apiKey,
      now,
      ready: () => ready && !stopping,
      internalToken: writeToken(dataDir),
      idle: () => idle(),
      inspect: config.inspect,
      telemetry,
    });
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => openHttp(config.access, app.fetch)),
      (server) => (server.listening ? Effect.promise(() => stopListening(server, graceMs)) : Effect.void),
    );
    // Streams and watchers go before the server, which would wait for them.
    yield* Effect.addFinalizer(() => Effect.forEach(closings, (close) => Effect.sync(close)));
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        attachInspector(server, {
          host,
          authenticator,
          sandbox: config.sandbox,
          apiKey,
          enabled: config.inspect,
          ready: () => ready && !stopping,
        }),
      ),
      ({ close }) => Effect.promise(close),
    );
    yield* promised(() => listening(server, config));
    const { port } = server.address() as AddressInfo;
    const url = `http://${config.host.includes(":") && !config.host.startsWith("[") ? `[${config.host}]` : config.host}:${port}`;
    yield* Effect.mapError(announce(dataDir, url), startError);
    sandbox?.attach(url);

    const idle = async (): Promise<void> => {
      for (;;) {
        await sandbox?.quiet();
        await host.idle();
        if (sandbox === null) return;
        // A command that ended meanwhile may have made the simulator speak.
        const said = () => sandbox.netsuite.committed.length + sandbox.salesforce.committed.length;
        const before = said();
        await sandbox.quiet();
        await host.idle();
        if (said() === before) return;
      }
    };
    return { url, port, host, sandbox, ready: () => ready && !stopping, idle };
  });

/**
 * Runs until SIGTERM or SIGINT, then closes in order and exits 0; a second signal exits at once. `started` is told when it
 * listens. A configuration or a start that does not hold rejects.
 */
export const serveUntilSignal = (
  config: ServerConfig,
  options: StartOptions,
  started: (server: RunningServer) => void,
): Promise<void> => {
  const signalled = Effect.async<void>((resume) => {
    let signals = 0;
    const stop = (signal: NodeJS.Signals) => {
      signals += 1;
      if (signals > 1) process.exit(signal === "SIGINT" ? 130 : 143);
      resume(Effect.void);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* startServer(config, options);
        started(server);
        yield* signalled;
      }),
    ),
  );
};
