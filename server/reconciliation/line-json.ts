/** A line as callers get it. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { accountId } from "../../domain/ids.ts";
import { type Line, statusAt } from "../../domain/reconciliation/line.ts";

export const lineJson = (line: Line, now: number): Json => {
  const { account, ageFrom, timingUntil, by, status: lasting, ...rest } = line;
  return {
    ...(rest as unknown as { readonly [key: string]: Json }),
    status: statusAt(line, now),
    // What it is called once its window is over.
    lasting,
    matchedBy: by,
    account: account === null ? null : accountId(account),
    party: account,
    ageFrom,
    ageMs: ageFrom === null ? null : Math.max(0, now - ageFrom),
    timingUntil,
  };
};
