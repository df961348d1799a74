/** A Redis server of one's own: on a free port, with a directory of its own, gone afterwards. For tests and measuring. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const redisIsHere = ((): boolean => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Of its files. */
  readonly directory: string;
  /** Null while it does not run. */
  readonly pid: () => number | null;
  /** Once it answers. */
  readonly start: () => Promise<void>;
  /** As a power cut would, but for the page cache. */
  readonly kill: () => Promise<void>;
  /** Leaves it where it stands: it takes connections and answers nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Kills it and removes its files. */
  readonly dispose: () => Promise<void>;
}

const durable = ["--appendonly", "yes", "--appendfsync", "always"];

export const makeServer = async (settings: ReadonlyArray<string> = durable): Promise<RedisServer> => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-redis-"));
  const port = await freePort();
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const fixed = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      directory,
      "--save",
      "",
      "--loglevel",
      "warning",
    ];
    const started = spawn("redis-server", [...fixed, ...settings], { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    let said = "";
    for (const stream of [started.stdout, started.stderr]) stream.on("data", (text) => (said += text));
    for (let waited = 0; !(await answers(port)); waited += 10) {
      if (started.exitCode !== null || waited > 10_000) throw new Error(`redis-server did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const kill = async (): Promise<void> => {
    const killed = child;
    child = null;
    if (killed === null || killed.exitCode !== null || killed.signalCode !== null) return;
    killed.kill("SIGKILL");
    await once(killed, "exit");
  };
  const orphaned = (): void => {
    child?.kill("SIGKILL");
  };
  process.on("exit", orphaned);
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    directory,
    pid: () => child?.pid ?? null,
    start,
    kill,
    freeze: () => child?.kill("SIGSTOP"),
    thaw: () => child?.kill("SIGCONT"),
    dispose: async () => {
      await kill();
      process.off("exit", orphaned);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.on("error", () => resolve(false));
    socket.on("data", (text) => {
      socket.destroy();
      resolve(/^\+PONG|^-NOAUTH|^-LOADING/.test(String(text)));
    });
  });
