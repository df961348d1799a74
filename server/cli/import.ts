/** `tieout import`: recorded webhook bodies as an operator's trusted input, in name order. */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { canonical } from "../../domain/canonical.ts";
import { bodyLimit } from "../http/body.ts";
import { frame, type ImportOutcome, importBodies } from "../http/recorded.ts";
import { startServer } from "../runtime.ts";
import { makeSystems } from "../systems.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { makeProgress } from "./progress.ts";
import { settings } from "./settings.ts";
import { withoutApi } from "./store.ts";

/** Of one append. */
const batchFiles = 256;
const batchBytes = 16 * 1024 * 1024;

interface Taker {
  readonly take: (bodies: ReadonlyArray<Uint8Array>) => Promise<ReadonlyArray<ImportOutcome>>;
  readonly idle: () => Promise<unknown>;
}
interface Counts {
  readonly files: number;
  readonly outcomes: Readonly<Record<ImportOutcome, number>>;
  /** Over the limit, or unreadable. */
  readonly refused: ReadonlyArray<{ readonly file: string; readonly reason: string }>;
}

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const connection = textOf(values, "connection");
  const raw = textOf(values, "raw");
  if (connection === null) throw new UsageError("import needs --connection: the one that the bodies came from");
  if (raw === null) throw new UsageError("import needs --raw: a directory of files, one body each");
  const config = await settings(values, { PORT: "0" });
  if (!config.connections.some(({ name }) => name === connection)) {
    const known = config.connections.map(({ name }) => name).join(", ");
    throw new UsageError(`there is no connection ${JSON.stringify(connection)}; known are ${known}`);
  }
  const directory = resolve(raw);
  const files = await listing(directory);
  const offline = startServer(config).pipe(
    Effect.flatMap((server) =>
      Effect.promise(async () => {
        const systems = await Effect.runPromise(Effect.provide(makeSystems(withoutApi(config)), FetchHttpClient.layer));
        const take: Taker["take"] = (bodies) => importBodies(server.host, systems.get(connection)!, bodies, Date.now());
        return takeAll(directory, files, { take, idle: server.idle }).catch((failure) => ({
          failure: toFailure(failure),
        }));
      }),
    ),
    Effect.scoped,
    Effect.either,
  );
  const done = await Effect.runPromise(offline);
  let counts: Counts;
  if (done._tag === "Right") {
    if ("failure" in done.right) throw done.right.failure;
    counts = done.right;
  } else {
    if (done.left.code !== "in-use" || !done.left.reason.includes(config.dataDir)) throw done.left;
    const owner = ownerOf(config.dataDir, done.left.reason);
    const path = `/internal/import/${encodeURIComponent(connection)}`;
    counts = await takeAll(directory, files, {
      take: async (bodies) =>
        ((await owner.ask("POST", path, frame(bodies))) as { readonly outcomes: ReadonlyArray<ImportOutcome> })
          .outcomes,
      idle: () => owner.ask("POST", "/internal/idle"),
    });
  }
  return say(connection, counts, values["json"] === true);
};

const toFailure = (failure: unknown): Error => {
  if (failure instanceof Error) return failure;
  const { code, reason } = failure as { readonly code?: string; readonly reason?: string };
  return new Failure(`the store took no more (${code ?? "internal"}): ${reason ?? String(failure)}`);
};

const listing = async (directory: string): Promise<ReadonlyArray<string>> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name);
    return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  } catch (error) {
    throw new Failure(`${directory} cannot be read: ${(error as Error).message}`);
  }
};

const takeAll = async (directory: string, files: ReadonlyArray<string>, taker: Taker): Promise<Counts> => {
  const progress = makeProgress();
  const outcomes = { accepted: 0, duplicate: 0, undecodable: 0, "unknown-type": 0, "not-an-envelope": 0 };
  const refused: Array<{ readonly file: string; readonly reason: string }> = [];
  let bodies: Uint8Array[] = [];
  let bytes = 0;
  let done = 0;
  const flush = async (): Promise<void> => {
    if (bodies.length === 0) return;
    for (const outcome of await taker.take(bodies)) outcomes[outcome] += 1;
    done += bodies.length;
    bodies = [];
    bytes = 0;
    progress.show(`import: ${done} of ${files.length} files`);
  };
  for (const file of files) {
    try {
      const body = await readFile(join(directory, file));
      if (body.byteLength > bodyLimit)
        refused.push({ file, reason: `${body.byteLength} bytes, over the limit of ${bodyLimit}` });
      else {
        bodies.push(body);
        bytes += body.byteLength;
      }
    } catch (error) {
      refused.push({ file, reason: (error as Error).message });
    }
    if (bodies.length >= batchFiles || bytes >= batchBytes) await flush();
  }
  await flush();
  progress.show("import: waiting until no command can move by itself");
  await taker.idle();
  progress.clear();
  return { files: files.length, outcomes, refused };
};

const say = (connection: string, { files, outcomes, refused }: Counts, json: boolean): number => {
  const { accepted, duplicate, undecodable } = outcomes;
  if (json) {
    const counts = {
      accepted,
      duplicate,
      undecodable,
      unknownType: outcomes["unknown-type"],
      notAnEnvelope: outcomes["not-an-envelope"],
    };
    console.log(canonical({ connection, files, ...counts, refused: refused.map((one) => ({ ...one })) }));
  } else {
    const parts = Object.entries(outcomes).filter(([, count]) => count > 0);
    console.log(
      `import: ${files} files of ${connection}: ${parts.map(([name, count]) => `${count} ${name}`).join(", ") || "nothing"}`,
    );
  }
  for (const { file, reason } of refused) console.error(`tieout: ${file} was not taken in: ${reason}`);
  return refused.length === 0 ? 0 : 1;
};
