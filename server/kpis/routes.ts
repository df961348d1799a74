/** The route of the figures, and what it promises. */
import * as Schema from "effect/Schema";
import type { Hono } from "hono";
import { type Ask, asItIs } from "../http/ask.ts";
import { BadParameter, instantOf, only } from "../http/parameters.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { filter, json } from "../operators/act-operation.ts";

const path = "/v1/kpis";
const text = Schema.NullOr(Schema.String);
const ms = Schema.NullOr(Whole);

const Kpi = Schema.Struct({
  id: Schema.String.annotations({ examples: ["sync-latency"] }),
  unit: Schema.Literal("milliseconds", "share", "commands", "minor units"),
  how: Schema.String.annotations({ description: "How it is computed." }),
  pair: Schema.NullOr(Schema.Struct({ from: Schema.String, to: Schema.String })).annotations({
    description: "Two connections; null: over all.",
  }),
  spread: Schema.NullOr(Schema.Struct({ count: Whole, meanMs: ms, p50Ms: ms, p90Ms: ms, p99Ms: ms })).annotations({
    description: "Percentiles are told to three per cent.",
  }),
  share: Schema.NullOr(Schema.Struct({ part: Whole, whole: Whole, ratio: Schema.NullOr(Schema.Number) })),
  count: Schema.NullOr(Schema.Number),
  reason: text.annotations({ description: "Why there is no number, or why it is zero." }),
  explain: Schema.String.annotations({
    description: "Under this id `GET /v1/explain/kpi/{id}` tells what it is made of.",
    examples: ["sync-latency:stripe:netsuite"],
  }),
}).annotations({ identifier: "Kpi" });

const KpiList = Schema.Struct({
  from: Instant,
  to: Instant.annotations({ description: "Before this." }),
  items: Schema.Array(Kpi),
  behind: Whole.annotations({ description: "Entries of the journal that are not counted yet; ask again." }),
  seq: Whole,
}).annotations({ identifier: "KpiList" });

export const stretchParameters: ReadonlyArray<Parameter> = [
  filter("from", "From the day of this instant.", Schema.String.annotations({ examples: ["2026-01-01T00:00:00Z"] })),
  filter("to", "Before this instant, to the end of its day.", Schema.String),
];

export const kpiOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path,
    operationId: "getKpis",
    tag: "operations",
    summary: "How soon, how often, how much: the figures of the operation",
    description: "Over whole days, UTC; the last thirty where nothing is asked for. Computed from the journal alone.",
    access: "read",
    parameters: stretchParameters,
    answers: { 200: { description: "The figures.", content: json, schema: KpiList } },
    problems: ["bad-parameter"],
  },
];

/** Epoch milliseconds, each null where it is not given. */
export const stretchIn = (search: URLSearchParams) => {
  const [from, to] = [instantOf(search, "from"), instantOf(search, "to")];
  if (from !== null && to !== null && from >= to) throw new BadParameter("to", "to is not after from");
  return { from, to };
};

export const registerKpis = (app: Hono, ask: Ask): void => {
  app.get(
    path,
    ask((_, search) => {
      only(search, ["from", "to"]);
      return { name: "kpis", ...stretchIn(search) };
    }, asItIs),
  );
};
