/** A charge for use, explained: the batches that carried it, the terms that price it, and every use that it counts, down to the raw bytes. */
import * as Effect from "effect/Effect";
import type { Agreement } from "../../domain/agreement.ts";
import { startOfDay } from "../../domain/calendar/zone.ts";
import type { Json } from "../../domain/canonical.ts";
import { usageBatch as batches } from "../../domain/controls/usage-batch.ts";
import { foreignIdOf, kindOf, subjectOf, type UseData } from "../../domain/event.ts";
import { type Billed, chargeIdOf } from "../../domain/metering/billed.ts";
import { chargeSubject, recordsOf } from "../../domain/metering/charges.ts";
import type { Series } from "../../domain/metering/uses.ts";
import { type LineOfBatch, waitingFor, waitingIn } from "../../domain/metering/waiting.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { abouts } from "../engine/trace.ts";
import { batchJson, batchOf } from "../metering/batch-json.ts";
import { linesIn } from "../metering/views.ts";
import { isStored, settled } from "../views/find.ts";
import type { Chain, Work } from "./chain.ts";
import { entriesAt } from "./history.ts";

const dayMs = 86_400_000;
/** Uses named one by one where they do not fit. */
const mostNamed = 100;

const loaded = ({ engine: { core } }: Chain, party: string): ReadonlyArray<Party> =>
  core.membersOf(core.root(party)).flatMap((id) => core.parties.get(id) ?? []);

/** The entries of one batch that this hop rests on: the cut, and the decision. */
const batch = (chain: Chain, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const record = batchOf(chain.engine, id);
    if (record === null) return null;
    const hop = `figure:usage_batch ${id}`;
    if (chain.hops.has(hop)) return hop;
    const positions = [record.position, ...(record.decided === null ? [] : [record.decided.position])];
    const because: string[] = [];
    for (const entry of yield* entriesAt(chain.engine, positions)) because.push(yield* chain.entry(entry));
    return chain.add("figure", hop, batchJson(id, record), because);
  });

export const usageBatch = (chain: Chain, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const hop = yield* batch(chain, id);
    if (hop === null) return null;
    const record = batchOf(chain.engine, id)!;
    const because: Array<string | null> = [hop];
    for (const line of yield* linesIn(chain.engine, record)) {
      yield* settled(chain.engine, line.party);
      because.push(yield* charge(chain, line.party, chargeIdOf(line)));
    }
    return chain.add("figure", `${hop} and its charges`, { batch: id, lines: record.count }, because);
  });

const counts = (series: Series, { meter, usedBy }: Billed, agreement: Agreement | null): boolean => {
  const { contract } = series;
  const named = contract === null || agreement === null;
  const own =
    named ||
    [agreement.id, agreement.subscription, agreement.id.slice(agreement.connection.length + 1)].includes(contract);
  return series.meter === meter && series.entity === usedBy && own;
};

/** Each use of the charge that the journal has, also corrected ones and their corrections. */
const uses = (chain: Chain, members: ReadonlyArray<Party>, billed: Billed, agreement: Agreement | null) =>
  Effect.gen(function* () {
    const zone = agreement?.timeZone ?? "UTC";
    const [from, until] = [startOfDay(billed.period, zone), billed.endsAt];
    const within = (at: number): boolean => at >= from && at < until;
    const because: string[] = [];
    let left = 0;
    for (const party of members) {
      const days = new Set<number>();
      const see = (at: number): void => {
        if (within(at)) days.add(Math.floor(at / dayMs) * dayMs);
      };
      for (const series of party.uses.all)
        if (counts(series, billed, agreement)) for (const [at] of series.quarters) see(at);
      for (const { was, now } of party.uses.corrected.corrected)
        for (const content of [was, now]) if (counts(content, billed, agreement)) see(content.atMs);
      for (const day of [...days].sort((a, b) => a - b)) {
        const entries: ReadonlyArray<Entry> = yield* chain.entriesOf(party.id, abouts.use(billed.meter, day));
        for (const entry of entries)
          for (const [index, event] of entry.events.entries()) {
            if (kindOf(event.subject) !== "use" || !within(event.time)) continue;
            const { meter, contract, entity = null } = event.data as UseData;
            if (!counts({ meter, contract, entity }, billed, agreement)) continue;
            if (!chain.isFull) because.push(yield* chain.event(entry, index));
            else if (left++ < mostNamed) chain.more.add(`use ${party.id}/${foreignIdOf(event.subject)}`);
          }
      }
    }
    if (left > mostNamed) chain.more.add(`${left - mostNamed} more uses of ${billed.meter}`);
    return because;
  });

/** Lines of a charge: of approved batches, and of those that wait. */
const linesOf = ({ engine: { core } }: Chain, party: Party, id: string): ReadonlyArray<LineOfBatch> =>
  [...party.charges.lines(), ...waitingFor(party, waitingIn(core.controls.all(batches)))].filter(
    ({ line }) => chargeIdOf(line) === id,
  );

/** Null: no batch carries such a charge. The account of the party is loaded. */
export const charge = (chain: Chain, owner: string, id: string): Work<string | null> =>
  Effect.gen(function* () {
    const { core } = chain.engine;
    const members = loaded(chain, owner);
    const party = members.find((member) => member.id === owner);
    if (party === undefined) return null;
    const lines = linesOf(chain, party, id);
    const last = lines.at(-1)?.line;
    if (last === undefined) return null;
    const subject = chargeSubject(id);
    const hop = `figure:${party.connection}:${subject}`;
    if (chain.hops.has(hop)) return hop;
    if (chain.isFull) {
      chain.more.add(`charge ${id}`);
      return null;
    }
    const because: Array<string | null> = [];
    for (const entry of yield* chain.entriesOf(party.id, subject)) because.push(yield* chain.entry(entry));
    for (const name of new Set(lines.map((one) => one.batch))) because.push(yield* batch(chain, name));
    const agreement = core.meteredOf(owner)?.agreements.find((one) => one.id === last.agreement) ?? null;
    for (const said of [foreignOf(last.agreement, party), ...(agreement?.amendments ?? [])])
      because.push(yield* chain.value(party, said));
    because.push(...(yield* uses(chain, members, last, agreement)));
    const known = party.charges.get(id);
    const says = {
      charge: id,
      ...(last as unknown as { readonly [key: string]: Json }),
      lines: lines.map(({ batch: of, line }) => {
        const { quantity, amountMinor, taxMinor, reason, corrects } = line;
        return { batch: of, quantity, amountMinor, taxMinor, reason, corrects };
      }),
      dueAt: known?.dueAt ?? null,
      records: known === undefined ? [] : (recordsOf(known) as unknown as Json),
    };
    return chain.add("figure", hop, says as unknown as Json, because);
  });

const foreignOf = (agreement: string, { connection }: Party): string => agreement.slice(connection.length + 1);

/** By its own id, wherever it is. */
export const chargeById = (chain: Chain, text: string): Work<string | null> =>
  Effect.gen(function* () {
    const { engine } = chain;
    const id = text.slice(text.lastIndexOf("/") + 1);
    const term = chargeSubject(id);
    const owners = new Set([...engine.core.freshParties(term), ...(yield* engine.snapshots.find(term, false, 2))]);
    for (const [party, lines] of waitingIn(engine.core.controls.all(batches)))
      if (lines.some(({ line }) => chargeIdOf(line) === id)) owners.add(party);
    for (const owner of owners) {
      yield* settled(engine, owner);
      const found = yield* charge(chain, owner, id);
      if (found !== null) return found;
    }
    return null;
  });

/** One use of one customer, `connection:customer/id`: what it says, what corrected it, and the charges that count it. */
export const use = (chain: Chain, text: string): Work<string | null> =>
  Effect.gen(function* () {
    const { engine } = chain;
    for (let cut = text.indexOf("/"); cut > 0; cut = text.indexOf("/", cut + 1)) {
      const [owner, id] = [text.slice(0, cut), text.slice(cut + 1)];
      if (!/^[^@:][^:]*:./.test(owner) || !(yield* isStored(engine, owner))) continue;
      yield* settled(engine, owner);
      const party = engine.core.parties.get(owner);
      if (party === undefined || party.uses.isEmpty) continue;
      const because: string[] = [];
      const corrected = party.uses.corrected.corrected.find((one) => one.id === id) ?? null;
      for (const subject of new Set(
        [id, ...(corrected === null ? [] : [corrected.by])].map((one) => subjectOf("use", one)),
      ))
        for (const entry of yield* chain.entriesOf(owner, subject))
          for (const [index, event] of entry.events.entries())
            if (event.subject === subject) because.push(yield* chain.event(entry, index));
      if (because.length === 0) continue;
      const first = chain.hops.get(because[0]!)!.says as unknown as { readonly time: number; readonly data: UseData };
      const { meter, contract, entity = null } = corrected?.now ?? first.data;
      const at = corrected?.now.atMs ?? first.time;
      const agreements = engine.core.meteredOf(owner)?.agreements ?? [];
      const counted = loaded(chain, owner).flatMap((member) =>
        [...member.charges.ids].filter((one) => {
          const { billed } = member.charges.get(one)!;
          const agreement = agreements.find((known) => known.id === billed.agreement) ?? null;
          const from = startOfDay(billed.period, agreement?.timeZone ?? "UTC");
          return counts({ meter, contract, entity }, billed, agreement) && at >= from && at < billed.endsAt;
        }),
      );
      const says = { use: id, party: owner, meter, at, corrected: corrected as unknown as Json, charges: counted };
      return chain.add("figure", `figure:${owner}/use/${id}`, says, because, { [party.connection]: id });
    }
    return null;
  });
