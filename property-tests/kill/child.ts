/** One server process: started ahead so that its modules are loaded, released when its turn comes, killed or stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Entry } from "./bundle.ts";

export interface Child {
  readonly pid: number;
  /** Lets it open the data directory; the URL when it listens. Rejects when it ends before. */
  readonly release: () => Promise<string>;
  readonly kill: () => Promise<void>;
  /** SIGTERM; the exit code. */
  readonly stop: () => Promise<number | null>;
}

export interface ChildOptions {
  readonly entry: Entry;
  readonly dataDir: string;
  readonly delayMs: number;
  readonly mode: "inline" | "worker";
}

/** Nothing of our own configuration reaches it from outside. */
const quiet = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^TIEOUT_|_WEBHOOK_SECRET$/.test(name)));

const startTimeoutMs = 60_000;

export const spawnServer = ({ entry, dataDir, delayMs, mode }: ChildOptions): Child => {
  const child: ChildProcess = spawn(process.execPath, [...entry.args], {
    env: {
      ...quiet(process.env),
      PORT: "0",
      HOST: "127.0.0.1",
      TIEOUT_DATA_DIR: dataDir,
      KILL_DELAY_MS: String(delayMs),
      KILL_MODE: mode,
      NODE_OPTIONS: "",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let heard: () => void = () => {};
  const hear = (chunk: Buffer): void => {
    output = (output + chunk.toString("utf8")).slice(-20_000);
    heard();
  };
  child.stdout!.on("data", hear);
  child.stderr!.on("data", hear);
  child.stdin!.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

  return {
    pid: child.pid ?? 0,
    release: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail("did not listen in time"), startTimeoutMs);
        const fail = (why: string) => {
          clearTimeout(timer);
          reject(new Error(`the server ${why}:\n${output}`));
        };
        heard = () => {
          const url = /^listening (\S+)$/m.exec(output)?.[1];
          if (url === undefined) return;
          clearTimeout(timer);
          heard = () => {};
          resolve(url);
        };
        void ended.then((code) => fail(`ended with ${code}`));
        child.stdin!.write("go\n");
      }),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
};
