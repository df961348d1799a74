/** Is an export whole, and what its manifest says? Needs nothing but the directory; with a head noted outside it says more. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../../domain/ports/store.ts";
import type { ExpectedHead } from "../expected-head.ts";
import { hashOf, type Part, type Read, readBytes, readPart } from "./files.ts";
import { type Manifest, manifestForm } from "./parts.ts";

export interface Checked {
  readonly files: number;
  readonly rows: number;
  readonly findings: ReadonlyArray<Finding>;
}

export const checkExport = async (directory: string, expected: ExpectedHead | null = null): Promise<Checked> => {
  const findings: Finding[] = [];
  const add = (where: string, what: string): void => void findings.push({ where, what });
  const done = (files: number, rows: number): Checked => ({ files, rows, findings });
  const bytes = readBytes(join(directory, "manifest.json"));
  if (bytes === null) {
    const broken = readBytes(join(directory, "export.json")) !== null;
    add(directory, broken ? "the export was broken off; run it again with the same words" : "has no manifest.json");
    return done(0, 0);
  }
  const manifest = manifestIn(bytes);
  if (manifest === null) {
    add("manifest.json", `is no manifest of the form ${manifestForm}`);
    return done(0, 0);
  }
  const named = new Set(["manifest.json", ...manifest.files.map(({ file }) => file)]);
  for (const file of readdirSync(directory)) if (!named.has(file)) add(file, "is not named by the manifest");

  const links = new Links(manifest, add);
  let rows = 0;
  // The links first: what the entries say is held against them.
  const parts = [...manifest.files].sort((a, b) => Number(b.table === "links") - Number(a.table === "links"));
  for (const part of parts) {
    const read = await rowsIn(directory, part, manifest, add);
    if (read === null) continue;
    rows += read.length;
    if (part.table === "links") links.follow(part.file, read);
    if (part.table === "entries") links.hold(part.file, read);
  }
  links.end();
  for (const [table, count] of Object.entries(manifest.counts)) {
    const sum = manifest.files.filter((part) => part.table === table).reduce((all, part) => all + part.rows, 0);
    if (sum !== count) add("manifest.json", `counts ${count} rows of ${table}, and its files have ${sum}`);
  }
  if (expected !== null) links.meet(expected);
  return done(manifest.files.length, rows);
};

const manifestIn = (bytes: Uint8Array): Manifest | null => {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    return manifest.form === manifestForm && Array.isArray(manifest.files) ? manifest : null;
  } catch {
    return null;
  }
};

type Add = (where: string, what: string) => void;

const rowsIn = async (
  directory: string,
  { file, bytes, sha256, rows }: Part,
  { asked }: Manifest,
  add: Add,
): Promise<ReadonlyArray<Read> | null> => {
  const content = /^[a-z]+-\d{5,}\.(ndjson|parquet)$/.test(file) ? readBytes(join(directory, file)) : null;
  if (content === null) {
    add(file, "is missing");
    return null;
  }
  if (content.byteLength !== bytes || hashOf(content) !== sha256) {
    add(file, "is not what the manifest says: its bytes were changed");
    return null;
  }
  try {
    const read = await readPart(content, asked.format);
    if (read.length !== rows) add(file, `has ${read.length} rows, and the manifest says ${rows}`);
    return read;
  } catch (failure) {
    add(file, `cannot be read: ${failure instanceof Error ? failure.message : failure}`);
    return null;
  }
};

/** The hashes that lead from the first exported entry to the head of the journal. */
class Links {
  private readonly manifest: Manifest;
  private readonly add: Add;
  private readonly all: Array<{ readonly first: number; readonly last: number; readonly hash: string }> = [];
  private previous: string | null = null;

  constructor(manifest: Manifest, add: Add) {
    this.manifest = manifest;
    this.add = add;
  }

  follow(file: string, rows: ReadonlyArray<Read>): void {
    for (const row of rows) {
      const [first, last] = [Number(row["first"]), Number(row["last"])];
      const before = this.all.at(-1);
      if (before !== undefined && first !== before.last + 1)
        this.add(file, `positions after ${before.last} are missing`);
      if (this.previous !== null && row["previous"] !== this.previous)
        this.add(file, `the link at ${first} does not follow the one before it`);
      this.previous = String(row["hash"]);
      this.all.push({ first, last, hash: this.previous });
    }
  }

  hold(file: string, rows: ReadonlyArray<Read>): void {
    let before = 0;
    for (const row of rows) {
      const position = Number(row["position"]);
      if (position <= before) this.add(file, `position ${position} comes after ${before}`);
      before = position;
      if (this.at(position)?.hash !== row["hash"])
        this.add(file, `the hash at position ${position} is not that of its link`);
    }
  }

  end(): void {
    const { head } = this.manifest;
    if (head === null || this.all.length === 0) return;
    if (this.all.at(-1)!.last !== head.position || this.previous !== head.hash)
      this.add("links", "do not lead to the head that the manifest names");
  }

  meet({ hash, position }: ExpectedHead): void {
    const link = this.at(position);
    if (link === undefined) {
      this.add("the noted head", `position ${position} is not among the exported links; it says nothing of them`);
    } else if (link.last !== position || link.hash !== hash)
      this.add("the noted head", `is not what the export has at position ${position}: something was rewritten`);
  }

  private at(position: number) {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle]!.last < position) low = middle + 1;
      else high = middle;
    }
    const found = this.all[low];
    return found !== undefined && found.first <= position ? found : undefined;
  }
}
