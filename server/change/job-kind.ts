/** A job that people start, as it is listed, told and stopped: the same for every kind of them. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { ControlNote, Topic } from "../../domain/controls/topic.ts";
import type { TopicNote } from "../../domain/controls/topics.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, conflict, invalid, type Prepared } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";

interface JobRecord {
  readonly state: string;
  readonly startedAt: number;
  readonly failures: ReadonlyArray<unknown>;
}

export interface JobKind<N extends ControlNote, R extends JobRecord> {
  readonly topic: Topic<N, R>;
  /** As people call it. */
  readonly noun: string;
  /** Without its failures. */
  readonly json: (id: string, record: R) => { readonly [key: string]: Json };
  /** The state in which something is left to stop. */
  readonly going: R["state"];
  readonly stopped: (id: string, request: ActRequest) => TopicNote;
}

export const isPlaceCursor = (cursor: string): boolean => /^\d{1,9}$/.test(decodeCursor(cursor) ?? "");

/** Part of a list from a place on, by its number. */
const pageOf = <A>(all: ReadonlyArray<A>, limit: number, cursor: string | null) => {
  const from = cursor === null ? 0 : Number(decodeCursor(cursor));
  const items = all.slice(from, from + limit);
  return { items, nextCursor: from + limit < all.length ? encodeCursor(String(from + limit)) : null };
};

interface PageQuery {
  readonly limit: number;
  readonly cursor: string | null;
}

/** The newest first. */
export const listOfJobs =
  <N extends ControlNote, R extends JobRecord>({ topic, json }: JobKind<N, R>) =>
  ({ core }: Engine, { limit, cursor }: PageQuery) =>
    Effect.sync((): Json => {
      const all = [...core.controls.all(topic)].sort(([, a], [, b]) => b.startedAt - a.startedAt);
      const { items, nextCursor } = pageOf(all, limit, cursor);
      return { items: items.map(([id, record]) => json(id, record)), nextCursor };
    });

/** With a page of its failures. Null: there is none. */
export const oneJob =
  <N extends ControlNote, R extends JobRecord>({ topic, json }: JobKind<N, R>) =>
  ({ core }: Engine, { id, limit, cursor }: PageQuery & { readonly id: string }) =>
    Effect.sync((): Json => {
      const record = core.controls.get(topic, id);
      if (record === null) return null;
      const { items, nextCursor } = pageOf(record.failures, limit, cursor);
      return { ...json(id, record), failures: items as unknown as Json, nextCursor };
    });

const stop = <N extends ControlNote, R extends JobRecord>(
  { topic, noun, going, stopped }: JobKind<N, R>,
  { core }: Engine,
  request: ActRequest,
  id: string,
): Prepared => {
  const record = core.controls.get(topic, id);
  if (record === null) return conflict(`no ${noun} is known as ${JSON.stringify(id)}`);
  if (request.problems.length > 0) return invalid(request.problems);
  if (record.state !== going) return conflict(`it is ${record.state}: nothing of it is left to stop`);
  return { status: "ready", notBefore: 0, notes: [stopped(id, request)] };
};

/** `start` is all that kinds differ in. */
export const jobDesk = <N extends ControlNote, R extends JobRecord>(
  kind: JobKind<N, R>,
  start: (
    engine: Engine,
    request: ActRequest,
    fields: Readonly<Record<string, Json>>,
  ) => ReturnType<ControlDesk["prepare"]>,
): ControlDesk => ({
  prepare: (engine, request, { verb, id, fields }) =>
    verb === "start" ? start(engine, request, fields) : Effect.sync(() => stop(kind, engine, request, id)),
  show: ({ core }, id) =>
    Effect.sync(() => {
      const record = core.controls.get(kind.topic, id);
      return record === null ? null : kind.json(id, record);
    }),
});
