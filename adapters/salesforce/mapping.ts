/**
 * Salesforce ⇄ canonical. A change event speaks of the fields that changed: each canonical field is said, left unsaid, or cannot be
 * told from the part that came and is asked for by a re-read. And our two documents in its words. *Pure and total.*
 */
import { createHash } from "node:crypto";
import * as Either from "effect/Either";
import {
  blanks,
  type CanonicalEvent,
  type FieldwiseKind,
  type LinkClaim,
  type ObjectData,
} from "../../domain/event.ts";
import { exponentOf, toDecimal } from "../../domain/money.ts";
import type { DocumentContent, DocumentKind, OutboundCommand } from "../../domain/ports/system.ts";
import type { ContractNames, QuoteNames, SalesforceConfig, SalesforceNames } from "./config.ts";
import { amountOf, exactLimit, id18, idOf, instantOf, isJson, type Json, Misfit, textOf } from "./schema.ts";

/** What of the configuration the reading direction needs. */
export type ReadSettings = Pick<
  SalesforceConfig,
  "names" | "documents" | "currencyField" | "defaultCurrency" | "billingConnection" | "clientName"
>;

export type Role = keyof SalesforceNames;
const roles: ReadonlyArray<Role> = ["account", "opportunity", "cpqQuote", "order", "contract"];
const kinds: Readonly<Record<Role, FieldwiseKind>> = {
  account: "account",
  opportunity: "quote",
  cpqQuote: "quote",
  order: "contract",
  contract: "contract",
};
/** Key prefixes that Salesforce gives its standard objects; those of custom objects differ by org. */
const prefixes: Readonly<Record<Role, string | null>> = {
  account: "001",
  opportunity: "006",
  cpqQuote: null,
  order: "801",
  contract: "800",
};

export const roleOfObject = (object: string, names: SalesforceNames): Role | null =>
  roles.find((role) => names[role]?.object === object) ?? null;
export const subjectOfRecord = (role: Role, id: string): string => `${kinds[role]}/${id}`;
/** The object behind a subject: kinds share ids' space, prefixes tell them apart. */
export const roleOfSubject = (kind: string, id: string): Role | null => {
  const own = roles.filter((role) => kinds[role] === kind);
  return own.find((role) => prefixes[role] === id.slice(0, 3)) ?? own.find((role) => prefixes[role] === null) ?? null;
};

// ---------------------------------------------------------------- what a body speaks of

export interface Said {
  readonly body: Json;
  /** True for whole records: every field is spoken of, absent means null. */
  readonly whole: boolean;
  readonly spoken: ReadonlySet<string>;
}
const isSpoken = (said: Said, field: string): boolean => said.whole || said.spoken.has(field);

/** `silent`: nothing of it came. `asks`: something came that the rest is needed for. */
type Word = { readonly is: unknown } | "silent" | "asks";
const silent = "silent" as const;
const asks = "asks" as const;

const word = (said: Said, field: string | null, read: (field: string, value: unknown) => unknown): Word =>
  field === null || !isSpoken(said, field) ? silent : { is: read(field, said.body[field]) };

/** Person accounts have a name in parts, of which an update sends those that changed. */
const nameWord = (said: Said, field: string | null): Word => {
  const value = field === null ? undefined : said.body[field];
  if (field === null || !isSpoken(said, field) || !isJson(value)) return word(said, field, textOf);
  if (!said.whole) return asks;
  const parts = [value["FirstName"], value["LastName"]].flatMap((part) => textOf(field, part) ?? []);
  return { is: parts.length === 0 ? null : parts.join(" ") };
};

const currencyOf = (field: string, value: unknown, fallback: string | null): string | null => {
  const code = textOf(field, value) ?? fallback;
  if (code !== null && exponentOf(code) === null) throw new Misfit(`${field}: ${code} is no ISO 4217 currency`);
  return code;
};
const currencyWord = (said: Said, { currencyField, defaultCurrency }: ReadSettings): Word => {
  if (currencyField !== null) return word(said, currencyField, (f, value) => currencyOf(f, value, defaultCurrency));
  return said.whole && defaultCurrency !== null ? { is: currencyOf("currency", null, defaultCurrency) } : silent;
};
/** Minor units need the currency: an update that sends one of the two is asked for the other. */
const amountWord = (said: Said, field: string | null, settings: ReadSettings): Word => {
  const { currencyField, defaultCurrency } = settings;
  if (field === null) return silent;
  const hasCurrency = currencyField !== null && isSpoken(said, currencyField);
  if (!isSpoken(said, field)) return hasCurrency ? asks : silent;
  const value = said.body[field];
  if (textOf(field, value) === null) return { is: null };
  if (!hasCurrency && currencyField !== null) return asks;
  const currency = currencyOf("currency", hasCurrency ? said.body[currencyField] : null, defaultCurrency);
  if (currency === null)
    throw new Misfit(`${field}: an amount without a currency, and no default currency is configured`);
  return { is: amountOf(field, value, currency) };
};

/** Of several fields the first that is filled counts, so a later one says nothing while an earlier one is not known. */
const firstWord = (
  said: Said,
  fields: ReadonlyArray<string>,
  read: (field: string, value: unknown) => unknown,
): Word => {
  if (!fields.some((field) => isSpoken(said, field))) return silent;
  for (const field of fields) {
    if (!isSpoken(said, field)) return asks;
    const value = read(field, said.body[field]);
    if (value !== null) return { is: value };
  }
  return { is: null };
};

const quoteOf = (field: string, value: unknown): string | null => {
  const id = idOf(field, value);
  return id === null ? null : `quote/${id}`;
};
/** `connection:id`; a bare id belongs to the configured connection, and to none without one. */
const foreignOf =
  (connection: string | null) =>
  (field: string, value: unknown): string | null => {
    const text = textOf(field, value);
    if (text === null || /^[^\s:]+:\S+$/.test(text)) return text;
    return connection === null || /[\s:]/.test(text) ? null : `${connection}:${text}`;
  };
const day = 86_400_000;
/** The last day is part of the term: a day ends where the next begins. */
const endOf = (field: string, value: unknown): number | null => {
  const at = instantOf(field, value);
  return at !== null && at % day === 0 ? at + day : at;
};

const isAmong = (list: ReadonlyArray<string>, status: string | null): boolean =>
  status !== null && list.some((known) => known.toLowerCase() === status.toLowerCase());
const quoteStatus =
  ({ won, lost }: QuoteNames) =>
  (field: string, value: unknown): string => {
    const status = textOf(field, value);
    return isAmong(won, status) ? "won" : isAmong(lost, status) ? "lost" : "open";
  };
const contractStatus =
  (names: ContractNames) =>
  (field: string, value: unknown): string => {
    const status = textOf(field, value);
    return (["activated", "expired", "cancelled"] as const).find((name) => isAmong(names[name], status)) ?? "draft";
  };

const wordsOf = (role: Role, said: Said, settings: ReadSettings): Readonly<Record<string, Word>> => {
  const currency = currencyWord(said, settings);
  if (role === "account") {
    const names = settings.names.account;
    const status = said.whole ? { is: "active" } : silent;
    const texts = { email: word(said, names.email, textOf), legalId: word(said, names.legalId, textOf) };
    return { status, name: nameWord(said, names.name), currency, parent: word(said, names.parent, idOf), ...texts };
  }
  const named = settings.names[role];
  if (named === null) return {};
  const common = {
    name: word(said, named.name, textOf),
    number: word(said, named.number, textOf),
    currency,
    amountMinor: amountWord(said, named.amount, settings),
  };
  if ("deal" in named) {
    const status = word(said, named.status, quoteStatus(named));
    return {
      status,
      ...common,
      deal: word(said, named.deal, quoteOf),
      closedAt: word(said, named.closedAt, instantOf),
    };
  }
  return {
    status: word(said, named.status, contractStatus(named)),
    ...common,
    startAt: word(said, named.start, instantOf),
    endAt: word(said, named.end, endOf),
    quote: firstWord(said, named.quote, quoteOf),
    subscription: word(said, named.subscription, foreignOf(settings.billingConnection)),
  };
};

/** An emptied link field points nowhere. Beside a second one that is not known, nothing is claimed: the record is asked for. */
const linksOf = (
  said: Said,
  settings: ReadSettings,
): { readonly links: ReadonlyArray<LinkClaim>; readonly asks: boolean } => {
  const fields = settings.names.account.links;
  const spoken = fields.filter((field) => isSpoken(said, field));
  const targets = spoken.flatMap((field) => foreignOf(settings.billingConnection)(field, said.body[field]) ?? []);
  const claim = (target: string | null): LinkClaim => ({ rank: "external-id", target });
  if (targets.length > 0) return { links: [...new Set(targets)].map(claim), asks: false };
  if (spoken.length === 0) return { links: [], asks: false };
  return spoken.length === fields.length ? { links: [claim(null)], asks: false } : { links: [], asks: true };
};

/** The fields to ask for, so that a re-read or a poll says everything that is mapped. */
export const fieldsOf = (role: Role, settings: ReadSettings): ReadonlyArray<string> => {
  const { object: _, ...names } = settings.names[role] ?? { object: null };
  const words = new Set(["won", "lost", "activated", "expired", "cancelled"]);
  const own = Object.entries(names).flatMap(([key, field]) => (words.has(key) ? [] : field));
  return [...new Set([...own, settings.currencyField])].filter((field) => field !== null) as string[];
};

// ---------------------------------------------------------------- events

/** Everything of an event that the record itself does not say. */
export interface Stamp {
  readonly id: string;
  readonly source: string;
  /** Past tense: `created`, `updated`, `deleted`, `undeleted`, `read`, `polled`. */
  readonly verb: string;
  readonly time: number;
  readonly clock: CanonicalEvent["clock"];
  readonly read: boolean;
}
export interface Reading {
  /** Null: what changed is nothing that we map. */
  readonly event: CanonicalEvent | null;
  /** True when something changed that cannot be told without the whole record. */
  readonly asks: boolean;
}

const eventOf = (
  role: Role,
  id: string,
  stamp: Stamp,
  said: Readonly<Record<string, unknown>>,
  more: Pick<CanonicalEvent, "owner" | "via" | "links" | "externalId">,
): CanonicalEvent => {
  const kind = kinds[role];
  return {
    id: stamp.id,
    source: stamp.source,
    type: `${kind}.${stamp.verb}`,
    subject: subjectOfRecord(role, id),
    time: stamp.time,
    owner: more.owner,
    via: more.via,
    clock: stamp.clock,
    read: stamp.read,
    data: { ...blanks[kind], ...said } as ObjectData,
    fields: Object.keys(blanks[kind]).filter((field) => Object.hasOwn(said, field)),
    links: more.links,
    externalId: more.externalId,
    correlationid: null,
    traceparent: null,
    dataschema: `tieout/${kind}/1`,
  };
};

/** A record that is gone says that it is, and nothing else. */
export const deletedEvent = (role: Role, id: string, stamp: Stamp): CanonicalEvent => {
  const owner = role === "account" ? id : null;
  return eventOf(role, id, stamp, { status: "deleted" }, { owner, via: null, links: [], externalId: null });
};

const read = (role: Role, id: string, record: Said, stamp: Stamp, settings: ReadSettings): Reading => {
  const said: Record<string, unknown> = {};
  let incomplete = false;
  for (const [field, what] of Object.entries(wordsOf(role, record, settings))) {
    if (what === asks) incomplete = true;
    else if (what !== silent) said[field] = what.is;
  }
  const linked = role === "account" ? linksOf(record, settings) : { links: [], asks: false };
  // A new record with an empty link field has not given up a link: a poll may have seen it filled since, on a coarser clock.
  const links = stamp.verb === "created" ? linked.links.filter(({ target }) => target !== null) : linked.links;
  const ownerWord = role === "account" ? { is: id } : word(record, settings.names[role]?.account ?? null, idOf);
  const owner = typeof ownerWord === "string" ? null : (ownerWord.is as string | null);
  // A whole record without a customer belongs where its deal does.
  const via = record.whole && owner === null ? ((said["deal"] ?? said["quote"] ?? null) as string | null) : null;
  const { externalId } = settings.documents;
  const speaks = Object.keys(said).length > 0 || links.length > 0 || (role !== "account" && owner !== null);
  const more = { owner, via, links, externalId: textOf(externalId, record.body[externalId]) };
  return { event: speaks ? eventOf(role, id, stamp, said, more) : null, asks: incomplete || linked.asks };
};

/** `id`: of 18 characters. */
export const readRecord = (
  role: Role,
  id: string,
  said: Said,
  stamp: Stamp,
  settings: ReadSettings,
): Either.Either<Reading, string> =>
  Either.try({
    try: () => read(role, id, said, stamp, settings),
    catch: (cause) => (cause instanceof Misfit ? cause.message : `this decoder failed: ${String(cause)}`),
  });

// ---------------------------------------------------------------- the poll's rows

/** `SystemModstamp`, milliseconds: whole seconds. */
export const stampTick = 1000;

/** Rows of an object in the order of their stamps; what is deleted comes with them. */
export const queryOf = (role: Role, settings: ReadSettings, since: number | undefined): string => {
  const fields = new Set(["Id", "IsDeleted", "SystemModstamp", ...fieldsOf(role, settings)]);
  const from = since === undefined ? "" : ` WHERE SystemModstamp >= ${new Date(since).toISOString().slice(0, 19)}Z`;
  return `SELECT ${[...fields].join(", ")} FROM ${settings.names[role]?.object}${from} ORDER BY SystemModstamp, Id`;
};

/** A row of the poll: `key` says what it says, so that two states of one second are two rows. */
export interface Row {
  readonly at: number;
  readonly key: string;
  readonly event: CanonicalEvent | null;
}
export const rowOf = (
  role: Role,
  row: unknown,
  connection: string,
  settings: ReadSettings,
): Either.Either<Row, string> =>
  Either.gen(function* () {
    if (!isJson(row)) return yield* Either.left("no record");
    const id = typeof row["Id"] === "string" ? id18(row["Id"]) : null;
    if (id === null) return yield* Either.left("Id: absent");
    const at = yield* Either.try({ try: () => instantOf("SystemModstamp", row["SystemModstamp"]), catch: String });
    if (at === null) return yield* Either.left("SystemModstamp: absent");
    const key = `${role}:${at / stampTick}:${createHash("sha256").update(JSON.stringify(row)).digest("base64url").slice(0, 12)}`;
    const clock = { at, tick: stampTick, trust: stampTick };
    const stamp: Stamp = {
      id: `poll:${id}:${key.slice(role.length + 1)}`,
      source: connection,
      verb: "polled",
      time: at,
      clock,
      read: false,
    };
    if (row["IsDeleted"] === true) return { at, key, event: deletedEvent(role, id, stamp) };
    const { event } = yield* readRecord(role, id, { body: row, whole: true, spoken: new Set() }, stamp, settings);
    return { at, key, event };
  });
// ---------------------------------------------------------------- our documents in Salesforce's words

/** Why a command cannot be put into words. */
export interface Refusal {
  readonly code: "incomplete" | "unsupported";
  readonly detail: string;
}
export type CrmCommand = OutboundCommand & { readonly kind: "crm_subscription" | "crm_invoice" };
export const isCrmCommand = (command: OutboundCommand): command is CrmCommand =>
  command.kind === "crm_subscription" || command.kind === "crm_invoice";

/** The text fields of our objects are this long; Salesforce tells datetimes in whole seconds. */
const textLimit = 80;
const sourceLimit = 255;
const cut = (text: string, limit: number): string => [...text].slice(0, limit).join("");

/** The content as Salesforce keeps it: what two wishes are compared by. */
export const normalise = (_kind: DocumentKind, content: DocumentContent): DocumentContent => {
  const result: Record<string, string | number | null> = { ...content };
  for (const key of ["startAt", "endAt"]) {
    const at = content[key];
    if (typeof at === "number") result[key] = Math.floor(at / 1000) * 1000;
  }
  for (const key of ["number", "status"]) {
    const text = content[key];
    // An empty text is no text there.
    if (typeof text === "string") result[key] = text.trim() === "" ? null : cut(text.trim(), textLimit);
  }
  const { account } = content;
  if (typeof account === "string") result["account"] = id18(account) ?? account;
  return result;
};

type Document = {
  readonly object: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly source: string | null;
};
export const documentOf = (command: CrmCommand, { documents }: Pick<ReadSettings, "documents">): Document => {
  const named = command.kind === "crm_subscription" ? documents.subscription : documents.invoice;
  const { object, source, ...fields } = named;
  return { object, source, fields };
};

const moneyFields = new Set(["amountMinor", "paidMinor"]);
const instantFields = new Set(["startAt", "endAt"]);
const incomplete = (detail: string) => Either.left<Refusal>({ code: "incomplete", detail });

const wireOf = (key: string, value: string | number | null, currency: unknown): Either.Either<unknown, Refusal> => {
  if (value === null) return Either.right(null);
  if (moneyFields.has(key)) {
    if (!Number.isSafeInteger(value) || Math.abs(value as number) >= exactLimit)
      return incomplete(`${key}: ${value} is no amount that Salesforce's JSON carries exactly`);
    return Either.right(Number(toDecimal(value as number, currency as string)));
  }
  if (instantFields.has(key)) {
    if (typeof value !== "number" || Math.abs(value) > 8.64e15) return incomplete(`${key}: ${value} is no instant`);
    return Either.right(`${new Date(value).toISOString().slice(0, 19)}.000+0000`);
  }
  return typeof value === "string" ? Either.right(value) : incomplete(`${key}: ${value} is no text`);
};

/** The record's fields. The external id stands in the address. */
export const bodyOf = (command: CrmCommand, settings: Pick<ReadSettings, "documents">): Either.Either<Json, Refusal> =>
  Either.gen(function* () {
    const { fields, source } = documentOf(command, settings);
    const content = normalise(command.kind, command.content);
    const { account, currency } = content;
    if (typeof account !== "string" || id18(account) === null)
      return yield* incomplete(`account: ${account} is no id of a Salesforce account`);
    if ("amountMinor" in fields && (typeof currency !== "string" || exponentOf(currency) === null))
      return yield* incomplete(`currency: ${currency} is no ISO 4217 currency`);
    const body: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(fields)) body[field] = yield* wireOf(key, content[key] ?? null, currency);
    if (source !== null) body[source] = cut(command.sourceObject, sourceLimit);
    return body;
  });

/** What an acknowledged upsert has made true; of a deletion nothing is left to say. */
export const writtenContent = (command: CrmCommand): DocumentContent =>
  command.verb === "reverse" ? {} : normalise(command.kind, command.content);

/** A record read back, in the words of the command's content. */
export const contentOf = (
  command: CrmCommand,
  record: Json,
  settings: Pick<ReadSettings, "documents">,
): Either.Either<DocumentContent, string> =>
  Either.try({
    try: () => {
      const { fields } = documentOf(command, settings);
      const currency = fields["currency"] === undefined ? null : textOf(fields["currency"], record[fields["currency"]]);
      if (currency !== null) currencyOf("currency", currency, null);
      const content: Record<string, string | number | null> = {};
      for (const [key, field] of Object.entries(fields)) {
        const value = record[field];
        if (key === "account") content[key] = idOf(field, value);
        else if (instantFields.has(key)) content[key] = instantOf(field, value);
        else if (!moneyFields.has(key)) content[key] = textOf(field, value);
        else
          content[key] = currency === null || textOf(field, value) === null ? null : amountOf(field, value, currency);
      }
      return content;
    },
    catch: (cause) => (cause instanceof Misfit ? cause.message : String(cause)),
  });
