/** Working finance's queue: who looks at an exception, until when it may wait, and what a person says is settled. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { DeskNotes } from "../../domain/controls/desk.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { exception } from "../views/exceptions.ts";
import { type ActRequest, type ControlAct, conflict, invalid, refused } from "./act.ts";
import type { ControlDesk } from "./control-desk.ts";

export const deskVerbs = ["assign", "snooze", "resolve", "reopen"] as const;
export type DeskVerb = (typeof deskVerbs)[number];

const none = refused("no-such-exception", "it never was, or it closed by itself when its cause went away");

const noteOf = (
  { by, reason }: ActRequest,
  { verb, id, fields }: ControlAct,
  found: { readonly moneyMinor: number | null; readonly currency: string | null },
): DeskNotes => {
  const said = { party: controlsParty, exception: id, by, reason } as const;
  switch (verb as DeskVerb) {
    case "assign":
      return { ...said, type: "desk.assigned", assignee: fields["assignee"] as string | null };
    case "snooze":
      return { ...said, type: "desk.snoozed", until: fields["until"] as number };
    case "resolve":
      return { ...said, type: "desk.resolved", moneyMinor: found.moneyMinor, currency: found.currency };
    case "reopen":
      return { ...said, type: "desk.reopened" };
  }
};

export const exceptionDesk: ControlDesk = {
  prepare: (engine, request, act) =>
    Effect.map(exception(engine, { name: "exception", id: act.id }), (found) => {
      if (found === null) return none;
      if (request.problems.length > 0) return invalid(request.problems);
      const { status, moneyMinor, currency } = found as {
        readonly status: string;
        readonly moneyMinor: number | null;
        readonly currency: string | null;
      };
      if (status === "closed")
        return conflict("its cause went away and it closed; if it comes back it is open by itself");
      if (act.verb === "reopen" && status === "open") return conflict("it is open");
      const { until } = act.fields as { readonly until?: number };
      if (until !== undefined && until <= engine.core.now) return invalid(["until lies in the past"]);
      return { status: "ready", notBefore: 0, notes: [noteOf(request, act, { moneyMinor, currency })] };
    }),
  show: (engine, id): Effect.Effect<Json, never> => Effect.orDie(exception(engine, { name: "exception", id })),
};
