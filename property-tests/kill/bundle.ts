/**
 * The server's own modules in a bundle, made once for all processes of a run: each would spend two seconds on loading TypeScript
 * otherwise. Nothing is left out or put in.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "../../server/cli/build.mjs";

export interface Entry {
  /** What comes after `node`. */
  readonly args: ReadonlyArray<string>;
  readonly remove: () => void;
}

export const bundle = async (): Promise<Entry> => {
  // Beside the packages, from where the native one is found.
  const folder = join(root, "node_modules", ".cache", `tieout-kill-${process.pid}`);
  await build({ server: "property-tests/kill/server.ts" }, folder);
  return { args: [join(folder, "server.mjs")], remove: () => rmSync(folder, { recursive: true, force: true }) };
};
