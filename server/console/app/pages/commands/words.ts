/** A command in words for people: what keeps it where it is, and what it is about. *Pure.* */
import type { Command } from "../../ui/command-acts.tsx";

const holds: Readonly<Record<string, string>> = {
  observe: "only observed: the configuration lets nothing of this row go out",
  approval: "waits for somebody's approval",
  inverse: "takes something back, and waits for somebody's approval",
  parked: "a person or a rule keeps it back",
};
const waits: Readonly<Record<string, string>> = {
  priority: "more urgent commands go first",
  breaker: "the target does not answer: its breaker is open",
  limit: "the vendor's limit is reached",
};
const states: Readonly<Record<string, string>> = {
  pending: "goes by itself, next",
  sending: "is being sent",
  unknown: "no clear answer came: it is looked up there before anything is sent again",
  retrying: "is tried again by itself",
  rejected: "the target refused it: somebody has to put something right",
  acked: "the target has it",
  cancelled: "nothing asks for it any more",
  superseded: "another content took its place",
};

export const waitsFor = ({ state, hold, blockedBy, waiting, lastError }: Command): string => {
  if (state === "rejected" || state === "retrying" || state === "unknown") return lastError ?? states[state]!;
  if (state === "held" && hold !== null) return holds[hold] ?? hold;
  return blockedBy ?? (waiting === null ? null : (waits[waiting] ?? waiting)) ?? states[state] ?? "";
};

export const stateWords = ({ state, hold, waiting, blockedBy }: Command): string =>
  state === "held" && hold !== null
    ? (holds[hold] ?? hold)
    : (blockedBy ?? (waiting === null ? null : (waits[waiting] ?? waiting)) ?? states[state] ?? "");

export const moneyOf = ({ content }: Command): { readonly minor: number; readonly currency: string | null } | null => {
  const { amountMinor, currency } = content as { readonly amountMinor?: unknown; readonly currency?: unknown };
  if (typeof amountMinor !== "number") return null;
  return { minor: amountMinor, currency: typeof currency === "string" ? currency : null };
};
