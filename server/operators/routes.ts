/** The routes of operators: the two queues and the outbox to read, and the acts. */
import type { Context, Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { exceptionTypes } from "../../domain/exceptions.ts";
import type { CommandState } from "../../domain/ports/store.ts";
import { commandStates } from "../../domain/ports/store.ts";
import { priorities } from "../../domain/priority.ts";
import { type Waiting, waitReasons } from "../engine/agenda.ts";
import { type Ask, asItIs, pageOfAccount } from "../http/ask.ts";
import type { Door } from "../http/door.ts";
import { among, BadParameter, listParameters, noParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { exceptionStatuses } from "../queues/items.ts";
import type { Sieve } from "../queues/sieve.ts";
import { decodeCursor } from "../views/cursor.ts";
import { exceptionPlace } from "../views/exceptions.ts";
import { faultKinds, isFaultCursor } from "../views/faults.ts";
import { commandVerbs } from "./act.ts";
import type { Fields } from "./body.ts";
import { type DeskOptions, makeDesk } from "./desk.ts";
import type { DeskVerb } from "./exceptions.ts";
import { paths } from "./paths.ts";

const waitingOf = (value: string | null): ReadonlyArray<Waiting> | null =>
  value === "any" ? waitReasons : (value?.split(",").map((one) => among("waiting", one, waitReasons)!) ?? null);

const flagOf = (name: string, value: string | null): boolean | null => {
  const said = among(name, value, ["true", "false"] as const);
  return said === null ? null : said === "true";
};

const sieveNames = ["entity", "olderThanMinutes", "amountOverMinor", "q"];

const wholeOf = (name: string, value: string | null): number | null => {
  if (value === null) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new BadParameter(name, `${name} is a whole number, zero or more`);
};

const sieveIn = (filters: Readonly<Record<string, string | null>>): Sieve => {
  const amountOverMinor = wholeOf("amountOverMinor", filters["amountOverMinor"] ?? null);
  if (amountOverMinor !== null && (filters["currency"] ?? null) === null)
    throw new BadParameter("amountOverMinor", "amountOverMinor goes with currency: two currencies are never compared");
  return {
    entity: filters["entity"] ?? null,
    olderThanMinutes: wholeOf("olderThanMinutes", filters["olderThanMinutes"] ?? null),
    amountOverMinor,
    text: filters["q"] ?? null,
  };
};

const isCommandCursor = (cursor: string): boolean => /^cmd_[0-9a-f]{32}$/.test(decodeCursor(cursor) ?? "");

export const registerOperators = (app: Hono, ask: Ask, { refused }: Door, options: DeskOptions): void => {
  const act = makeDesk(options);
  const account = (c: Context): string => c.req.param("id") ?? "";

  app.post(
    paths.links,
    act({ party: "party", target: "party or null", force: "flag?" }, (_, { text, flag }) => ({
      type: "link",
      party: text("party") ?? "",
      target: text("target"),
      force: flag("force"),
    })),
  );
  app.post(
    routePath(paths.separate),
    act({ party: "party?" }, (c, { text }) => ({ type: "separate", account: account(c), party: text("party") })),
  );
  app.post(
    routePath(paths.park),
    act({}, (c) => ({ type: "park", account: account(c) })),
  );
  app.post(
    routePath(paths.release),
    act({ object: "object?", party: "party?" }, (c, { text }) => ({
      type: "release",
      account: account(c),
      object: text("object"),
      party: text("party"),
      ...(c.req.query("dryRun") === undefined ? {} : { dryRun: c.req.query("dryRun")! }),
    })),
  );
  const exception = (
    verb: DeskVerb,
    known: Parameters<typeof act>[0],
    fieldsOf: (fields: Fields) => Readonly<Record<string, Json>>,
  ) =>
    app.post(
      routePath(paths.onException(verb)),
      act(known, (c, fields) => ({
        type: "control",
        topic: "desk",
        verb,
        id: c.req.param("id") ?? "",
        fields: fieldsOf(fields),
      })),
    );
  exception("assign", { assignee: "text or null" }, ({ text }) => ({ assignee: text("assignee") }));
  exception("snooze", { until: "instant" }, ({ instant }) => ({ until: instant("until") }));
  exception("resolve", {}, () => ({}));
  exception("reopen", {}, () => ({}));
  for (const verb of commandVerbs) {
    app.post(
      routePath(paths.actOn(verb)),
      act({}, (c) => ({ type: "command", verb, key: c.req.param("key") ?? "" })),
    );
  }

  app.get(
    paths.commands,
    ask((_, search) => {
      const { filters, limit, cursor } = listParameters(
        search,
        ["state", "target", "account", "waiting"],
        isCommandCursor,
      );
      const states = filters["state"]?.split(",").map((state) => among("state", state, commandStates)!) ?? null;
      return {
        name: "commands",
        states: states as ReadonlyArray<CommandState> | null,
        waiting: waitingOf(filters["waiting"] ?? null),
        target: filters["target"] ?? null,
        account: filters["account"] ?? null,
        limit,
        cursor,
      };
    }, pageOfAccount),
  );
  app.get(
    routePath(paths.command),
    ask(
      (c, search) => {
        noParameters(search);
        return { name: "command", key: c.req.param("key") ?? "" };
      },
      (found, c) =>
        found === null
          ? { problem: "no-such-command", detail: `no command has the key ${JSON.stringify(c.req.param("key"))}` }
          : { body: found },
    ),
  );
  app.get(
    paths.exceptions,
    ask((_, search) => {
      const sort = among("sort", search.get("sort"), ["money", "age", "priority"] as const) ?? "money";
      const own = ["status", "assignee", "team", "priority", "overdue", ...sieveNames];
      const names = ["type", "owner", "account", "currency", "sort", ...own];
      const isCursor = (text: string): boolean => exceptionPlace(sort, text) !== null;
      const { filters, limit, cursor } = listParameters(search, names, isCursor);
      return {
        name: "exceptions",
        type: among("type", filters["type"] ?? null, exceptionTypes),
        owner: filters["owner"] ?? null,
        account: filters["account"] ?? null,
        currency: filters["currency"] ?? null,
        statuses: filters["status"]?.split(",").map((one) => among("status", one, exceptionStatuses)!) ?? ["open"],
        assignee: filters["assignee"] ?? null,
        team: filters["team"] ?? null,
        priority: among("priority", filters["priority"] ?? null, priorities),
        overdue: flagOf("overdue", filters["overdue"] ?? null),
        sieve: sieveIn(filters),
        sort,
        limit,
        cursor,
      };
    }, pageOfAccount),
  );
  app.get(
    routePath(paths.exception),
    ask(
      (c, search) => {
        noParameters(search);
        return { name: "exception", id: c.req.param("id") ?? "" };
      },
      (found) =>
        found === null
          ? { problem: "no-such-exception", detail: "it never was, or it closed by itself when its cause went away" }
          : { body: found },
    ),
  );
  app.get(
    paths.faults,
    ask((_, search) => {
      const { filters, limit, cursor } = listParameters(search, ["kind", "connection", "status"], isFaultCursor);
      return {
        name: "faults",
        kind: among("kind", filters["kind"] ?? null, faultKinds),
        connection: filters["connection"] ?? null,
        status: among("status", filters["status"] ?? null, ["open", "resolved"] as const) ?? "open",
        limit,
        cursor,
        refused: Object.fromEntries(refused),
        troubles: [],
      };
    }, asItIs),
  );
};
