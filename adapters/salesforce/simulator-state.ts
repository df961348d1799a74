/**
 * The simulated org: its objects with their fields, its records, and what it refuses. Synchronous, so that every act is
 * atomic. *Pure but for its own maps.*
 */
import { id18, isJson, type Json } from "./schema.ts";

type FieldType = "text" | "number" | "date" | "datetime" | "reference" | "name" | "address";
interface FieldInfo {
  readonly type: FieldType;
  readonly required?: true;
}
interface ObjectInfo {
  readonly prefix: string;
  /** In the order of the change event's schema. */
  readonly fields: Readonly<Record<string, FieldInfo>>;
}

const text = { type: "text" } as const;
const number = { type: "number" } as const;
const date = { type: "date" } as const;
const datetime = { type: "datetime" } as const;
const reference = { type: "reference" } as const;
const currency = { CurrencyIsoCode: text } as const;
const common = { ...currency, CreatedDate: datetime, LastModifiedDate: datetime, Tieout_Id__c: text } as const;
const term = { EndDate: date, SBQQ__Quote__c: reference, Billing_Subscription_Id__c: text } as const;

export const objects: Readonly<Record<string, ObjectInfo>> = {
  Account: {
    prefix: "001",
    fields: {
      Name: { type: "name", required: true },
      ParentId: reference,
      BillingAddress: { type: "address" },
      Phone: text,
      Billing_Customer_Id__c: text,
      ...common,
    },
  },
  Opportunity: {
    prefix: "006",
    fields: {
      Name: { ...text, required: true },
      AccountId: reference,
      StageName: { ...text, required: true },
      Amount: number,
      CloseDate: { ...date, required: true },
      NextStep: text,
      ...common,
    },
  },
  SBQQ__Quote__c: {
    prefix: "a0Q",
    fields: {
      Name: text,
      SBQQ__Account__c: reference,
      SBQQ__Opportunity2__c: reference,
      SBQQ__Status__c: text,
      SBQQ__NetAmount__c: number,
      ...common,
    },
  },
  Order: {
    prefix: "801",
    fields: {
      Name: text,
      AccountId: { ...reference, required: true },
      OrderNumber: text,
      Status: text,
      TotalAmount: number,
      EffectiveDate: { ...date, required: true },
      OpportunityId: reference,
      ...term,
      ...common,
    },
  },
  Contract: {
    prefix: "800",
    fields: {
      Name: text,
      AccountId: { ...reference, required: true },
      ContractNumber: text,
      Status: text,
      StartDate: date,
      SBQQ__Opportunity__c: reference,
      ...term,
      ...common,
    },
  },
  Tieout_Subscription__c: {
    prefix: "a10",
    fields: {
      Account__c: { ...reference, required: true },
      Status__c: text,
      Start__c: datetime,
      End__c: datetime,
      Source__c: text,
      ...common,
    },
  },
  Tieout_Invoice__c: {
    prefix: "a11",
    fields: {
      Account__c: { ...reference, required: true },
      Number__c: text,
      Status__c: text,
      Currency__c: text,
      Amount__c: number,
      Paid__c: number,
      Source__c: text,
      ...common,
    },
  },
};

export interface Rec {
  readonly object: string;
  readonly id: string;
  /** Only what is filled. */
  readonly fields: Json;
  readonly deleted: boolean;
  /** Epoch milliseconds; of one record strictly rising. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** The vendor's refusal, before it is a body. */
export interface Refused {
  readonly _tag: "Refused";
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly fields: ReadonlyArray<string>;
}
export type Op = "CREATE" | "UPDATE" | "DELETE" | "UNDELETE";
export interface Done {
  readonly _tag: "Done";
  readonly op: Op | "none";
  readonly record: Rec;
  /** Of an update: what changed (`BillingAddress.City` for a part), and what of it is now empty. */
  readonly changed: ReadonlyArray<string>;
  readonly nulled: ReadonlyArray<string>;
}
/** Several records have the external id that was asked for. */
export interface Several {
  readonly _tag: "Several";
  readonly ids: ReadonlyArray<string>;
}
export type Outcome = Done | Refused | Several;

export const refused = (code: string, message: string, status = 400, fields: ReadonlyArray<string> = []): Refused => ({
  _tag: "Refused",
  status,
  code,
  message,
  fields,
});
const notFound = () => refused("NOT_FOUND", "The requested resource does not exist", 404);
const isDeleted = () => refused("ENTITY_IS_DELETED", "entity is deleted", 404);

/** What may be wrong with the world; changed at will while it runs. */
export interface Faults {
  /** Ids of accounts that a validation rule takes no documents for. */
  readonly rejectAccounts: Set<string>;
  /** The next so many writes find the row locked. */
  lockedRows: number;
  /** The next so many upserts lose a race to the same write of somebody else. */
  lostRaces: number;
  /** The next so many requests are refused as too many. */
  rateLimit: { requests: number; readonly retryAfter: string | null } | null;
  /** Epoch ms: before it every request is answered 503 and nothing is done. */
  outageUntil: number;
  /** Rest after the commit and before the answer, milliseconds. */
  delayMs: number;
  /** The next so many writes are committed and answered 500. */
  loseAnswers: number;
}

/** A change event in its JSON form, with its place in the stream. */
export interface StreamEvent {
  /** Rising, with gaps, as in Salesforce. */
  readonly replayId: number;
  readonly event: Json;
}
/** Opaque bytes: eight, big end first. */
export const replayBytes = (replayId: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(replayId));
  return bytes;
};

const textLimit = 255;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export interface OrgState {
  readonly records: ReadonlyArray<Rec>;
  readonly nextId: number;
}

export const makeOrg = (now: () => number, faults: Faults) => {
  const records = new Map<string, Rec>();
  let nextId = 1;

  const find = (object: string, id: string): Rec | undefined => {
    const record = records.get(id18(id) ?? id);
    return record?.object === object ? record : undefined;
  };
  const byExternal = (object: string, field: string, value: string): ReadonlyArray<Rec> =>
    [...records.values()].filter((r) => r.object === object && !r.deleted && r.fields[field] === value);

  const checkReference = (field: string, value: unknown): string | Refused => {
    const id = typeof value === "string" ? id18(value) : null;
    if (id === null)
      return refused("MALFORMED_ID", `${field}: id value of incorrect type: ${String(value)}`, 400, [field]);
    const target = records.get(id);
    if (target === undefined) return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, [field]);
    return target.deleted ? refused("ENTITY_IS_DELETED", "entity is deleted", 400, [field]) : id;
  };
  const checkValue = (field: string, type: FieldType, value: unknown): Refused | { readonly value: unknown } => {
    const wrong = (as: string) =>
      refused("JSON_PARSER_ERROR", `Cannot deserialize instance of ${as} from ${JSON.stringify(value)}`, 400, [field]);
    if (value === null || value === "") return { value: null };
    if (type === "reference") {
      const id = checkReference(field, value);
      return typeof id === "string" ? { value: id } : id;
    }
    if (type === "number") return typeof value === "number" ? { value } : wrong("double");
    if ((type === "address" || type === "name") && isJson(value)) return { value };
    if (typeof value !== "string") return wrong(type === "text" ? "string" : type);
    if (
      (type === "date" || type === "datetime") &&
      Number.isNaN(Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")))
    )
      return wrong(type);
    if (value.length > textLimit)
      return refused("STRING_TOO_LONG", `${field}: data value too large (max length=${textLimit})`, 400, [field]);
    return { value };
  };

  /** The fields as they will stand, or why not. */
  const checked = (object: string, given: Json, before: Rec | null): Refused | { readonly fields: Json } => {
    const info = objects[object]!;
    const fields: Record<string, unknown> = { ...before?.fields };
    for (const [field, value] of Object.entries(given)) {
      const known = Object.hasOwn(info.fields, field) ? info.fields[field] : undefined;
      if (known === undefined)
        return refused("INVALID_FIELD", `No such column '${field}' on sobject of type ${object}`, 400, [field]);
      const checkedValue = checkValue(field, known.type, value);
      if ("_tag" in checkedValue) return checkedValue;
      const part = fields[field];
      const merged =
        isJson(checkedValue.value) && isJson(part) ? { ...part, ...checkedValue.value } : checkedValue.value;
      if (merged === null) delete fields[field];
      else fields[field] = merged;
    }
    const missing = Object.entries(info.fields).flatMap(([field, { required }]) =>
      required && fields[field] === undefined ? [field] : [],
    );
    if (missing.length > 0)
      return refused("REQUIRED_FIELD_MISSING", `Required fields are missing: [${missing.join(", ")}]`, 400, missing);
    const account = fields["Account__c"];
    if (typeof account === "string" && faults.rejectAccounts.has(account))
      return refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "This account takes no documents.", 400, ["Account__c"]);
    return { fields };
  };

  const keep = (record: Rec): Rec => {
    records.set(record.id, record);
    return record;
  };
  const laterThan = (record: Rec): number => Math.max(now(), record.modifiedAt + 1);
  const done = (
    op: Done["op"],
    record: Rec,
    changed: ReadonlyArray<string> = [],
    nulled: ReadonlyArray<string> = [],
  ): Done => ({
    _tag: "Done",
    op,
    record,
    changed,
    nulled,
  });

  const insert = (object: string, given: Json): Outcome => {
    if (!Object.hasOwn(objects, object)) return notFound();
    const outcome = checked(object, given, null);
    if ("_tag" in outcome) return outcome;
    const { fields } = outcome;
    const id = id18(`${objects[object]!.prefix}${String(nextId).padStart(12, "0")}`)!;
    nextId += 1;
    const at = now();
    return done("CREATE", keep({ object, id, fields, deleted: false, createdAt: at, modifiedAt: at }));
  };
  const update = (object: string, id: string, given: Json): Outcome => {
    const before = find(object, id);
    if (before === undefined) return notFound();
    if (before.deleted) return isDeleted();
    const outcome = checked(object, given, before);
    if ("_tag" in outcome) return outcome;
    const { fields } = outcome;
    const moved = Object.keys(given).filter((field) => !same(fields[field], before.fields[field]));
    if (moved.length === 0) return done("none", before);
    const changed = moved.flatMap((field) => {
      const [was, is] = [before.fields[field], fields[field]];
      if (!isJson(was) || !isJson(is)) return [field];
      return Object.keys(is).flatMap((part) => (same(was[part], is[part]) ? [] : [`${field}.${part}`]));
    });
    const nulled = moved.filter((field) => fields[field] === undefined);
    return done("UPDATE", keep({ ...before, fields, modifiedAt: laterThan(before) }), changed, nulled);
  };

  return {
    find,
    byExternal,
    all: (object: string): ReadonlyArray<Rec> => [...records.values()].filter((record) => record.object === object),
    insert,
    update,
    /** Not twice the same: an upsert of a known external id with other content simply updates. */
    upsert: (object: string, field: string, value: string, given: Json): Outcome => {
      if (!Object.hasOwn(objects, object)) return notFound();
      const found = byExternal(object, field, value);
      if (found.length > 1) return { _tag: "Several", ids: found.map(({ id }) => id) };
      return found[0] ? update(object, found[0].id, given) : insert(object, { ...given, [field]: value });
    },
    remove: (object: string, id: string): Outcome => {
      const before = find(object, id);
      if (before === undefined) return notFound();
      if (before.deleted) return isDeleted();
      return done("DELETE", keep({ ...before, deleted: true, modifiedAt: laterThan(before) }));
    },
    undelete: (object: string, id: string): Outcome => {
      const before = find(object, id);
      if (before === undefined || !before.deleted) return notFound();
      return done("UNDELETE", keep({ ...before, deleted: false, modifiedAt: laterThan(before) }));
    },
    state: (): OrgState => ({ records: [...records.values()], nextId }),
    restore: (record: Rec): void => {
      records.set(record.id, record);
      nextId = Math.max(nextId, Number(record.id.slice(3, 15)) + 1);
    },
  };
};
export type Org = ReturnType<typeof makeOrg>;
