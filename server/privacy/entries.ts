/** What of an entry is personal, and whose: the names of the keys that it is sealed with, and the entry with tokens in the place of words. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { type CanonicalEvent, dataSchemas } from "../../domain/event.ts";
import { isOutsideId, partyId } from "../../domain/ids.ts";
import { personalNames } from "../../domain/personal.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { erasedText, keyName, mayHoldTokens, sealBytes, sealText } from "./sealing.ts";

/** What is said of which party, as far as that is known when the entry is taken in. */
export interface Owners {
  readonly ownerOf: (subject: string) => string | undefined;
  /** How many times the party was erased: after each it has a new key. */
  readonly timesOf: (party: string) => number;
}

export const partyKey = (party: string, times: number): string => keyName(`party ${times} ${party}`);
/** Of what no party is known for yet: it is destroyed with the party that the object turns out to be of. */
export const objectKey = (subject: string): string => keyName(`object ${subject}`);
/** Raw bytes of a month are sealed with its key as well, which is destroyed when they are past their time. */
export const monthKey = (month: string): string => keyName(`month ${month}`);
export const monthOf = (at: number): string => {
  const day = Math.floor(at / dayMs);
  if (day !== lastDay) {
    lastDay = day;
    lastMonth = new Date(at).toISOString().slice(0, 7);
  }
  return lastMonth;
};
const dayMs = 86_400_000;
let lastDay = Number.NaN;
let lastMonth = "";

type Fields = Readonly<Record<string, Json | undefined>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As the Schemas of objects mark them, and nothing that anything is decided by. */
const fieldNames: ReadonlySet<string> = new Set([
  "name",
  "email",
  ...[...personalNames(Object.values(dataSchemas) as never)].filter((name) => name !== "legalId"),
]);

const ownerOfEvent = (event: CanonicalEvent, { ownerOf }: Owners): string | undefined => {
  const { source, subject, owner, via, externalId } = event;
  // What a target says of our own document is said of whose document it is.
  const holder = externalId !== null && isOutsideId(externalId) ? ownerOf(`document/${externalId}`) : undefined;
  if (holder !== undefined) return holder;
  if (owner !== null) return partyId(source, owner);
  return ownerOf(`${source}:${subject}`) ?? (via === null ? undefined : ownerOf(`${source}:${via}`));
};

const keyOfEvent = (event: CanonicalEvent, owners: Owners): string => {
  const owner = ownerOfEvent(event, owners);
  return owner === undefined ? objectKey(`${event.source}:${event.subject}`) : partyKey(owner, owners.timesOf(owner));
};

const partyOfNote = (note: Json): string | null => {
  const party = isFields(note) ? note["party"] : null;
  return typeof party === "string" && !party.startsWith("@") ? party : null;
};
const isPersonalNote = ({ kind }: NewEntry): boolean => kind === "command" || kind === "decision";
const isForeign = ({ kind }: NewEntry): boolean =>
  kind === "webhook" || kind === "read" || kind === "poll" || kind === "fault";

const hasWords = (data: unknown): boolean =>
  isFields(data) && [...fieldNames].some((name) => typeof data[name] === "string" && data[name] !== "");

/** Whose data it may hold. */
export const partiesOf = (entry: NewEntry, owners: Owners): ReadonlyArray<string> => {
  const party = isPersonalNote(entry) ? partyOfNote(entry.note) : null;
  const said = entry.events.flatMap((event) => ownerOfEvent(event, owners) ?? []);
  return party === null ? said : [...said, party];
};

/** Every key that the entry needs. */
export const keysFor = (entry: NewEntry, owners: Owners): ReadonlyArray<string> => {
  const names = new Set<string>();
  const raw = entry.raw !== null && isForeign(entry);
  for (const event of entry.events) if (raw || hasWords(event.data)) names.add(keyOfEvent(event, owners));
  const party = isPersonalNote(entry) ? partyOfNote(entry.note) : null;
  if (party !== null) names.add(partyKey(party, owners.timesOf(party)));
  if (raw) {
    if (entry.events.length === 0)
      names.add(objectKey(`${entry.connection}:event/${entry.dedup?.id ?? "without an id"}`));
    names.add(monthKey(monthOf(entry.at)));
  }
  return [...names];
};

type KeyOf = (name: string) => Uint8Array | null | undefined;

/** Under a key that was destroyed nothing is kept: another process erased meanwhile. */
const sealedText = (name: string, key: Uint8Array | null, text: string): string =>
  key === null ? erasedText : mayHoldTokens(text) ? text : sealText(name, key, text);

const sealFields = (data: Fields, name: string, key: Uint8Array | null): Fields => {
  if (!hasWords(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([field, value]) => [
      field,
      fieldNames.has(field) && typeof value === "string" && value !== "" ? sealedText(name, key, value) : value,
    ]),
  );
};

/** Where content of documents lies in a note. */
const sealNote = (note: Fields, name: string, key: Uint8Array | null): Fields => {
  const sealed: Record<string, Json | undefined> = { ...note };
  const within = (field: string, change: (inner: Fields) => Fields): void => {
    const inner = sealed[field];
    if (isFields(inner)) sealed[field] = change(inner) as Json;
  };
  const content = (holder: Fields): Fields =>
    isFields(holder["content"]) ? { ...holder, content: sealFields(holder["content"], name, key) as Json } : holder;
  within("content", (inner) => sealFields(inner, name, key));
  within("command", content);
  within("receipt", content);
  // A target's refusal of a customer may repeat who that is.
  const { slot, detail } = sealed;
  if (typeof slot === "string" && slot.endsWith("|customer") && typeof detail === "string" && detail !== "")
    sealed["detail"] = sealedText(name, key, detail);
  return sealed;
};

/** All keys of `keysFor` must be at hand; what is under a destroyed one is kept as it would be after the erasure. */
export const sealed = (entry: NewEntry, owners: Owners, keyOf: KeyOf): NewEntry => {
  const at = (name: string): Uint8Array | null => {
    const key = keyOf(name);
    if (key === undefined) throw new Error(`privacy: the key ${name} is not at hand`);
    return key;
  };
  const events = entry.events.map((event): CanonicalEvent => {
    if (!hasWords(event.data)) return event;
    const name = keyOfEvent(event, owners);
    return {
      ...event,
      data: sealFields(event.data as unknown as Fields, name, at(name)) as unknown as CanonicalEvent["data"],
    };
  });
  const party = isPersonalNote(entry) ? partyOfNote(entry.note) : null;
  const noteKey = party === null ? null : partyKey(party, owners.timesOf(party));
  const note = noteKey === null ? entry.note : (sealNote(entry.note as Fields, noteKey, at(noteKey)) as Json);
  if (entry.raw === null || !isForeign(entry)) return { ...entry, events, note };
  const names = keysFor({ ...entry, note: null }, owners);
  const keys = names.flatMap((name) => {
    const key = keyOf(name);
    return key == null ? [] : [{ name, key }];
  });
  const raw = keys.length < names.length ? null : sealBytes(keys, entry.raw);
  return { ...entry, events, note, raw };
};
