/** Rules that keep things back: made and removed by people, and what each keeps back now. */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type ParkConditions, type ParkRule, parkRule } from "../../domain/controls/park-rule.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { dataSchemas } from "../../domain/event.ts";
import { sha256 } from "../../domain/hash.ts";
import type { Engine } from "../engine/engine.ts";
import { conflict, invalid, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";

const stages = ["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"];

/** The same conditions are the same rule. */
export const ruleIdOf = (conditions: ParkConditions): string =>
  `rule_${sha256(canonical(conditions as unknown as Json)).slice(0, 12)}`;

/** A rule without a connection is about everybody. */
const inSight = ({ sees }: Engine, { connection }: ParkConditions): boolean => sees(`@${connection ?? ""}`);

const wrong = ({ systems, sees }: Engine, conditions: ParkConditions): ReadonlyArray<string> => {
  const { connection, kind, stage, currency, amountOverMinor } = conditions;
  const problems: string[] = [];
  if (Object.values(conditions).every((one) => one === null))
    problems.push("give at least one condition; to keep everything back, set the connection to observe");
  if (connection === null && !sees("@"))
    problems.push("connection: without one the rule is about all legal entities, and this key is limited to some");
  if (connection !== null && !(systems.has(connection) && sees(`@${connection}`)))
    problems.push(`connection: there is no ${JSON.stringify(connection)}`);
  if (kind !== null && !Object.hasOwn(dataSchemas, kind))
    problems.push(`kind: ${JSON.stringify(kind)} is none of ${Object.keys(dataSchemas).join(", ")}`);
  if (stage !== null && !stages.includes(stage))
    problems.push(`stage: ${JSON.stringify(stage)} is none of ${stages.join(", ")}`);
  if (currency !== null && !/^[A-Z]{3}$/.test(currency)) problems.push("currency: three capitals of ISO 4217");
  if (amountOverMinor !== null && currency === null)
    problems.push("amountOverMinor goes with a currency: amounts of two currencies are never compared");
  if (amountOverMinor !== null && amountOverMinor < 0) problems.push("amountOverMinor is zero or more");
  return problems;
};

const heldBy = ({ core }: Engine, { id }: ParkRule): number => {
  let held = 0;
  for (const { party, planned } of core.open.values()) {
    const found = planned.hold === "parked" ? core.parties.get(party) : undefined;
    if (found?.keptBackBy(planned)?.startsWith(`parked by rule ${id} `)) held += 1;
  }
  return held;
};

const ruleJson = (engine: Engine, rule: ParkRule): Json => ({ ...rule, held: heldBy(engine, rule), removed: false });

export const parkRules = (engine: Engine): Effect.Effect<Json> =>
  Effect.sync(() => ({
    items: [...engine.core.controls.all(parkRule).values()]
      .filter((rule) => inSight(engine, rule))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((rule) => ruleJson(engine, rule)),
  }));

export const ruleActs: ControlDesk = {
  prepare: (engine, { by, reason, problems }, { verb, id, fields }) =>
    Effect.sync(() => {
      const before = engine.core.controls.get(parkRule, id);
      const said = { party: controlsParty, rule: id, by, reason } as const;
      if (verb === "remove") {
        if (before === null || !inSight(engine, before))
          return refused("no-such-object", `no rule is known as ${JSON.stringify(id)}`);
        if (problems.length > 0) return invalid(problems);
        return { status: "ready", notBefore: 0, notes: [{ ...said, type: "park-rule.removed" }] };
      }
      const conditions = fields as unknown as ParkConditions;
      const reasons = [...problems, ...wrong(engine, conditions)];
      if (reasons.length > 0) return invalid(reasons);
      if (before !== null) return conflict(`there is such a rule already: ${id}, of ${before.by}`);
      return { status: "ready", notBefore: 0, notes: [{ ...said, type: "park-rule.added", conditions }] };
    }),
  show: (engine, id) =>
    Effect.sync((): Json => {
      const rule = engine.core.controls.get(parkRule, id);
      if (rule !== null) return ruleJson(engine, rule);
      const nothing = { connection: null, kind: null, stage: null, currency: null, amountOverMinor: null };
      return { id, by: null, reason: null, at: null, ...nothing, nameContains: null, held: 0, removed: true };
    }),
};
