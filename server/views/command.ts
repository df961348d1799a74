/** One command as people see it: its row in the outbox, and where it stands in the engine while it is open. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { approval } from "../../domain/controls/approval.ts";
import { accountId } from "../../domain/ids.ts";
import {
  type CommandRow,
  type CommandState,
  commandStates,
  openStates,
  type StoreError,
} from "../../domain/ports/store.ts";
import type { DocumentContent, DocumentKind, Verb } from "../../domain/ports/system.ts";
import type { Hold } from "../../domain/rules.ts";
import type { Waiting } from "../engine/agenda.ts";
import { type Core, openKey } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";

export interface Command {
  readonly key: string;
  readonly party: string;
  readonly row: string;
  readonly target: string;
  readonly verb: Verb;
  readonly kind: DocumentKind;
  /** `connection:kind/id`. */
  readonly source: string;
  readonly slot: string;
  readonly outsideId: string;
  readonly content: DocumentContent;
  readonly state: CommandState;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly hold: Hold | null;
  readonly blockedBy: string | null;
  /** Epoch ms; 0: at once. */
  readonly dueAt: number;
  /** `cancelled` by a person, not because the wish went away. */
  readonly takenBack: boolean;
}

interface Body {
  readonly row: string;
  readonly slot: string;
  readonly outsideId: string;
  readonly verb: Verb;
  readonly document: DocumentKind;
  readonly source: string;
  readonly content: DocumentContent;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly hold: Hold | null;
  readonly blockedBy: string | null;
  readonly dueAt: number;
}

/** Its party must be loaded. */
export const commandOf = (core: Core, row: CommandRow): Command => {
  const { document, ...body } = JSON.parse(row.body) as Body;
  const slot = core.parties.get(row.party)?.slots.get(body.slot);
  const planned = core.open.get(openKey(row.party, body.slot))?.planned;
  const base = {
    key: row.key,
    party: row.party,
    row: body.row,
    target: row.target,
    verb: body.verb,
    kind: document,
    source: body.source,
    slot: body.slot,
    outsideId: body.outsideId,
    content: body.content,
  };
  if (planned?.key === row.key) {
    const own = slot?.attempt?.key === row.key ? slot.attempt : null;
    const { state, hold, blockedBy, dueAt } = planned;
    return {
      ...base,
      state,
      hold,
      blockedBy,
      dueAt,
      attempts: own?.count ?? 0,
      lastError: own?.error ?? null,
      takenBack: false,
    };
  }
  const closed = !(openStates as ReadonlyArray<CommandState>).includes(row.state);
  const state = closed ? row.state : slot?.lastKey === row.key ? "acked" : planned ? "superseded" : "cancelled";
  const { attempts, lastError } = body;
  const takenBack = state === "cancelled" && slot?.cancelled === row.key;
  return { ...base, state, hold: null, blockedBy: null, dueAt: 0, attempts, lastError, takenBack };
};

/** Null: there is none of this key. Its party is loaded when this answers. */
export const findCommand = (engine: Engine, key: string): Effect.Effect<Command | null, StoreError> =>
  Effect.gen(function* () {
    if (!/^cmd_[0-9a-f]{32}$/.test(key)) return null;
    // The list goes by key, after a key: at most fifteen others end in a smaller digit.
    const rows = yield* engine.outbox.list({ states: commandStates, after: key.slice(0, -1), limit: 16 });
    const row = rows.find((candidate) => candidate.key === key);
    if (!row || !engine.sees(row.party)) return null;
    yield* engine.ensure(row.party);
    return commandOf(engine.core, row);
  });

/** Of several persons who must approve it, those who have; null: nobody has yet. */
const approvalsOf = (core: Core, key: string): Json => {
  const record = core.controls.get(approval, `command.approve/${key}`);
  if (record === null || record.given.length === 0) return null;
  return { needed: record.needed, given: record.given.map(({ by, at }) => ({ by, at })) };
};

/** What a person may do with it. */
const actsOn = ({ state, hold, takenBack }: Command): ReadonlyArray<string> => {
  switch (state) {
    case "held":
      return hold === "approval" || hold === "inverse" ? ["approve", "cancel"] : ["cancel"];
    case "pending":
      return ["cancel"];
    case "retrying":
    case "rejected":
      return ["retry", "cancel"];
    case "cancelled":
      return takenBack ? ["retry"] : [];
    default:
      return [];
  }
};

/** `waiting`: what it waits for that could go but for its target. */
export const commandJson = (core: Core, command: Command, waiting: Waiting | null = null): Json => {
  const { key, party, row, target, verb, kind, source, outsideId, content, state } = command;
  const { attempts, lastError, hold, blockedBy, dueAt } = command;
  return {
    key,
    row,
    target,
    verb,
    document: kind,
    source,
    party,
    account: accountId(core.root(party)),
    state,
    deadLetter: state === "rejected",
    hold,
    blockedBy,
    waiting,
    dueAt: dueAt === 0 ? null : dueAt,
    attempts,
    lastError,
    outsideId,
    content: content as unknown as Json,
    approvals: approvalsOf(core, key),
    booking: bookingOf(core, command),
    acts: actsOn(command),
  };
};

/** The period that it was claimed in; null: it was not claimed yet, or is of none. */
const bookingOf = (core: Core, { party, slot, key }: Command): Json => {
  const { attempt = null, held = null, lastKey = null } = core.parties.get(party)?.slots.get(slot) ?? {};
  const booking = attempt?.key === key ? attempt.booking : lastKey === key ? held?.booking : undefined;
  return booking === undefined ? null : { ...booking };
};
