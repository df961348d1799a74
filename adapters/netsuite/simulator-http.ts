/** The simulated NetSuite's door: its REST addresses, bodies, headers and refusals, over the books. */
import { constants, verify as verifyWith } from "node:crypto";
import { Hono } from "hono";
import { exponentOf, fromDecimal, toDecimal } from "../../domain/money.ts";
import { simulatorIds } from "./config.ts";
import type { RecordType } from "./schema.ts";
import {
  type AppliedEntry,
  type Books,
  type Doc,
  type Entry,
  type Faults,
  type Outcome,
  periodOf,
  type Refused,
  refused,
} from "./simulator-state.ts";

export type SimulatorAuth =
  | { readonly bearer: string }
  | {
      readonly clientId: string;
      readonly certificateId: string;
      /** SPKI PEM of the uploaded certificate's key. */
      readonly publicKey: string;
      readonly algorithm: "ES256" | "PS256";
    };

export interface Door {
  readonly now: () => number;
  readonly books: Books;
  readonly faults: Faults;
  readonly auth: SimulatorAuth;
  readonly sleep: (ms: number) => Promise<void>;
  /** Takes the outcome of a write down in the log; durable when it returns. */
  readonly commit: (outcome: Outcome) => Promise<void>;
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
/** The `id` of a reference, which NetSuite takes as text or number. */
const idOf = (reference: unknown): string =>
  isJson(reference) && (typeof reference["id"] === "string" || typeof reference["id"] === "number")
    ? String(reference["id"])
    : "";
const lines = (sublist: unknown): ReadonlyArray<Json> =>
  isJson(sublist) && Array.isArray(sublist["items"]) ? sublist["items"].filter(isJson) : [];

// ---------------------------------------------------------------- showing

const instant = (ms: number): string => `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
const decimal = (minor: number, currency: string): number => Number(toDecimal(minor, currency));
const reference = (id: string | null) => (id === null ? null : { id, refName: id });

const prefixes: Readonly<Record<Exclude<RecordType, "customer" | "charge">, string>> = {
  deposit: "DEP",
  invoice: "INV",
  creditMemo: "CM",
  customerPayment: "PYMT",
  customerRefund: "CR",
  journalEntry: "JE",
};

export const statusOf = (doc: Doc, books: Books): string => {
  if (doc.gone === "void") return "Voided";
  switch (doc.recordType) {
    case "invoice":
      return books.openBalance(doc.internalId) > 0 ? "Open" : "Paid In Full";
    case "customerPayment":
      return "Not Deposited";
    case "deposit":
      return "Deposited";
    case "journalEntry":
      return "Approved for Posting";
    default:
      return "Fully Applied";
  }
};

const journalLines = (doc: Doc, currency: string, reversedType: string) => {
  const { receivableAccount, revenueAccount, taxAccount, cashAccount } = simulatorIds;
  const entity = reference(doc.customer);
  const line = (account: string | null, minor: number) => ({
    account: reference(account),
    [minor > 0 ? "debit" : "credit"]: decimal(Math.abs(minor), currency),
    entity,
  });
  const total = doc.signedMinor;
  if (doc.side === "cash") return [line(cashAccount, total), line(receivableAccount, -total)];
  const tax = reversedType === "invoice" ? doc.taxMinor : 0;
  const taxLines = tax === 0 ? [] : [line(taxAccount, tax)];
  return [line(receivableAccount, total), line(revenueAccount, -total - tax), ...taxLines];
};

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** `Nov 2026`. */
const periodName = (doc: Doc): string | null => {
  const period = periodOf(doc);
  return period === null ? null : `${months[Number(period.slice(5, 7)) - 1]} ${period.slice(0, 4)}`;
};
/** Date, period and, in a OneWorld account, subsidiary. */
const placing = (doc: Doc, books: Books): Json => {
  const { tranDate, subsidiary } = doc;
  const refName = periodName(doc);
  const postingPeriod = refName === null ? null : { id: periodOf(doc)!.replace("-", ""), refName };
  const named = subsidiary === null ? {} : { subsidiary: { id: subsidiary, refName: books.subsidiaries[subsidiary] } };
  return { tranDate, postingPeriod, ...named };
};

const renderCharge = (doc: Doc, books: Books): Json => {
  const { charge, currency, memo, tranDate, appliesTo } = doc;
  const { item, quantity, stage, ours } = charge!;
  const { subsidiary } = placing(doc, books) as { readonly subsidiary?: Json };
  return {
    ...{ chargeDate: tranDate, memo, quantity, currency: reference(currency) },
    ...{ billTo: reference(doc.customer), billingItem: reference(item), stage: { id: stage, refName: stage } },
    ...(subsidiary === undefined ? {} : { subsidiary }),
    amount: decimal(doc.signedMinor, currency ?? ""),
    invoice: reference(doc.invoice),
    ...Object.fromEntries(Object.entries(ours).map(([name, value]) => [`custrecord_tieout_${name}`, value])),
    custrecord_tieout_tax: decimal(doc.taxMinor, currency ?? ""),
    custrecord_tieout_applies_to: appliesTo,
  };
};

/** The record as `GET` shows it; our script sends the same. */
export const render = (doc: Doc, books: Books): Json => {
  const { internalId: id, externalId, name, email, currency, memo, number: otherRefNum } = doc;
  const dates = { createdDate: instant(doc.createdAt), lastModifiedDate: instant(doc.modifiedAt) };
  const common = { links: [], id, externalId, ...dates };
  if (doc.recordType === "customer") {
    const entityId = `CUST${id}`;
    return {
      entityId,
      companyName: name,
      email,
      isPerson: false,
      isInactive: false,
      currency: reference(currency),
      ...common,
      ...(doc.subsidiary === null
        ? {}
        : { subsidiary: { id: doc.subsidiary, refName: books.subsidiaries[doc.subsidiary] } }),
    };
  }
  const code = currency ?? "";
  if (doc.recordType === "charge") return { ...common, ...renderCharge(doc, books) };
  const total = decimal(Math.abs(doc.signedMinor), code);
  const tranId = `${prefixes[doc.recordType]}${id}`;
  const head = { tranId, memo, currency: reference(currency), ...common, ...placing(doc, books) };
  const status = { id: statusOf(doc, books), refName: statusOf(doc, books) };
  const party = { customer: reference(doc.customer) };
  const { kind: custbody_tieout_kind, appliesTo: custbody_tieout_applies_to, reverses: custbody_tieout_reverses } = doc;
  switch (doc.recordType) {
    case "invoice":
    case "creditMemo": {
      const net = Math.abs(doc.signedMinor) - doc.taxMinor;
      const item = (itemId: string | null, minor: number) => ({
        item: reference(itemId),
        amount: decimal(minor, code),
      });
      const charges = (doc.bills ?? []).flatMap((id) => books.find("charge", id) ?? []);
      const taxes = doc.taxMinor === 0 ? [] : [item(simulatorIds.taxItem, doc.taxMinor)];
      const items =
        charges.length === 0
          ? [item(simulatorIds.item, net), ...taxes]
          : charges.flatMap(({ charge, signedMinor, taxMinor, internalId }) => [
              { ...item(charge!.item, signedMinor), charge: { id: internalId } },
              ...(taxMinor === 0 ? [] : [item(simulatorIds.taxItem, taxMinor)]),
            ]);
      const due = { amountRemaining: decimal(Math.max(0, books.openBalance(id)), code) };
      const entity = reference(doc.customer);
      const billed = charges.length === 0 ? {} : { custbody_tieout_charges: billedBy(doc, books) };
      const more = doc.recordType === "invoice" ? { ...due, ...billed } : { custbody_tieout_applies_to };
      return { status, entity, otherRefNum, total, item: { items }, ...head, ...more };
    }
    case "deposit":
      return { status, total, ...head };
    case "customerPayment":
      return { status, payment: total, custbody_tieout_applies_to, ...party, ...head };
    case "customerRefund":
      return { status, total, custbody_tieout_kind, custbody_tieout_applies_to, ...party, ...head };
    default: {
      const items = journalLines(doc, code, doc.reverses?.split(":")[0] ?? "");
      return { approved: true, line: { items }, custbody_tieout_reverses, ...head };
    }
  }
};

/** External ids of the charges that an invoice bills, as our script writes them down. */
const billedBy = (doc: Doc, books: Books): string | null => {
  const ids = (doc.bills ?? []).flatMap((id) => books.find("charge", id)?.externalId ?? []);
  return ids.length === 0 ? null : ids.join(",");
};

const rowTypes: Readonly<Record<Exclude<RecordType, "charge">, readonly [type: string, name: string]>> = {
  customer: ["Customer", "Customer"],
  deposit: ["Deposit", "Deposit"],
  invoice: ["CustInvc", "Invoice"],
  creditMemo: ["CustCred", "Credit Memo"],
  customerPayment: ["CustPymt", "Payment"],
  customerRefund: ["CustRfnd", "Customer Refund"],
  journalEntry: ["Journal", "Journal"],
};
type Listed = Doc & { readonly recordType: keyof typeof rowTypes };
const isListed = (doc: Doc): doc is Listed => doc.recordType !== "charge";

/** A row of the poll's result: every value is text, as in SuiteQL. */
const row = (doc: Listed, books: Books, oneWorld: boolean): Json => {
  const { internalId: id, externalId: externalid, currency } = doc;
  const [type, name] = rowTypes[doc.recordType];
  const common = {
    links: [],
    id,
    type,
    externalid,
    lastmodified: instant(doc.modifiedAt),
    currencyid: currency,
    currency,
  };
  if (doc.recordType === "customer") {
    return { ...common, entity: id, companyname: doc.name, entityid: `CUST${id}`, email: doc.email };
  }
  const total = toDecimal(Math.abs(doc.signedMinor), currency ?? "");
  const tranid = `${prefixes[doc.recordType]}${id}`;
  return {
    ...common,
    status: `${name} : ${statusOf(doc, books)}`,
    entity: doc.customer === "" ? null : doc.customer,
    total,
    otherrefnum: doc.number,
    tranid,
    trandate: doc.tranDate,
    postingperiod: periodName(doc),
    memo: doc.memo,
    unpaid: doc.recordType === "invoice" ? toDecimal(Math.max(0, books.openBalance(id)), currency ?? "") : null,
    charges: billedBy(doc, books),
    appliesto: doc.appliesTo,
    ...(oneWorld && doc.subsidiary !== null
      ? { subsidiaryid: doc.subsidiary, subsidiary: books.subsidiaries[doc.subsidiary] }
      : {}),
  };
};

// ---------------------------------------------------------------- taking in

/** Our own texts on a charge. */
const chargeFields = ["quantity", "meter", "product", "period", "period_end", "entity", "jurisdiction"] as const;

const fields: Readonly<Record<RecordType, ReadonlySet<string>>> = {
  customer: new Set(["companyName", "email", "currency", "subsidiary"]),
  deposit: new Set(),
  invoice: new Set(["entity", "currency", "tranDate", "memo", "otherRefNum", "item"]),
  creditMemo: new Set([
    "externalId",
    "currency",
    "tranDate",
    "memo",
    "otherRefNum",
    "item",
    "custbody_tieout_applies_to",
  ]),
  customerPayment: new Set(["externalId", "currency", "tranDate", "memo", "payment", "custbody_tieout_applies_to"]),
  customerRefund: new Set(
    "customer currency tranDate memo apply custbody_tieout_kind custbody_tieout_applies_to".split(" "),
  ),
  journalEntry: new Set("currency tranDate memo line subsidiary custbody_tieout_reverses".split(" ")),
  charge: new Set([
    ...[
      "billTo",
      "billingItem",
      "stage",
      "chargeType",
      "currency",
      "amount",
      "quantity",
      "chargeDate",
      "memo",
      "subsidiary",
    ],
    ...chargeFields.map((name) => `custrecord_tieout_${name}`),
    ...["custrecord_tieout_tax", "custrecord_tieout_applies_to"],
  ]),
};

const badValue = (field: string, value: unknown): Refused =>
  refused(
    "INVALID_CONTENT",
    `Error while accessing a resource. You have entered an Invalid Field Value ${String(value)} for the following field: ${field}`,
  );

/** Whole minor units, or the refusal. */
const amount = (value: unknown, currency: string, field: string): number | Refused => {
  const decimalText = typeof value === "number" || typeof value === "string" ? String(value) : "";
  const minor = exponentOf(currency) === null ? null : fromDecimal(decimalText, currency);
  return minor ?? badValue(field, value);
};
const isRefused = (value: unknown): value is Refused => isJson(value) && value["_tag"] === "Refused";

const head = (body: Json, now: number): Omit<Entry, "customer" | "amountMinor"> | Refused => {
  const currency = idOf(body["currency"]);
  const tranDate = body["tranDate"] === undefined ? new Date(now).toISOString().slice(0, 10) : text(body["tranDate"]);
  if (exponentOf(currency) === null)
    return refused("INVALID_KEY_OR_REF", `Invalid currency reference key ${currency}.`);
  if (tranDate === null || !/^\d{4}-\d\d-\d\d$/.test(tranDate)) return badValue("tranDate", body["tranDate"]);
  return { currency, tranDate, memo: text(body["memo"]) };
};

const itemLines = (body: Json, currency: string): { readonly total: number; readonly tax: number } | Refused => {
  let total = 0;
  let tax = 0;
  for (const line of lines(body["item"])) {
    const item = idOf(line["item"]);
    if (item !== simulatorIds.item && item !== simulatorIds.taxItem) return badValue("item", item);
    const minor = amount(line["amount"], currency, "amount");
    if (isRefused(minor)) return minor;
    total += minor;
    if (item === simulatorIds.taxItem) tax += minor;
  }
  return { total, tax };
};

const putChargeRecord = (door: Door, externalId: string, body: Json): Outcome => {
  const common = head({ ...body, tranDate: body["chargeDate"] }, door.now());
  if (isRefused(common)) return common;
  const amountMinor = amount(body["amount"], common.currency, "amount");
  if (isRefused(amountMinor)) return amountMinor;
  const taxMinor = amount(body["custrecord_tieout_tax"] ?? 0, common.currency, "custrecord_tieout_tax");
  if (isRefused(taxMinor)) return taxMinor;
  if (text(body["stage"]) !== "READY_FOR_BILLING") return badValue("stage", body["stage"]);
  const { quantity = null } = body as { readonly quantity?: number | null };
  return door.books.putCharge(externalId, {
    ...common,
    ...{ amountMinor, taxMinor, quantity },
    customer: idOf(body["billTo"]),
    item: idOf(body["billingItem"]),
    subsidiary: idOf(body["subsidiary"]) || null,
    appliesTo: text(body["custrecord_tieout_applies_to"]),
    ours: Object.fromEntries(chargeFields.map((name) => [name, text(body[`custrecord_tieout_${name}`])])),
  });
};

const putRecord = (door: Door, type: RecordType, externalId: string, body: Json, replace: string | null): Outcome => {
  const { books } = door;
  if (type === "charge") return putChargeRecord(door, externalId, body);
  if (type === "customer") {
    const before = books.findExternal("customer", externalId);
    const currency = body["currency"] === undefined ? (before?.currency ?? null) : idOf(body["currency"]);
    if (currency !== null && exponentOf(currency) === null) {
      return refused("INVALID_KEY_OR_REF", `Invalid currency reference key ${currency}.`);
    }
    const named = { name: text(body["companyName"]), email: text(body["email"]), currency };
    return books.putCustomer(externalId, { ...named, subsidiary: idOf(body["subsidiary"]) || null });
  }
  const common = head(body, door.now());
  if (isRefused(common)) return common;
  if (type === "invoice") {
    const items = itemLines(body, common.currency);
    if (isRefused(items)) return items;
    const number = text(body["otherRefNum"]);
    const own = { customer: idOf(body["entity"]), amountMinor: items.total, taxMinor: items.tax, number };
    return books.putInvoice(externalId, { replace: replace === "item", ...common, ...own });
  }
  if (type === "customerRefund") {
    const applied = lines(body["apply"])[0] ?? {};
    const amountMinor = amount(applied["amount"], common.currency, "apply");
    if (isRefused(amountMinor)) return amountMinor;
    const own = {
      customer: idOf(body["customer"]),
      payment: idOf(applied["doc"]),
      kind: text(body["custbody_tieout_kind"]),
    };
    return books.putRefund(externalId, {
      amountMinor,
      appliesTo: text(body["custbody_tieout_applies_to"]),
      ...common,
      ...own,
    });
  }
  if (type !== "journalEntry") return refused("INVALID_METHOD", `PUT is not simulated for ${type}.`, 405);
  const reverses = text(body["custbody_tieout_reverses"]);
  if (reverses === null) return refused("USER_ERROR", "Please enter value(s) for: Reverses");
  const { receivableAccount, revenueAccount, taxAccount, cashAccount } = simulatorIds;
  const moved: Record<string, number> = {};
  let balance = 0;
  for (const line of lines(body["line"])) {
    const account = idOf(line["account"]);
    if (![receivableAccount, revenueAccount, taxAccount, cashAccount].includes(account))
      return badValue("account", account);
    const isDebit = line["debit"] !== undefined;
    const minor = amount(isDebit ? line["debit"] : line["credit"], common.currency, isDebit ? "debit" : "credit");
    if (isRefused(minor)) return minor;
    moved[account] = (moved[account] ?? 0) + (isDebit ? minor : -minor);
    balance += isDebit ? minor : -minor;
  }
  if (balance !== 0) return refused("USER_ERROR", "The amounts in a journal entry must balance.");
  const customer = idOf(lines(body["line"]).find((line) => idOf(line["entity"]) !== "")?.["entity"]);
  const sides = { receivable: moved[receivableAccount ?? ""] ?? 0, cash: moved[cashAccount ?? ""] ?? 0 };
  return books.putJournal(externalId, { ...common, customer, reverses, moved: sides });
};

const transformRecord = (door: Door, invoiceId: string, to: string, body: Json): Outcome => {
  if (to !== "creditMemo" && to !== "customerPayment") return refused("INVALID_METHOD", `No transform to ${to}.`, 405);
  const common = head(body, door.now());
  if (isRefused(common)) return common;
  const items = to === "creditMemo" ? itemLines(body, common.currency) : null;
  if (isRefused(items)) return items;
  const amountMinor = items === null ? amount(body["payment"], common.currency, "payment") : items.total;
  if (isRefused(amountMinor)) return amountMinor;
  const externalId = text(body["externalId"]);
  const own = { externalId, number: text(body["otherRefNum"]), appliesTo: text(body["custbody_tieout_applies_to"]) };
  const entry: AppliedEntry = { amountMinor, ...common, ...own };
  return door.books.transform(invoiceId, to, entry);
};

const patchRecord = (door: Door, type: RecordType, internalId: string, body: Json): Outcome => {
  const has = (field: string) => body[field] !== undefined;
  if (type === "charge") {
    const stage = text(body["stage"]);
    if (Object.keys(body).join() !== "stage" || (stage !== "READY_FOR_BILLING" && stage !== "NON_BILLABLE"))
      return badValue("stage", stage);
    return door.books.stageCharge(internalId, stage);
  }
  const moving = Object.keys(body).find((field) => !["otherRefNum", "memo", "companyName", "email"].includes(field));
  if (moving !== undefined) return refused("INVALID_METHOD", `PATCH of ${moving} is not simulated.`, 405);
  return door.books.patch(type, internalId, {
    ...(has("otherRefNum") ? { number: text(body["otherRefNum"]) } : {}),
    ...(has("memo") ? { memo: text(body["memo"]) } : {}),
    ...(has("companyName") ? { name: text(body["companyName"]) } : {}),
    ...(has("email") ? { email: text(body["email"]) } : {}),
  });
};

// ---------------------------------------------------------------- answering

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  429: "Too Many Requests",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
const nsError = (refusal: Refused, headers: Record<string, string> = {}): Response => {
  const { status, code, detail } = refusal;
  const type = "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html";
  const body = { type, title: titles[status] ?? "Error", status, "o:errorDetails": [{ detail, "o:errorCode": code }] };
  const own = { "content-type": "application/vnd.oracle.resource+json; type=error", ...headers };
  return new Response(JSON.stringify(body), { status, headers: own });
};
const answer = (body: unknown): Response => Response.json(body);

const invalidLogin = refused(
  "INVALID_LOGIN",
  "Invalid login attempt. For more details, see the Login Audit Trail.",
  401,
);
const tokenSeconds = 3600;

/** Issues tokens for signed assertions, and knows them again. */
const makeTokens = (door: Door, auth: Exclude<SimulatorAuth, { bearer: string }>) => {
  const issued = new Map<string, number>();
  const refuse = () => Response.json({ error: "invalid_grant" }, { status: 400 });
  const part = (encoded: string | undefined): Json => {
    try {
      const value: unknown = JSON.parse(Buffer.from(encoded ?? "", "base64url").toString());
      return isJson(value) ? value : {};
    } catch {
      return {};
    }
  };
  const issue = async (request: Request): Promise<Response> => {
    const form = new URLSearchParams(await request.text());
    const [head, claims, signature] = (form.get("client_assertion") ?? "").split(".");
    const { alg, kid } = part(head);
    const { iss, aud, exp } = part(claims);
    const expected =
      kid === auth.certificateId && alg === auth.algorithm && iss === auth.clientId && aud === request.url;
    if (!expected || typeof exp !== "number" || exp * 1000 < door.now() || signature === undefined) return refuse();
    const key = auth.publicKey;
    const by =
      alg === "ES256"
        ? { key, dsaEncoding: "ieee-p1363" as const }
        : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    if (!verifyWith("sha256", Buffer.from(`${head}.${claims}`), by, Buffer.from(signature, "base64url")))
      return refuse();
    const token = `token-${issued.size + 1}`;
    issued.set(token, door.now() + tokenSeconds * 1000);
    return answer({ access_token: token, expires_in: String(tokenSeconds), token_type: "Bearer" });
  };
  return { issue, knows: (token: string) => (issued.get(token) ?? 0) > door.now() };
};

/** Not a SQL engine: it reads the bounds of the poll's own query and refuses any other. */
const suiteql = (door: Door, query: string, limit: number): Response => {
  if (!/FROM customer c .* UNION ALL .* FROM transaction t .*ORDER BY modified, type, id$/s.test(query)) {
    return nsError(refused("INVALID_PARAMETER", "Invalid search query: only the poll's own query is simulated."));
  }
  const since = /modified >= TO_TIMESTAMP\('([^']+)'/.exec(query)?.[1];
  const after = /modified > TO_TIMESTAMP\('([^']+)'.*type > '([^']*)'.*id > (\d+)/s.exec(query);
  const place = (doc: Listed) =>
    [instant(doc.modifiedAt), rowTypes[doc.recordType][0], Number(doc.internalId)] as const;
  const compare = (a: ReturnType<typeof place>, b: ReturnType<typeof place>): number => {
    for (const i of [0, 1, 2] as const) {
      if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    }
    return 0;
  };
  const from = after ? ([`${after[1]}Z`, after[2]!, Number(after[3])] as const) : null;
  const all = [...door.books.all()].filter(isListed).filter((doc) => {
    const here = place(doc);
    return (
      doc.gone !== "deleted" &&
      (since === undefined || here[0] >= `${since}Z`) &&
      (from === null || compare(here, from) > 0)
    );
  });
  all.sort((a, b) => compare(place(a), place(b)));
  const oneWorld = query.includes("AS subsidiaryid");
  if (oneWorld && Object.keys(door.books.subsidiaries).length === 0) {
    return nsError(refused("INVALID_PARAMETER", "Invalid search query: Field 'subsidiary' for record was not found."));
  }
  const items = all.slice(0, limit).map((doc) => row(doc, door.books, oneWorld));
  const hasMore = all.length > items.length;
  return answer({ links: [], count: items.length, hasMore, items, offset: 0, totalResults: all.length });
};

const isRecordType = (type: string | undefined): type is RecordType =>
  type !== undefined && Object.hasOwn(fields, type);

export const makeDoor = (door: Door): Hono => {
  const { faults, books } = door;
  const tokens = "bearer" in door.auth ? null : makeTokens(door, door.auth);
  const knows = (token: string) =>
    "bearer" in door.auth ? token === door.auth.bearer : (tokens?.knows(token) ?? false);

  /** What stands before every request. */
  const gate = (request: Request): Response | null => {
    if (door.now() < faults.outageUntil)
      return nsError(refused("SERVICE_UNAVAILABLE", "The service is unavailable.", 503));
    const limit = faults.rateLimit;
    if (limit && limit.requests > 0) {
      faults.rateLimit = { ...limit, requests: limit.requests - 1 };
      const headers: Record<string, string> = limit.retryAfter === null ? {} : { "retry-after": limit.retryAfter };
      const code = limit.status === 429 ? "CONCURRENCY_LIMIT_EXCEEDED" : "SSS_REQUEST_LIMIT_EXCEEDED";
      return nsError(refused(code, "Concurrent request limit exceeded. Request blocked.", limit.status), headers);
    }
    const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    return token !== undefined && knows(token) ? null : nsError(invalidLogin);
  };

  const write = async (request: Request, outcome: Outcome): Promise<Response> => {
    if (outcome._tag === "Refused") return nsError(outcome);
    await door.commit(outcome);
    if (faults.delayMs > 0) await door.sleep(faults.delayMs);
    if (faults.loseAnswers > 0) {
      faults.loseAnswers -= 1;
      return nsError(refused("TIMEOUT", "The request took too long.", 504));
    }
    const { recordType, internalId } = outcome.doc;
    const location = `${new URL(request.url).origin}/services/rest/record/v1/${recordType}/${internalId}`;
    return new Response(null, { status: 204, headers: { location } });
  };

  const body = async (request: Request, type: RecordType): Promise<Json | Refused> => {
    let value: unknown;
    try {
      value = JSON.parse(await request.text());
    } catch {
      value = null;
    }
    if (!isJson(value)) return refused("INVALID_CONTENT", "Invalid content in the request body.");
    const unknown = Object.keys(value).find((field) => !fields[type].has(field));
    if (unknown === undefined) return value;
    if (request.headers.get("x-netsuite-propertynamevalidation") === "Error") {
      return refused("INVALID_CONTENT", `Unknown reference or field ${unknown} in the request body.`);
    }
    // The default is a warning: what is misspelt is dropped without a word.
    return Object.fromEntries(Object.entries(value).filter(([field]) => fields[type].has(field)));
  };

  const record = async (request: Request, path: ReadonlyArray<string>, query: URLSearchParams): Promise<Response> => {
    const [type, key = "", action, to] = path;
    if (!isRecordType(type)) return nsError(refused("NONEXISTENT_ID", `Record type ${type} does not exist.`, 404));
    const externalId = key.startsWith("eid:") ? key.slice(4) : null;
    if (request.method === "GET" && action === undefined) {
      const doc = externalId === null ? books.find(type, key) : books.findExternal(type, externalId);
      const missing = refused(
        "NONEXISTENT_ID",
        "The record instance does not exist. Provide a valid record instance ID.",
        404,
      );
      return doc ? answer(render(doc, books)) : nsError(missing);
    }
    const target = action === "!transform" && isRecordType(to) ? to : type;
    const given = await body(request, target);
    if (isRefused(given)) return nsError(given);
    if (request.method === "PUT" && externalId !== null && action === undefined) {
      return write(request, putRecord(door, type, externalId, given, query.get("replace")));
    }
    if (request.method === "PATCH" && externalId === null && action === undefined) {
      return write(request, patchRecord(door, type, key, given));
    }
    if (request.method === "POST" && type === "invoice" && action === "!transform" && to !== undefined) {
      return write(request, transformRecord(door, key, to, given));
    }
    return nsError(refused("INVALID_METHOD", `${request.method} is not simulated here.`, 405));
  };

  const app = new Hono();
  app.all("*", async (context) => {
    const request = context.req.raw;
    const url = new URL(request.url);
    const path = url.pathname.split("/").slice(1);
    const service = path.slice(0, 4).join("/");
    if (service === "services/rest/auth/oauth2" && tokens !== null) return tokens.issue(request);
    const stopped = gate(request);
    if (stopped) return stopped;
    if (service === "services/rest/record/v1") {
      return record(request, path.slice(4).map(decodeURIComponent), url.searchParams);
    }
    if (url.pathname === "/services/rest/query/v1/suiteql" && request.headers.get("prefer") === "transient") {
      const asked: unknown = await request.json();
      return suiteql(
        door,
        isJson(asked) ? (text(asked["q"]) ?? "") : "",
        Number(url.searchParams.get("limit") ?? 1000),
      );
    }
    return new Response("not found", { status: 404 });
  });
  return app;
};
