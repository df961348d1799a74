/** What the routes of policies, mappings and configurations promise. *Pure.* */
import * as Schema from "effect/Schema";
import { policies } from "../../domain/lifecycle.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { act, json, optional, reason } from "../operators/act-operation.ts";
import { paths } from "./paths.ts";

const text = Schema.NullOr(Schema.String);
const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown });
const names = Object.keys(policies) as [keyof typeof policies, ...Array<keyof typeof policies>];
const PolicyName = Schema.Literal(...names);
const instant = Schema.String.annotations({ examples: ["2026-02-01T00:00:00Z"] });
const change = { effectiveAt: Instant, at: Instant, position: Whole, by: Schema.String, reason: text };

export const Policies = Schema.Struct({
  inForce: PolicyName,
  configured: PolicyName,
  switched: Schema.NullOr(PolicyName),
  switches: Schema.Array(Schema.Struct({ policy: PolicyName, ...change })),
  known: Schema.Array(anything),
}).annotations({ identifier: "Policies" });
export const Mappings = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      target: Schema.String,
      name: Schema.String,
      to: text.annotations({ description: "In force now; null: the configuration's counts." }),
      changes: Schema.Array(Schema.Struct({ to: text, ...change })),
    }),
  ),
}).annotations({ identifier: "Mappings" });
const Configurations = Schema.Struct({
  hash: text,
  at: Schema.NullOr(Instant),
  position: Schema.NullOr(Whole),
  content: Schema.Unknown,
}).annotations({ identifier: "Configuration", description: "As the last start found it, without secrets." });

export const controlOperations: ReadonlyArray<Operation> = [
  act(paths.policies, {
    operationId: "switchPolicy",
    tag: "change",
    summary: "Switch the policy from a date on",
    description:
      "With `dryRun`: what of states, commands, money and exceptions would differ. A switch takes nothing back that was done. " +
      "What is not in memory follows when it is next looked at.",
    access: "admin",
    body: Schema.Struct({
      policy: PolicyName,
      effectiveAt: optional(instant),
      dryRun: optional(Schema.Boolean),
      reason,
    }).annotations({ identifier: "SwitchPolicy" }),
    answer: { description: "The policies, or what would differ.", schema: Schema.Union(Policies, anything) },
  }),
  act(paths.mappings, {
    operationId: "setMapping",
    tag: "change",
    summary: "Say what our documents refer to in a target",
    description:
      "By the target's own ids: items, accounts, the subsidiary, currencies; before what the configuration names. What was refused because it " +
      "lacked one is sent again. `to` null: the configuration's counts again.",
    access: "operate",
    body: Schema.Struct({
      target: Schema.String,
      name: Schema.String,
      to: text,
      effectiveAt: optional(instant),
      reason,
    }).annotations({ identifier: "SetMapping" }),
    answer: { description: "Every mapping.", schema: Mappings },
  }),
  ...(
    [
      [paths.policies, "listPolicies", "Policies, and which is in force from when", Policies],
      [paths.mappings, "listMappings", "Mappings, and which is in force from when", Mappings],
      [
        paths.configurations,
        "getConfiguration",
        "The configuration that the last start found, without secrets",
        Configurations,
      ],
    ] as const
  ).map(
    ([path, operationId, summary, schema]): Operation => ({
      method: "get",
      path,
      operationId,
      tag: "change",
      summary,
      access: "read",
      answers: { 200: { description: "All of it.", content: json, schema } },
      problems: ["bad-parameter"],
    }),
  ),
];
