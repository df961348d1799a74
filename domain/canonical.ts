/**
 * The one byte-stable text form of a JSON value: keys sorted by code unit, no spaces, numbers as ECMAScript prints them
 * (the encoding of RFC 8785). Two values are the same when these texts are. *Pure.*
 */
export type Json =
  | string
  | number
  | boolean
  | null
  | ReadonlyArray<Json>
  | { readonly [key: string]: Json | undefined };

/** What a JSON string may not hold as it is: the quote, the backslash, control characters and surrogates, which may be alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are escaped
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;
const quoted = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`);

/** Sorted by code unit. Most objects were made with their keys in order, or have few of them. */
const sortedKeys = (record: object): ReadonlyArray<string> => {
  const keys = Object.keys(record);
  for (let i = 1; i < keys.length; i++) if (keys[i]! < keys[i - 1]!) return keys.sort();
  return keys;
};

/** Throws on what JSON cannot say: a number that is not finite, `undefined` in an array, a function. */
export const canonical = (value: Json): string => {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`canonical: ${value} is not a JSON number`);
      return String(value);
    case "object":
      break;
    default:
      throw new TypeError(`canonical: a ${typeof value} is not a JSON value`);
  }
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += i === 0 ? canonical(value[i]) : `,${canonical(value[i])}`;
    return `${text}]`;
  }
  const record = value as { readonly [key: string]: Json | undefined };
  const keys = sortedKeys(record);
  let text = "{";
  let first = true;
  for (const key of keys) {
    const field = record[key];
    if (field === undefined) continue;
    text += `${first ? "" : ","}${quoted(key)}:${canonical(field)}`;
    first = false;
  }
  return `${text}}`;
};

/** Whether the texts would be the same, without making them. */
export const sameJson = (a: Json, b: Json): boolean => {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
    return true;
  }
  const [one, other] = [a, b] as [Fields, Fields];
  for (const key of Object.keys(one))
    if (!sameField(one[key], Object.hasOwn(other, key) ? other[key] : undefined)) return false;
  for (const key of Object.keys(other)) if (other[key] !== undefined && !Object.hasOwn(one, key)) return false;
  return true;
};
type Fields = { readonly [key: string]: Json | undefined };
/** One that is `undefined` is not there. */
const sameField = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameJson(a, b);
