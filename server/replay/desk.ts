/** Asking for a replay: with `dryRun` what it would change, without it the job. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type ReplayFilter, type ReplayNotes, type ReplayRecord, replay } from "../../domain/controls/replay.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import { type JobKind, jobDesk } from "../change/job-kind.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, conflict, invalid } from "../operators/act.ts";
import { resolve } from "../views/find.ts";
import { preview } from "./preview.ts";

const replayJson = (id: string, { failures: _, ...record }: ReplayRecord): { readonly [key: string]: Json } =>
  ({ id, ...record }) as unknown as { readonly [key: string]: Json };

const isInstant = (value: unknown): value is string =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) &&
  Number.isFinite(Date.parse(value));

const texts = ["event", "account", "connection", "type"] as const;

/** The filter as it is written, or everything that is wrong with it. */
export const filterOf = (value: Json): ReplayFilter | ReadonlyArray<string> => {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return ["filter is an object; {} is everything that came through a door"];
  const given = value as Readonly<Record<string, Json>>;
  const problems: string[] = [];
  const filter: Record<string, Json> = {};
  for (const [name, one] of Object.entries(given)) {
    if ((texts as ReadonlyArray<string>).includes(name)) {
      if (typeof one === "string" && one !== "") filter[name] = one;
      else problems.push(`filter.${name} is a text`);
    } else if (name === "position") {
      if (Number.isSafeInteger(one) && (one as number) > 0) filter[name] = one;
      else problems.push("filter.position is a position of the journal, 1 or more");
    } else if (name === "from" || name === "to") {
      if (isInstant(one)) filter[name] = Date.parse(one);
      else problems.push(`filter.${name} is an instant, 2026-01-31T00:00:00Z`);
    } else if (name === "undecodable") {
      if (typeof one === "boolean") filter[name] = one;
      else problems.push("filter.undecodable is true or false");
    } else problems.push(`filter.${name} is not known; there are position, ${texts.join(", ")}, from, to, undecodable`);
  }
  return problems.length > 0 ? problems : (filter as ReplayFilter);
};

const start = (engine: Engine, { id, by, reason, problems }: ActRequest, fields: Readonly<Record<string, Json>>) =>
  Effect.gen(function* () {
    const filter = filterOf(fields["filter"] ?? null);
    const decoder = fields["decoder"] ?? "current";
    const wrong = [...problems, ...(Array.isArray(filter) ? (filter as ReadonlyArray<string>) : [])];
    if (decoder !== "stored" && decoder !== "current") wrong.push("decoder is stored or current");
    if (wrong.length > 0) return invalid(wrong);
    const { account } = filter as ReplayFilter;
    // The job itself sees everybody.
    if (!engine.sees("@") && account === undefined)
      return conflict("who sees only some accounts replays one of them at a time: name it in filter.account");
    if (account !== undefined && (yield* resolve(engine, account)) === null)
      return invalid([`filter.account: no account, party or object is known as ${JSON.stringify(account)}`]);
    const chosen = { filter: filter as ReplayFilter, decoder: decoder as "stored" | "current" };
    if (fields["dryRun"] === true)
      return { status: "answered", answer: yield* preview(engine, chosen.filter, chosen.decoder) } as const;
    const note = {
      type: "replay.started",
      party: controlsParty,
      replay: `replay_${sha256(id).slice(0, 20)}`,
      ...chosen,
      through: engine.core.position,
      by,
      reason,
    } as const;
    return { status: "ready", notBefore: 0, notes: [note] } as const;
  });

export const replayJobs: JobKind<ReplayNotes, ReplayRecord> = {
  topic: replay,
  noun: "replay",
  json: replayJson,
  going: "running",
  stopped: (id, { by, reason }) => ({ type: "replay.stopped", party: controlsParty, replay: id, by, reason }),
};

export const replayDesk = jobDesk(replayJobs, start);
