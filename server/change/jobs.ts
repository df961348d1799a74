/** The jobs that people start and the server brings to their end: bulk acts, replays. They take turns behind the work. */
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import type { StoreError } from "../../domain/ports/store.ts";
import { makeBulkRunner, type Turns } from "../bulk/runner.ts";
import type { Engine } from "../engine/engine.ts";
import { makeUsageRunner } from "../metering/runner.ts";
import { makeReconciliationRunner } from "../reconciliation/runner.ts";
import { makeReplayRunner } from "../replay/runner.ts";
import { makeTimekeeper } from "./timekeeper.ts";

/** Between two turns: while there is work, and while there is none. Milliseconds. */
const restMs = { busy: 20, idle: 250, refused: 1000 } as const;

/** Ends with the scope; what was begun goes on at the next start. */
export const openJobs = (
  engine: Engine,
  appended: (position: number) => void,
  log: (line: string) => void,
  scope: Scope.Scope,
): Promise<void> => {
  const runners: ReadonlyArray<Turns> = [
    makeReconciliationRunner(engine, appended, engine.reconciling),
    makeBulkRunner(engine, appended),
    makeReplayRunner(engine, appended),
    makeTimekeeper(engine, appended),
    makeUsageRunner(engine, appended, engine.usage),
  ];
  let said = "";
  const turn = Effect.gen(function* () {
    let busy = false;
    for (const runner of runners) if (yield* runner.turn) busy = true;
    said = "";
    return busy ? restMs.busy : restMs.idle;
  });
  const refused = ({ reason }: StoreError) =>
    Effect.sync(() => {
      if (said !== reason) log(`a job: the store refuses: ${reason}; it goes on when it does not`);
      said = reason;
      return restMs.refused;
    });
  const run = Effect.forever(
    Effect.flatMap(Effect.uninterruptible(Effect.catchAll(turn, refused)), (rest) => Effect.sleep(rest)),
  );
  return Effect.runPromise(Effect.asVoid(Effect.forkIn(run, scope)));
};
