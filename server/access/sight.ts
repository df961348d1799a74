/**
 * What a key that is limited sees of the engine. The one place of the rule: an account is in sight when one of its parties is of a
 * connection in sight; then all of it is. Questions are answered by an engine that holds nothing else, so that lists leave the rest
 * out, totals do not count it, and by its id it is not there.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type DeskRecord, desk } from "../../domain/controls/desk.ts";
import { type Escalated, escalation } from "../../domain/controls/escalation.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { traceIsWhole, tracePrefix } from "../engine/trace.ts";
import type { Query, Sight } from "../host/host.ts";
import { type Prepared, refused } from "../operators/act.ts";
import { filtered, over } from "./over.ts";

export type Answering = (engine: Engine, query: Query) => Effect.Effect<Json, StoreError>;

/** Rows read at once while looking for those in sight. */
const together = 500;
/** Parties that a word may lead to, before those out of sight are left out. */
const matches = 5000;

type Sees = (party: string) => boolean;

const seesOf = ({ core }: Engine, connections: Sight["connections"]): Sees => {
  if (connections === null) return () => true;
  const own = new Set(connections);
  return (party) =>
    party.startsWith("@")
      ? own.has(party.slice(1))
      : core.membersOf(core.root(party)).some((id) => own.has(connectionOf(id)));
};

/** Ids are nobody's secret; names, addresses and numbers are found by whoever may read them. */
const wordsOf = ({ systems }: Engine, { personal }: Sight): ((term: string) => boolean) => {
  if (personal) return () => true;
  const ids = [...systems.keys()].map((connection) => `${connection.toLowerCase()}:`);
  return (term) => term.startsWith("child of ") || ids.some((id) => term.startsWith(id));
};

/** `page` after page, until so many rows are in sight. */
const filled = <R>(
  page: (after: string | null) => Effect.Effect<ReadonlyArray<R>, StoreError>,
  idOf: (row: R) => string,
  inSight: (row: R) => boolean,
  first: string | null,
  limit: number,
): Effect.Effect<ReadonlyArray<R>, StoreError> =>
  Effect.gen(function* () {
    const found: R[] = [];
    let after = first;
    for (;;) {
      const rows: ReadonlyArray<R> = yield* page(after);
      for (const row of rows) {
        if (inSight(row)) found.push(row);
        if (found.length === limit) return found;
      }
      if (rows.length < together) return found;
      after = idOf(rows.at(-1)!);
      yield* Effect.yieldNow();
    }
  });

/** The index of the journal stands among the words: whose it is about decides. Null: another word. */
const tracedParty = (term: string): string | null =>
  term.startsWith(tracePrefix) ? term.slice(tracePrefix.length, term.indexOf("|")) : null;

const limitedSnapshots = ({ snapshots }: Engine, sees: Sees, mayFind: (term: string) => boolean) =>
  over(snapshots, {
    load: (parties) => snapshots.load(parties.filter(sees)),
    owners: (subjects) => Effect.map(snapshots.owners(subjects), (owners) => owners.filter(({ party }) => sees(party))),
    find: (term, prefix, limit) => {
      const traced = tracedParty(term);
      if (term === traceIsWhole.term || (traced !== null && sees(traced))) return snapshots.find(term, prefix, limit);
      return traced === null && mayFind(term)
        ? Effect.map(snapshots.find(term, prefix, Math.max(limit, matches)), (parties) =>
            parties.filter(sees).slice(0, limit),
          )
        : Effect.succeed([]);
    },
    parties: (after, limit) =>
      filled(
        (from) => snapshots.parties(from, together),
        (id) => id,
        sees,
        after,
        limit,
      ),
    accounts: (query) =>
      filled(
        (after) => snapshots.accounts({ ...query, after, limit: together }),
        ({ id }) => id,
        ({ body }) => body !== null && sees((JSON.parse(body) as { readonly root: string }).root),
        query.after,
        query.limit,
      ),
  });

const limitedCore = ({ core }: Engine, own: Sight["connections"], sees: Sees, mayFind: (term: string) => boolean) => {
  const connections = new Set(own ?? []);
  const mine = (connection: string | null): boolean =>
    own === null || (connection !== null && connections.has(connection));
  const ofGlobal = (global: string): boolean => mine(connectionOf(global));
  const instead: Partial<Record<keyof Core, unknown>> = {
    parties: filtered(core.parties, (_, id) => sees(id)),
    accounts: filtered(core.accounts, (_, root) => sees(root)),
    open: filtered(core.open, ({ party }) => sees(party)),
    faults: filtered(core.faults, ({ connection }) => mine(connection)),
    catalogue: filtered(core.catalogue, (_, global) => ofGlobal(global)),
    waiting: filtered(core.waiting, (_, global) => ofGlobal(global)),
    cursors: filtered(core.cursors, (_, name) => mine(name.split("#")[0] ?? "")),
    controls: over(core.controls, {
      all: (topic) => {
        const records = core.controls.all(topic);
        // What closed is of its party, or where it is nobody's of its connection.
        if (topic.name === desk.name)
          return filtered(records as unknown as ReadonlyMap<string, DeskRecord>, ({ seen = null }) =>
            seen === null ? false : seen.of === null ? mine(seen.owner) : sees(seen.of),
          ) as never;
        if (topic.name !== escalation.name) return records;
        return filtered(records as unknown as ReadonlyMap<string, Escalated>, ({ account }) =>
          sees(account ?? "@"),
        ) as never;
      },
    }),
    asks: filtered(core.asks, (_, global) => ofGlobal(global)),
    knownOwners: filtered(core.knownOwners, (party) => sees(party)),
    allExceptions: () => filtered(core.allExceptions(), (_, party) => sees(party)),
    freshParties: (term: string) => (mayFind(term) ? core.freshParties(term).filter(sees) : []),
    links: over(core.links, {
      isTarget: (party) => sees(party) && core.links.isTarget(party),
      get entries() {
        return [...core.links.entries].filter(([party]) => sees(party));
      },
    }),
  };
  return over(core, instead as Partial<Core>);
};

/** An act on somebody who is out of sight is an act on nobody. */
const actInSight = (prepared: Prepared, sees: Sees): Prepared => {
  if (prepared.status !== "ready") return prepared;
  const named = prepared.notes.flatMap((note: OperatorNote): ReadonlyArray<string> => {
    const { target, claimants } = note as { readonly target?: string | null; readonly claimants?: string[] };
    const parties = [note.party, ...(note.type === "link" && target ? [target] : []), ...(claimants ?? [])];
    return parties.filter((party) => party !== controlsParty);
  });
  const hidden = named.find((party) => !sees(party));
  if (hidden === undefined) return prepared;
  return refused("no-such-account", `no account, party or object is known as ${JSON.stringify(hidden)}`);
};

export const inSight = (
  engine: Engine,
  sight: Sight,
  query: Query,
  answering: Answering,
): Effect.Effect<Json, StoreError> => {
  const sees = seesOf(engine, sight.connections);
  const mayFind = wordsOf(engine, sight);
  const limited = over(engine, {
    core: limitedCore(engine, sight.connections, sees, mayFind),
    snapshots: limitedSnapshots(engine, sees, mayFind),
    sees,
  });
  const answered = answering(limited, query);
  if (query.name !== "prepareAct") return answered;
  return Effect.map(answered, (prepared) => actInSight(prepared as unknown as Prepared, sees) as unknown as Json);
};
