/** Commands and due-records: what is owed, and when. */
import { type CommandState, commandStates, type DueRecords, type Outbox } from "../../../domain/ports/store.ts";
import { fromStored, toStored } from "../embedded/text.ts";
import { byCodePoint } from "../order.ts";
import type { Connection } from "./connection.ts";
import { attempt } from "./failure.ts";
import { listOf, textsOf } from "./link.ts";
import { below } from "./names.ts";
import { clearCommandsScript, clearDueScript, commandsScript, dueScript, listScript } from "./scripts.ts";

/** Rows or records in one script; more of them go in one transaction. */
const PART = 10_000;

export const makeOutbox = (connection: Connection): typeof Outbox.Service => {
  const { where, names } = connection;
  return {
    save: (rows, through) =>
      attempt(where, () =>
        connection.runAll(
          commandsScript,
          [names.marks],
          inParts(rows).map((part) => [
            String(through),
            names.command,
            names.commands,
            ...part.flatMap(({ key, party, target, state, body }) => [key, party, target, state, body].map(toStored)),
          ]),
        ),
      ),

    list: ({ states, after, limit }) =>
      attempt(where, async () => {
        const most = Math.max(limit, 0);
        const [min] = below([], after);
        const args = [names.command, names.commands, min, String(most), ...new Set(states)];
        return listOf(await connection.run(listScript, [], args))
          .map((row) => {
            const [key = "", party = "", target = "", state = "", body = ""] = textsOf(row).map(fromStored);
            return { key, party, target, state: state as CommandState, body };
          })
          .sort((a, b) => byCodePoint(a.key, b.key))
          .slice(0, most);
      }),

    clear: attempt(where, async () => {
      await connection.run(clearCommandsScript, [names.marks], [names.command, names.commands, ...commandStates]);
    }),
  };
};

export const makeDueRecords = (connection: Connection): typeof DueRecords.Service => {
  const { where, names } = connection;
  return {
    save: (records) =>
      attempt(where, () =>
        connection.runAll(
          dueScript,
          [names.due],
          inParts(records).map((part) =>
            part.flatMap(({ party, at }) => [toStored(party), at === null ? "" : String(at)]),
          ),
        ),
      ),

    all: attempt(where, async () => {
      const [found] = await connection.read(["ZRANGE", names.due, "0", "-1", "WITHSCORES"]);
      const texts = textsOf(found);
      const records: Array<{ readonly party: string; readonly at: number }> = [];
      for (let i = 0; i + 1 < texts.length; i += 2) {
        records.push({ party: fromStored(texts[i] ?? ""), at: Number(texts[i + 1]) });
      }
      return records.sort((a, b) => byCodePoint(a.party, b.party));
    }),

    clear: attempt(where, async () => {
      await connection.run(clearDueScript, [names.due], []);
    }),
  };
};

/** At least one, which may be empty. */
const inParts = <A>(rows: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const parts: Array<ReadonlyArray<A>> = [rows.slice(0, PART)];
  for (let from = PART; from < rows.length; from += PART) parts.push(rows.slice(from, from + PART));
  return parts;
};
