/**
 * What the engine calls, where it is given one: without, it does nothing of this and reads no clock for it. The engine keeps
 * texts alone (`traceparent`): of the entry that caused a command, on the open command and in its outbox row. A trace is of minutes:
 * what is done later, or again, is a trace of its own that *links* to those of its causes.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as FiberRef from "effect/FiberRef";
import { correctionIn } from "../../domain/correction.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { EngineMetrics } from "./engine-metrics.ts";
import { spanned, traceparentOf } from "./stamp.ts";
import type { Tracing } from "./tracing.ts";

export interface Folding {
  /** To be folded in place of those given: the same, with the fold's own span as what caused them. */
  readonly entries: ReadonlyArray<Entry>;
  /** When what follows from them is derived. `now`: epoch milliseconds. */
  readonly done: (result: { readonly commands: number; readonly transitions: number }, now: number) => void;
}

/** A command about to be worked on, and what it came from. */
export interface Caused {
  /** Of the fold that asked for it; null: of none that is traced. */
  readonly traceparent: string | null;
  /** When that was, epoch milliseconds; null: not told. */
  readonly tracedAt: number | null;
  readonly party: string;
  /** The object that it stands for. */
  readonly source: string;
  readonly target: string;
}

export interface EngineTelemetry {
  /** Before a batch is folded. `now`: epoch milliseconds. */
  readonly folding: (entries: ReadonlyArray<Entry>, now: number) => Folding;
  /** Around the job that sends or reads back a command. */
  readonly causedBy: <A, E>(caused: Caused, job: Effect.Effect<A, E>) => Effect.Effect<A, E | StoreError>;
  /** Inside that job: it is acknowledged, so long after the source's event. */
  readonly carried: (from: string, to: string, ms: number) => Effect.Effect<void>;
}

/** Traces of the entries that spoke of an object, the last ones. */
export type Recall = (party: string, source: string) => Effect.Effect<ReadonlyArray<string>, StoreError>;

/** What the work of this fiber belongs to: set by the engine for a job, and by each span for what is inside it. */
export const currentCause = FiberRef.unsafeMake<string | null>(null);

const within = <A, E>(traceparent: string | null, job: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  traceparent === null ? job : Effect.locally(job, currentCause, traceparent);

export interface EngineTelemetryOptions {
  /** Null: off. */
  readonly tracing: Tracing | null;
  readonly metrics: EngineMetrics;
  /** Of this process, epoch milliseconds: what was taken in before is not timed. */
  readonly startedAt: number;
  readonly recall: Recall;
}

export const makeEngineTelemetry = ({
  tracing,
  metrics,
  startedAt,
  recall,
}: EngineTelemetryOptions): EngineTelemetry => {
  const stepOf =
    ({ start, linkAfterMs }: Tracing, count: number, now: number) =>
    (cause: string, first: Entry) => {
      // A replay, or a journal that is folded again.
      const late = now - first.at > linkAfterMs || correctionIn(first.note) !== null;
      return start({
        name: "step journal",
        kind: "consumer",
        ...(late ? { parent: null, links: [cause] } : { parent: cause }),
        attributes: {
          "messaging.system": "tieout",
          "messaging.operation.name": "step",
          "messaging.operation.type": "process",
          "messaging.destination.name": "journal",
          "tieout.connection": first.connection,
          "tieout.position": first.position,
          "messaging.batch.message_count": count,
        },
      });
    };

  const folding: EngineTelemetry["folding"] = (given, now) => {
    const found = tracing === null ? null : spanned(given, stepOf(tracing, given.length, now));
    const entries = found?.entries ?? given;
    return {
      entries,
      done: ({ commands, transitions }, at) => {
        for (const span of found?.spans ?? [])
          span.end({ "tieout.batch.commands": commands, "tieout.batch.transitions": transitions });
        for (const entry of entries)
          if (entry.kind === "webhook" && entry.at >= startedAt && correctionIn(entry.note) === null)
            metrics.folded(entry.connection, (at - entry.at) / 1000, tracing === null ? null : traceparentOf(entry));
      },
    };
  };

  const resumed = <A, E>(caused: Caused, job: Effect.Effect<A, E>, { start, linkAfterMs }: Tracing) =>
    Effect.gen(function* () {
      const { traceparent, tracedAt, party, source, target } = caused;
      const now = yield* Clock.currentTimeMillis;
      if (traceparent !== null && (tracedAt === null || now - tracedAt <= linkAfterMs))
        return yield* within(traceparent, job);
      const links = traceparent === null ? yield* recall(party, source) : [traceparent];
      if (links.length === 0) return yield* job;
      const span = start({
        name: "resume command",
        kind: "consumer",
        parent: null,
        links,
        attributes: {
          "tieout.connection": target,
          ...(tracedAt === null ? {} : { "tieout.resumed.after_ms": now - tracedAt }),
        },
      });
      return yield* Effect.ensuring(
        within(span.traceparent, job),
        Effect.sync(() => span.end()),
      );
    });

  return {
    folding,
    causedBy: (caused, job) => (tracing === null ? job : resumed(caused, job, tracing)),
    carried: (from, to, ms) =>
      Effect.map(FiberRef.get(currentCause), (cause) => metrics.carried(from, to, ms / 1000, cause)),
  };
};
