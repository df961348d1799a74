/** Opens `tieout.db`, or refuses: a file that is not ours, is damaged or is newer is left exactly as it was. */
import { statSync } from "node:fs";
import { StoreError } from "../../../domain/ports/store.ts";
import { Damaged } from "./failure.ts";
import { APPLICATION_ID, migrations, VERSION } from "./schema.ts";
import { Sqlite } from "./sqlite.ts";

/** A page of 8 KiB and a checkpoint per 32 MiB of log measured best for rows of many entries. Bytes, pages, KiB. */
const PAGE_BYTES = 8192;
const CHECKPOINT_PAGES = 4000;
const CACHE_KIB = 65_536;

/** For the owner of the directory only. */
export const openFile = (path: string, maxPages: number | null): Sqlite => {
  const fresh = isFresh(path);
  const file = new Sqlite(path);
  try {
    if (!fresh) refuseForeign(file);
    file.exec("PRAGMA busy_timeout = 1000; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF");
    if (fresh) file.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    file.exec("PRAGMA journal_mode = WAL");
    file.exec(
      `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    if (maxPages !== null) file.exec(`PRAGMA max_page_count = ${maxPages}`);
    migrate(file);
    return file;
  } catch (failure) {
    file.close();
    throw failure;
  }
};

/** Writes the log back into the file, so that what is left is one file. */
export const closeFile = (file: Sqlite): void => {
  try {
    file.rows("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    file.close();
  }
};

const pragma = (file: Sqlite, name: string): number => Number(file.rows(`PRAGMA ${name}`)[0]?.[0] ?? 0);

/** Never opens the file by itself: closing it again would drop the locks that SQLite has on it in this process. */
const isFresh = (path: string): boolean => {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // SQLite takes so short a file for an empty one and writes over it.
  if (bytes > 0 && bytes < 512) throw new Damaged("this file is not a database");
  return bytes === 0;
};

const refuseForeign = (file: Sqlite): void => {
  const version = pragma(file, "user_version");
  const application = pragma(file, "application_id");
  const tables = Number(file.rows("SELECT count(*) FROM sqlite_schema")[0]?.[0]);
  // A crash before the first migration leaves a database without any table.
  if (version === 0 && application === 0 && tables === 0) return;
  if (application !== APPLICATION_ID) throw new Damaged("this is a database of some other program");
  if (version > VERSION) {
    throw new StoreError({
      code: "newer-version",
      reason: `${file.path} has version ${version}, this tieout knows up to ${VERSION}; use the newer tieout that wrote it`,
    });
  }
};

const migrate = (file: Sqlite): void => {
  const from = pragma(file, "user_version");
  if (from === VERSION) return;
  file.transaction(() => {
    for (const step of migrations.slice(from)) file.exec(step);
    file.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
  });
};
