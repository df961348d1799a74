/**
 * Makes one JavaScript bundle of the sources, kept under node_modules/.cache and made again when a source changed: so that a clone
 * runs without a build step, and starts in a fraction of the time that loading file by file takes.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, root } from "./build.mjs";

const parts = ["adapters", "domain", "machines", "server"];

/** Changes when any source, or what they are built with, does. */
const fingerprint = () => {
  const hash = createHash("sha256").update(process.version);
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(root, path)} ${mtimeMs} ${size}\n`);
  };
  const walk = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|mjs|html|css)$/.test(entry.name) && !entry.name.endsWith(".test.ts")) add(path);
    }
  };
  for (const part of parts) walk(join(root, part));
  add(join(root, "package-lock.json"));
  return hash.digest("hex").slice(0, 16);
};

/** Another process may have taken it away meanwhile. */
const madeAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const make = async (directory) => {
  const fresh = `${directory}.${process.pid}`;
  await build({ cli: "server/cli/cli.ts" }, fresh, { sourcemap: true });
  try {
    renameSync(fresh, directory);
  } catch (error) {
    // Another process was as quick.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
};

/** The directory of a bundle that is up to date; null where none can be kept (a read-only installation). */
export const ensureBundle = async () => {
  const cache = join(root, "node_modules", ".cache", "tieout");
  const directory = join(cache, fingerprint());
  if (existsSync(directory)) return directory;
  try {
    mkdirSync(cache, { recursive: true });
    // What another process is making at this moment carries its pid.
    const old = readdirSync(cache).filter((name) => !/\.\d+$/.test(name));
    await make(directory);
    // A running server may still load a chunk of the last one: only those before it go.
    for (const name of old
      .map((name) => ({ name, at: madeAt(join(cache, name)) }))
      .sort((a, b) => b.at - a.at)
      .slice(1)) {
      rmSync(join(cache, name.name), { recursive: true, force: true });
    }
    return directory;
  } catch (error) {
    if (error.code === "EACCES" || error.code === "EROFS" || error.code === "EPERM") return null;
    throw error;
  }
};

/** One of the entry points: `cli` or `engine`. */
export const bundled = async (entry, source) => {
  const directory = await ensureBundle();
  if (directory !== null) return import(pathToFileURL(join(directory, `${entry}.mjs`)).href);
  const { register } = await import("tsx/esm/api");
  register();
  return import(source);
};
