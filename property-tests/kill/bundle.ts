/**
 * The server's own modules in one file, made once for all processes of a run: each would spend two seconds on loading TypeScript
 * otherwise. Nothing is left out or put in; the worker mode, which loads a file by its name, starts from the sources.
 */
import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

interface Esbuild {
  readonly build: (options: Record<string, unknown>) => Promise<unknown>;
}

export interface Entry {
  /** What comes after `node`. */
  readonly args: ReadonlyArray<string>;
  readonly remove: () => void;
}

const source = fileURLToPath(new URL("./server.ts", import.meta.url));

export const fromSource: Entry = { args: ["--import", "tsx", source], remove: () => {} };

/** esbuild is tsx's own, so the bundle is what tsx would have made of each file. */
export const bundle = async (): Promise<Entry> => {
  const require = createRequire(import.meta.url);
  const { build } = createRequire(require.resolve("tsx/package.json"))("esbuild") as Esbuild;
  // Beside the packages, from where the native one is found.
  const folder = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
  const outfile = `${folder}tieout-kill-${process.pid}.mjs`;
  mkdirSync(folder, { recursive: true });
  const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["libsql"],
    banner: { js: banner },
    logLevel: "silent",
  });
  return { args: [outfile], remove: () => rmSync(outfile, { force: true }) };
};
