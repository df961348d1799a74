/** Starts the processes that run schedules, and listens to them. */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "../../server/cli/build.mjs";

export interface Report {
  readonly runs: number;
  readonly counts: Readonly<Record<string, number>>;
  /** The seed after the last. */
  readonly next: number;
  readonly failure?: { readonly seed: number; readonly failure: string };
}

export interface Shards {
  /** One process; resolves when it has ended, and rejects when it ended badly. */
  readonly run: (args: ReadonlyArray<string>, heard: (report: Report) => void) => Promise<void>;
  readonly stop: () => void;
  readonly remove: () => void;
}

export const makeShards = async (): Promise<Shards> => {
  const folder = join(root, "node_modules", ".cache", `tieout-simulation-${process.pid}`);
  await build({ shard: "property-tests/simulation/shard.ts" }, folder);
  const children = new Set<ChildProcess>();
  return {
    run: (args, heard) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, ["--max-semi-space-size=32", join(folder, "shard.mjs"), ...args], {
          // Its end tells the child that nobody listens any more, however this process ended.
          stdio: ["pipe", "pipe", "inherit"],
        });
        children.add(child);
        let rest = "";
        child.stdout.on("data", (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split("\n");
          rest = lines.pop()!;
          for (const line of lines) heard(JSON.parse(line) as Report);
        });
        child.on("close", (code) => {
          children.delete(child);
          if (code === 0) resolve();
          else reject(new Error(`a process that ran schedules ended with ${code}`));
        });
      }),
    stop: () => {
      for (const child of children) child.kill("SIGTERM");
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
