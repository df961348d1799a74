/** Which items a bulk act means: found by the filters of the lists, counted, with their money by currency. */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { BulkAct } from "../../domain/controls/bulk.ts";
import { exceptionTypes } from "../../domain/exceptions.ts";
import { sha256 } from "../../domain/hash.ts";
import { type CommandState, commandStates, type StoreError } from "../../domain/ports/store.ts";
import { type Priority, priorities } from "../../domain/priority.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { accounts } from "../views/accounts.ts";
import { commands } from "../views/commands.ts";
import { exceptions } from "../views/exceptions.ts";

/** Items of one job. */
export const mostItems = 10_000;
const page = 500;

export interface Item {
  readonly id: string;
  readonly moneyMinor: number | null;
  readonly currency: string | null;
}

type Filter = Readonly<Record<string, Json>>;

const onCommands = ["state", "target", "account", "key"];
/** Beside those that every list of exceptions has. */
const oneOfThem: Readonly<Record<string, ReadonlyArray<string>>> = {
  status: ["open", "snoozed", "resolved"],
  priority: priorities,
  overdue: ["true", "false"],
};
const onExceptions = [
  ...["type", "owner", "account", "currency", "assignee", "team", "entity"],
  ...["olderThanMinutes", "amountOverMinor", "q", "id", ...Object.keys(oneOfThem)],
];
const onAccounts = ["stage", "q"];
/** The filters of the list that an act takes its items from. */
export const filtersOf = (act: BulkAct): ReadonlyArray<string> =>
  act === "release" ? onAccounts : ["retry", "cancel", "approve"].includes(act) ? onCommands : onExceptions;

const usualStates: Readonly<Record<string, ReadonlyArray<CommandState>>> = {
  retry: ["rejected"],
  cancel: ["rejected"],
  approve: ["held"],
};

/** What is wrong with a filter, all at once. */
export const filterProblems = (act: BulkAct, filter: Json): ReadonlyArray<string> => {
  if (filter === null || typeof filter !== "object" || Array.isArray(filter))
    return ["filter is an object with the filters of the list; {} means everything that the act may be done to"];
  const known = filtersOf(act);
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!known.includes(name)) return [`filter.${name} is not known for ${act}; there are ${known.join(", ")}`];
    if (typeof value !== "string" || value === "") return [`filter.${name} is a text`];
    const state = name === "state" ? value.split(",").find((one) => !commandStates.includes(one as never)) : undefined;
    if (state !== undefined) return [`filter.state: ${JSON.stringify(state)} is none of ${commandStates.join(", ")}`];
    const words = oneOfThem[name];
    if (words !== undefined && value.split(",").some((word) => !words.includes(word)))
      return [`filter.${name}: ${JSON.stringify(value)} is none of ${words.join(", ")}`];
    if (/^(olderThanMinutes|amountOverMinor)$/.test(name) && !/^\d{1,15}$/.test(value))
      return [`filter.${name} is a whole number, as a text`];
    if (name === "amountOverMinor" && (filter as Filter)["currency"] === undefined)
      return ["filter.amountOverMinor goes with filter.currency: two currencies are never compared"];
    if (name === "type" && !exceptionTypes.includes(value as never))
      return [`filter.type: ${JSON.stringify(value)} is none of ${exceptionTypes.join(", ")}`];
    return [];
  });
};

const textOf = (filter: Filter, name: string): string | null => (filter[name] as string | undefined) ?? null;

/** Named one by one, with commas between; null: not so. */
const chosenIn = (filter: Filter, name: string): ReadonlySet<string> | null => {
  const said = textOf(filter, name);
  return said === null ? null : new Set(said.split(","));
};

type Page = { readonly items: ReadonlyArray<Readonly<Record<string, Json>>>; readonly nextCursor: string | null };

const ask = (engine: Engine, act: BulkAct, filter: Filter, cursor: string | null): Effect.Effect<Json, StoreError> => {
  const text = (name: string) => textOf(filter, name);
  const whole = (name: string) => (filter[name] === undefined ? null : Number(filter[name]));
  if (act === "release")
    return accounts(engine, {
      name: "accounts",
      stage: text("stage"),
      sync: "parked",
      q: text("q"),
      limit: page,
      cursor,
    } as Extract<Query, { readonly name: "accounts" }>);
  const states = usualStates[act];
  if (states !== undefined)
    return commands(engine, {
      name: "commands",
      states: (text("state")?.split(",") as ReadonlyArray<CommandState> | undefined) ?? states,
      target: text("target"),
      account: text("account"),
      limit: page,
      cursor,
    });
  return exceptions(engine, {
    name: "exceptions",
    type: text("type"),
    owner: text("owner"),
    account: text("account"),
    currency: text("currency"),
    statuses: (text("status")?.split(",") ?? ["open", "snoozed"]) as ReadonlyArray<"open">,
    assignee: text("assignee"),
    team: text("team"),
    priority: text("priority") as Priority | null,
    overdue: filter["overdue"] === undefined ? null : filter["overdue"] === "true",
    sieve: {
      entity: text("entity"),
      olderThanMinutes: whole("olderThanMinutes"),
      amountOverMinor: whole("amountOverMinor"),
      text: text("q"),
      ids: chosenIn(filter, "id"),
    },
    sort: "age",
    limit: page,
    cursor,
  });
};

const itemOf = (json: Readonly<Record<string, Json>>): Item => {
  const content = (json["content"] ?? json) as Readonly<Record<string, Json | undefined>>;
  const amount = content["amountMinor"] ?? json["moneyMinor"] ?? null;
  const currency = content["currency"] ?? null;
  return {
    id: String(json["key"] ?? json["id"]),
    moneyMinor: typeof amount === "number" ? amount : null,
    currency: typeof currency === "string" ? currency : null,
  };
};

export type FoundItems =
  | { readonly items: ReadonlyArray<Item> }
  /** No account is known by the name in the filter. */
  | { readonly problem: string };

export const findItems = (engine: Engine, act: BulkAct, filter: Filter): Effect.Effect<FoundItems, StoreError> =>
  Effect.gen(function* () {
    const items: Item[] = [];
    const keys = chosenIn(filter, "key");
    let cursor: string | null = null;
    do {
      const answer: Page | null = (yield* ask(engine, act, filter, cursor)) as Page | null;
      if (answer === null)
        return {
          problem: `filter.account: no account, party or object is known as ${JSON.stringify(filter["account"])}`,
        };
      items.push(...answer.items.map(itemOf).filter(({ id }) => keys === null || keys.has(id)));
      if (items.length > mostItems)
        return { problem: `more than ${mostItems} items fit the filter; narrow it, one job takes no more` };
      cursor = answer.nextCursor;
      yield* Effect.yieldNow();
    } while (cursor !== null);
    return { items: items.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  });

/** A sum past what a number holds exactly is its digits. */
export const moneyOf = (items: ReadonlyArray<Item>): Readonly<Record<string, Json>> => {
  const sums = new Map<string, bigint>();
  for (const { moneyMinor, currency } of items)
    if (moneyMinor !== null && currency !== null)
      sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(Math.abs(moneyMinor)));
  return Object.fromEntries(
    [...sums]
      .sort()
      .map(([currency, sum]) => [currency, sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : String(sum)]),
  );
};

/** Of exactly these items with exactly this money: what a preview showed, and nothing else. */
export const tokenOf = (act: BulkAct, fields: Filter, items: ReadonlyArray<Item>): string =>
  `preview_${sha256(canonical([act, fields as Json, items as unknown as Json])).slice(0, 32)}`;
