/**
 * The outbox in pages, in order of keys. Work is bounded: a filter that matches little ends the page early, short or empty, with a
 * cursor to go on from.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { commandStates, type StoreError } from "../../domain/ports/store.ts";
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
        if ((target !== null && row.target !== target) || (members !== null && !members.has(row.party))) continue;
        yield* engine.ensure(row.party);
        const command = commandOf(core, row);
        if (states.includes(command.state)) found.push(command);
      }
      yield* Effect.yieldNow();
    }
    return {
      items: found.map((command) => commandJson(core, command)),
      nextCursor: more && after !== null ? encodeCursor(after) : null,
    };
  });

/** `null`: no such command. */
export const command = (
  engine: Engine,
  { key }: Extract<Query, { readonly name: "command" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.map(findCommand(engine, key), (found) => (found === null ? null : commandJson(engine.core, found)));
