/** Times as an input writes them: instants, dates that begin at midnight of a zone, and the zones. *Pure.* */
import * as Schema from "effect/Schema";
import { isDay } from "./day.ts";
import { instantOf, isInstant, isZone, startOfDay } from "./zone.ts";

const text = (holds: (value: string) => boolean, what: string) =>
  Schema.String.pipe(Schema.filter(holds, { message: () => `Expected ${what}` }));

/** RFC 3339 with an offset. */
export const InstantText = text(isInstant, "an instant with its offset, 2024-03-31T12:00:00Z");

/** A date, which begins at midnight of the contract's zone, or an RFC 3339 instant. */
export const Moment = text(
  (moment) => isDay(moment) || isInstant(moment),
  "a date, 2024-03-31, or an instant with its offset, 2024-03-31T12:00:00Z",
);

export const ZoneName = text(isZone, "an IANA time zone, Europe/Berlin");

/** Epoch ms. */
export const momentMs = (moment: string, zone: string): number =>
  isDay(moment) ? startOfDay(moment, zone) : instantOf(moment);
