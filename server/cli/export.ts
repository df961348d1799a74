/** `tieout export`: evidence for an auditor, or the check of one that was exported. Exit 1 on findings. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { canonical, type Json } from "../../domain/canonical.ts";
import { readHead } from "../audit/expected-head.ts";
import { checkExport } from "../audit/export/check.ts";
import { type Format, formats } from "../audit/export/files.ts";
import { type Ask, type Asked, NothingThere, OtherExport, writeExport } from "../audit/export/write.ts";
import { instantIn } from "../audit/routes.ts";
import type { ServerConfig } from "../config/config.ts";
import type { HostFailure, Query } from "../host/host.ts";
import { makeHost } from "../host/make.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { makeProgress } from "./progress.ts";
import { settings } from "./settings.ts";
import { needDirectory, quietRoom } from "./store.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

export const run = async (values: Values): Promise<number> => {
  const checked = textOf(values, "check");
  return checked === null ? write(values) : check(resolve(checked), values);
};

const check = async (directory: string, values: Values): Promise<number> => {
  const noted = textOf(values, "expect-head");
  const expected = noted === null ? null : readHead(noted);
  if (noted !== null && expected === null) throw new UsageError("--expect-head is HASH@POSITION");
  const found = await checkExport(directory, expected);
  if (values["json"] === true) console.log(canonical(found as unknown as Json));
  else {
    for (const { where, what } of found.findings) console.log(`${where}: ${what}`);
    const seen = `${found.files} files, ${found.rows} rows`;
    console.log(
      found.findings.length === 0 ? `export: whole (${seen})` : `export: ${found.findings.length} findings (${seen})`,
    );
  }
  return found.findings.length === 0 ? 0 : 1;
};

const write = async (values: Values): Promise<number> => {
  const asked = askedIn(values);
  const out = textOf(values, "out");
  if (out === null) throw new UsageError("export needs --out, an empty directory");
  const config = await settings(values);
  needDirectory(config);
  const progress = makeProgress();
  const data = await openData(config);
  try {
    const show = (done: number, of: number): void => progress.show(`export: ${done} of ${of} entries`);
    const { manifest, sha256 } = await writeExport(resolve(out), asked, data.ask, version(), show);
    progress.clear();
    if (values["json"] === true) console.log(canonical({ manifest, sha256 } as unknown as Json));
    else {
      const counts = Object.entries(manifest.counts).map(([table, rows]) => `${rows} ${table}`);
      console.log(`export: ${counts.join(", ")} in ${manifest.files.length} files\nmanifest.json: SHA-256 ${sha256}`);
    }
    return 0;
  } catch (failure) {
    if (failure instanceof OtherExport || failure instanceof NothingThere) throw new Failure(failure.message);
    throw failure;
  } finally {
    await data.close();
  }
};

const askedIn = (values: Values): Asked => {
  const instant = (name: string): number => {
    const text = textOf(values, name);
    if (text === null) throw new UsageError(`export needs --${name}, an instant or a day`);
    try {
      return instantIn(`--${name}`, text)!;
    } catch (wrong) {
      throw new UsageError((wrong as Error).message);
    }
  };
  const format = textOf(values, "format") ?? "ndjson";
  if (!(formats as ReadonlyArray<string>).includes(format))
    throw new UsageError(`--format: ${JSON.stringify(format)} is none of ${formats.join(", ")}`);
  const [from, to] = [instant("from"), instant("to")];
  if (to <= from) throw new UsageError("--to lies after --from");
  return {
    from,
    to,
    account: textOf(values, "account"),
    format: format as Format,
    unmasked: values["unmasked"] === true,
  };
};

const version = (): string => {
  const root = process.env.TIEOUT_ROOT ?? fileURLToPath(new URL("../..", import.meta.url));
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string }).version;
};

/** Opened here, or asked of the server that has it open; for as long as the export lasts. */
const openData = async (config: ServerConfig): Promise<{ readonly ask: Ask; readonly close: () => Promise<void> }> => {
  const say = (line: string) => console.error(`tieout: ${line}`);
  const failed = (failure: unknown): never => {
    const { code, reason } = failure as Partial<HostFailure>;
    throw code === undefined || reason === undefined ? failure : new Failure(reason);
  };
  try {
    const host = await makeHost(quietRoom(config), { log: say, fatal: say }, "inline");
    return { ask: (query) => host.ask(query).catch(failed), close: () => host.close(0) };
  } catch (failure) {
    const { code, reason } = failure as Partial<HostFailure>;
    if (code !== "in-use" || reason === undefined) return failed(failure);
    const owner = ownerOf(config.dataDir, reason);
    const ask = async (query: Query): Promise<Json> => {
      const body = new TextEncoder().encode(JSON.stringify(query));
      return ((await owner.ask("POST", "/internal/ask", body)) as { readonly answer: Json }).answer;
    };
    return { ask, close: async () => {} };
  }
};
