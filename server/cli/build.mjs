/**
 * How the sources become JavaScript bundles: one place for what is run, measured, killed and simulated alike. Plain JavaScript,
 * since it is what makes TypeScript load.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Writes `<name>.mjs` of each entry into `outdir`, and beside them the engine's thread, for those that start it. */
export const build = async (entries, outdir, { sourcemap = false, engine = true } = {}) => {
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: {
      ...Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
      ...(engine ? { engine: join(root, "server/host/worker-main.ts") } : {}),
    },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap,
    sourcesContent: false,
    external: ["libsql", "esbuild"],
    define: { "process.env.TIEOUT_ROOT": JSON.stringify(root), "process.env.TIEOUT_BUNDLED": '"yes"' },
    banner: {
      js: 'import { createRequire as tieoutRequire } from "node:module"; const require = tieoutRequire(import.meta.url);',
    },
    logLevel: "error",
  });
};
