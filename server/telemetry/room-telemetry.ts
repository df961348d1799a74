/** The part of telemetry that lives with the engine, in whichever thread that is: put together here, handed to the room. */
import * as HttpClient from "@effect/platform/HttpClient";
import * as Effect from "effect/Effect";
import type { System } from "../../domain/ports/system.ts";
import type { Host } from "../host/host.ts";
import { type ConnectionSettings, makeSystems } from "../systems.ts";
import { makeEngineMetrics } from "./engine-metrics.ts";
import { type EngineTelemetry, makeEngineTelemetry, type Recall } from "./engine-telemetry.ts";
import type { Format } from "./exposition.ts";
import { observedClient } from "./http-client.ts";
import { forwardingLogger, type Logger, type LogLevel } from "./log.ts";
import { observedSystem } from "./outbound.ts";
import { spanned } from "./stamp.ts";
import { openTracing, type Tracing, type TracingSettings } from "./tracing.ts";

/** Plain data, part of the room's options. */
export interface RoomTelemetrySettings {
  /** Null or absent: off. */
  readonly tracing?: TracingSettings | null;
  /** Lines below it do not cross the threads. */
  readonly logLevel?: LogLevel;
}

export interface RoomTelemetry {
  /** As `makeSystems`, each with a way out and commands that are observed. */
  readonly systems: (
    connections: ReadonlyArray<ConnectionSettings>,
  ) => Effect.Effect<ReadonlyMap<string, System>, never, HttpClient.HttpClient>;
  /** A system whose commands are observed. */
  readonly observed: (system: System) => System;
  readonly engine: EngineTelemetry;
  /** Once there is a journal to look into. */
  readonly recallBy: (recall: Recall) => void;
  /** Each append of a trace's entries is a span of it. */
  readonly appending: (accept: Host["accept"]) => Host["accept"];
  readonly counters: (format: Format) => Promise<string>;
  readonly close: () => Promise<void>;
}

const appendingWith =
  (tracing: Tracing) =>
  (accept: Host["accept"]): Host["accept"] =>
  async (entries) => {
    const found = spanned(entries, (parent, { connection, dedup }) =>
      tracing.start({
        name: "append journal",
        kind: "producer",
        parent,
        attributes: {
          "messaging.system": "tieout",
          "messaging.operation.name": "append",
          "messaging.operation.type": "send",
          "messaging.destination.name": "journal",
          "tieout.connection": connection,
          ...(dedup === null ? {} : { "messaging.message.id": dedup.id }),
        },
      }),
    );
    if (found === null) return accept(entries);
    try {
      const appended = await accept(found.entries);
      const [first] = appended;
      const attributes =
        first === undefined
          ? {}
          : { "tieout.position": first.position, "tieout.duplicate": first._tag === "Duplicate" };
      for (const span of found.spans) span.end(attributes);
      return appended;
    } catch (failure) {
      for (const span of found.spans) span.end(undefined, (failure as { readonly code?: string }).code ?? "internal");
      throw failure;
    }
  };

/** `given`: of a server that has the engine in its own thread; whoever opened it closes it. */
export const openRoomTelemetry = async (
  settings: RoomTelemetrySettings,
  log: Logger["write"],
  given: Tracing | null = null,
): Promise<RoomTelemetry> => {
  const logger = forwardingLogger(settings.logLevel ?? "info", log);
  const opened =
    given === null && settings.tracing
      ? await openTracing(settings.tracing, { warn: (line) => logger.warn(line) })
      : null;
  const tracing = given ?? opened;
  const metrics = makeEngineMetrics();
  let recall: Recall = () => Effect.succeed([]);
  const observed = (system: System): System => observedSystem(system, { metrics, tracing, log: logger });
  return {
    systems: (connections) =>
      Effect.flatMap(HttpClient.HttpClient, (client) =>
        Effect.map(
          Effect.forEach(connections, (settings) =>
            Effect.provideService(
              makeSystems([settings]),
              HttpClient.HttpClient,
              observedClient(client, settings.connection, metrics, tracing),
            ),
          ),
          (made) =>
            new Map(made.flatMap((systems) => [...systems].map(([name, system]) => [name, observed(system)] as const))),
        ),
      ),
    observed,
    engine: makeEngineTelemetry({
      tracing,
      metrics,
      startedAt: Date.now(),
      recall: (party, source) => recall(party, source),
    }),
    recallBy: (how) => {
      recall = how;
    },
    appending: tracing === null ? (accept) => accept : appendingWith(tracing),
    counters: metrics.text,
    close: () => opened?.close() ?? Promise.resolve(),
  };
};
