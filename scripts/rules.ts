/** The numbered rules: what SPEC.md says, and which test cites which. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Folders that hold no file of ours. */
const skipped: ReadonlySet<string> = new Set(["node_modules", ".git", "data", "coverage", "tmp", "results"]);

/** Every file of the project, as paths from `root` with `/`, sorted. */
export const filesOf = (root: string): ReadonlyArray<string> =>
  readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name) && !name.endsWith(".log"))
    .flatMap((entry) => {
      const path = join(root, entry.name);
      if (entry.isDirectory()) return filesOf(path).map((inner) => join(path, inner));
      return entry.isFile() ? [path] : [];
    })
    .map((path) => relative(root, path).replaceAll("\\", "/"))
    .sort();

/** One area of SPEC.md: its letters, the files whose tests prove it, its rules. */
export interface Area {
  readonly letters: string;
  readonly files: ReadonlyArray<string>;
  readonly rules: ReadonlyArray<{ readonly id: string; readonly sentence: string }>;
}

/** `## R · The register`, a line `Tests: …`, then `- **R1** …`. A rule may go on over several lines. */
export const areasOf = (spec: string): ReadonlyArray<Area> =>
  spec
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const letters = /^([A-Z]+) · /.exec(section)?.[1];
      if (letters === undefined) return [];
      const files = [...(/^Tests: (.+)$/m.exec(section)?.[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, file]) => file!);
      const rules = section
        .split(/^- (?=\*\*[A-Z]+\d)/m)
        .slice(1)
        .flatMap((item) => {
          const rule = /^\*\*([A-Z]+\d+)\*\* (.+?)(\n\n|$)/s.exec(item.trimEnd());
          return rule ? [{ id: rule[1]!, sentence: rule[2]!.replaceAll(/\s+/g, " ").trim() }] : [];
        });
      return [{ letters, files, rules }];
    });

export interface Citation {
  readonly file: string;
  /** As in the brackets: rules first, then promises. */
  readonly ids: ReadonlyArray<string>;
}

/** Where tests are named: test files, the contracts that they call, and everything under property-tests. */
const namesTests = (path: string): boolean =>
  /\.(test|contract)\.ts$|\/contract\/[^/]+\.ts$/.test(path) || /^property-tests\/.*\.ts$/.test(path);

/** Ids in brackets at the beginning of a test's name. */
export const citationsIn = (file: string, text: string): ReadonlyArray<Citation> =>
  [...text.matchAll(/["`]\[([A-Z]+\d+(?: [A-Z]+\d+)*)\] /g)].map(([, ids]) => ({ file, ids: ids!.split(" ") }));

export const citationsOf = (root: string): ReadonlyArray<Citation> =>
  filesOf(root)
    .filter(namesTests)
    .flatMap((file) => citationsIn(file, readFileSync(join(root, file), "utf8")));

/** `R2` before `R10`. */
export const byId = (a: string, b: string): number => {
  const [, lettersA, numberA] = /^([A-Z]+)(\d+)$/.exec(a)!;
  const [, lettersB, numberB] = /^([A-Z]+)(\d+)$/.exec(b)!;
  return lettersA === lettersB ? Number(numberA) - Number(numberB) : lettersA! < lettersB! ? -1 : 1;
};
