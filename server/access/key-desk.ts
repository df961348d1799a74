/** Acts on API keys, as the engine judges them: what a key may be made with, and when it is rotated or revoked. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { canonical } from "../../domain/canonical.ts";
import { type KeyGrant, type KeyNotes, type KeyRecord, key } from "../../domain/controls/key.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import { entitiesOf } from "../../domain/periods.ts";
import { isScope, scopes } from "../../domain/scopes.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, type ControlAct, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { keyJson } from "./key-json.ts";
import { needsSecondPerson } from "./second-person.ts";

/** Keys that are neither revoked nor expired. */
const mostKeys = 1000;
const longestName = 100;
/** Milliseconds: how long the old secret stays good where nothing else is said. */
export const usualOverlapMs = 86_400_000;
/** A longer overlap is two keys, not a rotation. Seconds. */
const longestOverlap = 30 * 86_400;

type Fields = ControlAct["fields"];

const wordsOf = (fields: Fields, name: string): ReadonlyArray<string> | null =>
  (fields[name] as ReadonlyArray<string> | null | undefined) ?? null;

const isLimits = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.entries(value).every(
    ([currency, most]) => /^[A-Z]{3}$/.test(currency) && Number.isSafeInteger(most) && most >= 0,
  );

const asked = (fields: Fields): KeyGrant => {
  const name = ((fields["name"] as string | null) ?? "").trim();
  return {
    name,
    owner: ((fields["owner"] as string | null) ?? name).trim(),
    scopes: scopes.filter((scope) => wordsOf(fields, "scopes")?.includes(scope)),
    personal: fields["personal"] === true,
    entities: wordsOf(fields, "entities"),
    approveUpToMinor: (fields["approveUpToMinor"] ?? null) as KeyGrant["approveUpToMinor"],
    ratePerMinute: (fields["ratePerMinute"] ?? null) as number | null,
    expiresAt: (fields["expiresAt"] ?? null) as number | null,
  };
};

const wrongIn = (fields: Fields, grant: KeyGrant, now: number): ReadonlyArray<string> => {
  const wrong: string[] = [];
  const say = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  const words = wordsOf(fields, "scopes") ?? [];
  const strange = words.filter((word) => !isScope(word));
  say(grant.name.length > 0 && grant.name.length <= longestName, `name is a text of 1 to ${longestName} characters`);
  say(grant.owner.length <= longestName, `owner is a text of 1 to ${longestName} characters`);
  say(words.length > 0, `scopes names what the key may do, one or more of ${scopes.join(", ")}`);
  say(strange.length === 0, `scopes: ${strange.join(", ")} is none of ${scopes.join(", ")}`);
  say(grant.entities === null || grant.entities.length > 0, "entities names at least one, or is left out for all");
  say(
    grant.approveUpToMinor === null || isLimits(grant.approveUpToMinor),
    'approveUpToMinor is whole minor units by currency, { "USD": 100000 }',
  );
  say(
    grant.approveUpToMinor === null || grant.scopes.includes("approve"),
    "approveUpToMinor is for a key with the scope approve",
  );
  say(grant.ratePerMinute === null || grant.ratePerMinute > 0, "ratePerMinute is 1 or more");
  say(grant.expiresAt === null || grant.expiresAt > now, "expiresAt lies in the past");
  return wrong;
};

/** A misspelt legal entity would make a key that sees nothing, and one day perhaps what it was not meant to see. */
const strangersIn = (
  { accounting, systems }: Engine,
  { entities }: KeyGrant,
  fields: Fields,
): ReadonlyArray<string> => {
  if (entities === null || fields["allowUnknown"] === true) return [];
  const known = entitiesOf(accounting ?? { entities: {} }, systems.keys());
  const strange = entities.filter((entity) => !known.includes(entity));
  if (strange.length === 0) return [];
  return [
    `entities: no connection is of ${strange.join(", ")}; there are ${known.join(", ") || "none"}. For one that is still to come send "allowUnknown": true`,
  ];
};

const make = (engine: Engine, request: ActRequest, act: ControlAct): Prepared => {
  const grant = asked(act.fields);
  const wrong = [...wrongIn(act.fields, grant, engine.core.now), ...strangersIn(engine, grant, act.fields)];
  const reasons = [...request.problems, ...wrong];
  if (reasons.length > 0) return invalid(reasons);
  const live = [...engine.core.controls.all(key).values()].filter(
    ({ revoked, expiresAt }) => revoked === null && (expiresAt === null || expiresAt > engine.core.now),
  );
  if (live.length >= mostKeys) return conflict(`there are ${mostKeys} keys already; revoke those that nobody uses`);
  const subject = sha256(canonical(grant as unknown as Json)).slice(0, 20);
  const second = needsSecondPerson(engine, request, "key.make", subject);
  if ("prepared" in second) return second.prepared;
  const { by, reason } = request;
  const { id, hash } = act.sealed as { readonly id: string; readonly hash: string };
  const note: KeyNotes = { type: "key.made", party: controlsParty, by, reason, key: id, hash, ...grant };
  return { status: "ready", notBefore: 0, notes: [note, ...second.also] };
};

const change = (engine: Engine, request: ActRequest, act: ControlAct): Prepared => {
  const record = engine.core.controls.get(key, act.id);
  if (record === null)
    return refused("no-such-key", `no API key has the id ${JSON.stringify(act.id)}; GET /v1/keys lists them`);
  if (request.problems.length > 0) return invalid(request.problems);
  const dead = deadness(record, engine.core.now);
  const said = { party: controlsParty, by: request.by, reason: request.reason, key: record.id } as const;
  if (act.verb === "revoke") {
    if (record.revoked !== null) return conflict(dead ?? "");
    return { status: "ready", notBefore: 0, notes: [{ ...said, type: "key.revoked" }] };
  }
  if (dead !== null) return conflict(`${dead}: make another one`);
  const seconds = act.fields["overlapSeconds"] as number | null;
  if (seconds !== null && (seconds < 0 || seconds > longestOverlap))
    return invalid([`overlapSeconds is between 0 and ${longestOverlap}`]);
  const { hash, at } = act.sealed as { readonly hash: string; readonly at: number };
  const until = at + (seconds === null ? usualOverlapMs : seconds * 1000);
  return { status: "ready", notBefore: 0, notes: [{ ...said, type: "key.rotated", hash, until }] };
};

const deadness = ({ revoked, expiresAt }: KeyRecord, now: number): string | null => {
  if (revoked !== null) return `it was revoked by ${revoked.by}`;
  return expiresAt !== null && expiresAt <= now ? "it has expired" : null;
};

export const keyDesk: ControlDesk = {
  prepare: (engine, request, act) =>
    Effect.sync(() => (act.verb === "make" ? make(engine, request, act) : change(engine, request, act))),
  show: (engine, id) =>
    Effect.sync(() => {
      const record = engine.core.controls.get(key, id);
      return record === null ? null : keyJson(record);
    }),
};
