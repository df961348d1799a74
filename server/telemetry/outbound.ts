/** A system as its commands see it: each sending and each look-up has its span, its count and its line. What is sent does not change. */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as FiberRef from "effect/FiberRef";
import * as Option from "effect/Option";
import type { AnswerError, OutboundCommand, Receipt, System } from "../../domain/ports/system.ts";
import type { Answer, EngineMetrics, LookupAnswer } from "./engine-metrics.ts";
import { currentCause } from "./engine-telemetry.ts";
import type { LogFields, Logger, LogLevel } from "./log.ts";
import type { Span, Tracing } from "./tracing.ts";

export interface OutboundTelemetry {
  readonly metrics: EngineMetrics;
  readonly tracing: Tracing | null;
  readonly log: Logger;
}

type Failure = Exclude<Answer, "acked">;

const classOf: Readonly<Record<AnswerError["_tag"], Failure>> = {
  Transient: "transient",
  Throttled: "throttled",
  OutcomeUnknown: "unknown",
  RejectedFixable: "rejected",
  Impossible: "impossible",
};

const levels: Readonly<Record<Answer | LookupAnswer, LogLevel>> = {
  acked: "debug",
  found: "info",
  absent: "info",
  transient: "info",
  throttled: "info",
  interrupted: "info",
  unknown: "warn",
  rejected: "warn",
  impossible: "warn",
  bug: "error",
};

const failureOf = (exit: Exit.Failure<unknown, AnswerError>): Failure => {
  if (Exit.isInterrupted(exit)) return "interrupted";
  const error = Option.getOrNull(Cause.failureOption(exit.cause));
  return error === null ? "bug" : classOf[error._tag];
};

export const observedSystem = (system: System, { metrics, tracing, log }: OutboundTelemetry): System => {
  const { outbound, connection: target } = system;

  const observed =
    <A, R extends Answer | LookupAnswer>(
      spanName: (command: OutboundCommand) => string,
      exchange: (command: OutboundCommand) => Effect.Effect<A, AnswerError>,
      succeeded: (value: A) => R,
      count: (command: OutboundCommand, answer: R | Failure, seconds: number, traceparent: string | null) => void,
      levelOf: (answer: R | Failure) => LogLevel,
    ) =>
    (command: OutboundCommand): Effect.Effect<A, AnswerError> =>
      Effect.flatMap(FiberRef.get(currentCause), (cause) => {
        const { key, verb, kind } = command;
        const span: Span | null =
          tracing === null
            ? null
            : tracing.start({
                name: spanName(command),
                kind: "internal",
                parent: cause,
                attributes: {
                  "tieout.command.key": key,
                  "tieout.command.verb": verb,
                  "tieout.document.kind": kind,
                  "tieout.outside_id": command.outsideId,
                  "tieout.connection": target,
                },
              });
        const began = performance.now();
        const work = exchange(command);
        return Effect.onExit(span === null ? work : Effect.locally(work, currentCause, span.traceparent), (exit) =>
          Effect.sync(() => {
            const answer = Exit.isSuccess(exit) ? succeeded(exit.value) : failureOf(exit);
            const ms = performance.now() - began;
            count(command, answer, ms / 1000, span?.traceparent ?? null);
            span?.end({ "tieout.answer": answer }, Exit.isSuccess(exit) ? null : answer);
            const level = levelOf(answer);
            if (!log.enabled(level)) return;
            const fields: LogFields = {
              commandKey: key,
              target,
              verb,
              document: kind,
              answer,
              durationMs: Math.round(ms),
              ...(span === null ? {} : { traceId: span.traceId }),
            };
            log.write(level, `${spanName(command)} ${answer}`, fields);
          }),
        );
      });

  return {
    ...system,
    outbound: {
      ...outbound,
      send: observed<Receipt, Answer>(
        ({ verb, kind }) => `${verb} ${kind}`,
        outbound.send,
        () => "acked",
        ({ verb }, answer, seconds, traceparent) => metrics.sent(target, verb, answer, seconds, traceparent),
        (answer) => levels[answer],
      ),
      lookup: observed<Receipt | null, LookupAnswer>(
        ({ kind }) => `look up ${kind}`,
        outbound.lookup,
        (receipt) => (receipt === null ? "absent" : "found"),
        (_, answer) => metrics.lookedUp(target, answer),
        // Asked again and again while the target is down: the command itself has said so.
        (answer) => (answer === "transient" || answer === "throttled" ? "debug" : levels[answer]),
      ),
    },
  };
};
