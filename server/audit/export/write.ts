/**
 * Writes an export into a directory. What is written is noted after each group of parts, so that an export that was broken off goes
 * on where it was; the manifest comes last, and only a directory with a manifest is a whole export.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashOf, readBytes, writeWhole } from "./files.ts";
import {
  type Ask,
  type Asked,
  beginning,
  type Manifest,
  manifestFile,
  manifestOf,
  type Place,
  partsOf,
} from "./parts.ts";

interface State extends Place {
  readonly asked: Asked;
}

const statePath = (directory: string): string => join(directory, "export.json");
const manifestPath = (directory: string): string => join(directory, manifestFile);
const same = (a: Asked, b: Asked): boolean => JSON.stringify(a) === JSON.stringify(b);
const readJson = <A>(path: string): A | null => {
  const bytes = readBytes(path);
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as A);
};

/** The directory holds something else: nothing was changed. */
export class OtherExport extends Error {}

export interface Written {
  readonly manifest: Manifest;
  /** Of the manifest's bytes: whoever notes it outside has noted everything. */
  readonly sha256: string;
}

const begin = async (directory: string, asked: Asked, ask: Ask): Promise<Place> => {
  const known = readJson<State>(statePath(directory));
  if (known !== null && !same(known.asked, asked))
    throw new OtherExport(`${directory} has an export of something else that was broken off; name another directory`);
  if (known === null && readdirSync(directory).length > 0)
    throw new OtherExport(`${directory} is not empty; name an empty directory`);
  if (known !== null) {
    const kept = new Set(["export.json", ...known.files.map(({ file }) => file)]);
    for (const file of readdirSync(directory)) if (!kept.has(file)) rmSync(join(directory, file));
    return known;
  }
  return beginning(ask);
};

export const writeExport = async (
  directory: string,
  asked: Asked,
  ask: Ask,
  version: string,
  progress: (done: number, of: number) => void = () => {},
): Promise<Written> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const there = readBytes(manifestPath(directory));
  if (there !== null) {
    const manifest = JSON.parse(new TextDecoder().decode(there)) as Manifest;
    if (!same(manifest.asked, asked)) throw new OtherExport(`${directory} has another export; name another directory`);
    return { manifest, sha256: hashOf(there) };
  }
  let place = await begin(directory, asked, ask);
  const note = (): void => {
    const { head, after, first, linked, figured, files } = place;
    const state: State = { asked, head, after, first, linked, figured, files };
    writeWhole(statePath(directory), new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`));
  };
  note();
  for await (const step of partsOf(asked, ask, place, { progress })) {
    for (const { part, bytes } of step.made) writeWhole(join(directory, part.file), bytes);
    place = step.place;
    note();
  }
  const { manifest, bytes, sha256 } = manifestOf(asked, place, version);
  writeWhole(manifestPath(directory), bytes);
  rmSync(statePath(directory), { force: true });
  return { manifest, sha256 };
};
