/** The body of an act, field by field: everything that is wrong with it at once. *Pure.* */

import type { Json } from "../../domain/canonical.ts";

export interface Fields {
  readonly reason: string;
  readonly problems: ReadonlyArray<string>;
  /** Null when it is not there, or no text. */
  readonly text: (name: string) => string | null;
  readonly flag: (name: string) => boolean;
  /** Epoch milliseconds; null when it is not there, or no instant. */
  readonly instant: (name: string) => number | null;
  /** As it came; null when it is not there. */
  readonly value: (name: string) => Json;
}

/** Characters. */
const longest = 1000;
const partyForm = /^[^:\s@][^:\s]*:\S(.*\S)?$/;
const objectForm = /^[^:\s@][^:\s]*:[a-z_]+\/.+$/;

type Form =
  | "party"
  | "party?"
  | "party or null"
  | "object?"
  | "flag?"
  | "text"
  | "text?"
  | "text or null"
  | "whole?"
  | "instant"
  | "instant?"
  | "texts?"
  | "any?";

const forms: Readonly<Record<Form, (value: unknown) => string | null>> = {
  party: (value) => (isParty(value) ? null : 'is a party, "connection:customerId"'),
  "party?": (value) => (value === undefined || isParty(value) ? null : 'is a party, "connection:customerId"'),
  "party or null": (value) =>
    value === null || isParty(value)
      ? null
      : 'is a party, "connection:customerId", or null: it is a company of its own, whatever links say',
  "object?": (value) =>
    value === undefined || (isText(value) && objectForm.test(value)) ? null : 'is an object, "connection:kind/id"',
  "flag?": (value) => (value === undefined || typeof value === "boolean" ? null : "is true or false"),
  text: (value) => (isWord(value) ? null : wordForm),
  "text?": (value) => (value === undefined || isWord(value) ? null : wordForm),
  "text or null": (value) => (value === null || isWord(value) ? null : `${wordForm}, or null`),
  "whole?": (value) => (value === undefined || Number.isSafeInteger(value) ? null : "is a whole number"),
  instant: (value) => (instantOf(value) === null ? instantForm : null),
  "instant?": (value) => (value === undefined || instantOf(value) !== null ? null : instantForm),
  "texts?": (value) =>
    value === undefined || (Array.isArray(value) && value.every(isWord)) ? null : "is a list of texts",
  "any?": () => null,
};
const wordForm = `is a text of 1 to ${longest} characters`;
const instantForm = 'is an instant, "2026-01-31T00:00:00Z"';

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= longest;
const isWord = (value: unknown): value is string => isText(value) && value.trim() !== "";
/** An instant of ISO 8601 with its zone, as epoch milliseconds. */
const instantOf = (value: unknown): number | null => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isFinite(at) ? at : null;
};
const isParty = (value: unknown): boolean => isText(value) && partyForm.test(value);

/** Null: not a JSON object at all. */
export const readFields = (bytes: Uint8Array, known: Readonly<Record<string, Form>>): Fields | null => {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) return null;
  const given = body as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    if (name === "reason" || Object.hasOwn(known, name)) continue;
    problems.push(
      `${JSON.stringify(name)} is not known here; there are ${["reason", ...Object.keys(known)].join(", ")}`,
    );
  }
  for (const [name, form] of Object.entries(known)) {
    const wrong = forms[form](given[name]);
    if (wrong !== null) problems.push(`${name} ${wrong}`);
  }
  const { reason } = given;
  const said = typeof reason === "string" ? reason.trim() : "";
  if (said === "" || said.length > longest)
    problems.push(`reason says why, for whoever asks later, in 1 to ${longest} characters`);
  return {
    reason: said,
    problems,
    text: (name) => (typeof given[name] === "string" ? given[name] : null),
    flag: (name) => given[name] === true,
    instant: (name) => instantOf(given[name]),
    value: (name) => (given[name] ?? null) as Json,
  };
};
