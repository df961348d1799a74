/** Trying a connection: one harmless question to the system itself, and what came of it written down with who asked. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import type { TestOutcome } from "../../domain/controls/connection.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { AnswerError, System } from "../../domain/ports/system.ts";
import type { Engine } from "../engine/engine.ts";
import { conflict, invalid, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { isListenedTo, oneConnection } from "./view.ts";

interface Question {
  readonly asked: string;
  /** True: it answered that there is no such object. */
  readonly ask: Effect.Effect<boolean, AnswerError>;
}

/** An object that surely is nowhere: its absence is an answer too. */
const nowhere = "account/tieout-connection-test";

/** A customer of the connection that is in memory. */
const someCustomer = ({ core }: Engine, name: string): string => {
  for (const party of core.parties.values())
    if (party.connection === name && party.evidence.has(`account/${party.customer}`))
      return `account/${party.customer}`;
  return nowhere;
};

/** What changed lately, where it can be asked so; else one object that is known. Neither changes anything there, and nothing is taken in. */
const questionFor = (engine: Engine, system: System, now: number): Question => {
  const { connection, outbound } = system;
  if (outbound.poll !== null) {
    const cursor = engine.core.cursors.get(connection) ?? null;
    return { asked: "what changed lately", ask: Effect.map(outbound.poll(cursor, connection), () => false) };
  }
  const subject = someCustomer(engine, connection);
  return {
    asked: subject === nowhere ? "an object that is nowhere" : `the object ${subject}`,
    ask: Effect.map(outbound.read(subject, connection, now), (found) => found === null),
  };
};

const saidOf = (failure: AnswerError): { readonly outcome: TestOutcome; readonly detail: string } => {
  switch (failure._tag) {
    case "Throttled":
      return { outcome: "throttled", detail: failure.detail };
    case "RejectedFixable":
    case "Impossible":
      return { outcome: "refused", detail: `${failure.code}: ${failure.detail}` };
    default:
      return { outcome: "no-answer", detail: failure.detail };
  }
};

export const connectionDesk: ControlDesk = {
  prepare: (engine, { by, reason, problems }, { id }) =>
    Effect.gen(function* () {
      const system = engine.systems.get(id);
      if (system === undefined)
        return refused(
          "no-such-connection",
          `no connection is named ${JSON.stringify(id)}; there are ${[...engine.systems.keys()].join(", ")}`,
        );
      if (problems.length > 0) return invalid(problems);
      if (isListenedTo(system))
        return conflict(`${id} speaks for itself, and nothing can be asked of it: send a signed event to try it`);
      const began = yield* Clock.currentTimeMillis;
      const { asked, ask } = questionFor(engine, system, began);
      const answer = yield* Effect.either(ask);
      const tookMs = (yield* Clock.currentTimeMillis) - began;
      const found = Either.isRight(answer)
        ? { outcome: answer.right ? ("absent" as const) : ("answered" as const), detail: null }
        : saidOf(answer.left);
      // It is up: what waits for that need not wait any longer.
      if (Either.isRight(answer)) engine.gates.get(id)?.answered();
      const said = { party: controlsParty, connection: id, by, reason } as const;
      return {
        status: "ready",
        notBefore: 0,
        notes: [{ type: "connection.tested", ...said, asked, ...found, tookMs }],
      } as const;
    }),
  show: (engine, id) => oneConnection(engine, id),
};
