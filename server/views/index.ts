/** What each question of the HTTP side is answered with. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { keys } from "../access/keys-view.ts";
import { type Answering, inSight } from "../access/sight.ts";
import { approvals } from "../approvals/view.ts";
import { chainLinks, exportPage } from "../audit/export/page.ts";
import { audit, auditHead } from "../audit/views.ts";
import { bulkJobs } from "../bulk/desk.ts";
import { configurationJson } from "../change/configuration.ts";
import { mappingsJson, policiesJson } from "../change/desks.ts";
import { listOfJobs, oneJob } from "../change/job-kind.ts";
import { connections } from "../connections/view.ts";
import { pulse } from "../console/now.ts";
import type { Engine } from "../engine/engine.ts";
import { exchanges } from "../exchanges/routes.ts";
import { accountAt } from "../explain/as-of.ts";
import { explain } from "../explain/explain.ts";
import type { Query, Sight } from "../host/host.ts";
import { kpis } from "../kpis/view.ts";
import { oneUsageBatch, usageBatches } from "../metering/views.ts";
import { acted, prepareAct } from "../operators/prepare.ts";
import { periodReport, periods } from "../periods/views.ts";
import { holds } from "../privacy/hold-desk.ts";
import { parkRules } from "../queues/rule-act.ts";
import { serviceLevels } from "../queues/views.ts";
import { reconciliation } from "../reconciliation/latest.ts";
import { run, runs } from "../reconciliation/runs.ts";
import { replayJobs } from "../replay/desk.ts";
import { whatIf } from "../replay/what-if.ts";
import { revenueSchedule, revenueSchedules } from "../reports/schedules.ts";
import { bookReport } from "../reports/view.ts";
import { resources } from "../resources/list.ts";
import { resource } from "../resources/one.ts";
import { accountEvents } from "../shuffle/view.ts";
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
  accountAt,
  explain,
  bulks: listOfJobs(bulkJobs),
  bulk: oneJob(bulkJobs),
  replays: listOfJobs(replayJobs),
  replay: oneJob(replayJobs),
  whatIf,
  policies: (engine) => Effect.sync(() => policiesJson(engine)),
  mappings: (engine) => Effect.sync(() => mappingsJson(engine)),
  connections,
  configurations: (engine) => Effect.sync(() => configurationJson(engine)),
  timeline: (engine, query) => ofAccount(engine, query.id, (party) => timeline(engine, party, query)),
  machine: (engine, { id }) => ofAccount(engine, id, (party) => Effect.sync(() => machineJson(engine.core, party))),
  accountEvents,
  resources,
  resource,
  commands,
  command,
  exchanges,
  approvals,
  exceptions,
  exception,
  serviceLevels,
  parkRules,
  kpis,
  faults,
  reconciliation,
  reconciliationRuns: runs,
  reconciliationRun: run,
  prepareAct,
  acted,
  keys,
  report,
  health,
  overview,
  pulse,
  metrics: engineState,
  audit,
  auditHead,
  exportPage,
  chainLinks,
  holds,
  periods,
  periodReport,
  usageBatches,
  usageBatch: oneUsageBatch,
  books: bookReport,
  revenueSchedules,
  revenueSchedule,
  verify: verifyLive,
};

/** `sight`: what the one who asks may see; null: everything. */
export const answer = (engine: Engine, query: Query, sight: Sight | null = null): Effect.Effect<Json, StoreError> =>
  sight === null ? unlimited(engine, query) : inSight(engine, sight, query, unlimited);

/** What is sealed is in its own words from here on. */
const unlimited: Answering = (engine, query) => {
  const answered = (views[query.name] as Answering)(engine, query);
  return engine.privacy === null ? answered : Effect.flatMap(answered, engine.privacy.reveal);
};
