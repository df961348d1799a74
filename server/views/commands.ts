/**
 * The outbox in pages, in order of keys. Work is bounded: a filter that matches little ends the page early, short or empty, with a
 * cursor to go on from.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { commandStates, type StoreError } from "../../domain/ports/store.ts";
import type { Waiting } from "../engine/agenda.ts";
import { openKey } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { type Command, commandJson, commandOf, findCommand } from "./command.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { resolve } from "./find.ts";

type CommandsQuery = Extract<Query, { readonly name: "commands" }>;

const page = 500;
/** Rows looked at for one answer. */
const most = 10_000;

/** `null`: no such account. */
export const commands = (engine: Engine, query: CommandsQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core, outbox } = engine;
    const { target, limit } = query;
    let members: ReadonlySet<string> | null = null;
    if (query.account !== null) {
      const party = yield* resolve(engine, query.account);
      if (party === null) return null;
      members = new Set(core.membersOf(core.root(party)));
    }
    const now = yield* Clock.currentTimeMillis;
    const waits = engine.waiting(now);
    const shown = (command: Command): Json =>
      commandJson(core, command, waits.get(openKey(command.party, command.slot)) ?? null);
    if (query.waiting) return yield* waitingPage(engine, query, members, waits, shown);
    const states = query.states ?? commandStates;
    const found: Command[] = [];
    let after = query.cursor === null ? null : decodeCursor(query.cursor);
    let looked = 0;
    let more = true;
    while (more && found.length < limit && looked < most) {
      const rows = yield* outbox.list({ states, after, limit: page });
      more = rows.length === page;
      for (const row of rows) {
        if (found.length === limit) {
          more = true;
          break;
        }
        looked += 1;
        after = row.key;
        if (!engine.sees(row.party)) continue;
        if ((target !== null && row.target !== target) || (members !== null && !members.has(row.party))) continue;
        yield* engine.ensure(row.party);
        const command = commandOf(core, row);
        if (states.includes(command.state)) found.push(command);
      }
      yield* Effect.yieldNow();
    }
    return {
      items: found.map(shown),
      nextCursor: more && after !== null ? encodeCursor(after) : null,
    };
  });

/** Those that could go but for their target: all of them are in memory, and looked up one by one for a page. */
const waitingPage = (
  engine: Engine,
  query: CommandsQuery,
  members: ReadonlySet<string> | null,
  waits: ReadonlyMap<string, Waiting>,
  shown: (command: Command) => Json,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const after = query.cursor === null ? "" : (decodeCursor(query.cursor) ?? "");
    const keys: string[] = [];
    for (const [id, why] of waits) {
      const open = engine.core.open.get(id);
      if (open === undefined || !query.waiting!.includes(why) || open.planned.key <= after) continue;
      if (query.target !== null && open.planned.target !== query.target) continue;
      if (members !== null && !members.has(open.party)) continue;
      keys.push(open.planned.key);
    }
    keys.sort();
    const page = keys.slice(0, query.limit);
    const found: Json[] = [];
    for (const key of page) {
      const command = yield* findCommand(engine, key);
      if (command !== null) found.push(shown(command));
    }
    return { items: found, nextCursor: keys.length > query.limit ? encodeCursor(page.at(-1)!) : null };
  });

/** `null`: no such command. */
export const command = (
  engine: Engine,
  { key }: Extract<Query, { readonly name: "command" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const found = yield* findCommand(engine, key);
    if (found === null) return null;
    const waits = engine.waiting(yield* Clock.currentTimeMillis);
    return commandJson(engine.core, found, waits.get(openKey(found.party, found.slot)) ?? null);
  });
