/** Chain of custody: which object a kind and an id mean, and the hops under it. Null: there is no such thing. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { configuration, lastLoaded } from "../../domain/controls/configuration.ts";
import { accountId, partyId } from "../../domain/ids.ts";
import { newSlot } from "../../domain/ledger.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { ErpDocument } from "../../domain/ports/system.ts";
import { recordTypes } from "../../domain/record-types.ts";
import { slotKey } from "../../domain/wish.ts";
import { documentSubject, partiesOfNote } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { findCommand } from "../views/command.ts";
import { resolve, settled } from "../views/find.ts";
import { Chain, type Work } from "./chain.ts";
import { billed, command, document } from "./documents.ts";
import { account, exception, invoice } from "./figures.ts";
import { entriesAt } from "./history.ts";
import type { ExplainKind } from "./kinds.ts";
import { kpi, kpiPage } from "./kpi.ts";
import { chargeById, usageBatch, use } from "./usage.ts";

/** Parties that share a number. */
const mostSharing = 50;

const loaded = ({ core }: Engine, party: string): ReadonlyArray<Party> =>
  core.membersOf(core.root(party)).flatMap((member) => core.parties.get(member) ?? []);

/** `connection:foreignId`, or `connection:kind/foreignId`. */
const partsOf = (kind: string, id: string) => {
  const connection = id.slice(0, Math.max(0, id.indexOf(":")));
  const rest = id.slice(connection.length + 1);
  const foreign = rest.startsWith(`${kind}/`) ? rest.slice(kind.length + 1) : rest;
  return { connection, foreign, subject: `${kind}/${foreign}` };
};

const object = (chain: Chain, kind: string, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const { connection, foreign, subject } = partsOf(kind, id);
    const party = yield* resolve(chain.engine, `${connection}:${foreign}`);
    if (party === null) return null;
    for (const member of loaded(chain.engine, party)) {
      if (member.connection !== connection || !member.evidence.has(subject)) continue;
      return kind === "invoice" ? yield* invoice(chain, member, subject) : yield* chain.value(member, subject);
    }
    return null;
  });

/** By our outside id, by `connection:foreignId` with or without the record type, or by the number it carries. */
const posting = (chain: Chain, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const { engine } = chain;
    const { connection, foreign } = partsOf("posting", id);
    const bare = foreign.slice(foreign.indexOf(":") + 1);
    const parties = new Set<string>();
    if (/^tie_[0-9a-f]{32}$/.test(id)) {
      for (const { party } of yield* engine.snapshots.owners([documentSubject(id)])) parties.add(party);
      const fresh = engine.core.knownOwners.get(documentSubject(id));
      if (fresh !== undefined) parties.add(fresh);
    } else {
      const names = connection === "" ? [id] : [`${connection}:${bare}`, `${connection}:${foreign}`];
      for (const name of names.map((text) => text.toLowerCase())) {
        for (const party of engine.core.freshParties(name)) parties.add(party);
        for (const party of yield* engine.snapshots.find(name, false, mostSharing)) parties.add(party);
      }
    }
    for (const party of parties) {
      yield* settled(engine, party);
      for (const member of loaded(engine, party)) {
        for (const slot of member.slots.values()) {
          const { held, target } = slot;
          if (held == null) continue;
          const named = target === connection && held.foreignId === bare && isOf(slot.kind, foreign);
          const numbered = connection === "" && slot.kind === "receivable" && held.content["number"] === id;
          if (named || numbered || held.outsideId === id) return yield* document(chain, member, slot.key);
        }
        if (member.connection === connection && member.evidence.has(`posting/${foreign}`))
          return yield* billed(chain, member, `posting/${foreign}`);
      }
    }
    return null;
  });

/** A record type before the id narrows the search where the target numbers each type apart. */
const isOf = (kind: string, foreign: string): boolean => {
  const type = foreign.slice(0, Math.max(0, foreign.indexOf(":")));
  return type === "" || !(kind in recordTypes) || recordTypes[kind as ErpDocument] === type;
};

const byCommand = (chain: Chain, commandKey: string): Work<string | null> =>
  Effect.gen(function* () {
    const found = yield* findCommand(chain.engine, commandKey);
    if (found === null) return null;
    const party = chain.engine.core.parties.get(found.party)!;
    const source = found.source.slice(party.connection.length + 1);
    const part = found.slot.slice(found.slot.lastIndexOf("|") + 1);
    const key = slotKey(found.target, source, part);
    const slot = party.slots.get(found.slot) ?? newSlot(key, found.target, source, part, found.kind);
    return yield* command(chain, party, slot, commandKey, found.state);
  });

const byException = (chain: Chain, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const { core } = chain.engine;
    for (const [party, all] of core.allExceptions())
      for (const found of all) {
        if (found.id !== id) continue;
        yield* settled(chain.engine, party);
        return yield* exception(chain, core.parties.get(party) ?? null, found);
      }
    return null;
  });

/** Who sees not everybody sees entries of those alone whom they see. */
const seesEntry = ({ core, sees }: Engine, { note, events }: Entry): boolean => {
  const owners = events.map(({ source, subject, owner }) =>
    owner === null ? core.knownOwners.get(`${source}:${subject}`) : partyId(source, owner),
  );
  const named = [...partiesOfNote(note), ...owners];
  return named.length === 0 ? sees("@") : named.every((party) => sees(party ?? "@"));
};

const byPosition = (chain: Chain, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const [entry] = /^\d{1,15}$/.test(id) ? yield* entriesAt(chain.engine, [Number(id)]) : [];
    if (entry === undefined || !seesEntry(chain.engine, entry)) return null;
    return yield* chain.entry(entry);
  });

const root = (chain: Chain, kind: ExplainKind, id: string): Work<string | null> => {
  switch (kind) {
    case "account":
      return Effect.flatMap(resolve(chain.engine, id), (party) =>
        party === null ? Effect.succeed(null) : account(chain, party),
      );
    case "posting":
      return posting(chain, id);
    case "command":
      return byCommand(chain, id);
    case "exception":
      return byException(chain, id);
    case "entry":
      return byPosition(chain, id);
    case "charge":
      return chargeById(chain, id);
    case "use":
      return use(chain, id);
    case "usage_batch":
      return usageBatch(chain, id);
    default:
      return object(chain, kind, id);
  }
};

const firstPage = { from: null, to: null, limit: kpiPage, cursor: null };

export const explain = (
  engine: Engine,
  { kind, id, kpi: page }: Extract<Query, { readonly name: "explain" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const chain = new Chain(engine);
    const paged = kind === "kpi" ? yield* kpi(chain, id, page ?? firstPage) : null;
    const first = kind === "kpi" ? (paged?.root ?? null) : yield* root(chain, kind as ExplainKind, id);
    if (first === null) return null;
    return {
      kind,
      id,
      account: paged === null ? accountOf(chain) : null,
      root: first,
      hops: inOrder(chain, first) as unknown as Json,
      complete: chain.more.size === 0 && paged?.nextCursor == null && (paged?.behind ?? 0) === 0,
      more: [...chain.more].sort(),
      nextCursor: paged?.nextCursor ?? null,
      behind: paged?.behind ?? 0,
      under: {
        policy: engine.core.surroundings.policy.name,
        configuration: engine.core.controls.get(configuration, lastLoaded)?.hash ?? null,
      },
      seq: engine.core.position,
    };
  });

const accountOf = ({ engine, hops }: Chain): string | null => {
  for (const { hop, says } of hops.values()) {
    const { party } = ((says as { readonly note?: Json } | null)?.note ?? {}) as { readonly party?: string };
    if (hop === "entry" && party !== undefined && !party.startsWith("@")) return accountId(engine.core.root(party));
  }
  return null;
};

/** From the figure down: each hop before what it follows from. */
const inOrder = ({ hops }: Chain, first: string) => {
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    for (const under of hops.get(id)?.because ?? []) visit(under);
    seen.add(id);
  };
  visit(first);
  return [...seen].reverse().flatMap((id) => hops.get(id) ?? []);
};
