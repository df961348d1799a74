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

/** Throws on what JSON cannot say: a number that is not finite, `undefined` in an array, a function. */
export const canonical = (value: Json): string => {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`canonical: ${value} is not a JSON number`);
      return JSON.stringify(value);
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
  const keys = Object.keys(record).sort();
  let text = "{";
  let first = true;
  for (const key of keys) {
    const field = record[key];
    if (field === undefined) continue;
    text += `${first ? "" : ","}${JSON.stringify(key)}:${canonical(field)}`;
    first = false;
  }
  return `${text}}`;
};
