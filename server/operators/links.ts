/** Who is one company: what may be linked and separated, and everything that speaks against it at once. */
import * as Effect from "effect/Effect";
import { connectionOf } from "../../domain/ids.ts";
import { maxParties } from "../../domain/link.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { isStored, resolve, settled } from "../views/find.ts";
import { type Act, type ActRequest, invalid, type Prepared, refused } from "./act.ts";

type LinkAct = Extract<Act, { readonly type: "link" }>;
type SeparateAct = Extract<Act, { readonly type: "separate" }>;

export const noSuchAccount = (id: string): Prepared =>
  refused("no-such-account", `no account, party or object is known as ${JSON.stringify(id)}`);

export const prepareLink = (
  engine: Engine,
  request: ActRequest,
  { party, target, force }: LinkAct,
): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const reasons = [...request.problems];
    const named = target === null ? [party] : [party, target];
    for (const id of named) {
      const connection = connectionOf(id);
      const known = [...engine.systems.keys()].join(", ");
      if (!engine.systems.has(connection))
        reasons.push(`${id}: no connection is named ${JSON.stringify(connection)}; there are ${known}`);
      else if (yield* isStored(engine, id)) yield* settled(engine, id);
      else if (!force)
        reasons.push(`${id}: nothing is known of it; check the id, or send "force": true to link it before it reports`);
    }
    if (party === target) reasons.push(`${party}: a party is not linked with itself`);
    else if (target !== null) reasons.push(...guards(engine, party, target));
    if (reasons.length > 0) return invalid(reasons);
    return { status: "ready", notBefore: afterOwn(engine, party), notes: [linkNote(engine, request, party, target)] };
  });

const linkNote = ({ core }: Engine, { by, reason }: ActRequest, party: string, target: string | null): OperatorNote => {
  const root = core.root(party);
  return { type: "link", party, target, by, reason, ...(root === party ? {} : { from: root }) };
};

const guards = ({ core }: Engine, party: string, target: string): ReadonlyArray<string> => {
  const held = core.links.wouldHold(party, target);
  if (held === null) return [];
  const { parties, legalIds } = held;
  return [
    ...(parties > maxParties ? [`the account would have ${parties} parties; ${maxParties} is the most`] : []),
    ...(legalIds.length > 1
      ? [`the two have different legal ids (${legalIds.join(", ")}): correct the wrong one at its source first`]
      : []),
  ];
};

/** A person's later word counts, also where our clock went back or stands still. */
const afterOwn = ({ core }: Engine, party: string): number =>
  Math.max(
    0,
    ...(core.parties.get(party)?.links ?? []).filter(({ rank }) => rank === "operator").map(({ at }) => at + 1),
  );

export const prepareSeparate = (
  engine: Engine,
  request: ActRequest,
  act: SeparateAct,
): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const found = yield* resolve(engine, act.account);
    if (found === null) return noSuchAccount(act.account);
    const { core } = engine;
    const root = core.root(found);
    const others = core.membersOf(root).filter((member) => member !== root);
    const [only] = others;
    const reasons = [...request.problems];
    // Of two parties it is the same separation whichever of them is named.
    const party = others.length === 1 && (act.party === null || act.party === root) ? only! : act.party;
    if (only === undefined) reasons.push(`the account has one party, ${root}: there is nothing to separate`);
    else if (party === null) reasons.push(`party: say which of ${others.join(", ")} is another company`);
    else if (party === root) reasons.push(`${root} is the one that the others point to: separate ${others.join(", ")}`);
    else if (!others.includes(party))
      reasons.push(`${party} is not of this account; its parties are ${[root, ...others].join(", ")}`);
    if (reasons.length > 0) return invalid(reasons);
    const notes = [linkNote(engine, request, party!, null)];
    return { status: "ready", notBefore: afterOwn(engine, party!), notes };
  });
