/** The bench's processes as bundles, as the command line makes them: what is measured is what runs. */
import { join } from "node:path";
import { build, root } from "../server/cli/build.mjs";

/** The directory that holds `<name>.mjs` of each. */
export const bundle = async (names: ReadonlyArray<string>): Promise<string> => {
  const outdir = join(root, "node_modules", ".cache", "tieout-bench");
  await build(Object.fromEntries(names.map((name) => [name, `bench/${name}.ts`])), outdir);
  return outdir;
};
