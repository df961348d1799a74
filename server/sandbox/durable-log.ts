/**
 * What a simulator has committed: one JSON line each, on disk before it is answered, in groups. A snapshot takes the place of the
 * lines when they have become many. A torn last line is a write that was never answered: it is cut off.
 */
import { type FileHandle, mkdir, open, readFile, rename, truncate } from "node:fs/promises";
import { join } from "node:path";

/** The log is put into a snapshot at the next start when it is longer. Bytes. */
const compactFrom = 1_000_000;

export interface DurableLog<Snapshot, Line> {
  readonly snapshot: Snapshot | null;
  readonly lines: ReadonlyArray<Line>;
  /** True when a snapshot should be saved before the first append. */
  readonly long: boolean;
  /** Resolves when it is on disk. */
  readonly append: (line: Line) => Promise<void>;
  /** Takes the place of everything appended before; lines may be told twice after a crash in between. */
  readonly save: (snapshot: Snapshot) => Promise<void>;
  readonly close: () => Promise<void>;
}

const orNull = async (path: string): Promise<Buffer | null> => {
  try {
    return await readFile(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw failure;
  }
};

const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(`${path}.new`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
};

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Every whole line; anything that does not read before the last newline is damage, not a torn write. */
const readLines = <Line>(
  path: string,
  bytes: Buffer,
): { readonly lines: ReadonlyArray<Line>; readonly whole: number } => {
  const whole = bytes.lastIndexOf(10) + 1;
  const lines = bytes
    .subarray(0, whole)
    .toString("utf8")
    .split("\n")
    .filter((text) => text !== "")
    .map((text, i): Line => {
      try {
        return JSON.parse(text) as Line;
      } catch {
        throw new Error(
          `${path}: line ${i + 1} is damaged; the simulators' folder may be deleted together with the data directory`,
        );
      }
    });
  return { lines, whole };
};

export const openDurableLog = async <Snapshot, Line>(directory: string): Promise<DurableLog<Snapshot, Line>> => {
  await mkdir(directory, { recursive: true });
  const snapshotPath = join(directory, "snapshot.json");
  const logPath = join(directory, "log.jsonl");
  const saved = await orNull(snapshotPath);
  const bytes = (await orNull(logPath)) ?? Buffer.alloc(0);
  const { lines, whole } = readLines<Line>(logPath, bytes);
  if (whole < bytes.length) await truncate(logPath, whole);
  const file: FileHandle = await open(logPath, "a");
  await syncDirectory(directory);

  let queue: Array<{ readonly text: string; readonly done: () => void; readonly failed: (error: unknown) => void }> =
    [];
  let work: Promise<void> = Promise.resolve();
  let scheduled = false;
  /** Writes and saves one after the other. */
  const next = (step: () => Promise<void>): Promise<void> => {
    const run = work.then(step);
    work = run.catch(() => {});
    return run;
  };
  const flush = async (): Promise<void> => {
    scheduled = false;
    const group = queue;
    queue = [];
    try {
      await file.appendFile(group.map(({ text }) => `${text}\n`).join(""));
      await file.datasync();
      for (const { done } of group) done();
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  };

  return {
    snapshot: saved === null ? null : (JSON.parse(saved.toString("utf8")) as Snapshot),
    lines,
    long: whole > compactFrom,
    append: (line) =>
      new Promise((done, failed) => {
        queue.push({ text: JSON.stringify(line), done, failed });
        if (scheduled) return;
        scheduled = true;
        void next(flush);
      }),
    save: (snapshot) => {
      const text = JSON.stringify(snapshot);
      return next(async () => {
        await writeDurably(snapshotPath, text);
        await syncDirectory(directory);
        await file.truncate(0);
      });
    },
    close: async () => {
      await work;
      await file.close();
    },
  };
};
