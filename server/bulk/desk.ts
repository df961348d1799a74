/** Asking for a bulk act: first the preview, then the act that repeats its token. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type BulkAct, type BulkNotes, type BulkRecord, bulk, bulkActs } from "../../domain/controls/bulk.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import { type JobKind, jobDesk } from "../change/job-kind.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, conflict, invalid } from "../operators/act.ts";
import { filterProblems, findItems, moneyOf, tokenOf } from "./items.ts";

/** Items shown in a preview. */
const shown = 20;

export const bulkId = (request: string): string => `bulk_${sha256(request).slice(0, 20)}`;

const bulkJson = (id: string, record: BulkRecord): { readonly [key: string]: Json } => {
  const { act, filter, state, items, next, failures, moneyMinor, by, reason, startedAt, endedAt } = record;
  const done = state === "settling" ? next : state === "ended" ? items.length : next;
  const failed = failures.length;
  return {
    id,
    act,
    filter,
    state,
    count: items.length,
    moneyMinor,
    acted: done,
    succeeded: state === "ended" || state === "stopped" ? done - failed : null,
    failed,
    by,
    reason,
    startedAt,
    endedAt,
  };
};

/** What is wrong with the fields beside the filter. */
const problemsOf = (act: BulkAct, fields: Readonly<Record<string, Json>>, now: number): ReadonlyArray<string> => {
  const { assignee, until } = fields;
  const found: string[] = [];
  if (act === "snooze" && until === null) found.push("until says when it comes back, 2026-01-31T00:00:00Z");
  if (act === "snooze" && typeof until === "number" && until <= now) found.push("until lies in the past");
  if (act !== "snooze" && until !== null) found.push("until is for snooze");
  if (act === "assign" && !(typeof assignee === "string" && assignee.trim() !== ""))
    found.push("assignee says who works them");
  if (act !== "assign" && assignee !== null) found.push("assignee is for assign");
  return found;
};

const start = (engine: Engine, request: ActRequest, fields: Readonly<Record<string, Json>>) =>
  Effect.gen(function* () {
    const { by, person = by, approveUpToMinor = null, reason, problems } = request;
    const act = bulkActs.find((one) => one === fields["act"]);
    if (act === undefined) return invalid([...problems, `act is one of ${bulkActs.join(", ")}`]);
    const filter = fields["filter"] ?? null;
    const wrong = [...problems, ...filterProblems(act, filter), ...problemsOf(act, fields, engine.core.now)];
    if (wrong.length > 0) return invalid(wrong);
    const chosen = filter as Readonly<Record<string, Json>>;
    const found = yield* findItems(engine, act, chosen);
    if ("problem" in found) return invalid([found.problem]);
    const { items } = found;
    const more = { assignee: fields["assignee"] ?? null, until: fields["until"] ?? null };
    const [previewToken, moneyMinor] = [tokenOf(act, more, items), moneyOf(items)];
    const count = items.length;
    if (fields["dryRun"] === true) {
      const preview = { dryRun: true, act, filter, count, moneyMinor, previewToken };
      const answer = { ...preview, items: items.slice(0, shown).map(({ id }) => id) };
      return { status: "answered", answer } as const;
    }
    if (fields["previewToken"] === null)
      return invalid([`previewToken is missing: ask with "dryRun": true first, and repeat the token of the preview`]);
    if (fields["previewToken"] !== previewToken)
      return conflict(
        `what the filter finds changed since the preview: it is ${count} items by now; look at a new preview and repeat its token`,
      );
    const note = {
      type: "bulk.started",
      party: controlsParty,
      bulk: bulkId(request.id),
      act,
      filter: chosen,
      fields: more,
      items: items.map(({ id }) => id),
      moneyMinor,
      by,
      person,
      approveUpToMinor,
      reason,
    } as const;
    return { status: "ready", notBefore: 0, notes: [note] } as const;
  });

export const bulkJobs: JobKind<BulkNotes, BulkRecord> = {
  topic: bulk,
  noun: "bulk act",
  json: bulkJson,
  going: "acting",
  stopped: (id, { by, reason }) => ({ type: "bulk.stopped", party: controlsParty, bulk: id, by, reason }),
};

export const bulkDesk = jobDesk(bulkJobs, start);
