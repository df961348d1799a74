/** Party cells, ownership, search terms and account rows in SQLite: a cache of the journal, saved in one transaction. */
import type { AccountRow, Cell, Snapshots } from "../../../domain/ports/store.ts";
import { attempt } from "./failure.ts";
import { readMark, writeMark } from "./marks.ts";
import { lastOf, rowsIn } from "./rows.ts";
import type { Bound, Sqlite } from "./sqlite.ts";

const MARK = "snapshots";

export const makeSnapshots = (file: Sqlite): typeof Snapshots.Service => ({
  through: attempt(file.path, () => readMark(file, MARK)),

  save: (batch) =>
    attempt(file.path, () =>
      file.transaction(() => {
        if (batch.through < readMark(file, MARK)) return;
        saveCells(file, batch.cells);
        file.insert(
          "INSERT OR REPLACE INTO owners",
          batch.owners.map(({ subject, party }) => [subject, party]),
        );
        file.insert(
          "INSERT OR IGNORE INTO terms",
          batch.terms.map(({ term, party }) => [term, party]),
        );
        saveAccounts(file, batch.accounts);
        writeMark(file, MARK, batch.through);
      }),
    ),

  load: (parties) =>
    attempt(file.path, () =>
      rowsIn<readonly [string, string, string]>(
        file,
        "SELECT party, cell, body FROM cells WHERE party IN",
        parties,
      ).map(([party, cell, body]) => ({ party, cell, body })),
    ),

  owners: (subjects) =>
    attempt(file.path, () =>
      rowsIn<readonly [string, string]>(file, "SELECT subject, party FROM owners WHERE subject IN", subjects).map(
        ([subject, party]) => ({ subject, party }),
      ),
    ),

  find: (term, prefix, limit) => attempt(file.path, () => find(file, term, prefix, limit)),

  accounts: ({ after, stage, sync, limit }) =>
    attempt(file.path, () => {
      const where: Array<string> = ["1"];
      const bound: Array<Bound> = [];
      const narrow = (condition: string, value: string | null): void => {
        if (value === null) return;
        where.push(condition);
        bound.push(value);
      };
      narrow("stage = ?", stage);
      narrow("sync = ?", sync);
      narrow("id > ?", after);
      const rows = file.rows<readonly [string, string, string, string]>(
        `SELECT id, stage, sync, body FROM accounts WHERE ${where.join(" AND ")} ORDER BY id LIMIT ?`,
        [...bound, Math.max(limit, 0)],
      );
      return rows.map(([id, stage, sync, body]) => ({ id, stage, sync, body }));
    }),

  parties: (after, limit) =>
    attempt(file.path, () =>
      file
        .rows<readonly [string]>(
          after === null ? partiesFrom("") : partiesFrom("WHERE party > ?"),
          after === null ? [Math.max(limit, 0)] : [after, Math.max(limit, 0)],
        )
        .map(([party]) => party),
    ),

  forgetTerms: (beginning, parties) =>
    attempt(file.path, () => {
      // What is deleted is overwritten, and the log that still holds it is emptied.
      file.exec("PRAGMA secure_delete = ON");
      try {
        const sql = "DELETE FROM terms WHERE party = ? AND term >= ? AND substr(term, 1, length(?)) = ?";
        file.transaction(() => {
          for (const party of parties) file.run(sql, [party, beginning, beginning, beginning]);
        });
      } finally {
        file.exec("PRAGMA secure_delete = OFF");
      }
      file.rows("PRAGMA wal_checkpoint(TRUNCATE)");
    }),

  clear: attempt(file.path, () =>
    file.transaction(() => {
      for (const table of ["cells", "owners", "terms", "accounts"]) file.run(`DELETE FROM ${table}`);
      writeMark(file, MARK, 0);
    }),
  ),
});

const saveCells = (file: Sqlite, cells: ReadonlyArray<Cell>): void => {
  const puts: Array<ReadonlyArray<Bound>> = [];
  for (const { party, cell, body } of lastOf(cells, ({ party, cell }) => `${party.length}:${party}${cell}`)) {
    if (body === null) file.run("DELETE FROM cells WHERE party = ? AND cell = ?", [party, cell]);
    else puts.push([party, cell, body]);
  }
  file.insert("INSERT OR REPLACE INTO cells", puts);
};

const saveAccounts = (file: Sqlite, accounts: ReadonlyArray<AccountRow>): void => {
  const puts: Array<ReadonlyArray<Bound>> = [];
  for (const { id, stage, sync, body } of lastOf(accounts, ({ id }) => id)) {
    if (body === null) file.run("DELETE FROM accounts WHERE id = ?", [id]);
    else puts.push([id, stage, sync, body]);
  }
  file.insert("INSERT OR REPLACE INTO accounts", puts);
};

/** Steps from party to party over the key, past all their cells. */
const partiesFrom = (where: string): string =>
  `WITH RECURSIVE step (party) AS (
     SELECT min(party) FROM cells ${where}
     UNION ALL
     SELECT (SELECT min(party) FROM cells WHERE cells.party > step.party) FROM step WHERE step.party IS NOT NULL
   ) SELECT party FROM step WHERE party IS NOT NULL LIMIT ?`;

const PAGE = 128;

/** In order of term, then party; reads on from where the last page ended until there are enough different parties. */
const find = (file: Sqlite, text: string, prefix: boolean, limit: number): ReadonlyArray<string> => {
  if (!prefix) {
    const sql = "SELECT party FROM terms WHERE term = ? ORDER BY party LIMIT ?";
    return file.rows<readonly [string]>(sql, [text, Math.max(limit, 0)]).map(([party]) => party);
  }
  const found = new Set<string>();
  let page = file.rows<readonly [string, string]>(
    "SELECT term, party FROM terms WHERE term >= ? ORDER BY term, party LIMIT ?",
    [text, PAGE],
  );
  while (true) {
    for (const [term, party] of page) {
      if (found.size >= limit || !term.startsWith(text)) return [...found];
      found.add(party);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return [...found];
    page = file.rows<readonly [string, string]>(
      "SELECT term, party FROM terms WHERE (term, party) > (?, ?) ORDER BY term, party LIMIT ?",
      [...last, PAGE],
    );
  }
};
