/** Every connection as it stands: whether it is heard and answers, what waits for it, how much of its limits is in use, and how old its secrets are. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { connection as connectionTopic } from "../../domain/controls/connection.ts";
import { entityOf } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { System } from "../../domain/ports/system.ts";
import type { Engine } from "../engine/engine.ts";
import type { GateState } from "../engine/gate.ts";
import type { Query } from "../host/host.ts";
import { teamOf } from "../queues/items.ts";
import { type Heard, lastHeard } from "./heard.ts";

export const healths = ["ok", "limited", "failing", "down", "listening"] as const;
type Health = (typeof healths)[number];

/** It speaks for itself, and is never asked or sent anything. */
export const isListenedTo = ({ profile }: System): boolean => profile.vendor === "cloudevents";

const healthOf = (system: System, { breaker, failures, until }: GateState): Health => {
  if (isListenedTo(system)) return "listening";
  if (breaker !== "closed") return "down";
  if (until !== null) return "limited";
  return failures > 0 ? "failing" : "ok";
};

interface Owed {
  readonly states: Record<string, number>;
  readonly waits: Record<string, number>;
  oldest: number | null;
}

/** What is owed to each target now. */
const owedBy = ({ core, waiting }: Engine, now: number): ReadonlyMap<string, Owed> => {
  const found = new Map<string, Owed>();
  const of = (target: string): Owed => {
    const owed = found.get(target) ?? { states: {}, waits: {}, oldest: null };
    found.set(target, owed);
    return owed;
  };
  const waits = waiting(now);
  for (const [id, { party, planned, tracedAt }] of core.open) {
    const owed = of(planned.target);
    owed.states[planned.state] = (owed.states[planned.state] ?? 0) + 1;
    const why = waits.get(id);
    if (why !== undefined) owed.waits[why] = (owed.waits[why] ?? 0) + 1;
    if (planned.state === "held" || planned.state === "rejected") continue;
    const attempt = core.parties.get(party)?.slots.get(planned.slot)?.attempt;
    const since = attempt?.key === planned.key ? attempt.at : tracedAt;
    if (since !== null && (owed.oldest === null || since < owed.oldest)) owed.oldest = since;
  }
  return found;
};

const connectionJson = (
  engine: Engine,
  system: System,
  now: number,
  owed: Owed | undefined,
  heard: Heard | undefined,
  signatureFailures: number,
): Json => {
  const { core, gates, queues, accounting } = engine;
  const { connection: name, profile } = system;
  const gate = gates.get(name)!;
  const state = gate.state(now);
  const { mode, rows, startAt } = core.surroundings.rulesOf(name);
  const record = core.controls.get(connectionTopic, name);
  const unanswered = engine.unanswered.get(`poll ${name}`) ?? null;
  return {
    name,
    vendor: profile.vendor,
    roles: profile.roles,
    entity: entityOf(accounting ?? ({ entities: {} } as never), name),
    team: teamOf(queues, name),
    health: healthOf(system, state),
    mode,
    rows: rows as unknown as Json,
    startAt,
    breaker: { state: state.breaker, failures: state.failures, until: state.until },
    limits: {
      concurrency: profile.concurrency,
      inFlight: state.active,
      ratePerSecond: profile.ratePerSecond ?? null,
      freeNow: Math.max(0, gate.room(now)),
    },
    commands: owed?.states ?? {},
    waiting: owed?.waits ?? {},
    oldestOwedAt: owed?.oldest ?? null,
    lastEntry: (heard ?? null) as unknown as Json,
    signatureFailures,
    isPolled: system.outbound.poll !== null,
    pollFailure:
      unanswered === null ? null : { attempts: unanswered.attempts, since: unanswered.since, error: unanswered.error },
    secrets: Object.entries(record?.secrets ?? {}).map(([place, { since }]) => ({ place, since })),
    lastTest: (record?.test ?? null) as unknown as Json,
  };
};

export const connections = (
  engine: Engine,
  { refused }: Extract<Query, { readonly name: "connections" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis;
    const heard = yield* lastHeard(engine);
    const owed = owedBy(engine, now);
    const items = [...engine.systems.values()].map((system) => {
      const name = system.connection;
      return connectionJson(engine, system, now, owed.get(name), heard.get(name), refused[name] ?? 0);
    });
    return { items, policy: engine.core.surroundings.policy.name, at: now, seq: engine.core.position };
  });

/** One of them, after it was tried. */
export const oneConnection = (engine: Engine, name: string): Effect.Effect<Json, StoreError> =>
  Effect.map(connections(engine, { name: "connections", refused: {} }), (all) => {
    const { items } = all as { readonly items: ReadonlyArray<{ readonly name: string }> };
    return (items.find((one) => one.name === name) ?? null) as Json;
  });
