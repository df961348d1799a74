/** `tieout export`: evidence for an auditor, or the check of one that was exported. Exit 1 on findings. */
import { resolve } from "node:path";
import { canonical, type Json } from "../../domain/canonical.ts";
import { readHead } from "../audit/expected-head.ts";
import { checkExport } from "../audit/export/check.ts";
import { type Format, formats } from "../audit/export/files.ts";
import { type Ask, type Asked, NothingThere } from "../audit/export/parts.ts";
import { OtherExport, writeExport } from "../audit/export/write.ts";
import { instantIn } from "../audit/routes.ts";
import { version } from "../version.ts";
import { textOf, UsageError } from "./arguments.ts";
import { askOf, withData } from "./data.ts";
import { Failure } from "./failure.ts";
import { makeProgress } from "./progress.ts";
import { settings } from "./settings.ts";
import { needDirectory } from "./store.ts";

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
  const work = async (ask: Ask): Promise<number> => {
    const show = (done: number, of: number): void => progress.show(`export: ${done} of ${of} entries`);
    const { manifest, sha256 } = await writeExport(resolve(out), asked, ask, version(), show);
    progress.clear();
    if (values["json"] === true) console.log(canonical({ manifest, sha256 } as unknown as Json));
    else {
      const counts = Object.entries(manifest.counts).map(([table, rows]) => `${rows} ${table}`);
      console.log(`export: ${counts.join(", ")} in ${manifest.files.length} files\nmanifest.json: SHA-256 ${sha256}`);
    }
    return 0;
  };
  try {
    return await withData(config, {
      here: (host) => work((query) => host.ask(query)),
      there: (owner) => work(askOf(owner)),
    });
  } catch (failure) {
    if (failure instanceof OtherExport || failure instanceof NothingThere) throw new Failure(failure.message);
    throw failure;
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
