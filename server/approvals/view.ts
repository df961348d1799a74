/**
 * What waits for somebody's yes, and what got it: commands that are held for one, and acts that need several persons. What waits is
 * in memory; what was decided is read from the journal, newest first.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import {
  type ApprovableAct,
  type ApprovalRecord,
  approvableActs,
  approval,
  personsNeeded,
} from "../../domain/controls/approval.ts";
import { accountId } from "../../domain/ids.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { Scope } from "../../domain/scopes.ts";
import { dueOf, owedOf } from "../../domain/service-levels.ts";
import { newestFirst } from "../audit/newest-first.ts";
import { auditPlace } from "../audit/views.ts";
import { openKey } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { factsOf } from "../operators/approving.ts";
import { type Command, findCommand } from "../views/command.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";

type ApprovalsQuery = Extract<Query, { readonly name: "approvals" }>;
type Yes = Omit<ApprovalRecord["given"][number], "person">;

/** The scope that each act asks of whoever says yes to it. */
export const scopeOf: Readonly<Record<ApprovableAct, Scope>> = {
  "command.approve": "approve",
  "key.make": "admin",
  "period.close": "approve",
  "period.reopen": "approve",
  "hold.lift": "approve",
  "account.erase": "admin",
  "policy.switch": "admin",
  "mapping.set": "operate",
  "usage-batch.approve": "approve",
};

/** In the place of a party that only those see who see everything. */
const everybody = "@";
const ofCommand = "command.approve";
const idOf = (key: string): string => `${ofCommand}/${key}`;
const partsOf = (id: string): readonly [string, string] => {
  const slash = id.indexOf("/");
  return [id.slice(0, slash), id.slice(slash + 1)];
};
/** An approval's page goes by its id, with a slash in it; the journal's by a position. */
export const isApprovalCursor = (cursor: string): boolean =>
  auditPlace(cursor) !== null || approvableActs.includes(partsOf(decodeCursor(cursor) ?? "")[0] as never);

const yesOf = ({ by, at, reason }: Yes): Json => ({ by, at, reason });

interface Said {
  readonly id: string;
  readonly command: Command | null;
  readonly asked: ApprovalRecord["asked"] | undefined;
  readonly needed: number;
  readonly given: ReadonlyArray<Yes>;
}

const aboutJson = ({ core }: Engine, { id, command, asked, needed, given }: Said) => {
  const [act, subject] = partsOf(id);
  const { amountMinor = null, currency = null } = command === null ? {} : factsOf(command);
  return {
    id,
    act,
    subject,
    account: command === null ? null : accountId(core.root(command.party)),
    row: command?.row ?? null,
    target: command?.target ?? null,
    source: command?.source ?? null,
    hold: command?.hold ?? null,
    moneyMinor: amountMinor,
    currency,
    asked: asked == null ? null : { by: asked.by, at: asked.at },
    needed,
    given: given.map(yesOf),
  };
};

const waitingJson = (engine: Engine, said: Said): Json => {
  const { core, queues } = engine;
  const { id, command, asked, given, needed } = said;
  const act = partsOf(id)[0] as ApprovableAct;
  const planned = command === null ? undefined : core.open.get(openKey(command.party, command.slot))?.planned;
  const party = command === null ? undefined : core.parties.get(command.party);
  const owed = planned === undefined || party === undefined ? null : owedOf(party, planned);
  return {
    ...aboutJson(engine, said),
    state: "waiting",
    mayDecide: {
      scope: scopeOf[act],
      persons: needed - given.length,
      not: [...(asked == null ? [] : [asked.by]), ...given.map(({ by }) => by)],
    },
    since: owed?.since ?? null,
    dueAt: owed === null ? null : dueOf(queues.serviceLevels, owed),
    decidedAt: null,
  };
};

const waiting = (engine: Engine, { act, limit, cursor }: ApprovalsQuery) =>
  Effect.gen(function* () {
    const { core } = engine;
    const records = core.controls.all(approval);
    const ids = [...core.open.values()]
      .filter(({ planned: { hold } }) => hold === "approval" || hold === "inverse")
      .map(({ planned }) => idOf(planned.key));
    // Of a command's record alone nobody knows whether it is still held; the other acts are about everybody.
    if (engine.sees(everybody))
      for (const [id, { given }] of records) if (given.length > 0 && partsOf(id)[0] !== ofCommand) ids.push(id);
    const after = cursor === null ? "" : (decodeCursor(cursor) ?? "");
    const left = ids.filter((id) => id > after && (act === null || partsOf(id)[0] === act)).sort();
    const page = left.slice(0, limit);
    const items: Json[] = [];
    for (const id of page) {
      const record = records.get(id);
      const [kind, subject] = partsOf(id);
      const command = kind === ofCommand ? yield* findCommand(engine, subject) : null;
      if (kind === ofCommand && command === null) continue;
      const rule = command === null ? null : personsNeeded(engine.approvals, ofCommand, factsOf(command));
      const { asked = null, given = [], needed = 1 } = record ?? {};
      items.push(waitingJson(engine, { id, command, asked, given, needed: command === null ? needed : (rule ?? 1) }));
    }
    return { items, nextCursor: left.length > limit ? encodeCursor(page.at(-1)!) : null };
  });

interface Note {
  readonly type?: string;
  readonly party?: string;
  readonly key?: string;
  readonly approval?: string;
  readonly by: string;
  readonly reason: string | null;
  readonly asked?: ApprovalRecord["asked"];
  readonly given?: ApprovalRecord["given"];
  readonly needed?: number;
}

const noteOf = ({ kind, conflictOf, note }: Entry): Note | null =>
  kind === "operator" && conflictOf === null ? (note as unknown as Note) : null;

/** What an entry decided; null: nothing. */
const decidedId = (entry: Entry): string | null => {
  const note = noteOf(entry);
  if (note?.type === "approval.done") return note.approval!;
  return note?.type === ofCommand ? idOf(note.key!) : null;
};

const decided = (engine: Engine, { act, limit, cursor }: ApprovalsQuery) =>
  Effect.gen(function* () {
    const items: Json[] = [];
    // A command's approval by several is told by the entry that ends it; the one before it says the same.
    let told = 0;
    const high = cursor === null ? yield* engine.journal.head : (auditPlace(cursor) ?? 1) - 1;
    const left = yield* newestFirst(engine, high, {
      wanted: (entry) => {
        const id = decidedId(entry);
        return id !== null && entry.position !== told && (act === null || partsOf(id)[0] === act);
      },
      take: (entry) =>
        Effect.gen(function* () {
          const id = decidedId(entry)!;
          const [kind, subject] = partsOf(id);
          const { type, by, reason, asked = null, given = [], needed = 1 } = noteOf(entry)!;
          if (kind === ofCommand && type === "approval.done") told = entry.position - 1;
          const command = kind === ofCommand ? yield* findCommand(engine, subject) : null;
          // Of somebody out of sight, or of what went away with its party.
          if (command === null && (kind === ofCommand || !engine.sees(everybody))) return true;
          const yeses = [...given, { by, at: entry.at, reason }];
          const about = aboutJson(engine, { id, command, asked, needed, given: yeses });
          items.push({ ...about, state: "decided", mayDecide: null, since: null, dueAt: null, decidedAt: entry.at });
          return items.length < limit;
        }),
    });
    const rest = told === left ? left - 1 : left;
    return { items, nextCursor: rest <= 0 ? null : encodeCursor(String(rest + 1)) };
  });

export const approvals = (engine: Engine, query: ApprovalsQuery): Effect.Effect<Json, StoreError> =>
  query.state === "decided" ? decided(engine, query) : waiting(engine, query);
