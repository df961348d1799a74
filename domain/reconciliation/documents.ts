/** What a target is known to hold for a party: our documents, as acknowledged and as reported since, and what it made itself. *Pure.* */
import type { PostingData } from "../event.ts";
import { foreignIdOf } from "../event.ts";
import { replicaPrefix } from "../evidence.ts";
import { outsideId } from "../ids.ts";
import { outsideIdOf, type Slot } from "../ledger.ts";
import type { Party } from "../party.ts";
import type { DocumentKind, ErpDocument } from "../ports/system.ts";
import { recordTypes } from "../record-types.ts";
import { type AccountView, monthOf, subjectsOf, underwayOf } from "./account.ts";
import { type Item, plain } from "./item.ts";

const reversal = "journalEntry";

const stands = ({ status }: { readonly status: string }): boolean => status !== "void" && status !== "deleted";

interface Report {
  readonly target: string;
  readonly foreignId: string;
  readonly outsideId: string;
  readonly at: number;
  readonly data: PostingData;
}

/** What targets reported of documents that carry an outside id of this party. */
const reportsOf = ({ evidence }: Party): ReadonlyArray<Report> => {
  const found: Report[] = [];
  for (const cell of evidence.registers.keys()) {
    if (!cell.startsWith(`${replicaPrefix}`)) continue;
    const colon = cell.indexOf(":");
    const subject = cell.slice(colon + 1);
    const shown = evidence.shown(cell);
    if (!shown || !subject.startsWith("posting/")) continue;
    const data = shown.observation.data as PostingData & { readonly externalId: string };
    const foreign = foreignIdOf(subject);
    found.push({
      target: cell.slice(replicaPrefix.length, colon),
      foreignId: foreign.slice(foreign.indexOf(":") + 1),
      outsideId: data.externalId,
      at: shown.observation.at,
      data,
    });
  }
  return found;
};

const documentId = (target: string, recordType: string, foreignId: string): string =>
  `${target}:posting/${recordType}:${foreignId}`;

/** Its money and name, and where its books have it, as far as it says so. */
const said = (data: Pick<PostingData, "currency" | "amountMinor" | "number"> & Partial<PostingData>) => ({
  amountMinor: data.amountMinor,
  currency: data.currency,
  number: data.number,
  period: data.postedAt == null ? null : monthOf(data.postedAt),
  entity: data.entity ?? null,
});

/** Null where it is booked as we decided, since its own period was closed: it stands there by right. */
const strayPeriod = (period: string | null, { held }: Slot): string | null => {
  const booking = held?.booking;
  if (booking === undefined) return period;
  return period === booking.period || period === monthOf(booking.effectiveAt) ? null : period;
};

const placed = (
  party: Party,
  side: string,
  slot: Slot,
  id: string,
  outside: string,
  data: Parameters<typeof said>[0],
  since: number,
): Item => ({
  ...plain,
  side,
  system: slot.target,
  id,
  ...said(data),
  period: strayPeriod(said(data).period, slot),
  outside: [outside],
  references: [`${party.connection}:${slot.source}`],
  since,
  underway: underwayOf(party, slot.source, [slot.kind]).filter(({ target }) => target === slot.target),
});

/** Documents of these kinds that stand in the targets for a party. */
const ours = (
  view: AccountView,
  party: Party,
  kinds: ReadonlyArray<DocumentKind>,
  side: string,
): ReadonlyArray<Item> => {
  const found: Item[] = [];
  const reports = reportsOf(party);
  const counted = new Set<string>();
  const reversed = new Set(
    reports.filter(({ data }) => data.recordType === reversal && stands(data)).map((report) => report.outsideId),
  );
  for (const slot of party.slots.values()) {
    if (!kinds.includes(slot.kind) || !slot.held) continue;
    const { held } = slot;
    const recordType = recordTypes[slot.kind as ErpDocument];
    const id = documentId(slot.target, recordType, held.foreignId);
    counted.add(id);
    const report = reports.find(
      (one) => one.target === slot.target && one.foreignId === held.foreignId && one.data.recordType === recordType,
    );
    const newer = report !== undefined && report.at > held.ackedAt ? report : null;
    if (newer !== null && !stands(newer.data)) continue;
    if (view.isGone(id, newer?.at ?? held.ackedAt)) continue;
    const { currency, amountMinor, number = null } = { ...held.content, ...held.observed } as unknown as PostingData;
    found.push(
      placed(party, side, slot, id, held.outsideId, newer?.data ?? { currency, amountMinor, number }, held.ackedAt),
    );
  }
  const leftover = reports.filter(
    ({ target, foreignId, data }) => stands(data) && !counted.has(documentId(target, data.recordType, foreignId)),
  );
  if (leftover.length === 0) return found;
  // A report of what we are not known to hold: an answer that did not come, or a second document.
  const slots = slotsByOutsideId(party);
  for (const report of leftover) {
    const entry = slots.get(report.outsideId);
    if (entry === undefined || reversed.has(report.outsideId) || entry.generation < entry.slot.generation) continue;
    const { slot } = entry;
    if (!kinds.includes(slot.kind) || recordTypes[slot.kind as ErpDocument] !== report.data.recordType) continue;
    const id = documentId(report.target, report.data.recordType, report.foreignId);
    if (view.isGone(id, report.at)) continue;
    found.push(placed(party, side, slot, id, report.outsideId, report.data, report.at));
  }
  return found;
};

const slotsByOutsideId = (party: Party): ReadonlyMap<string, { readonly slot: Slot; readonly generation: number }> => {
  const found = new Map<string, { readonly slot: Slot; readonly generation: number }>();
  for (const slot of party.slots.values()) {
    for (let generation = 0; generation < slot.generation; generation++) {
      const id = outsideId(slot.target, `${party.connection}:${slot.source}`, slot.part, generation);
      found.set(id, { slot, generation });
    }
    found.set(outsideIdOf(slot, party.connection), { slot, generation: slot.generation });
  }
  // A document that was handed over keeps the outside id that it was made under.
  for (const slot of party.slots.values())
    if (slot.held) found.set(slot.held.outsideId, { slot, generation: slot.generation });
  return found;
};

/** The ERP billed charges of ours, or took money for it: that it knows of no billing system is as it should be. */
const isOfCharges = ({ evidence }: Party, { charges, appliesTo }: PostingData): boolean =>
  (charges ?? []).length > 0 ||
  (appliesTo != null && (evidence.data<PostingData>(`posting/${appliesTo}`)?.charges ?? []).length > 0);

/** What an ERP of the account has made itself, or had before us. */
const theirs = (
  view: AccountView,
  kinds: ReadonlyArray<DocumentKind>,
  side: string,
  needs: string,
): ReadonlyArray<Item> => {
  const types = new Set<string>(kinds.map((kind) => recordTypes[kind as ErpDocument]));
  return view.members
    .filter(({ connection }) => view.roles(connection).includes("erp"))
    .flatMap((party) =>
      subjectsOf(party, "posting").flatMap((subject): ReadonlyArray<Item> => {
        const shown = party.evidence.shown(subject)!;
        const data = shown.observation.data as PostingData;
        const id = `${party.connection}:${subject}`;
        if (isOfCharges(party, data)) return [];
        if (!types.has(data.recordType) || !stands(data) || view.isGone(id, shown.observation.at)) return [];
        const at = data.postedAt ?? shown.observation.at;
        return [
          {
            ...plain,
            side,
            system: party.connection,
            id,
            ...said(data),
            since: at,
            needs,
          },
        ];
      }),
    );
};

/** Every document of these kinds in the account's ERPs. One that we adopted is the ERP's own, under our outside id. */
export const documentsOf = (
  view: AccountView,
  kinds: ReadonlyArray<DocumentKind>,
  side: string,
  needs: string,
): ReadonlyArray<Item> => {
  const placedByUs = view.members
    .flatMap((party) => ours(view, party, kinds, side))
    .map((item) => ({ ...item, needs }));
  const byId = new Map(placedByUs.map((item) => [item.id, item]));
  const own = theirs(view, kinds, side, needs).map((item) => {
    const known = byId.get(item.id);
    if (known === undefined) return item;
    byId.delete(item.id);
    const { outside, references, underway } = known;
    return { ...item, outside, references, underway };
  });
  return [...byId.values(), ...own];
};
