/**
 * What the engine calls, where it is given one: without, it does nothing of this and reads no clock for it. The engine keeps
 * texts alone (`traceparent`): of the entry that caused a command, on the open command and in its outbox row.
 */
import * as Effect from "effect/Effect";
import * as FiberRef from "effect/FiberRef";
import type { Entry } from "../../domain/ports/store.ts";
import { spanned } from "./stamp.ts";
import type { Tracing } from "./tracing.ts";

export interface Folding {
  /** To be folded in place of those given: the same, with the fold's own span as what caused them. */
  readonly entries: ReadonlyArray<Entry>;
  /** When what follows from them is derived. */
  readonly done: (result: { readonly commands: number; readonly transitions: number }) => void;
}

export interface EngineTelemetry {
  /** Before a batch is folded; null when no entry of it belongs to a trace. */
  readonly folding: (entries: ReadonlyArray<Entry>) => Folding | null;
  /** Around the job that sends or reads back a command: what caused it, as the engine remembers it. */
  readonly causedBy: <A, E>(traceparent: string | null, job: Effect.Effect<A, E>) => Effect.Effect<A, E>;
}

/** What the work of this fiber belongs to: set by the engine for a job, and by each span for what is inside it. */
export const currentCause = FiberRef.unsafeMake<string | null>(null);

export const causedBy: EngineTelemetry["causedBy"] = (traceparent, job) =>
  traceparent === null ? job : Effect.locally(job, currentCause, traceparent);

export const makeEngineTelemetry = (tracing: Tracing): EngineTelemetry => ({
  causedBy,
  folding: (entries) => {
    const all = { "messaging.batch.message_count": entries.length };
    const found = spanned(entries, (parent, first) =>
      tracing.start({
        name: "step journal",
        kind: "consumer",
        parent,
        attributes: {
          "messaging.system": "tieout",
          "messaging.operation.name": "step",
          "messaging.operation.type": "process",
          "messaging.destination.name": "journal",
          "tieout.connection": first.connection,
          "tieout.position": first.position,
          ...all,
        },
      }),
    );
    if (found === null) return null;
    return {
      entries: found.entries,
      done: ({ commands, transitions }) => {
        for (const span of found.spans)
          span.end({ "tieout.batch.commands": commands, "tieout.batch.transitions": transitions });
      },
    };
  },
});
