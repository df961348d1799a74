/** What tieout does by itself about a small difference: only what is safe. It asks the systems again, and sends again what was refused. */
import * as Effect from "effect/Effect";
import { sha256 } from "../../domain/hash.ts";
import { connectionOf, isOutsideId } from "../../domain/ids.ts";
import type { NewEntry, StoreError } from "../../domain/ports/store.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { prepareCommand } from "../operators/commands.ts";
import { entriesOf } from "../operators/entries.ts";
import { byTieout } from "./pull.ts";

/** Kinds that a system can be asked for by their id. */
const readable = /^(account|subscription|invoice|credit_note|payment|refund|dispute|posting)\//;
const reason = "a difference below the leg's healBelowMinor";

const isSmall = (engine: Engine, line: Line): boolean => {
  const leg = engine.live.legs.find(({ name }) => name === line.leg)!;
  const amounts = Object.values(line.atRiskMinor);
  return amounts.length > 0 && amounts.every((minor) => minor < leg.healBelowMinor);
};

/** The entries that would heal it; none where it is too much, or nothing safe can be done. */
export const healing = (
  engine: Engine,
  run: string,
  line: Line,
  at: number,
): Effect.Effect<ReadonlyArray<NewEntry>, StoreError> =>
  Effect.gen(function* () {
    if (!isSmall(engine, line)) return [];
    const key = /^\/v1\/commands\/(cmd_[0-9a-f]{32})\/retry$/.exec(line.act?.path ?? "")?.[1];
    if (key !== undefined) {
      const id = `heal_${sha256(`${run} ${key}`).slice(0, 24)}`;
      const act = { type: "command", verb: "retry", key } as const;
      const prepared = yield* prepareCommand(
        engine,
        { id, hash: id, by: "tieout", reason, act, problems: [] },
        "retry",
        key,
      );
      return prepared.status === "ready" ? entriesOf(prepared.notes, { id, hash: id }, at) : [];
    }
    const asks = new Map<string, string[]>();
    for (const id of line.evidence) {
      const connection = connectionOf(id);
      const subject = id.slice(connection.length + 1);
      if (!engine.core.canRead(connection) || !readable.test(subject) || isOutsideId(subject)) continue;
      const found = asks.get(connection);
      if (found) found.push(subject);
      else asks.set(connection, [subject]);
    }
    return [...asks].map(([connection, subjects]) => ({
      ...ownEntry("decision", { ...byTieout, run, reason, type: "run.healed", line: line.id, asks: subjects }, at),
      connection,
    }));
  });
