/**
 * Salesforce's shapes as sent, only what is read: the header of a change event, answers of the REST service, and the values
 * of record fields (JSON from webhooks and REST, epoch milliseconds from Avro). Absent and null are the same.
 */
import * as Schema from "effect/Schema";
import { fromDecimal } from "../../domain/money.ts";

const orNull = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.NullOr(schema), { default: () => null });
const names = Schema.optionalWith(Schema.NullOr(Schema.Array(Schema.String)), { default: () => null });

export const ChangeEventHeader = Schema.Struct({
  entityName: Schema.NonEmptyString,
  recordIds: Schema.Array(Schema.String),
  /** CREATE, UPDATE, DELETE, UNDELETE, and `GAP_*` of each, GAP_OVERFLOW. */
  changeType: Schema.NonEmptyString,
  changeOrigin: orNull(Schema.String),
  transactionKey: Schema.NonEmptyString,
  sequenceNumber: Schema.Number,
  /** Epoch milliseconds. */
  commitTimestamp: Schema.Number.pipe(
    Schema.filter((at) => (Number.isSafeInteger(at) && Math.abs(at) <= 8.64e15) || "is not epoch milliseconds"),
  ),
  changedFields: names,
  nulledFields: names,
  diffFields: names,
});
export type ChangeEventHeader = typeof ChangeEventHeader.Type;

export const TokenAnswer = Schema.Struct({
  access_token: Schema.NonEmptyString,
  /** `https://login.salesforce.com/id/{org id}/{user id}`. */
  id: orNull(Schema.String),
});
export const UpsertAnswer = Schema.Struct({ id: Schema.NonEmptyString });
export const QueryPage = Schema.Struct({
  done: Schema.Boolean,
  nextRecordsUrl: orNull(Schema.String),
  records: Schema.Array(Schema.Unknown),
});
export const ErrorAnswer = Schema.Array(
  Schema.Struct({ message: orNull(Schema.String), errorCode: orNull(Schema.String), fields: names }),
);

export type Json = Readonly<Record<string, unknown>>;
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// ---------------------------------------------------------------- ids

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
/** One letter for five characters: which of them are capitals. */
const suffixOf = (id: string): string =>
  [0, 5, 10]
    .map((from) => {
      let bits = 0;
      for (let i = 0; i < 5; i++) if (/[A-Z]/.test(id[from + i]!)) bits |= 1 << i;
      return letters[bits]!;
    })
    .join("");

/** The 18-character form of an id; null for what is no id, or whose last three characters do not fit its capitals. */
export const id18 = (id: string): string | null => {
  if (!/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(id)) return null;
  const whole = id.slice(0, 15) + suffixOf(id);
  return id.length === 15 || id === whole ? whole : null;
};

// ---------------------------------------------------------------- values of fields

/** A value that is not what its field holds. Caught where a record is read; never leaves the folder. */
export class Misfit extends Error {}
const shownAs = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);
const misfit = (field: string, value: unknown, what: string): never => {
  throw new Misfit(`${field}: ${shownAs(value)} is no ${what}`);
};
const isNothing = (value: unknown): boolean => value === undefined || value === null || value === "";

export const textOf = (field: string, value: unknown): string | null => {
  if (isNothing(value)) return null;
  if (typeof value !== "string" && typeof value !== "number") return misfit(field, value, "text");
  const trimmed = String(value).trim();
  return trimmed === "" ? null : trimmed;
};
export const idOf = (field: string, value: unknown): string | null => {
  const text = textOf(field, value);
  return text === null ? null : (id18(text) ?? misfit(field, value, "Salesforce id"));
};

const day = /^\d{4}-\d\d-\d\d$/;
const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)$/;
/** A day (midnight UTC), an instant with its zone (`+0000` as Salesforce prints it), or epoch milliseconds as Avro has it. */
export const instantOf = (field: string, value: unknown): number | null => {
  if (isNothing(value)) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) <= 8.64e15) return value;
  if (typeof value !== "string") return misfit(field, value, "instant");
  const parts = instant.exec(value);
  const zoned = parts ? parts[1]! + parts[2]!.replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2") : value;
  const at = parts || day.test(value) ? Date.parse(zoned) : Number.NaN;
  return Number.isNaN(at) ? misfit(field, value, "instant") : at;
};

/** Beyond this many minor units a JSON number no longer carries every digit. */
export const exactLimit = 1e15;
/** A decimal in major units, by its shortest text. Never arithmetic on it. */
export const amountOf = (field: string, value: unknown, currency: string): number => {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  const minor = fromDecimal(text, currency);
  if (minor === null) return misfit(field, value, `amount in ${currency}, or finer than it`);
  if (typeof value === "number" && Math.abs(minor) >= exactLimit)
    return misfit(field, value, "JSON number that is exact");
  return minor;
};
