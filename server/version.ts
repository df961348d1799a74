/** Which tieout this is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const version = (): string => {
  // In a bundle the sources lie elsewhere: it is told where.
  const root = process.env.TIEOUT_ROOT ?? fileURLToPath(new URL("..", import.meta.url));
  const text = readFileSync(join(root, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
};
