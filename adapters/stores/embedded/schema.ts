/** The tables of `tieout.db`, and how one version of them becomes the next. */

/** Marks the file as ours ("tieo"). */
export const APPLICATION_ID = 0x7469656f;

/** Index i takes a file from version i to i + 1. What was released is never edited: add one. */
export const migrations: ReadonlyArray<string> = [
  `-- The journal. One row holds up to 512 entries: a row per entry costs twice as much.
   -- hash: SHA-256 over previous and all that the row and its raw bytes store. keys: 32 bytes per entry, see below.
   -- events: JSON array of the entries without their raw bytes.
   CREATE TABLE batches (
     first INTEGER PRIMARY KEY, count INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, keys BLOB NOT NULL,
     events TEXT NOT NULL
   ) STRICT;
   -- Apart from the events, so that a replay never reads these pages.
   CREATE TABLE raws (first INTEGER PRIMARY KEY, raw BLOB NOT NULL) STRICT;
   -- id: hash of (connection, event id, type); hash: of the data. 16 bytes each. Never pruned. Lags behind the keys of the
   -- rows by design: all up to the mark 'seen' are here, later ones may be.
   CREATE TABLE seen (
     id BLOB NOT NULL, hash BLOB NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (id, hash)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE cells (
     party TEXT NOT NULL, cell TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (party, cell)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE owners (subject TEXT PRIMARY KEY, party TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE terms (term TEXT NOT NULL, party TEXT NOT NULL, PRIMARY KEY (term, party)) STRICT, WITHOUT ROWID;
   CREATE TABLE accounts (
     id TEXT PRIMARY KEY, stage TEXT NOT NULL, sync TEXT NOT NULL, body TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX accounts_stage ON accounts (stage, id);
   CREATE INDEX accounts_sync ON accounts (sync, id);
   CREATE INDEX accounts_both ON accounts (stage, sync, id);

   CREATE TABLE commands (
     key TEXT PRIMARY KEY, party TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX commands_state ON commands (state, key);
   -- Rows on their way to 'commands', as they were saved: keys are hashes, so that every one of them would dirty a page.
   CREATE TABLE owed (seq INTEGER PRIMARY KEY, rows TEXT NOT NULL) STRICT;
   CREATE TABLE due (party TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

   -- The journal position up to which 'snapshots', 'outbox' and 'seen' are complete.
   CREATE TABLE marks (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
];

export const VERSION = migrations.length;
