/** Which Redis may hold a journal: one that keeps what it acknowledged, and evicts nothing. */
import { StoreError } from "../../../domain/ports/store.ts";
import { isPassing } from "./failure.ts";
import { type Link, Refused, textOf, textsOf } from "./link.ts";

export interface Server {
  /** `7.0.15` */
  readonly version: string;
  /** Drawn anew whenever it starts. */
  readonly run: string | null;
  /** `master` or `slave`. */
  readonly role: string;
  readonly cluster: boolean;
  /** By name; null where CONFIG is forbidden. */
  readonly settings: Readonly<Record<string, string>> | null;
}

export const readServer = async (link: Link): Promise<Server> => {
  const [server, replication, cluster] = await link.all([
    ["INFO", "server"],
    ["INFO", "replication"],
    ["INFO", "cluster"],
  ]);
  const facts = new Map(
    [server, replication, cluster].flatMap((part) =>
      (textOf(part) ?? "").split("\r\n").map((line) => line.split(":", 2) as [string, string]),
    ),
  );
  return {
    version: facts.get("redis_version") ?? "unknown",
    run: facts.get("run_id") ?? null,
    role: facts.get("role") ?? "unknown",
    cluster: facts.get("cluster_enabled") === "1",
    settings: await readSettings(link),
  };
};

const asked = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory", "maxmemory-policy"];

const readSettings = async (link: Link): Promise<Server["settings"]> => {
  try {
    const answers = await link.all(asked.map((name) => ["CONFIG", "GET", name]));
    return Object.fromEntries(answers.map((answer) => textsOf(answer) as [string, string]));
  } catch (failure) {
    if (failure instanceof Refused && !isPassing(failure)) return null;
    throw failure;
  }
};

const OLDEST = [7, 0] as const;

/** Null: it may. `acceptLoss`: what was acknowledged may be gone after a crash of the server. *Pure.* */
export const refusalOf = (server: Server, acceptLoss: boolean): StoreError | null => {
  const { version, role, cluster, settings } = server;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const refuse = (code: StoreError["code"], reason: string) => new StoreError({ code, reason });
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]))) {
    return refuse("io", `it is Redis ${version}; this store needs ${OLDEST.join(".")} or newer`);
  }
  if (role !== "master") return refuse("not-writable", "it is a replica, which takes no writes; name the primary");
  if (cluster) return refuse("io", "it is a node of a Redis Cluster; this store needs a single server");
  if (settings === null) {
    if (acceptLoss) return null;
    return refuse(
      "not-writable",
      "CONFIG GET is forbidden, so that nobody can say whether it keeps what it acknowledges; allow the user +config|get," +
        " or accept the loss (--accept-loss, TIEOUT_ACCEPT_LOSS=yes)",
    );
  }
  const { maxmemory = "0", "maxmemory-policy": policy = "noeviction" } = settings;
  if (maxmemory !== "0" && policy !== "noeviction") {
    return refuse(
      "not-writable",
      `with maxmemory ${maxmemory} and maxmemory-policy ${policy} it would evict parts of the journal;` +
        " CONFIG SET maxmemory-policy noeviction, there and in redis.conf",
    );
  }
  const wrong = acceptLoss ? [] : Object.entries(durable).filter(([name, value]) => settings[name] !== value);
  if (wrong.length === 0) return null;
  const is = wrong.map(([name]) => `${name} ${settings[name] ?? "unknown"}`).join(", ");
  const wanted = wrong.map(([name, value]) => `CONFIG SET ${name} ${value}`).join("; ");
  return refuse(
    "not-writable",
    `with ${is} a crash would lose what it acknowledged; ${wanted}, there and in redis.conf, or accept the loss (--accept-loss, TIEOUT_ACCEPT_LOSS=yes)`,
  );
};

/** Every answer waits for the disk, also while the file is rewritten. */
const durable: Readonly<Record<string, string>> = {
  appendonly: "yes",
  appendfsync: "always",
  "no-appendfsync-on-rewrite": "no",
};
