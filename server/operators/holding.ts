/** Parking and releasing: what a person keeps back, and whose a contested object is. */
import * as Effect from "effect/Effect";
import { connectionOf } from "../../domain/ids.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { Party } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { resolve } from "../views/find.ts";
import { type Act, type ActRequest, conflict, invalid, type Prepared } from "./act.ts";
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
    if (act.object !== null) return assignment(engine, request, { ...act, object: act.object }, members);
    const { by, reason, problems } = request;
    const reasons = [
      ...problems,
      ...(act.party === null ? [] : ["party: without an object the whole account is released; leave it out"]),
    ];
    if (reasons.length > 0) return invalid(reasons);
    const parked = members.filter((member) => member.parked !== null);
    if (parked.length === 0) return conflict("it is not parked; to say whose a contested object is, name the object");
    return ready(parked.map(({ id }) => ({ type: "party.released", party: id, by, reason })));
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
