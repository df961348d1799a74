/** Placing and lifting legal holds, as the engine judges it; and the list of them. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type HoldNotes, type HoldRecord, type HoldSubject, hold } from "../../domain/controls/hold.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { isPeriod, rangeOf } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { needsSecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, type ControlAct, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { resolve } from "../views/find.ts";

const holdJson = ({ id, subject, matter, placed, lifted }: HoldRecord): Json =>
  ({ id, subject, matter, placed, lifted, stands: lifted === null }) as unknown as Json;

/** A hold on a period is about everybody. */
const inSight = ({ sees }: Engine, { subject }: HoldRecord): boolean =>
  sees(subject.kind === "period" ? "@" : subject.party);

type Found = { readonly subject: HoldSubject } | { readonly wrong: string };

const subjectOf = (engine: Engine, fields: ControlAct["fields"]): Effect.Effect<Found, StoreError> =>
  Effect.gen(function* () {
    const named = ["account", "party", "period"].filter((name) => fields[name] !== null);
    if (named.length !== 1) return { wrong: "name one of account, party and period" };
    const { account, party, period } = fields as Readonly<Record<string, string | null>>;
    if (typeof period === "string" && !engine.sees("@"))
      return {
        wrong: "period: it is of all legal entities, and this key is limited to some; name an account or a party",
      };
    if (typeof period === "string") {
      if (!isPeriod(period)) return { wrong: `period: ${JSON.stringify(period)} is none: a month such as 2026-01` };
      const { from, until } = rangeOf(period, engine.accounting?.timeZone ?? "UTC");
      return { subject: { kind: "period", from, until, period } };
    }
    const id = account ?? party ?? "";
    const found = yield* resolve(engine, id);
    if (found === null)
      return { wrong: `${account === null ? "party" : "account"}: nothing is known as ${JSON.stringify(id)}` };
    return { subject: { kind: account === null ? "party" : "account", party: found } };
  });

const prepare = (engine: Engine, request: ActRequest, act: ControlAct): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const { by, reason, problems } = request;
    if (act.verb === "lift") {
      const record = engine.core.controls.get(hold, act.id);
      if (record === null || !inSight(engine, record))
        return refused("no-such-hold", `no legal hold has the id ${JSON.stringify(act.id)}`);
      if (problems.length > 0) return invalid(problems);
      if (record.lifted !== null) return conflict(`it was lifted already, by ${record.lifted.by}`);
      const second = needsSecondPerson(engine, request, "hold.lift", act.id);
      if ("prepared" in second) return second.prepared;
      const note: HoldNotes = { type: "hold.lifted", party: controlsParty, hold: act.id, by, reason };
      return { status: "ready", notBefore: 0, notes: [note, ...second.also] };
    }
    const found = yield* subjectOf(engine, act.fields);
    const reasons = [...problems, ...("wrong" in found ? [found.wrong] : [])];
    if (reasons.length > 0 || "wrong" in found) return invalid(reasons);
    const id = (act.sealed?.["id"] ?? "") as string;
    const matter = (act.fields["matter"] ?? null) as string | null;
    const { subject } = found;
    const note: HoldNotes = { type: "hold.placed", party: controlsParty, hold: id, subject, matter, by, reason };
    return { status: "ready", notBefore: 0, notes: [note] };
  });

export const holdDesk: ControlDesk = {
  prepare,
  show: (engine, id) =>
    Effect.sync(() => {
      const record = engine.core.controls.get(hold, id);
      return record === null ? null : holdJson(record);
    }),
};

/** Those that stand first, each group as it was placed. */
export const holds = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.map(engine.fold, () => {
    const all = [...engine.core.controls.all(hold).values()].filter((record) => inSight(engine, record));
    const sorted = [...all.filter(({ lifted }) => lifted === null), ...all.filter(({ lifted }) => lifted !== null)];
    return { items: sorted.map(holdJson) };
  });
