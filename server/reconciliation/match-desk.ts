/** Matching by hand: two or more items of one leg and one account are the same thing, because a person says so; and taking that back. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type MatchNotes, match } from "../../domain/controls/match.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import { accountId, connectionOf } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { type LegName, legNames } from "../../domain/reconciliation/leg.ts";
import type { Line } from "../../domain/reconciliation/line.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, type ControlAct, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { resolve } from "../views/find.ts";
import { lineJson } from "./line-json.ts";

const most = 500;
const itemForm = /^[^:\s@][^:\s]*:[a-z_]+\/.+$/;

const noMatch = refused("no-such-match", "no match by hand has this id");

/** The account that an item is of: by its own id, or by that of the record it is in its system. Null: nobody's. */
const rootOf = (engine: Engine, item: string): Effect.Effect<string | null, StoreError> =>
  Effect.gen(function* () {
    const foreign = item.slice(item.indexOf("/") + 1);
    const connection = connectionOf(item);
    const inner = foreign.slice(foreign.indexOf(":") + 1);
    for (const id of new Set([`${connection}:${foreign}`, `${connection}:${inner}`])) {
      const party = yield* resolve(engine, id);
      if (party !== null) return engine.live.told(engine.core.root(party));
    }
    return null;
  });

/** Each of the items, as it stands now, and whose they all are. */
const found = (
  engine: Engine,
  leg: LegName,
  items: ReadonlyArray<string>,
): Effect.Effect<{ readonly root: string; readonly lines: ReadonlyArray<Line> } | ReadonlyArray<string>, StoreError> =>
  Effect.gen(function* () {
    const roots = new Set<string>();
    const problems: string[] = [];
    for (const item of items) {
      const root = leg === "payouts" ? "@" : yield* rootOf(engine, item);
      if (root === null || !engine.sees(root)) problems.push(`${item}: no account has it`);
      else roots.add(root);
    }
    if (problems.length > 0) return problems;
    if (roots.size > 1)
      return [
        `the items are of ${roots.size} accounts (${[...roots].map((root) => accountId(root)).join(", ")}): link the companies first, POST /v1/links`,
      ];
    const [root] = [...roots] as [string];
    const lines = (yield* engine.live.linesOf(root)).filter((line) => line.leg === leg);
    const known = new Set(lines.flatMap(({ evidence }) => evidence));
    const strange = items.filter((item) => !known.has(item));
    if (strange.length > 0) return strange.map((item) => `${item}: is no item of the leg ${leg} now`);
    return { root, lines: lines.filter(({ evidence }) => evidence.some((id) => items.includes(id))) };
  });

const prepareMatch = (
  engine: Engine,
  { id: request, by, reason, problems }: ActRequest,
  { fields }: ControlAct,
): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const { leg, items } = fields as { readonly leg: string | null; readonly items: Json };
    const named = Array.isArray(items) ? items.map(String) : [];
    const wrong = [
      ...problems,
      ...((legNames as ReadonlyArray<string>).includes(leg ?? "") ? [] : [`leg is one of ${legNames.join(", ")}`]),
      ...(named.length >= 2 && named.length <= most ? [] : [`items has 2 to ${most} items`]),
      ...(new Set(named).size === named.length ? [] : ["items names one of them twice"]),
      ...named.filter((item) => !itemForm.test(item)).map((item) => `${item}: an item is "connection:kind/id"`),
    ];
    if (wrong.length > 0) return invalid(wrong);
    const where = yield* found(engine, leg as LegName, named);
    if (!("root" in where)) return invalid(where);
    const taken = [...engine.core.controls.all(match)].find(
      ([, record]) => record.undone === null && record.leg === leg && record.items.some((item) => named.includes(item)),
    );
    if (taken !== undefined) return conflict(`one of them is in the match ${taken[0]} already: take that back first`);
    if (where.lines.length === 1) return conflict(`they are one line already, ${where.lines[0]!.id}`);
    const note: MatchNotes = {
      type: "match.made",
      party: controlsParty,
      by,
      reason,
      match: `mat_${sha256(`match ${request}`).slice(0, 20)}`,
      parties: [where.root],
      leg: leg as LegName,
      items: [...named].sort(),
    };
    return { status: "ready", notBefore: 0, notes: [note] };
  });

export const matchDesk: ControlDesk = {
  prepare: (engine, request, act): Effect.Effect<Prepared, StoreError> => {
    if (act.verb === "match") return prepareMatch(engine, request, act);
    const record = engine.core.controls.get(match, act.id);
    if (record === null || !record.parties.every((party) => engine.sees(party))) return Effect.succeed(noMatch);
    if (request.problems.length > 0) return Effect.succeed(invalid(request.problems));
    if (record.undone !== null) return Effect.succeed(conflict("it was taken back before"));
    const { by, reason } = request;
    const note: MatchNotes = {
      type: "match.undone",
      party: controlsParty,
      by,
      reason,
      match: act.id,
      parties: record.parties,
    };
    return Effect.succeed({ status: "ready", notBefore: 0, notes: [note] });
  },
  show: (engine, id) =>
    Effect.gen(function* () {
      const record = engine.core.controls.get(match, id);
      if (record === null) return null;
      const { leg, items, made, undone, parties } = record;
      const [root = "@"] = parties;
      const lines = yield* engine.live.linesOf(root === "@" ? root : engine.core.root(root));
      const now = engine.core.now;
      return {
        id,
        leg,
        items,
        made: { ...made },
        undone: undone === null ? null : { ...undone },
        lines: lines
          .filter((line) => line.leg === leg && line.evidence.some((item) => items.includes(item)))
          .map((line) => lineJson(line, now)),
      };
    }),
};
