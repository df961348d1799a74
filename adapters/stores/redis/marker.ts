/**
 * How far the journal is known to have come, kept outside Redis: the only witness when Redis itself comes back with less.
 * Written behind, so that a crash of both at once may leave it a little short; never ahead of what was acknowledged.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../../domain/ports/store.ts";

export interface Mark {
  /** Which journal: drawn when it began. */
  readonly epoch: string;
  /** The last position of a row that was acknowledged, and the hash of that row in hex; 0 and zeros before the first. */
  readonly position: number;
  readonly hash: string;
}

const FILE = "redis-journal.json";

export class Marker {
  /** Null without a directory. */
  readonly path: string | null;
  /** What the last write to the file failed with. */
  failed: string | null = null;
  private readonly directory: string | null;
  private readonly everyMs: number;
  private current: Mark | null = null;
  private kept: Mark | null = null;
  private timer: NodeJS.Timeout | null = null;
  private wroteAt = Number.NEGATIVE_INFINITY;

  /** Throws when the directory cannot be used or the file in it cannot be read. */
  constructor(directory: string | null, everyMs: number) {
    this.directory = directory;
    this.everyMs = everyMs;
    this.path = directory === null ? null : join(directory, FILE);
    if (directory === null || this.path === null) return;
    try {
      mkdirSync(directory, { recursive: true });
    } catch (failure) {
      throw new StoreError({
        code: "not-writable",
        reason: `${directory}: ${messageOf(failure)}; name a directory that this user may write to`,
      });
    }
    this.current = this.kept = readMark(this.path);
  }

  get mark(): Mark | null {
    return this.current;
  }

  /** This far it has been acknowledged. A mark of another journal is replaced only where there is none. */
  raise(mark: Mark): void {
    if (this.current !== null && this.current.epoch === mark.epoch && this.current.position >= mark.position) return;
    this.current = mark;
    if (this.path === null || this.timer !== null) return;
    const wait = this.wroteAt + this.everyMs - performance.now();
    if (wait <= 0) this.flush();
    else this.timer = setTimeout(() => this.flush(), wait).unref();
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.path === null || this.current === null || this.current === this.kept) return;
    this.wroteAt = performance.now();
    try {
      const file = openSync(`${this.path}.new`, "w", 0o600);
      try {
        writeSync(file, `${JSON.stringify(this.current)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(`${this.path}.new`, this.path);
      this.kept = this.current;
      this.failed = null;
    } catch (failure) {
      // The journal itself is none the worse; `check` says that its witness lags.
      this.failed = messageOf(failure);
    }
  }

  /** For the opening, which wants to know at once. */
  flushOrThrow(): void {
    this.flush();
    if (this.failed === null) return;
    throw new StoreError({
      code: "not-writable",
      reason: `${this.directory}: ${this.failed}; name a directory that this user may write to`,
    });
  }
}

const readMark = (path: string): Mark | null => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new StoreError({ code: "not-writable", reason: `${path}: ${messageOf(failure)}; let this user read it` });
  }
  try {
    const { epoch, position, hash } = JSON.parse(text) as Partial<Mark>;
    if (typeof epoch === "string" && Number.isSafeInteger(position) && /^[0-9a-f]{64}$/.test(hash ?? "")) {
      return { epoch, position: position as number, hash: hash as string };
    }
  } catch {}
  throw new StoreError({
    code: "corrupt",
    reason: `${path}: this is not the marker that tieout wrote; without it nobody can say whether Redis lost anything: check the journal (\`tieout verify\`), then remove the file`,
  });
};

const messageOf = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));
