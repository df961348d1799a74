/** Group commit: what is accepted in one turn of the event loop goes to the journal together, call by call all or nothing. */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Option from "effect/Option";
import { type Appended, type NewEntry, StoreError } from "../../domain/ports/store.ts";
import type { HostFailure } from "./host.ts";

/** Entries in one append; a single call with more is one append of its own. */
const maxEntries = 512;

interface Call {
  readonly entries: ReadonlyArray<NewEntry>;
  readonly resolve: (appended: ReadonlyArray<Appended>) => void;
  readonly reject: (failure: HostFailure) => void;
}

export const failureOf = (cause: Cause.Cause<unknown>): HostFailure => {
  const error = Option.getOrUndefined(Cause.failureOption(cause));
  if (error instanceof StoreError) return { code: error.code, reason: error.reason };
  return { code: "internal", reason: Cause.pretty(cause) };
};

export interface Committer {
  readonly accept: (entries: ReadonlyArray<NewEntry>) => Promise<ReadonlyArray<Appended>>;
  /** Resolves when every call made so far has its answer; later calls are refused. */
  readonly close: () => Promise<void>;
}

export const makeCommitter = (
  append: (entries: ReadonlyArray<NewEntry>) => Effect.Effect<ReadonlyArray<Appended>, StoreError>,
  /** Told after each append, with the position of the last entry. */
  appended: (position: number) => void,
  /** So many calls do not wait for the end of the turn: those who are answered can send more while the others are committed. */
  enough: number = Number.POSITIVE_INFINITY,
): Committer => {
  let waiting: Call[] = [];
  let scheduled = false;
  let flushing = false;
  let closed = false;
  let underWay: Promise<void> = Promise.resolve();

  const commit = async (calls: ReadonlyArray<Call>): Promise<void> => {
    const entries = calls.length === 1 ? calls[0]!.entries : calls.flatMap((call) => call.entries);
    const exit = await Effect.runPromiseExit(append(entries));
    if (Exit.isSuccess(exit)) {
      let last = 0;
      let from = 0;
      for (const { entries, resolve } of calls) {
        const answers = exit.value.slice(from, from + entries.length);
        from += entries.length;
        for (const { position } of answers) if (position > last) last = position;
        resolve(answers);
      }
      appended(last);
      return;
    }
    const failure = failureOf(exit.cause);
    // A bug that one call's content brings out must not take the others along.
    if (failure.code === "internal" && calls.length > 1) {
      for (const call of calls) await commit([call]);
      return;
    }
    for (const { reject } of calls) reject(failure);
  };

  const flush = async (): Promise<void> => {
    flushing = true;
    while (waiting.length > 0) {
      const calls = waiting;
      waiting = [];
      let from = 0;
      while (from < calls.length) {
        let to = from + 1;
        let count = calls[from]!.entries.length;
        while (to < calls.length && count + calls[to]!.entries.length <= maxEntries)
          count += calls[to++]!.entries.length;
        await commit(calls.slice(from, to));
        from = to;
      }
    }
    flushing = false;
  };

  const start = (): void => {
    scheduled = false;
    if (!flushing) underWay = flush();
  };

  return {
    accept: (entries) =>
      new Promise((resolve, reject) => {
        if (closed) return reject({ code: "closing", reason: "the server is shutting down" } satisfies HostFailure);
        waiting.push({ entries, resolve, reject });
        if (waiting.length >= enough && !flushing) return start();
        if (scheduled) return;
        scheduled = true;
        setImmediate(start);
      }),
    close: async () => {
      closed = true;
      while (scheduled || flushing) {
        await new Promise((resolve) => setImmediate(resolve));
        await underWay;
      }
    },
  };
};
