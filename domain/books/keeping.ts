/** What is the same for every account's books: zone, entities, rules, and what the catalogue knows of prices. *Pure.* */
import type { Day } from "../calendar/day.ts";
import { localDay } from "../calendar/zone.ts";
import type { DataOf } from "../event.ts";
import type { Party } from "../party.ts";
import { defaultEntity } from "../periods.ts";
import type { RatedLine } from "./rated.ts";
import type { BookRules } from "./rules.ts";

export interface Keeping {
  /** IANA name: an instant's date is its date there. */
  readonly timeZone: string;
  /** The legal entity of each connection that names one. */
  readonly entities: Readonly<Record<string, string>>;
  /** Whether the connection bills. */
  readonly bills: (connection: string) => boolean;
  readonly rules: BookRules;
  /** `connection:price/…`; null: nothing is known of it. */
  readonly priceOf: (id: string) => DataOf<"price"> | null;
  /** Rated use of an account. */
  readonly ratedOf: (members: ReadonlyArray<Party>) => ReadonlyArray<RatedLine>;
}

export const entityOfConnection = ({ entities }: Pick<Keeping, "entities">, connection: string): string =>
  Object.hasOwn(entities, connection) ? entities[connection]! : defaultEntity;

/** Of an instant, epoch milliseconds. */
export const dayIn = ({ timeZone }: Pick<Keeping, "timeZone">, at: number): Day => localDay(at, timeZone);
