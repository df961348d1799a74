/** NetSuite ⇄ canonical: what its records say in the domain's words, and what our documents are in its. *Pure and total.* */

import * as Either from "effect/Either";
import type { AccountData, CanonicalEvent, DepositData, LinkClaim, PostingData } from "../../domain/event.ts";
import { isOutsideId } from "../../domain/ids.ts";
import { exponentOf, fromDecimal, toDecimal } from "../../domain/money.ts";
import type { DocumentContent, DocumentKind, ErpDocument, OutboundCommand } from "../../domain/ports/system.ts";
import { recordTypes } from "../../domain/record-types.ts";
import { reader } from "../reader.ts";
import type { NetsuiteIds } from "./config.ts";
import {
  type ChangedRow,
  ChargeRecord,
  CustomerRecord,
  type FinancialType,
  type RecordType,
  type Reference,
  TransactionRecord,
} from "./schema.ts";

/** What of the configuration the reading direction needs. */
export interface ReadSettings {
  readonly ids: Pick<NetsuiteIds, "currencies" | "subsidiary" | "entities">;
  readonly externalIdConnection: string | null;
}

// ---------------------------------------------------------------- money and references

/** Beyond this many minor units a JSON number no longer carries every digit: 15 significant digits are exact. */
const exactLimit = 1e15;

/** A decimal in major units, by its shortest text. Never arithmetic on it. */
export const amountFromWire = (
  value: number | string | null,
  currency: string,
  path: string,
): Either.Either<number, string> => {
  if (value === null) return Either.left(`${path}: no amount`);
  const minor = fromDecimal(String(value), currency);
  if (minor === null) return Either.left(`${path}: ${value} is no amount in ${currency}, or finer than it`);
  return typeof value === "number" && Math.abs(minor) >= exactLimit
    ? Either.left(`${path}: ${value} is too large to be exact as a JSON number`)
    : Either.right(minor);
};

/** The JSON number whose shortest text is the amount in major units. The currency must be known. */
export const amountToWire = (amountMinor: number, currency: string): number => Number(toDecimal(amountMinor, currency));

const inverses = new WeakMap<object, ReadonlyMap<string, string>>();
/** What we call the thing of this internal id; null: it is not mapped. */
const nameOf = (names: Readonly<Record<string, string>>, id: string): string | null => {
  let inverse = inverses.get(names);
  if (!inverse) {
    inverse = new Map(Object.entries(names).map(([name, internalId]) => [internalId, name]));
    inverses.set(names, inverse);
  }
  return inverse.get(id) ?? null;
};
const currencyOf = (reference: Reference, ids: ReadSettings["ids"]): Either.Either<string, string> => {
  const mapped = reference.id === null ? null : nameOf(ids.currencies, reference.id);
  for (const code of [mapped, reference.refName, reference.id]) {
    if (code !== null && exponentOf(code) !== null) return Either.right(code);
  }
  return Either.left(`currency: ${reference.refName ?? reference.id ?? "null"} is no ISO 4217 code and is not mapped`);
};

const recordCurrency = (
  { currency }: { readonly currency: Reference | null },
  ids: ReadSettings["ids"],
): Either.Either<string, string> =>
  currency === null ? Either.left("record.currency: absent") : currencyOf(currency, ids);

// ---------------------------------------------------------------- where its books have it

export const isOneWorld = ({ subsidiary, entities }: ReadSettings["ids"]): boolean =>
  subsidiary !== null || Object.keys(entities).length > 0;

/** The legal entity: as it is mapped, else by the subsidiary's own name, else by its id. */
const entityOf = (reference: Reference | null, ids: ReadSettings["ids"]): string | null => {
  if (reference === null || !isOneWorld(ids)) return null;
  const mapped = reference.id === null ? null : nameOf(ids.entities, reference.id);
  return mapped ?? blank(reference.refName) ?? reference.id;
};

const monthNames = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** `Nov 2026`, NetSuite's name for the period of a month, perhaps under its year and quarter → its first instant, UTC. */
const periodStart = (name: string | null): number | null => {
  const found = /(?:^|: )([A-Z][a-z]{2}) (\d{4})$/.exec(name?.trim() ?? "");
  const month = found === null ? -1 : monthNames.indexOf(found[1]!);
  return month < 0 ? null : Date.UTC(Number(found![2]), month, 1);
};
/** The transaction's date; where the posting period is another month, that month's first day. Periods by other names say nothing. */
export const postedAtOf = (tranDate: number | null, period: string | null): number | null => {
  const start = periodStart(period);
  if (start === null || tranDate === null) return tranDate ?? start;
  const month = (at: number) => new Date(at).toISOString().slice(0, 7);
  return month(tranDate) === month(start) ? tranDate : start;
};

// ---------------------------------------------------------------- facts: what one record or row says

export interface CustomerFacts {
  readonly internalId: string;
  readonly externalId: string | null;
  readonly data: AccountData;
}
export interface DocumentFacts {
  readonly recordType: FinancialType | "charge";
  readonly internalId: string;
  readonly externalId: string | null;
  readonly owner: string | null;
  readonly data: PostingData;
}

export interface DepositFacts {
  readonly internalId: string;
  readonly externalId: string | null;
  readonly data: DepositData;
}

const blank = (text: string | null): string | null => (text === null || text.trim() === "" ? null : text);

const readCustomer = reader(CustomerRecord, "record");
const readTransaction = reader(TransactionRecord, "record");
const readCharge = reader(ChargeRecord, "record");

/** `record`: as the REST service shows it. */
export const customerFacts = (
  internalId: string,
  record: unknown,
  deleted: boolean,
  settings: ReadSettings,
): Either.Either<CustomerFacts, string> =>
  Either.gen(function* () {
    const r = yield* readCustomer(record);
    const currency = r.currency === null ? null : yield* currencyOf(r.currency, settings.ids);
    const person = [r.firstName, r.lastName].filter((part) => blank(part) !== null).join(" ");
    const name = blank(r.companyName) ?? blank(person) ?? blank(r.entityId);
    const data: AccountData = {
      status: deleted ? "deleted" : "active",
      name,
      email: blank(r.email),
      currency,
      parent: null,
      legalId: null,
    };
    return { internalId, externalId: blank(r.externalId), data };
  });

const recordStatus = (status: typeof TransactionRecord.Type.status): string =>
  status === null ? "" : typeof status === "string" ? status : (status.refName ?? status.id ?? "");
/** `Invoice : Paid In Full`, as SuiteQL prints it, is the record's `Paid In Full`. */
const postingStatus = (status: string): PostingData["status"] => {
  const word = (status.split(" : ").at(-1) ?? "").trim().toLowerCase();
  if (word === "paid in full" || word === "fully applied") return "paid";
  return word === "voided" || word === "void" ? "void" : "open";
};

type TransactionFields = typeof TransactionRecord.Type;
const documentAmount = (type: FinancialType, r: TransactionFields, currency: string): Either.Either<number, string> => {
  if (type === "customerPayment") return amountFromWire(r.payment ?? r.total, currency, "record.payment");
  if (type !== "journalEntry") return amountFromWire(r.total, currency, "record.total");
  let sum = 0;
  for (const [i, line] of (r.line?.items ?? []).entries()) {
    if (line.debit === null) continue;
    const debit = amountFromWire(line.debit, currency, `record.line.items.${i}.debit`);
    if (Either.isLeft(debit)) return debit;
    sum += debit.right;
  }
  return Number.isSafeInteger(sum) ? Either.right(sum) : Either.left("record.line: the debits pass ±2^53");
};

export const documentFacts = (
  recordType: FinancialType,
  internalId: string,
  record: unknown,
  deleted: boolean,
  settings: ReadSettings,
): Either.Either<DocumentFacts, string> =>
  Either.gen(function* () {
    const r = yield* readTransaction(record);
    const currency = yield* recordCurrency(r, settings.ids);
    const amountMinor = yield* documentAmount(recordType, r, currency);
    const party = r.entity ?? r.customer ?? r.line?.items?.find((line) => line.entity !== null)?.entity;
    const postedAt = postedAtOf(r.tranDate, r.postingPeriod?.refName ?? null);
    const entity = entityOf(r.subsidiary, settings.ids);
    const status = deleted ? "deleted" : postingStatus(recordStatus(r.status));
    const charges = (r.custbody_tieout_charges ?? "").split(",").filter((id) => id !== "");
    const bills =
      recordType !== "invoice" || charges.length === 0
        ? {}
        : { charges, openMinor: yield* amountFromWire(r.amountRemaining ?? 0, currency, "record.amountRemaining") };
    // Of ours we know what they apply to.
    const applied = blank(r.custbody_tieout_applies_to);
    const theirs = applied === null || isOutsideId(r.externalId ?? "") ? {} : { appliesTo: applied };
    const data: PostingData = {
      status,
      recordType,
      number: blank(r.otherRefNum) ?? blank(r.tranId),
      currency,
      amountMinor,
      ...(postedAt === null ? {} : { postedAt }),
      ...(entity === null ? {} : { entity }),
      ...bills,
      ...theirs,
    };
    return { recordType, internalId, externalId: blank(r.externalId), owner: party?.id ?? null, data };
  });

/** Stages are an enumeration: written as a text, read as its id. */
const outOfBilling = "NON_BILLABLE";
const stageOf = (stage: typeof ChargeRecord.Type.stage): string | null =>
  stage === null || typeof stage === "string" ? stage : stage.id;

export const chargeFacts = (
  internalId: string,
  record: unknown,
  deleted: boolean,
  settings: ReadSettings,
): Either.Either<DocumentFacts, string> =>
  Either.gen(function* () {
    const r = yield* readCharge(record);
    const currency = yield* recordCurrency(r, settings.ids);
    const amountMinor = yield* amountFromWire(r.amount, currency, "record.amount");
    const entity = entityOf(r.subsidiary, settings.ids);
    const status = deleted ? "deleted" : stageOf(r.stage) === outOfBilling ? "void" : "open";
    const data: PostingData = {
      ...{ status, recordType: "charge", number: null, currency, amountMinor },
      ...(r.chargeDate === null ? {} : { postedAt: r.chargeDate }),
      ...(entity === null ? {} : { entity }),
    };
    const owner = r.billTo?.id ?? null;
    return { recordType: "charge", internalId, externalId: blank(r.externalId), owner, data };
  });

/** Stripe's ids of payouts, as people write them into a memo. */
const payoutPattern = /\bpo_[A-Za-z0-9_]+/g;
/** Which payouts a deposit is: the ids that its memo names, else the whole memo, as the bank's reference. */
const payoutsIn = (memo: string | null): Pick<DepositData, "reference" | "payouts"> => {
  const named = [...new Set(memo?.match(payoutPattern) ?? [])];
  if (named.length > 1) return { reference: null, payouts: named };
  return { reference: named[0] ?? blank(memo)?.trim() ?? null };
};

export const depositFacts = (
  internalId: string,
  record: unknown,
  deleted: boolean,
  settings: ReadSettings,
): Either.Either<DepositFacts, string> =>
  Either.gen(function* () {
    const r = yield* readTransaction(record);
    const currency = yield* recordCurrency(r, settings.ids);
    const data: DepositData = {
      status: deleted ? "deleted" : postingStatus(recordStatus(r.status)) === "void" ? "void" : "open",
      number: blank(r.tranId),
      currency,
      amountMinor: yield* amountFromWire(r.total, currency, "record.total"),
      ...payoutsIn(r.memo),
      depositedAt: postedAtOf(r.tranDate, r.postingPeriod?.refName ?? null),
    };
    return { internalId, externalId: blank(r.externalId), data };
  });

const rowTypes: Readonly<Record<string, RecordType>> = {
  Customer: "customer",
  CustInvc: "invoice",
  CustCred: "creditMemo",
  CustPymt: "customerPayment",
  CustRfnd: "customerRefund",
  Journal: "journalEntry",
  Deposit: "deposit",
};
/** A SuiteQL row put into the record's shape, so that the two ways of reading cannot come to differ. */
export const recordOfRow = (
  row: ChangedRow,
): Either.Either<{ readonly recordType: RecordType; readonly record: Body }, string> => {
  const recordType = Object.hasOwn(rowTypes, row.type) ? rowTypes[row.type] : undefined;
  if (recordType === undefined) return Either.left(`type: ${row.type} is not one that was asked for`);
  const currency =
    row.currencyid === null && row.currency === null ? null : { id: row.currencyid, refName: row.currency };
  const common = { currency, externalId: row.externalid, email: row.email, status: row.status };
  const names = {
    companyName: row.companyname,
    firstName: row.firstname,
    lastName: row.lastname,
    entityId: row.entityid,
  };
  const numbers = { otherRefNum: row.otherrefnum, tranId: row.tranid, memo: row.memo };
  const billing = {
    amountRemaining: row.unpaid,
    custbody_tieout_charges: row.charges,
    custbody_tieout_applies_to: row.appliesto,
  };
  const subsidiary = row.subsidiaryid === null ? null : { id: row.subsidiaryid, refName: row.subsidiary };
  const postingPeriod = row.postingperiod === null ? null : { refName: row.postingperiod };
  const tranDate = row.trandate === null ? null : new Date(row.trandate).toISOString().slice(0, 10);
  const books = { tranDate, postingPeriod, subsidiary };
  const amount = recordType === "journalEntry" ? { line: { items: [{ debit: row.total }] } } : { total: row.total };
  const entity = row.entity === null ? null : { id: row.entity };
  return Either.right({
    recordType,
    record: { ...common, ...names, ...numbers, ...billing, ...books, ...amount, entity },
  });
};

// ---------------------------------------------------------------- events

/** Everything of an event that the record itself does not say. */
export interface Stamp {
  readonly id: string;
  readonly source: string;
  /** Past tense: `created`, `updated`, `deleted`, `read`, `polled` … */
  readonly verb: string;
  readonly time: number;
  /** The clock's reading, epoch milliseconds: `lastModifiedDate`, or the `readAt` of a re-read. */
  readonly at: number;
  readonly read: boolean;
}

const second = 1000;
export const toSecond = (ms: number): number => Math.floor(ms / second) * second;

const stamped = (stamp: Stamp) => ({
  id: stamp.id,
  source: stamp.source,
  time: stamp.time,
  via: null,
  clock: { at: toSecond(stamp.at), tick: second, trust: second },
  read: stamp.read,
  correlationid: null,
  traceparent: null,
});

export const linksOf = (externalId: string | null, externalIdConnection: string | null): ReadonlyArray<LinkClaim> => {
  if (externalId === null || isOutsideId(externalId)) return [];
  if (/^[^:]+:./.test(externalId)) return [{ rank: "external-id", target: externalId }];
  if (externalIdConnection === null || externalId.includes(":")) return [];
  return [{ rank: "external-id", target: `${externalIdConnection}:${externalId}` }];
};

export const accountEvent = (facts: CustomerFacts, stamp: Stamp, settings: ReadSettings): CanonicalEvent => ({
  type: `account.${stamp.verb}`,
  subject: `account/${facts.internalId}`,
  owner: facts.internalId,
  data: facts.data,
  links: linksOf(facts.externalId, settings.externalIdConnection),
  externalId: facts.externalId,
  dataschema: "tieout/account/1",
  ...stamped(stamp),
});

export const postingEvent = (facts: DocumentFacts, stamp: Stamp): CanonicalEvent => ({
  type: `posting.${stamp.verb}`,
  subject: `posting/${facts.recordType}:${facts.internalId}`,
  owner: facts.owner,
  data: facts.data,
  links: [],
  externalId: facts.externalId,
  dataschema: "tieout/posting/1",
  ...stamped(stamp),
});

export const depositEvent = (facts: DepositFacts, stamp: Stamp): CanonicalEvent => ({
  type: `deposit.${stamp.verb}`,
  subject: `deposit/${facts.internalId}`,
  owner: null,
  data: facts.data,
  links: [],
  externalId: facts.externalId,
  dataschema: "tieout/deposit/1",
  ...stamped(stamp),
});

export const eventOf = (
  recordType: RecordType,
  internalId: string,
  record: unknown,
  stamp: Stamp,
  settings: ReadSettings,
): Either.Either<CanonicalEvent, string> => {
  const deleted = stamp.verb === "deleted";
  if (recordType === "deposit")
    return Either.map(depositFacts(internalId, record, deleted, settings), (f) => depositEvent(f, stamp));
  if (recordType === "charge")
    return Either.map(chargeFacts(internalId, record, deleted, settings), (f) => postingEvent(f, stamp));
  return recordType === "customer"
    ? Either.map(customerFacts(internalId, record, deleted, settings), (f) => accountEvent(f, stamp, settings))
    : Either.map(documentFacts(recordType, internalId, record, deleted, settings), (f) => postingEvent(f, stamp));
};

// ---------------------------------------------------------------- our documents in NetSuite's words

/** Why a command cannot be put into words: `mapping` a person can give, the others are refused for good. */
export interface Refusal {
  readonly code: "mapping" | "incomplete" | "unsupported";
  readonly detail: string;
}
export type Body = Readonly<Record<string, unknown>>;

/** A command that an ERP has a document for. */
export type ErpCommand = OutboundCommand & { readonly kind: ErpDocument };
export const isErpCommand = (command: OutboundCommand): command is ErpCommand => command.kind in recordTypes;
/** The record that a command makes or changes. */
export const targetTypeOf = (command: ErpCommand): RecordType =>
  command.verb === "reverse" && command.kind !== "charge" ? "journalEntry" : recordTypes[command.kind];

/** NetSuite's limits on the two texts that we write: longer is refused there, so it is cut here. */
const nameLimit = 83;
const numberLimit = 45;
const cut = (value: string | number | null | undefined, limit: number): string | null =>
  value === null || value === undefined ? null : [...String(value)].slice(0, limit).join("");

/** The content as NetSuite keeps it: what two wishes are compared by. */
export const normalise = (kind: DocumentKind, content: DocumentContent): DocumentContent => {
  const result: Record<string, string | number | null> = { ...content };
  if (kind === "customer" && "name" in content) result["name"] = cut(content["name"], nameLimit);
  if ("number" in content) result["number"] = cut(content["number"], numberLimit);
  return result;
};

interface Money {
  readonly currency: string;
  readonly amountMinor: number;
  readonly taxMinor: number;
}
const moneyOf = (content: DocumentContent): Either.Either<Money, Refusal> => {
  const { currency, amountMinor, taxMinor = 0 } = content;
  if (typeof currency !== "string" || exponentOf(currency) === null) {
    return Either.left({ code: "incomplete", detail: `${currency} is no ISO 4217 currency` });
  }
  for (const amount of [amountMinor, taxMinor]) {
    if (!Number.isSafeInteger(amount) || Math.abs(amount as number) >= exactLimit) {
      return Either.left({ code: "incomplete", detail: `${amount} is no amount that NetSuite's JSON carries exactly` });
    }
  }
  return Either.right({ currency, amountMinor: amountMinor as number, taxMinor: taxMinor as number });
};

const mapped = (
  ids: NetsuiteIds,
  name: Exclude<keyof NetsuiteIds, "currencies" | "entities" | "items">,
): Either.Either<{ id: string }, Refusal> => {
  const id = ids[name];
  return id === null
    ? Either.left({ code: "mapping", detail: `no internal id is configured for ${name}` })
    : Either.right({ id });
};
const supportId = (command: ErpCommand, which: "customer" | "appliesTo"): Either.Either<string, Refusal> => {
  const id = command[which]?.foreignId;
  return id ? Either.right(id) : Either.left({ code: "incomplete", detail: `a ${command.kind} needs its ${which}` });
};
const currencyReference = (ids: NetsuiteIds, currency: string) => ({ id: ids.currencies[currency] ?? currency });

const heading = (command: ErpCommand): Either.Either<Body, Refusal> =>
  Math.abs(command.effectiveAt) <= 8.64e15
    ? Either.right({ tranDate: new Date(command.effectiveAt).toISOString().slice(0, 10), memo: command.sourceObject })
    : Either.left({ code: "incomplete", detail: `${command.effectiveAt} is no date` });

/** The link from a document to the one that it rests on; NetSuite's own `apply` list is empty when nothing was left to apply to. */
export const appliesToField = (command: ErpCommand, foreignId: string): string =>
  `${command.kind === "refund" || command.kind === "chargeback" ? "customerPayment" : "invoice"}:${foreignId}`;

const customerBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> => {
  const { name, email, currency } = normalise("customer", command.content);
  const subsidiary = ids.subsidiary === null ? {} : { subsidiary: { id: ids.subsidiary } };
  const reference = typeof currency === "string" ? { currency: currencyReference(ids, currency) } : {};
  return Either.right({ companyName: name ?? null, email: email ?? null, ...reference, ...subsidiary });
};

const invoiceBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const { currency, amountMinor, taxMinor } = yield* moneyOf(command.content);
    const items = [
      { item: yield* mapped(ids, "item"), quantity: 1, amount: amountToWire(amountMinor - taxMinor, currency) },
    ];
    if (taxMinor !== 0)
      items.push({ item: yield* mapped(ids, "taxItem"), quantity: 1, amount: amountToWire(taxMinor, currency) });
    return {
      ...(yield* heading(command)),
      entity: { id: yield* supportId(command, "customer") },
      currency: currencyReference(ids, currency),
      otherRefNum: normalise("receivable", command.content)["number"] ?? null,
      item: { items },
    };
  });

const creditMemoBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const { currency, amountMinor } = yield* moneyOf(command.content);
    const invoice = yield* supportId(command, "appliesTo");
    return {
      ...(yield* heading(command)),
      externalId: command.outsideId,
      currency: currencyReference(ids, currency),
      otherRefNum: normalise("credit_memo", command.content)["number"] ?? null,
      item: { items: [{ item: yield* mapped(ids, "item"), quantity: 1, amount: amountToWire(amountMinor, currency) }] },
      custbody_tieout_applies_to: appliesToField(command, invoice),
    };
  });

const paymentBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const { currency, amountMinor } = yield* moneyOf(command.content);
    const invoice = yield* supportId(command, "appliesTo");
    return {
      ...(yield* heading(command)),
      externalId: command.outsideId,
      currency: currencyReference(ids, currency),
      payment: amountToWire(amountMinor, currency),
      custbody_tieout_applies_to: appliesToField(command, invoice),
    };
  });

const refundBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const { currency, amountMinor } = yield* moneyOf(command.content);
    const payment = yield* supportId(command, "appliesTo");
    const amount = amountToWire(amountMinor, currency);
    return {
      ...(yield* heading(command)),
      customer: { id: yield* supportId(command, "customer") },
      currency: currencyReference(ids, currency),
      apply: { items: [{ doc: { id: payment }, apply: true, amount }] },
      custbody_tieout_kind: command.kind,
      custbody_tieout_applies_to: appliesToField(command, payment),
    };
  });

/** The item by its product, the subsidiary by its legal entity; only where the account has subsidiaries. */
const placeOf = (
  ids: NetsuiteIds,
  product: unknown,
  entity: unknown,
): Either.Either<{ readonly billingItem: object; readonly subsidiary?: object }, Refusal> => {
  const item = ids.items[String(product)] ?? ids.chargeItem;
  if (item === null)
    return Either.left({
      code: "mapping",
      detail: `no item is mapped for the product ${product}: map item:${product}`,
    });
  const billingItem = { id: item };
  if (!isOneWorld(ids)) return Either.right({ billingItem });
  const subsidiary = ids.entities[String(entity)] ?? ids.subsidiary;
  return subsidiary === null
    ? Either.left({ code: "mapping", detail: `no subsidiary is configured for the legal entity ${entity}` })
    : Either.right({ billingItem, subsidiary: { id: subsidiary } });
};

/** The JSON number whose shortest text is the decimal; null: there is none. */
const quantityToWire = (text: unknown): number | null => {
  const value = typeof text === "string" ? Number(text) : Number.NaN;
  return Number.isFinite(value) && String(value) === text ? value : null;
};

const chargeBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const { content } = command;
    const { currency, amountMinor, taxMinor } = yield* moneyOf(content);
    const { tranDate: chargeDate, memo } = yield* heading(command);
    const quantity = quantityToWire(content["quantity"]);
    const first = content["appliesTo"] == null ? null : yield* supportId(command, "appliesTo");
    return {
      ...{ chargeDate, memo, stage: "READY_FOR_BILLING" },
      ...(ids.chargeType === null ? {} : { chargeType: { id: ids.chargeType } }),
      ...(yield* placeOf(ids, content["product"], content["entity"])),
      billTo: { id: yield* supportId(command, "customer") },
      currency: currencyReference(ids, currency),
      amount: amountToWire(amountMinor, currency),
      // A quantity that JSON cannot carry exactly is told in our own field alone.
      ...(quantity === null ? {} : { quantity }),
      custrecord_tieout_quantity: content["quantity"] ?? null,
      custrecord_tieout_tax: amountToWire(taxMinor, currency),
      custrecord_tieout_meter: content["meter"] ?? null,
      custrecord_tieout_product: content["product"] ?? null,
      custrecord_tieout_period: content["period"] ?? null,
      custrecord_tieout_period_end: content["periodEnd"] ?? null,
      custrecord_tieout_entity: content["entity"] ?? null,
      custrecord_tieout_jurisdiction: content["jurisdiction"] ?? null,
      custrecord_tieout_applies_to: first === null ? null : `charge:${first}`,
    };
  });

type Account = "receivable" | "cash" | "revenue";
/** Debit and credit of the document itself; its reversal swaps them. */
const sides: Readonly<Record<Exclude<FinancialType, "journalEntry">, readonly [Account, Account]>> = {
  invoice: ["receivable", "revenue"],
  creditMemo: ["revenue", "receivable"],
  customerPayment: ["cash", "receivable"],
  customerRefund: ["receivable", "cash"],
};

const reversalBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  Either.gen(function* () {
    const reversed = recordTypes[command.kind];
    if (reversed === "customer")
      return yield* Either.left({ code: "unsupported", detail: "a customer has no inverse" } as const);
    if (!command.foreignId)
      return yield* Either.left({ code: "incomplete", detail: "a reversal names what it reverses" } as const);
    // Nothing was owed by it yet: it is taken out of billing.
    if (reversed === "charge") return { stage: outOfBilling };
    const { currency, amountMinor, taxMinor } = yield* moneyOf(command.content);
    const entity = { id: yield* supportId(command, "customer") };
    const net = command.kind === "receivable" ? amountMinor - taxMinor : amountMinor;
    const line = (account: { id: string }, side: "debit" | "credit", minor: number) => ({
      account,
      [side]: amountToWire(minor, currency),
      entity,
    });
    const [credit, debit] = sides[reversed];
    const items = [
      line(yield* mapped(ids, `${debit}Account`), "debit", debit === "revenue" ? net : amountMinor),
      ...(net === amountMinor ? [] : [line(yield* mapped(ids, "taxAccount"), "debit", taxMinor)]),
      line(yield* mapped(ids, `${credit}Account`), "credit", amountMinor),
    ];
    return {
      ...(yield* heading(command)),
      currency: currencyReference(ids, currency),
      ...(ids.subsidiary === null ? {} : { subsidiary: { id: ids.subsidiary } }),
      line: { items },
      custbody_tieout_reverses: `${reversed}:${command.foreignId}`,
    };
  });

const postBodies: Readonly<Record<ErpDocument, (c: ErpCommand, ids: NetsuiteIds) => Either.Either<Body, Refusal>>> = {
  customer: customerBody,
  receivable: invoiceBody,
  credit_memo: creditMemoBody,
  cash_application: paymentBody,
  refund: refundBody,
  chargeback: refundBody,
  charge: chargeBody,
};

const updateBody = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> => {
  if (command.kind === "customer") return customerBody(command, ids);
  if (command.kind === "receivable" || command.kind === "credit_memo") {
    return Either.right({ otherRefNum: normalise(command.kind, command.content)["number"] ?? null });
  }
  return Either.left({ code: "unsupported", detail: `nothing of a ${command.kind} may be changed in place` });
};

export const bodyOf = (command: ErpCommand, ids: NetsuiteIds): Either.Either<Body, Refusal> =>
  command.verb === "reverse"
    ? reversalBody(command, ids)
    : command.verb === "update"
      ? updateBody(command, ids)
      : postBodies[command.kind](command, ids);

// ---------------------------------------------------------------- what our documents say, read back

/**
 * What an acknowledged write has made true: with property validation on, everything that was sent is stored as sent. An
 * update changes only what may change in place; the rest of its content is what the document said before.
 */
export const writtenContent = (command: ErpCommand): DocumentContent => {
  const content = normalise(command.kind, command.content);
  if (command.verb !== "reverse") return content;
  return { currency: content["currency"] ?? null, amountMinor: content["amountMinor"] ?? null };
};

/**
 * A record read back, in the words of the command's content. What it rests on comes back as the outside id that we know it by. Null: it
 * is there, and is not the inverse that was asked for.
 */
export const contentOf = (
  command: ErpCommand,
  record: unknown,
  ids: NetsuiteIds,
): Either.Either<DocumentContent | null, string> => {
  const settings: ReadSettings = { ids, externalIdConnection: null };
  if (targetTypeOf(command) === "customer") {
    return Either.map(customerFacts("0", record, false, settings), ({ data }) => {
      const { name, email, currency } = data;
      // NetSuite gives a customer a currency of its own accord: it is no answer to a wish that names none.
      return (command.content["currency"] ?? null) === null ? { name, email } : { name, email, currency };
    });
  }
  if (command.kind === "charge") return chargeContentOf(command, record, settings);
  return Either.gen(function* () {
    const r = yield* readTransaction(record);
    const { data } = yield* documentFacts(targetTypeOf(command) as FinancialType, "0", record, false, settings);
    const content: Record<string, string | number | null> = { currency: data.currency, amountMinor: data.amountMinor };
    if (command.verb === "reverse") return content;
    if (command.kind === "receivable") {
      let tax = 0;
      for (const [i, line] of (r.item?.items ?? []).entries()) {
        if (ids.taxItem === null || line.item?.id !== ids.taxItem) continue;
        tax += yield* amountFromWire(line.amount, data.currency, `record.item.items.${i}.amount`);
      }
      content["taxMinor"] = tax;
    } else {
      const ours = command.appliesTo;
      const field = r.custbody_tieout_applies_to;
      content["appliesTo"] =
        ours !== null && field === appliesToField(command, ours.foreignId) ? ours.outsideId : field;
    }
    if (command.kind === "receivable" || command.kind === "credit_memo") content["number"] = r.otherRefNum;
    if (command.kind === "refund" || command.kind === "chargeback") {
      if (r.custbody_tieout_kind !== command.kind) content["kind"] = r.custbody_tieout_kind;
    }
    return content;
  });
};

const chargeContentOf = (
  command: ErpCommand,
  record: unknown,
  settings: ReadSettings,
): Either.Either<DocumentContent | null, string> =>
  Either.gen(function* () {
    const r = yield* readCharge(record);
    const { data } = yield* chargeFacts("0", record, false, settings);
    const { currency, amountMinor } = data;
    if (command.verb === "reverse") return stageOf(r.stage) === outOfBilling ? { currency, amountMinor } : null;
    const ours = command.appliesTo;
    const applied = r.custrecord_tieout_applies_to;
    const appliesTo = ours !== null && applied === `charge:${ours.foreignId}` ? ours.outsideId : applied;
    return {
      ...{ currency, amountMinor },
      taxMinor: yield* amountFromWire(r.custrecord_tieout_tax ?? 0, currency, "record.custrecord_tieout_tax"),
      quantity: r.custrecord_tieout_quantity,
      meter: r.custrecord_tieout_meter,
      product: r.custrecord_tieout_product,
      period: r.custrecord_tieout_period,
      periodEnd: r.custrecord_tieout_period_end,
      entity: r.custrecord_tieout_entity,
      jurisdiction: r.custrecord_tieout_jurisdiction,
      ...(appliesTo === null ? {} : { appliesTo }),
    };
  });
