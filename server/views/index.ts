/** What each question of the HTTP side is answered with. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { acted, prepareAct } from "../operators/prepare.ts";
import { resources } from "../resources/list.ts";
import { resource } from "../resources/one.ts";
import { engineState } from "../telemetry/engine-state.ts";
import { accountJson } from "./account.ts";
import { accounts } from "./accounts.ts";
import { command, commands } from "./commands.ts";
import { exception, exceptions } from "./exceptions.ts";
import { faults } from "./faults.ts";
import { resolve } from "./find.ts";
import { health, overview } from "./health.ts";
import { machineJson } from "./machine.ts";
import { relationsOf } from "./relations.ts";
import { report } from "./report.ts";
import { timeline } from "./timeline.ts";
import { verifyLive } from "./verify.ts";

type Views = {
  readonly [N in Query["name"]]: (
    engine: Engine,
    query: Extract<Query, { readonly name: N }>,
  ) => Effect.Effect<Json, StoreError>;
};

const ofAccount = (engine: Engine, id: string, view: (party: string) => Effect.Effect<Json, StoreError>) =>
  Effect.flatMap(resolve(engine, id), (party) => (party === null ? Effect.succeed(null) : view(party)));

export const views: Views = {
  accounts,
  account: (engine, { id }) =>
    ofAccount(engine, id, (party) =>
      Effect.map(relationsOf(engine, party), (relations) => ({
        ...(accountJson(engine.core, party) as { readonly [key: string]: Json }),
        ...relations,
      })),
    ),
  timeline: (engine, { id, limit }) => ofAccount(engine, id, (party) => timeline(engine, party, limit)),
  machine: (engine, { id }) => ofAccount(engine, id, (party) => Effect.sync(() => machineJson(engine.core, party))),
  resources,
  resource,
  commands,
  command,
  exceptions,
  exception,
  faults,
  prepareAct,
  acted,
  report,
  health,
  overview,
  metrics: engineState,
  verify: verifyLive,
};

export const answer = (engine: Engine, query: Query): Effect.Effect<Json, StoreError> =>
  (views[query.name] as (engine: Engine, query: Query) => Effect.Effect<Json, StoreError>)(engine, query);
