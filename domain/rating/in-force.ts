/** Which version of a contract prices a use: the one in force at the time of use, neither when it was published nor when the use arrived. *Pure.* */
import * as Schema from "effect/Schema";
import { Moment, momentMs } from "../calendar/moment.ts";
import { field, optionalField } from "../field.ts";
import { Charge } from "./charge.ts";

export const ChargeVersion = Schema.Struct({
  version: field(Schema.Int, "its number, shown on its lines"),
  inForceFrom: field(Moment, "a date, which begins at midnight of the zone, or an instant"),
  published: optionalField(Moment, "when it became known; default: when it is in force"),
  charge: field(Charge, "what it charges"),
});
export type ChargeVersion = typeof ChargeVersion.Type;

export interface KnownVersion extends ChargeVersion {
  readonly fromMs: number;
  readonly publishedMs: number;
}

/** Those published by a time, in the order in which they come into force. */
export const knownBy = (
  versions: ReadonlyArray<ChargeVersion>,
  zone: string,
  knownAtMs: number,
): ReadonlyArray<KnownVersion> =>
  versions
    .map((version) => ({
      ...version,
      fromMs: momentMs(version.inForceFrom, zone),
      publishedMs: momentMs(version.published ?? version.inForceFrom, zone),
    }))
    .filter(({ published, publishedMs }) => published === undefined || publishedMs <= knownAtMs)
    .sort((a, b) => a.fromMs - b.fromMs || a.publishedMs - b.publishedMs || a.version - b.version);

/** Part of a period in which one version holds; null: none did. Epoch ms, half-open. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly version: KnownVersion | null;
}

/** `[fromMs, toMs)` cut where the version changes; of several with one start the last published holds. */
export const stretchesOf = (
  versions: ReadonlyArray<KnownVersion>,
  fromMs: number,
  toMs: number,
): ReadonlyArray<Stretch> => {
  const cuts = [...new Set([fromMs, ...versions.map((v) => v.fromMs).filter((at) => at > fromMs && at < toMs)])].sort(
    (a, b) => a - b,
  );
  return cuts.map((start, index) => ({
    fromMs: start,
    toMs: cuts[index + 1] ?? toMs,
    version: versions.filter((v) => v.fromMs <= start).at(-1) ?? null,
  }));
};
