/**
 * The generated parts of the documents, between `<!-- generated: name -->` and `<!-- end -->`:
 * `node --import tsx scripts/docs.ts` writes them, `--check` says which are stale and exits 1.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { policies, stageTable } from "../domain/lifecycle.ts";
import { obligationTable } from "../domain/wish.ts";
import { calcPage } from "./calc-page.ts";
import { presentDocuments, staleOpenApi } from "./openapi.ts";
import { byId, citationsOf } from "./rules.ts";

const here = fileURLToPath(new URL("..", import.meta.url));

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const evidence = (): string =>
  table(
    ["stage", "evidence", "from", ...Object.keys(policies).map((name) => `\`${name}\``)],
    stageTable.map(({ stage, roles, evidence: needed }) => [
      `\`${stage}\``,
      needed,
      roles.join(", "),
      ...Object.values(policies).map(({ waives }) =>
        (waives as ReadonlyArray<string>).includes(stage) ? "not asked for" : "asked for",
      ),
    ]),
  );

const obligations = (): string =>
  table(
    ["row", "when", `then the system of this role holds`, "its inverse"],
    obligationTable.map(({ row, role, document, when, inverse }) => [
      `\`${row}\``,
      when,
      `${role}: ${document.replaceAll("_", " ")}`,
      inverse,
    ]),
  );

/** Rules by promise, from the names of the tests. */
const proofs = (root: string): string => {
  const rules = new Map<string, Set<string>>();
  for (const { ids } of citationsOf(root)) {
    const own = ids.filter((id) => !/^P\d+$/.test(id));
    for (const promise of ids.filter((id) => /^P\d+$/.test(id)))
      rules.set(promise, new Set([...(rules.get(promise) ?? []), ...own]));
  }
  return table(
    ["promise", "named by the tests of"],
    [...rules].sort(([a], [b]) => byId(a, b)).map(([promise, own]) => [promise, [...own].sort(byId).join(", ")]),
  );
};

const documents: Readonly<Record<string, Readonly<Record<string, (root: string) => string>>>> = {
  "README.md": { evidence, obligations },
  "SPEC.md": { proofs },
  "docs/calc.md": { calc: calcPage },
};

/** The document with its generated parts as they should be. Throws where a marker is missing. */
const rendered = (root: string, file: string, text: string): string => {
  let result = text;
  for (const [name, make] of Object.entries(documents[file]!)) {
    const begin = `<!-- generated: ${name} -->\n`;
    const from = result.indexOf(begin);
    const to = result.indexOf("\n<!-- end -->", from);
    if (from < 0 || to < 0) throw new Error(`${file} has no part ${begin.trim()} … <!-- end -->`);
    result = result.slice(0, from + begin.length) + make(root) + result.slice(to);
  }
  return result;
};

/** Files whose generated parts are not what the code says now. */
export const staleDocuments = (root: string = here): ReadonlyArray<string> => [
  ...Object.keys(documents).filter((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return rendered(root, file, text) !== text;
  }),
  ...staleOpenApi(root),
];

const main = (): void => {
  const stale = staleDocuments();
  if (process.argv.includes("--check")) {
    for (const file of stale) console.error(`${file}: its generated parts are stale; run: npm run docs`);
    process.exitCode = stale.length > 0 ? 1 : 0;
    return;
  }
  for (const file of stale) {
    const path = join(here, file);
    writeFileSync(path, presentDocuments()[file] ?? rendered(here, file, readFileSync(path, "utf8")));
    console.log(`${file} written`);
  }
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
