/** Commands and due-records in SQLite: what is owed, and when. */
import type { DueRecords, Outbox } from "../../../domain/ports/store.ts";
import { byCodePoint } from "../order.ts";
import { attempt } from "./failure.ts";
import { writeMark } from "./marks.ts";
import { lastOf } from "./rows.ts";
import type { Bound, Sqlite } from "./sqlite.ts";

const MARK = "outbox";

export const makeOutbox = (file: Sqlite): typeof Outbox.Service => ({
  save: (rows, through) =>
    attempt(file.path, () =>
      file.transaction(() => {
        const last = lastOf(rows, ({ key }) => key);
        file.insert(
          "INSERT OR REPLACE INTO commands",
          last.map(({ key, party, target, state, body }) => [key, party, target, state, body]),
        );
        writeMark(file, MARK, through);
      }),
    ),

  list: ({ states, after, limit }) =>
    attempt(file.path, () => {
      const most = Math.max(limit, 0);
      // One index range per state, each already in order.
      const found = [...new Set(states)].flatMap((state) => {
        const bound: ReadonlyArray<Bound> = after === null ? [state, most] : [state, after, most];
        const rows = file.rows<readonly [string, string, string, string]>(
          `SELECT key, party, target, body FROM commands
            WHERE state = ? ${after === null ? "" : "AND key > ?"} ORDER BY key LIMIT ?`,
          bound,
        );
        return rows.map(([key, party, target, body]) => ({ key, party, target, state, body }));
      });
      return found.sort((a, b) => byCodePoint(a.key, b.key)).slice(0, most);
    }),

  clear: attempt(file.path, () =>
    file.transaction(() => {
      file.run("DELETE FROM commands");
      writeMark(file, MARK, 0);
    }),
  ),
});

export const makeDueRecords = (file: Sqlite): typeof DueRecords.Service => ({
  save: (records) =>
    attempt(file.path, () =>
      file.transaction(() => {
        const puts: Array<ReadonlyArray<Bound>> = [];
        for (const { party, at } of lastOf(records, ({ party }) => party)) {
          if (at === null) file.run("DELETE FROM due WHERE party = ?", [party]);
          else puts.push([party, at]);
        }
        file.insert("INSERT OR REPLACE INTO due", puts);
      }),
    ),

  all: attempt(file.path, () =>
    file
      .rows<readonly [string, number]>("SELECT party, at FROM due ORDER BY party")
      .map(([party, at]) => ({ party, at })),
  ),

  clear: attempt(file.path, () => {
    file.run("DELETE FROM due");
  }),
});
