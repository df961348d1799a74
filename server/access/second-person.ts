/**
 * The two-person rule where acts are prepared. For any desk: ask it before the act's notes are made, answer with what it gives while
 * other persons are still to come, else put its notes behind the act's own.
 */
import {
  type ApprovableAct,
  type ApprovalFacts,
  type ApprovalNotes,
  approval,
  personsNeeded,
  standingOf,
} from "../../domain/controls/approval.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, conflict, type Prepared } from "../operators/act.ts";

type Asking = Pick<ActRequest, "by" | "person" | "reason">;

export type SecondPerson =
  /** Not yet, or not by this person: answer with it. */
  | { readonly prepared: Prepared }
  /** It may be done; these notes go into the journal behind the act's own. */
  | { readonly also: ReadonlyArray<ApprovalNotes> };

const idOf = (act: string, subject: string): string => `${act}/${subject}`;

/** `act`: as the rules name it. `subject`: which of its kind, so that a yes to one is no yes to another. */
export const needsSecondPerson = (
  engine: Engine,
  { by, person = by, reason }: Asking,
  act: ApprovableAct,
  subject: string,
  facts: ApprovalFacts = {},
): SecondPerson => {
  const needed = personsNeeded(engine.approvals, act, facts);
  if (needed === null) return { also: [] };
  const id = idOf(act, subject);
  const record = engine.core.controls.get(approval, id);
  const standing = standingOf(record, needed, person);
  const said = { party: controlsParty, approval: id, by, reason } as const;
  switch (standing.status) {
    case "barred":
      return { prepared: conflict(standing.why) };
    case "waiting": {
      const note: ApprovalNotes = { ...said, type: "approval.given", person, needed };
      return { prepared: { status: "ready", notBefore: 0, notes: [note] } };
    }
    case "enough":
      if (record === null) return { also: [] };
      return { also: [{ ...said, type: "approval.done", asked: record.asked, needed, given: record.given }] };
  }
};

/** The notes of a person who asks for what others then approve: they may not approve it themselves. */
export const askedFor = (
  engine: Engine,
  { by, person = by, reason }: Asking,
  act: ApprovableAct,
  subject: string,
): ReadonlyArray<ApprovalNotes> =>
  engine.approvals.some((rule) => rule.act === act)
    ? [{ type: "approval.asked", party: controlsParty, approval: idOf(act, subject), by, reason, person }]
    : [];
