/** Commands and due-records in SQLite: what is owed, and when. */
import type { CommandState, DueRecords, Outbox } from "../../../domain/ports/store.ts";
import { byCodePoint } from "../order.ts";
import { attempt } from "./failure.ts";
import { readMark, writeMark } from "./marks.ts";
import { lastOf } from "./rows.ts";
import type { Bound, Sqlite } from "./sqlite.ts";

const MARK = "outbox";
/** Rows that may be on their way; as many as a list has to wait for. */
const MOST_OWED = 4000;

type Stored = readonly [key: string, party: string, target: string, state: CommandState, body: string];

export const makeOutbox = (file: Sqlite): typeof Outbox.Service => {
  const owed = new Map<string, Stored>();
  for (const [rows] of file.rows<readonly [string]>("SELECT rows FROM owed ORDER BY seq")) {
    for (const row of JSON.parse(rows) as ReadonlyArray<Stored>) owed.set(row[0], row);
  }
  let through = readMark(file, MARK);

  /** What is on its way arrives: each key once, in one transaction. */
  const arrive = (): void => {
    if (owed.size === 0) return;
    file.transaction(() => {
      file.insert("INSERT OR REPLACE INTO commands", [...owed.values()]);
      file.run("DELETE FROM owed");
      writeMark(file, MARK, through);
    });
    owed.clear();
  };

  return {
    save: (rows, position) =>
      attempt(file.path, () => {
        const stored = rows.map(({ key, party, target, state, body }): Stored => [key, party, target, state, body]);
        // Derived from the journal: after a power loss the fold derives it again.
        if (stored.length > 0) {
          file.relaxed(() => file.run("INSERT INTO owed (rows) VALUES (?)", [JSON.stringify(stored)]));
        }
        for (const row of stored) owed.set(row[0], row);
        through = position;
        if (owed.size >= MOST_OWED) arrive();
      }),

    list: ({ states, after, limit }) =>
      attempt(file.path, () => {
        arrive();
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
        file.run("DELETE FROM owed");
        writeMark(file, MARK, 0);
        owed.clear();
      }),
    ),
  };
};

export const makeDueRecords = (file: Sqlite): typeof DueRecords.Service => ({
  save: (records) =>
    attempt(file.path, () =>
      file.relaxed(() =>
        file.transaction(() => {
          const puts: Array<ReadonlyArray<Bound>> = [];
          for (const { party, at } of lastOf(records, ({ party }) => party)) {
            if (at === null) file.run("DELETE FROM due WHERE party = ?", [party]);
            else puts.push([party, at]);
          }
          file.insert("INSERT OR REPLACE INTO due", puts);
        }),
      ),
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
