/** Making and rotating a key where its secret may be known: the secret is made here, its hash goes on, and it is told once. */
import type { Json } from "../../domain/canonical.ts";
import type { ControlAct } from "../operators/act.ts";
import { hashOf, newKeyId, newToken } from "./token.ts";

export const keyVerbs = ["make", "rotate", "revoke"] as const;
export type KeyVerb = (typeof keyVerbs)[number];

/** Of the body of each act, in the forms of `operators/body.ts`. */
export const keyFields = {
  make: {
    name: "text",
    scopes: "texts?",
    owner: "text?",
    personal: "flag?",
    entities: "texts?",
    allowUnknown: "flag?",
    approveUpToMinor: "any?",
    ratePerMinute: "whole?",
    expiresAt: "instant?",
  },
  rotate: { overlapSeconds: "whole?" },
  revoke: {},
} as const;

export interface KeyAct {
  readonly act: ControlAct;
  /** The answer with the secret in it, where this request made one. */
  readonly told: (answer: Json, repeated: boolean) => Json;
}

/** `id`: of the key; null for a new one. `now`: epoch milliseconds. */
export const keyAct = (verb: KeyVerb, id: string | null, fields: ControlAct["fields"], now: number): KeyAct => {
  const key = id ?? newKeyId();
  const base = { type: "control", topic: "key", verb, fields } as const;
  if (verb === "revoke") return { act: { ...base, id: key }, told: (answer) => answer };
  const secret = newToken(key);
  const sealed = { id: key, hash: hashOf(secret), at: now };
  // The id of a new key is ours as well: another try of the same request must be the same act.
  const act: ControlAct = { ...base, id: verb === "make" ? "" : key, sealed };
  const told: KeyAct["told"] = (answer, repeated) => {
    const shown = answer as Readonly<Record<string, Json>>;
    // An approval that waits for another person made no key.
    if (shown["id"] === undefined) return answer;
    return { ...shown, secret: repeated ? null : secret };
  };
  return { act, told };
};
