/**
 * What the browser is given beside the events that it may shuffle: the documents that stand outside, what people decided, and whose
 * document is whose. That is not what sources reported, so that its order is not the shuffle's to change. *Pure* over a folded account.
 */
import { canonical, type Json } from "../../domain/canonical.ts";
import { cellOf } from "../../domain/controls/controls.ts";
import { type ParkRule, parkRule } from "../../domain/controls/park-rule.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { CanonicalEvent, PostingData } from "../../domain/event.ts";
import { commandKey, connectionOf, isOutsideId } from "../../domain/ids.ts";
import { outsideIdOf, type Slot } from "../../domain/ledger.ts";
import type { LinkObservation } from "../../domain/link.ts";
import { isChargeCell } from "../../domain/metering/charges.ts";
import type { Party } from "../../domain/party.ts";
import { noPeers, peersOf } from "../../domain/peers.ts";
import type { Cell } from "../../domain/ports/store.ts";
import type { DocumentContent } from "../../domain/ports/system.ts";
import { customerWish } from "../../domain/wish.ts";
import { type Core, documentSubject, metaParty, poolOf } from "../engine/core.ts";
import type { Pseudonyms } from "./pseudonyms.ts";

const ours: ReadonlySet<string> = new Set(["acks", "asked", "assigned", "parked", "parked-objects"]);
const isOurs = (cell: string): boolean => ours.has(cell) || cell.startsWith("slot/") || isChargeCell(cell);

type Cover = Pseudonyms["cover"];

/** Keys of commands are hashes of what they say: of what is covered they are others. */
const rekeyed = (slot: Slot, { connection }: Party, wished: DocumentContent, cover: Cover): Slot => {
  if (slot.kind !== "customer") return slot;
  const covered = new Map<string, string>();
  const outside = slot.attempt?.outsideId ?? outsideIdOf(slot, connection);
  for (const content of [slot.attempt?.content ?? wished, wished])
    for (const verb of ["post", "update"])
      covered.set(
        commandKey(outside, verb, content, slot.lastKey),
        commandKey(outside, verb, cover(content), slot.lastKey),
      );
  const key = <A extends string | null>(before: A): A => (covered.get(before ?? "") as A | undefined) ?? before;
  const { attempt, approved, cancelled } = slot;
  return {
    ...slot,
    approved: key(approved),
    cancelled: key(cancelled),
    attempt: attempt === null ? null : { ...attempt, key: key(attempt.key) },
  };
};

const slotBody = (core: Core, party: Party, slot: Slot, members: ReadonlyArray<Party>, cover: Cover): string => {
  const peers = members.length < 2 ? noPeers : peersOf(members, core.surroundings.places);
  const wish = customerWish(slot.target, party.evidence, party.customer, peers.master);
  const { missed: _, attempt, ...told } = rekeyed(slot, party, wish.content, cover);
  // What a vendor wrote decides nothing.
  return canonical(
    cover({ ...told, attempt: attempt === null ? null : { ...attempt, error: null } } as unknown as Json),
  );
};

/** Claims that the events make themselves are theirs to make. */
const otherClaims = (party: Party, said: ReadonlySet<string>): ReadonlyArray<LinkObservation> =>
  party.links.filter((claim) => !said.has(canonical({ ...claim })));

const cellsOfParty = (
  core: Core,
  party: Party,
  members: ReadonlyArray<Party>,
  said: ReadonlySet<string>,
  cover: Cover,
): ReadonlyArray<Cell> => {
  const cells: Cell[] = [];
  for (const slot of party.slots.values())
    cells.push({ party: party.id, cell: `slot/${slot.key}`, body: slotBody(core, party, slot, members, cover) });
  for (const cell of party.cellNames) {
    if (!isOurs(cell) || cell.startsWith("slot/")) continue;
    const body = party.cell(cell);
    cells.push({
      party: party.id,
      cell,
      body: body === null ? null : canonical(cover(JSON.parse(body) as Json, cell)),
    });
  }
  const links = otherClaims(party, said);
  if (links.length > 0) cells.push({ party: party.id, cell: "links", body: canonical(links as unknown as Json) });
  return cells;
};

/** A rule that looks at names looks at their numbers, one rule for each. */
const rulesCovered = ({ controls }: Core, { given }: Pseudonyms): ReadonlyArray<Cell> =>
  [...controls.all(parkRule).values()].flatMap((rule): ReadonlyArray<Cell> => {
    const wanted = rule.nameContains?.toLowerCase() ?? null;
    const instead: ReadonlyArray<ParkRule> =
      wanted === null
        ? [rule]
        : [...given]
            .filter(([name]) => name.toLowerCase().includes(wanted))
            .map(([, number]) => ({ ...rule, id: `${rule.id}${number}`, nameContains: number }));
    return instead.map((one) => ({
      party: controlsParty,
      cell: cellOf({ type: "park-rule.added", party: controlsParty, rule: one.id } as never),
      body: canonical(one as unknown as Json),
    }));
  });

const mappingsOf = ({ controls }: Core): ReadonlyArray<Cell> =>
  controls.cellNames
    .filter((cell) => cell.startsWith("mapping/"))
    .map((cell) => ({ party: controlsParty, cell, body: controls.cell(cell) }));

/** Everything of ours that the account rests on, as the fold takes it from a snapshot. `events`: those that come apart. */
export const givenCells = (
  core: Core,
  members: ReadonlyArray<Party>,
  events: ReadonlyArray<CanonicalEvent>,
  now: number,
  pseudonyms: Pseudonyms,
): ReadonlyArray<Cell> => {
  const said = new Set(
    events.flatMap(({ links, clock }) => links.map((claim) => canonical({ ...claim, at: clock.at }))),
  );
  return [
    { party: metaParty, cell: "now", body: canonical(now) },
    ...mappingsOf(core),
    ...members.flatMap((party) => cellsOfParty(core, party, members, said, pseudonyms.cover)),
    // Last: it asks which names there were.
    ...rulesCovered(core, pseudonyms),
  ];
};

/** What was known before the events that come apart: registers, what waited for its owner, and who claims what. */
export const baseCells = (base: Core, cover: Cover): ReadonlyArray<Cell> => {
  const cells: Cell[] = [];
  const add = (party: string, cell: string, body: string | null): void => {
    if (body !== null) cells.push({ party, cell, body: canonical(cover(JSON.parse(body) as Json, cell)) });
  };
  for (const [id, party] of base.parties)
    for (const cell of party.cellNames) if (!isOurs(cell)) add(id, cell, party.cell(cell));
  for (const [global, waiting] of base.waiting) {
    const connection = connectionOf(global);
    add(poolOf(connection), global.slice(connection.length + 1), canonical(waiting as unknown as Json));
  }
  return cells;
};

/** Documents of ours that the events speak of, as what their owner is found by. */
export const documentsIn = (events: ReadonlyArray<CanonicalEvent>): ReadonlyArray<string> => {
  const outside = events.flatMap(({ externalId, data }) => [
    ...(externalId === null ? [] : [externalId]),
    ...((data as Partial<PostingData>).charges ?? []),
  ]);
  return [...new Set(outside.filter(isOutsideId))].map(documentSubject);
};
