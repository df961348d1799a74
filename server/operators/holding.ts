/** Parking and releasing: what a person keeps back, and whose a contested object is. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { Party } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { wouldSend } from "../queues/would-send.ts";
import { accountJson } from "../views/account.ts";
import { resolve, settled } from "../views/find.ts";
import { type Act, type ActRequest, conflict, invalid, type Prepared, refused } from "./act.ts";
import { noSuchAccount } from "./links.ts";

type ReleaseAct = Extract<Act, { readonly type: "release" }>;

const withMembers = (
  engine: Engine,
  account: string,
  prepare: (members: ReadonlyArray<Party>) => Prepared,
): Effect.Effect<Prepared, StoreError> =>
  Effect.map(resolve(engine, account), (found) => {
    if (found === null) return noSuchAccount(account);
    const { core } = engine;
    return prepare(core.membersOf(core.root(found)).flatMap((id) => core.parties.get(id) ?? []));
  });

const ready = (notes: ReadonlyArray<OperatorNote>): Prepared => ({ status: "ready", notBefore: 0, notes });

export const preparePark = (engine: Engine, { by, reason, problems }: ActRequest, account: string) =>
  withMembers(engine, account, (members) => {
    if (problems.length > 0) return invalid(problems);
    const moving = members.filter(({ parked }) => parked === null);
    const before = members[0]?.parked;
    if (moving.length === 0)
      return conflict(`it is parked already${before ? `, by ${before.by}: ${before.reason}` : ""}`);
    return ready(moving.map(({ id }) => ({ type: "party.parked", party: id, by, reason })));
  });

export const prepareRelease = (engine: Engine, request: ActRequest, act: ReleaseAct) =>
  withMembers(engine, act.account, (members) => {
    const dry = dryRunProblems(act);
    if (act.object !== null && dry.length > 0) return invalid([...request.problems, ...dry]);
    if (act.object !== null) return assignment(engine, request, { ...act, object: act.object }, members);
    const { by, reason, problems } = request;
    const reasons = [
      ...problems,
      ...dryRunProblems(act),
      ...(act.party === null ? [] : ["party: without an object the whole account is released; leave it out"]),
    ];
    if (reasons.length > 0) return invalid(reasons);
    const parked = members.filter((member) => member.parked !== null);
    if (parked.length === 0) return conflict("it is not parked; to say whose a contested object is, name the object");
    if (act.dryRun === "true") return { status: "answered", answer: released(engine, members) };
    return ready(parked.map(({ id }) => ({ type: "party.released", party: id, by, reason })));
  });

/** A word that means something else must not release anything. */
const dryRunProblems = ({ dryRun, object }: ReleaseAct): ReadonlyArray<string> => {
  if (dryRun === undefined || dryRun === "false") return [];
  if (dryRun !== "true") return [`dryRun is true or false, not ${JSON.stringify(dryRun)}`];
  return object === null ? [] : ["dryRun: only of a release of the whole account; leave the object out"];
};

const released = ({ core }: Engine, members: ReadonlyArray<Party>): Json => ({
  ...(accountJson(core, members[0]!.id) as { readonly [key: string]: Json }),
  wouldSend: wouldSend(core, members) as unknown as Json,
});

const noSuchObject = (object: string) =>
  refused("no-such-object", `nothing was reported of ${JSON.stringify(object)}; an object is connection:kind/id`);

export const prepareObject = (
  engine: Engine,
  { by, reason, problems }: ActRequest,
  { verb, object }: Extract<Act, { readonly type: "object" }>,
): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const owner = core.knownOwners.get(object) ?? (yield* snapshots.owners([object]))[0]?.party ?? null;
    if (owner === null) return noSuchObject(object);
    yield* settled(engine, owner);
    const party = core.parties.get(owner);
    const subject = object.slice(connectionOf(object).length + 1);
    if (party === undefined || party.evidence.data(subject) === undefined) return noSuchObject(object);
    const reasons = [...problems];
    if (subject.startsWith("account/")) reasons.push("a company is parked as a whole: park its account");
    if (reasons.length > 0) return invalid(reasons);
    const before = party.parkedObjects.get(subject);
    if (verb === "park") {
      if (before !== undefined) return conflict(`it is parked already, by ${before.by}: ${before.reason}`);
      return ready([{ type: "object.parked", party: owner, subject, by, reason }]);
    }
    if (before === undefined) {
      const rule = party.keptBack(subject);
      return conflict(rule === null ? "it is not parked" : `it is ${rule}; remove the rule`);
    }
    return ready([{ type: "object.released", party: owner, subject, by, reason }]);
  });

const assignment = (
  { core }: Engine,
  { by, reason, problems }: ActRequest,
  { object, party }: ReleaseAct & { readonly object: string },
  members: ReadonlyArray<Party>,
): Prepared => {
  const connection = connectionOf(object);
  const subject = object.slice(connection.length + 1);
  const claimed = members.find((member) => member.connection === connection && member.contested.has(subject));
  const given = members.find((member) => member.connection === connection && member.assigned.has(subject));
  if (!claimed && !given) return conflict(`${object} is claimed by nobody else, so there is nothing to decide`);
  const claimants = claimed ? claimed.contested.get(subject)! : [given!.assigned.get(subject)!, given!.id];
  const own = claimants.filter((claimant) => members.some(({ id }) => id === claimant));
  const owner = party ?? (own.length === 1 ? own[0]! : null);
  const reasons = [...problems];
  if (owner === null) reasons.push(`party: say whose ${object} is: ${claimants.join(" or ")}`);
  else if (!claimants.includes(owner) && !core.parties.get(owner)?.assigned.has(subject))
    reasons.push(`party: ${owner} does not claim ${object}; ${claimants.join(" and ")} do`);
  if (reasons.length > 0) return invalid(reasons);
  return ready([{ type: "object.assigned", party: owner!, subject, claimants: [...new Set(claimants)], by, reason }]);
};
