/** The bench's processes as bundles, as the command line makes them: what is measured is what runs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The directory that holds `<name>.mjs` of each. */
export const bundle = async (names: ReadonlyArray<string>): Promise<string> => {
  const outdir = join(root, "node_modules", ".cache", "tieout-bench");
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: {
      ...Object.fromEntries(names.map((name) => [name, join(root, "bench", `${name}.ts`)])),
      engine: join(root, "server/host/worker-main.ts"),
    },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["libsql", "esbuild"],
    define: { "process.env.TIEOUT_ROOT": JSON.stringify(root), "process.env.TIEOUT_BUNDLED": '"yes"' },
    banner: {
      js: 'import { createRequire as tieoutRequire } from "node:module"; const require = tieoutRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return outdir;
};
