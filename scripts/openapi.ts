/**
 * The documents of the public surface, present and released. `npm run docs` writes the present ones; `--release` makes them the
 * released ones, once `apiVersion` says what changed:
 * `node --import tsx scripts/openapi.ts` tells what changed since the release, `--release` cuts the next.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Comparison } from "../server/openapi/changes.ts";
import { compareDocuments, compareEvents, saysBreaking } from "../server/openapi/compatibility.ts";
import { apiVersion, document } from "../server/openapi/document.ts";
import { eventSchemas } from "../server/openapi/events.ts";
import type { Node } from "../server/openapi/json-schema.ts";

const here = fileURLToPath(new URL("..", import.meta.url));
const folder = "docs/openapi";
const released = { api: `${folder}/released.json`, events: `${folder}/events-released.json` };

/** A line for each operation and each schema: what changed is a line of a diff, and the file stays small. */
const print = (node: Node): string => `${printed(node, 3, "")}\n`;
const printed = (value: unknown, levels: number, indent: string): string => {
  if (levels === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const inner = Object.entries(value).map(
    ([name, one]) => `${indent} ${JSON.stringify(name)}: ${printed(one, levels - 1, `${indent} `)}`,
  );
  return inner.length === 0 ? "{}" : `{\n${inner.join(",\n")}\n${indent}}`;
};

/** Path → text, as the code says it now. */
export const presentDocuments = (): Readonly<Record<string, string>> => ({
  [`${folder}/openapi.json`]: print(document()),
  [`${folder}/events.json`]: print(eventSchemas()),
});

/** The present documents that are not what the code says now. */
export const staleOpenApi = (root: string = here): ReadonlyArray<string> =>
  Object.entries(presentDocuments())
    .filter(([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), "utf8") !== text)
    .map(([file]) => file);

const read = (file: string): Node => JSON.parse(readFileSync(join(here, file), "utf8")) as Node;

export interface SinceRelease {
  readonly version: string;
  readonly api: Comparison;
  readonly events: Comparison;
}

/** What changed since the release. */
export const sinceRelease = (): SinceRelease => {
  const before = read(released.api);
  return {
    version: (before["info"] as { readonly version: string }).version,
    api: compareDocuments(before, document()),
    events: compareEvents(read(released.events), eventSchemas()),
  };
};

const main = (): void => {
  const first = !existsSync(join(here, released.api));
  if (!first) {
    const { version, api, events } = sinceRelease();
    const breaking = [...api.breaking, ...events.breaking];
    const additions = [...api.additions, ...events.additions];
    for (const { where, what } of breaking) console.log(`breaks  ${where}: ${what}`);
    for (const { where, what } of additions) console.log(`adds    ${where}: ${what}`);
    console.log(`${breaking.length} breaking, ${additions.length} added since ${version}; apiVersion is ${apiVersion}`);
    const refusal =
      breaking.length > 0 && !saysBreaking(version, apiVersion)
        ? "a breaking change needs a greater major version (below 1.0: minor)"
        : breaking.length + additions.length > 0 && version === apiVersion
          ? "what was added needs a greater version"
          : null;
    if (refusal !== null) {
      console.error(`${refusal}: raise apiVersion in server/openapi/document.ts`);
      process.exitCode = 1;
      return;
    }
  }
  if (!process.argv.includes("--release")) return;
  writeFileSync(join(here, released.api), print(document()));
  writeFileSync(join(here, released.events), print(eventSchemas()));
  console.log(`${apiVersion} is the released document`);
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
