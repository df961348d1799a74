/** Whether what answers is the journal that this store knows, whole: asked on every connection before anything is served. */
import { randomBytes } from "node:crypto";
import { StoreError } from "../../../domain/ports/store.ts";
import { GENESIS } from "../embedded/batch.ts";
import { LOST } from "./failure.ts";
import { hexOf, type Link, listOf, numberOf, type Reply, textOf } from "./link.ts";
import type { Mark, Marker } from "./marker.ts";
import type { Names } from "./names.ts";
import { beginScript } from "./scripts.ts";

const FORMAT = 1;

/** Answers where the journal stands; begins one where there is none and none was known. */
export const identify = async (link: Link, names: Names, marker: Marker): Promise<Mark> => {
  const known = marker.mark;
  const [meta, ...there] = await link.all([
    ["HMGET", names.meta, "format", "epoch", "head", "hash", "rows", "raws"],
    ["XLEN", names.journal],
    ["XLEN", names.raws],
  ]);
  const [format, epoch, head, hash, rows, raws] = listOf(meta);
  if (textOf(epoch) === null) {
    if (known !== null && known.position > 0) throw lost(known, "it holds no journal", marker);
    return begin(link, names, marker);
  }
  if (numberOf(format) > FORMAT) {
    throw new StoreError({
      code: "newer-version",
      reason: `its data are of format ${textOf(format)}, this tieout knows ${FORMAT}; use the version of tieout that wrote them`,
    });
  }
  const now: Mark = { epoch: textOf(epoch) ?? "", position: numberOf(head), hash: hexOf(hash) };
  if (known !== null && known.position > 0 && known.epoch !== now.epoch) {
    throw lost(known, `it holds another journal (${now.epoch} instead of ${known.epoch})`, marker);
  }
  if (numberOf(there[0]) !== numberOf(rows) || numberOf(there[1]) !== numberOf(raws)) {
    const held = `${numberOf(there[0])} rows and ${numberOf(there[1])} of raw bytes`;
    throw lost(now, `it holds ${held} of ${numberOf(rows)} and ${numberOf(raws)}`, marker);
  }
  await endsWhereSaid(link, names, now, marker);
  if (known !== null && known.epoch === now.epoch && known.position > 0) {
    if (now.position < known.position) throw lost(known, `its journal ends at position ${now.position}`, marker);
    await endsWhereSaid(link, names, known, marker);
  }
  return now;
};

/** A row ends at this position and has this hash. */
const endsWhereSaid = async (link: Link, names: Names, mark: Mark, marker: Marker): Promise<void> => {
  if (mark.position === 0) return;
  const row = listOf(listOf(await link.call("XREVRANGE", names.journal, String(mark.position), "-", "COUNT", "1"))[0]);
  const fields = fieldsOf(row[1]);
  const last = firstOf(row[0]) + numberOf(fields.get("count")) - 1;
  if (last === mark.position && hexOf(fields.get("hash")) === mark.hash) return;
  throw lost(mark, `what it holds at position ${mark.position} is not what was acknowledged there`, marker);
};

const begin = async (link: Link, names: Names, marker: Marker): Promise<Mark> => {
  const epoch = randomBytes(8).toString("hex");
  const parts = [names.meta, names.journal, names.raws, names.marks, names.parties];
  const found = textOf(await link.run(beginScript, parts, [String(FORMAT), epoch, GENESIS]));
  if (found === names.meta) return identify(link, names, marker);
  if (found !== null) {
    throw new StoreError({
      code: LOST,
      reason: `the key ${names.meta} is gone, though ${found} is there; ${restore(marker)}`,
    });
  }
  return { epoch, position: 0, hash: hexOf(GENESIS) };
};

const lost = (mark: Mark, what: string, marker: Marker): StoreError =>
  new StoreError({
    code: LOST,
    reason: `Redis lost data: ${what}, but ${mark.position} positions were acknowledged; nothing is served. ${restore(marker)}`,
  });

/** What to do, for whoever is called at night. */
const restore = (marker: Marker): string =>
  "Stop every tieout that writes to it; restore Redis' append-only files (the appenddirname directory) or its RDB from a" +
  " backup that reaches as far, and start Redis, then tieout. If there is none: keep a copy, import the recorded webhooks" +
  ` again into an empty prefix${marker.path === null ? "" : ` and remove ${marker.path}, which says what was acknowledged`}`;

export const firstOf = (id: Reply | undefined): number => Number((textOf(id) ?? "").split("-", 1)[0]);

/** Field by name, of an entry of a stream. */
export const fieldsOf = (reply: Reply | undefined): ReadonlyMap<string, Reply> => {
  const list = listOf(reply);
  const fields = new Map<string, Reply>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(textOf(list[i]) ?? "", list[i + 1] as Reply);
  return fields;
};
