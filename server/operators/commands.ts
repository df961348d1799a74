/** Which command a person may approve, retry or cancel, by the state that it is in; and what to do instead. */
import * as Effect from "effect/Effect";
import type { Slot } from "../../domain/ledger.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { type Command, findCommand } from "../views/command.ts";
import { type ActRequest, type CommandVerb, conflict, invalid, type Prepared, refused } from "./act.ts";
import { personsOf } from "./approving.ts";

export const prepareCommand = (
  engine: Engine,
  request: ActRequest,
  verb: CommandVerb,
  key: string,
): Effect.Effect<Prepared, StoreError> =>
  Effect.map(findCommand(engine, key), (command) => {
    if (command === null)
      return refused("no-such-command", `no command has the key ${JSON.stringify(key)}; GET /v1/commands lists them`);
    const { by, reason, problems } = request;
    if (problems.length > 0) return invalid(problems);
    const why = refusal(verb, command);
    if (why !== null) return conflict(why);
    const { party, slot } = command;
    const note = { type: `command.${verb}` as const, party, slot, key, place: placeOf(command), by, reason };
    const persons = personsOf(engine, request, verb, command);
    if ("prepared" in persons) return persons.prepared;
    return { status: "ready", notBefore: 0, notes: [note, ...persons.also] };
  });

const placeOf = ({
  party,
  target,
  source,
  kind,
  slot,
}: Command): Pick<Slot, "target" | "source" | "part" | "kind"> => ({
  target,
  source: source.slice(party.indexOf(":") + 1),
  part: slot.slice(slot.lastIndexOf("|") + 1),
  kind,
});

const underWay = "it is on its way: wait until its outcome is known; what is unclear is read back by itself";

/** Null: it may. */
const refusal = (verb: CommandVerb, { state, hold, target, row, takenBack }: Command): string | null => {
  if (state === "sending" || state === "unknown") return `it is ${state}: ${underWay}`;
  if (state === "acked") return "it is done: what was done is taken back at its source, and the inverse follows";
  if (state === "superseded") return "it is superseded: another command took its place, act on that one";
  if (verb === "approve") {
    if (state !== "held") return `only a held command is approved, and this one is ${state}`;
    if (hold === "parked")
      return "its account is parked: release the account, and it goes by itself or asks for approval";
    if (hold === "observe")
      return `${target} is in mode observe for ${row}, so nothing is sent: set connections.${target}.mode, or its rows["${row}"], to "propose" or "act" in the configuration and start again`;
    return null;
  }
  if (verb === "cancel") return state === "cancelled" ? "it is cancelled already" : null;
  if (state === "rejected" || state === "retrying") return null;
  if (state === "cancelled")
    return takenBack ? null : "nothing asks for it any more: it went away with the wish for it, and comes back with it";
  return state === "held" ? "it is held: approve it" : "it is pending and goes by itself";
};
