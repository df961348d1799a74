/**
 * The app as what a browser takes: bundled by esbuild when it is first asked for, kept under node_modules/.cache, and made again when a
 * source changed. Nothing is fetched from anywhere.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface Built {
  /** By name, which changes with the content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Names of what the page begins with. */
  readonly main: string;
  readonly boot: string;
  readonly style: string;
}

/** In a bundle the sources lie elsewhere: it is told where. */
const root = process.env.TIEOUT_ROOT ?? fileURLToPath(new URL("../..", import.meta.url));
const app = join(root, "server/console/app");
const cache = join(root, "node_modules/.cache/tieout-console");
/** What the app may import of ours. */
const watched = ["server/console", "server/openapi", "domain", "machines"];
const manifest = "names.json";

/** Changes when anything that it is made from does. */
const fingerprint = (): string => {
  const hash = createHash("sha256").update(process.version);
  const add = (path: string): void => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(root, path)} ${mtimeMs} ${size}\n`);
  };
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(tsx?|css|json)$/.test(entry.name) && !entry.name.endsWith(".test.ts")) add(path);
    }
  };
  for (const folder of watched) walk(join(root, folder));
  add(join(root, "package-lock.json"));
  return hash.digest("hex").slice(0, 16);
};

type Names = Pick<Built, "main" | "boot" | "style">;

const bundle = async (): Promise<Built> => {
  const esbuild = await import("esbuild");
  const result = await esbuild.build({
    entryPoints: [
      { in: join(app, "main.tsx"), out: "main" },
      { in: join(app, "theme-boot.ts"), out: "boot" },
      { in: join(app, "styles/main.css"), out: "style" },
    ],
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    outdir: "/console",
    write: false,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
    // What domain/ takes from Node is a hash, and that is there in pure JavaScript too.
    alias: { "node:crypto": join(app, "browser-crypto.ts") },
  });
  const files = new Map(result.outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const named = (beginning: string): string => [...files.keys()].find((name) => name.startsWith(`${beginning}-`))!;
  return { files, main: named("main"), boot: named("boot"), style: named("style") };
};

const stored = (directory: string): Built | null => {
  try {
    const names = JSON.parse(readFileSync(join(directory, manifest), "utf8")) as Names;
    const files = readdirSync(directory).filter((name) => name !== manifest);
    return { ...names, files: new Map(files.map((name) => [name, readFileSync(join(directory, name))])) };
  } catch {
    return null;
  }
};

/** An installation that cannot be written to makes it anew with each start. */
const keep = (directory: string, { files, main, boot, style }: Built): void => {
  const fresh = `${directory}.${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(fresh, name), bytes);
    writeFileSync(join(fresh, manifest), JSON.stringify({ main, boot, style } satisfies Names));
    renameSync(fresh, directory);
    for (const name of readdirSync(cache))
      if (!/\.\d+$/.test(name) && name !== basename(directory))
        rmSync(join(cache, name), { recursive: true, force: true });
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
};

export const buildConsole = async (): Promise<Built> => {
  const directory = join(cache, fingerprint());
  const known = stored(directory);
  if (known !== null) return known;
  const built = await bundle();
  keep(directory, built);
  return built;
};
