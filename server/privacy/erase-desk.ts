/** Erasing a company's personal data, as the engine judges it; and carrying the order out once it is in the journal. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type ErasureNotes, erasure } from "../../domain/controls/erasure.ts";
import { hold, holdsOn } from "../../domain/controls/hold.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { AccountData } from "../../domain/event.ts";
import { partyId } from "../../domain/ids.ts";
import type { Party } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { needsSecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, type ControlAct, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { resolve } from "../views/find.ts";
import { mayHoldTokens } from "./sealing.ts";

/** Of what was taken in before sealing was on the words themselves are there, and cannot be erased. */
const isPlain = (party: Party): boolean => {
  const data = party.evidence.data<AccountData>(`account/${party.customer}`);
  return [data?.name, data?.email].some((text) => typeof text === "string" && text !== "" && !mayHoldTokens(text));
};

/** The customer records that targets have of the party. */
const recordsOf = (party: Party): ReadonlyArray<string> => {
  const held = [...party.slots.values()].flatMap(({ kind, target, held }) =>
    kind === "customer" && held ? [partyId(target, held.foreignId)] : [],
  );
  return [...new Set(held)];
};

/** A customer's record that is still to be written would be written without its name. */
const writing = (engine: Engine, members: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...engine.core.open.values()]
    .filter(({ party, planned }) => planned.kind === "customer" && members.includes(party))
    .map(
      ({ planned }) => `${planned.key}: ${planned.verb} of the customer record in ${planned.target}, ${planned.state}`,
    );

const prepare = (
  engine: Engine,
  request: ActRequest,
  { id, fields }: ControlAct,
): Effect.Effect<Prepared, StoreError> =>
  Effect.gen(function* () {
    const { core, privacy } = engine;
    if (request.problems.length > 0) return invalid(request.problems);
    if (privacy === null || !privacy.sealing)
      return conflict(
        "personal data are not sealed here, so they cannot be erased; set privacy.erasure in the configuration",
      );
    const found = yield* resolve(engine, id);
    if (found === null)
      return refused("no-such-account", `no account, party or object is known as ${JSON.stringify(id)}`);
    const members = core.membersOf(core.root(found));
    const holds = members.flatMap((member) =>
      holdsOn(core.controls.all(hold).values(), member, (a, b) => core.root(a) === core.root(b)),
    );
    if (holds.length > 0) {
      const told = [...new Set(holds)].map(
        (one) => `${one.id}, placed by ${one.placed.by}: ${one.placed.reason ?? "no reason given"}`,
      );
      return refused("conflict", "a legal hold stands over it; lift that first", told);
    }
    const open = writing(engine, members);
    if (open.length > 0)
      return refused("conflict", "commands would still write its data; let them settle, or cancel them", open);
    const parties = members.flatMap((member) => core.parties.get(member) ?? []);
    const plain = parties.filter(isPlain).map((party) => party.id);
    if (plain.length > 0 && fields["force"] !== true)
      return refused(
        "conflict",
        'some of it was taken in before sealing was on and stays readable; "force": true erases the rest',
        plain,
      );
    const second = needsSecondPerson(engine, request, "account.erase", core.root(found));
    if ("prepared" in second) return second.prepared;
    const { by, reason } = request;
    const notes: ErasureNotes[] = [];
    for (const party of parties) {
      const subjects = [...new Set([...party.evidence.registers.keys()].map((cell) => `${party.connection}:${cell}`))];
      const objects = yield* privacy.apart(subjects);
      const said = { type: "erasure.ordered", party: controlsParty, by, reason } as const;
      notes.push({ ...said, subject: party.id, objects });
      // Before a target's record was known to be ours it was a company of its own there.
      for (const record of recordsOf(party))
        if (!members.includes(record)) notes.push({ ...said, subject: record, objects: [] });
    }
    return { status: "ready", notBefore: 0, notes: [...notes, ...second.also] };
  });

const show = (engine: Engine, id: string): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core, privacy, snapshots } = engine;
    const records = core.controls.all(erasure);
    if (privacy !== null) yield* privacy.carryOut(records.values(), snapshots);
    engine.exchanges?.forget();
    const root = core.root(id);
    const erased = core.membersOf(root).flatMap((member) => records.get(member) ?? []);
    return {
      account: core.account(id).id,
      parties: erased.map(({ subject, times, last }) => ({ party: subject, times, ...last })),
    } as unknown as Json;
  });

export const eraseDesk: ControlDesk = { prepare, show };
