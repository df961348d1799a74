/** Switching the policy, and saying what our documents refer to in a target: each from a date on. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { isMappingName, mapping, mappingNames } from "../../domain/controls/mapping.ts";
import { type PolicyName, policyAt, policyTopic, switches } from "../../domain/controls/policy.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { policies } from "../../domain/lifecycle.ts";
import { needsSecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import { invalid } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { whatIf } from "../replay/what-if.ts";

export const policiesJson = ({ core }: Engine): Json => {
  const record = core.controls.get(policyTopic, switches) ?? [];
  return {
    inForce: core.surroundings.policy.name,
    configured: (core.surroundings.configured ?? core.surroundings).policy.name,
    switched: policyAt(record, core.now),
    switches: record as unknown as Json,
    known: Object.values(policies) as unknown as Json,
  };
};

/** Default: from now on. What is given as past is told. */
const effectiveAt = (fields: Readonly<Record<string, Json>>, now: number): number | string => {
  const given = fields["effectiveAt"];
  // After everything that journal time has seen, also when this machine's clock went back.
  if (typeof given !== "number") return now + 1;
  return given < now ? "effectiveAt lies in the past: a change holds from now on at the earliest; leave it out" : given;
};

export const policyDesk: ControlDesk = {
  prepare: (engine, request, { fields }) =>
    Effect.gen(function* () {
      const { by, reason, problems } = request;
      const name = fields["policy"];
      const at = effectiveAt(fields, engine.core.now);
      const wrong = [...problems];
      if (!Object.hasOwn(policies, String(name))) wrong.push(`policy is one of ${Object.keys(policies).join(", ")}`);
      if (typeof at === "string") wrong.push(at);
      if (wrong.length > 0) return invalid(wrong);
      const policy = name as PolicyName;
      if (fields["dryRun"] === true) {
        const answer = yield* whatIf(engine, { name: "whatIf", policy, rules: null, connections: null });
        return { status: "answered", answer: { dryRun: true, ...(answer as object) } } as const;
      }
      const second = needsSecondPerson(engine, request, "policy.switch", `${policy}@${fields["effectiveAt"] ?? "now"}`);
      if ("prepared" in second) return second.prepared;
      const note = {
        type: "policy.switched",
        party: controlsParty,
        policy,
        effectiveAt: at as number,
        by,
        reason,
      } as const;
      return { status: "ready", notBefore: engine.core.now + 1, notes: [note, ...second.also] } as const;
    }),
  show: (engine) => Effect.sync(() => policiesJson(engine)),
};

export const mappingsJson = ({ core }: Engine): Json => ({
  items: [...core.controls.all(mapping)].map(([id, changes]) => {
    const inForce = changes.findLast(({ effectiveAt }) => effectiveAt <= core.now) ?? null;
    const split = id.indexOf("|");
    return {
      target: id.slice(0, split),
      name: id.slice(split + 1),
      to: inForce?.to ?? null,
      changes: changes as unknown as Json,
    };
  }),
});

export const mappingDesk: ControlDesk = {
  prepare: (engine, request, { fields }) =>
    Effect.sync(() => {
      const { by, reason, problems } = request;
      const { target, name, to } = fields as {
        readonly target: string;
        readonly name: string;
        readonly to: string | null;
      };
      const at = effectiveAt(fields, engine.core.now);
      const wrong = [...problems];
      if (problems.length === 0 && !engine.systems.has(target))
        wrong.push(
          `target: no connection is named ${JSON.stringify(target)}; there are ${[...engine.systems.keys()].join(", ")}`,
        );
      if (problems.length === 0 && !isMappingName(name))
        wrong.push(
          `name is one of ${mappingNames.join(", ")}, or item: and a product, item:api-calls, or currency: and a code of ISO 4217, currency:EUR`,
        );
      if (typeof at === "string") wrong.push(at);
      if (wrong.length > 0) return invalid(wrong);
      const from = fields["effectiveAt"] ?? "now";
      const second = needsSecondPerson(engine, request, "mapping.set", `${target}|${name}=${to}@${from}`);
      if ("prepared" in second) return second.prepared;
      const said = { party: controlsParty, target, name, to, effectiveAt: at as number, by, reason } as const;
      const notes = [{ type: "mapping.set", ...said } as const, ...second.also];
      return { status: "ready", notBefore: engine.core.now + 1, notes } as const;
    }),
  show: (engine) => Effect.sync(() => mappingsJson(engine)),
};
