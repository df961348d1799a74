/** The parts of `tieout.config.json` about books and personal data: periods, sealing, and how long raw bytes stay readable. */
import * as Schema from "effect/Schema";
import { bookRuleFields } from "../../domain/books/rules.ts";
import { isZone } from "../../domain/calendar/zone.ts";
import { or } from "./leaf.ts";

/** How the books are kept: months in this zone, years that begin with this month. */
const AccountingSettings = Schema.Struct({
  timeZone: or(
    Schema.NonEmptyTrimmedString.pipe(
      Schema.filter((zone) => isZone(zone) || "is no time zone; an IANA name such as Europe/Berlin"),
    ),
    "UTC",
  ),
  fiscalStartMonth: or(Schema.Int.pipe(Schema.between(1, 12)), 1),
  ...bookRuleFields,
});
export const usualAccounting: typeof AccountingSettings.Type = { timeZone: "UTC", fiscalStartMonth: 1 };

const Privacy = Schema.Struct({ erasure: or(Schema.Boolean, true) });
const Retention = Schema.Struct({ rawDays: or(Schema.NullOr(Schema.Int.pipe(Schema.between(1, 36_500))), null) });

export const booksFields = {
  accounting: or(AccountingSettings, usualAccounting),
  /** Names, addresses and raw bytes are sealed, so that they can be erased. */
  privacy: or(Privacy, { erasure: true }),
  /** How long raw bytes stay readable. */
  retention: or(Retention, { rawDays: null }),
};

export interface BooksFile {
  readonly accounting: typeof AccountingSettings.Type;
  readonly privacy: typeof Privacy.Type;
  readonly retention: typeof Retention.Type;
}

/** What no single setting shows to be wrong. */
export const booksProblems = ({ privacy, retention }: BooksFile): ReadonlyArray<string> =>
  retention.rawDays !== null && !privacy.erasure
    ? ["retention.rawDays: needs privacy.erasure, since bytes are made unreadable by destroying their key"]
    : [];
