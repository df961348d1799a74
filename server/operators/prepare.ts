/** An act before and after the journal has it: may it be done, as everything accepted so far stands; and what has become of it. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { isControl, recordOf } from "../../domain/controls/controls.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { accountJson } from "../views/account.ts";
import { commandJson, findCommand } from "../views/command.ts";
import { settled } from "../views/find.ts";
import { type ActRequest, conflict, type Prepared, type Refused, refused } from "./act.ts";
import { prepareCommand } from "./commands.ts";
import { deskOf } from "./controls.ts";
import { prepareObject, preparePark, prepareRelease } from "./holding.ts";
import { prepareLink, prepareSeparate } from "./links.ts";

const otherAct = refused(
  "idempotency-conflict",
  "this Idempotency-Key was used for something else; send another key for another act",
);

const prepared = (engine: Engine, request: ActRequest): Effect.Effect<Prepared, StoreError> => {
  const { act } = request;
  switch (act.type) {
    case "control":
      return deskOf(act.topic).prepare(engine, request, act);
    case "link":
      return prepareLink(engine, request, act);
    case "separate":
      return prepareSeparate(engine, request, act);
    case "park":
      return preparePark(engine, request, act.account);
    case "release":
      return prepareRelease(engine, request, act);
    case "object":
      return prepareObject(engine, request, act);
    case "command":
      return prepareCommand(engine, request, act.verb, act.key);
  }
};

export const prepareAct = (
  engine: Engine,
  { request }: Extract<Query, { readonly name: "prepareAct" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const before = engine.core.acts.get(request.id);
    if (before !== undefined)
      return before.hash === request.hash ? { status: "repeated" } : (otherAct as unknown as Json);
    return (yield* prepared(engine, request)) as unknown as Json;
  });

export type Acted = Refused | { readonly status: "done"; readonly answer: Json };

const done = (answer: Json): Acted => ({ status: "done", answer });

const outcome = (engine: Engine, id: string, hash: string): Effect.Effect<Acted, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const acted = engine.core.acts.get(id);
    if (acted === undefined || acted.hash !== hash) return otherAct;
    const [entry] = yield* engine.journal.read(acted.position - 1, 1);
    const note = entry!.note as unknown as OperatorNote;
    if (isControl(note)) {
      const { topic, id: record } = recordOf(note);
      const shown = yield* deskOf(topic).show(engine, record);
      return shown === null ? conflict("it went away before the act came to it; look again") : done(shown);
    }
    if (!note.type.startsWith("command.")) {
      yield* settled(engine, note.party);
      return done(accountJson(engine.core, note.party));
    }
    const { type, key } = note as Extract<OperatorNote, { readonly key: string }>;
    const command = yield* findCommand(engine, key);
    if (!acted.stands)
      return conflict(`it began to move before the act came to it, and is ${command?.state ?? "gone"} now; look again`);
    if (command === null || (type !== "command.cancel" && command.state === "cancelled"))
      return conflict("nothing asks for it any more: what it was wished for has gone away or changed");
    return done(commandJson(engine.core, command));
  });

export const acted = (
  engine: Engine,
  { id, hash }: Extract<Query, { readonly name: "acted" }>,
): Effect.Effect<Json, StoreError> => Effect.map(outcome(engine, id, hash), (found) => found as unknown as Json);
