/** The books' surroundings as this engine has them: zone, entities and rules, prices and rates of the catalogue. */
import type { ExchangeRate } from "../../domain/accounting/exchange.ts";
import { type KeptBooks, usualAccounting } from "../../domain/booking.ts";
import { type AccountBooks, booksOf, faultyBooks } from "../../domain/books/account.ts";
import type { Keeping } from "../../domain/books/keeping.ts";
import { type DataOf, kindOf, type ObjectData } from "../../domain/event.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { Party } from "../../domain/party.ts";
import { type Register, shown } from "../../domain/register.ts";
import type { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { stagedIn } from "../metering/staged.ts";

const dataOf = (core: Pick<Core, "catalogue" | "surroundings">, id: string): ObjectData | null => {
  const register = core.catalogue.get(id) as Register<ObjectData> | undefined;
  if (register === undefined) return null;
  const connection = connectionOf(id);
  const kind = kindOf(id.slice(connection.length + 1));
  return shown(core.surroundings.orders(connection)[kind], register)?.observation.data ?? null;
};

/** Those that stand, by their publishers. */
export const ratesIn = (core: Pick<Core, "catalogue" | "surroundings">): ReadonlyArray<ExchangeRate> => {
  const rates: ExchangeRate[] = [];
  for (const id of core.catalogue.keys()) {
    if (kindOf(id.slice(id.indexOf(":") + 1)) !== "exchange_rate") continue;
    const data = dataOf(core, id) as DataOf<"exchange_rate"> | null;
    if (data?.status !== "published") continue;
    const { base, quote, rate, publisher, date } = data;
    rates.push({ base, quote, rate, source: publisher, date });
  }
  return rates.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.source < b.source ? -1 : 1));
};

export const keepingOf = (
  core: Pick<Core, "catalogue" | "surroundings" | "controls" | "metered">,
  { accounting, billing }: KeptBooks,
  /** Told of every price that was looked up. */
  asked: (price: string) => void = () => {},
  ratedOf: Keeping["ratedOf"] = stagedIn(core, accounting),
): Keeping => {
  const bills = new Set(billing);
  return {
    timeZone: accounting.timeZone,
    entities: accounting.entities,
    bills: (connection) => bills.has(connection),
    rules: accounting,
    priceOf: (id) => {
      asked(id);
      return dataOf(core, id) as DataOf<"price"> | null;
    },
    ratedOf,
  };
};

export const keptBooksOf = ({ accounting, systems }: Pick<Engine, "accounting" | "systems">): KeptBooks => ({
  accounting: accounting ?? usualAccounting,
  billing: [...systems].flatMap(([name, { profile }]) => (profile.roles.includes("billing") ? [name] : [])).sort(),
});

/** A mistake of ours in one account is that account's: the others' figures stand, and it says so. */
export const safely = (root: string, members: ReadonlyArray<Party>, keeping: Keeping): AccountBooks => {
  try {
    return booksOf(root, members, keeping);
  } catch (error) {
    return faultyBooks(root, error instanceof Error ? error.message : String(error));
  }
};
