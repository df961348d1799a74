/** What would be different: accounts as they stand under two views of the same journal. *Pure.* */
import { canonical, type Json } from "./canonical.ts";
import type { CommandState } from "./ports/store.ts";
import type { DocumentContent, Verb } from "./ports/system.ts";

export interface PlannedCommand {
  readonly slot: string;
  readonly target: string;
  readonly row: string;
  readonly verb: Verb;
  readonly source: string;
  readonly state: CommandState;
  readonly hold: string | null;
  readonly content: DocumentContent;
}

/** One account under one view. */
export interface Picture {
  readonly account: string;
  readonly regions: Readonly<Record<string, string>>;
  /** By party and slot. */
  readonly commands: ReadonlyMap<string, PlannedCommand>;
  readonly exceptions: ReadonlyMap<
    string,
    { readonly type: string; readonly moneyMinor: number | null; readonly currency: string | null }
  >;
}

export interface Change {
  readonly change: "new" | "gone" | "changed";
  readonly before: PlannedCommand | null;
  readonly after: PlannedCommand | null;
}

export interface AccountDifference {
  readonly account: string;
  readonly regions: Readonly<Record<string, { readonly before: string | null; readonly after: string | null }>>;
  readonly commands: ReadonlyArray<Change>;
  readonly exceptionsOpened: ReadonlyArray<string>;
  readonly exceptionsClosed: ReadonlyArray<string>;
}

/** Null: nothing differs. */
export const differenceOf = (before: Picture | null, after: Picture | null): AccountDifference | null => {
  const regions: Record<string, { before: string | null; after: string | null }> = {};
  for (const region of new Set([...Object.keys(before?.regions ?? {}), ...Object.keys(after?.regions ?? {})])) {
    const [was, is] = [before?.regions[region] ?? null, after?.regions[region] ?? null];
    if (was !== is) regions[region] = { before: was, after: is };
  }
  const commands: Change[] = [];
  for (const key of new Set([...(before?.commands.keys() ?? []), ...(after?.commands.keys() ?? [])])) {
    const [was, is] = [before?.commands.get(key) ?? null, after?.commands.get(key) ?? null];
    if (canonical(was as unknown as Json) === canonical(is as unknown as Json)) continue;
    commands.push({ change: was === null ? "new" : is === null ? "gone" : "changed", before: was, after: is });
  }
  const exceptionsOpened = [...(after?.exceptions.keys() ?? [])].filter((id) => !before?.exceptions.has(id)).sort();
  const exceptionsClosed = [...(before?.exceptions.keys() ?? [])].filter((id) => !after?.exceptions.has(id)).sort();
  if (Object.keys(regions).length + commands.length + exceptionsOpened.length + exceptionsClosed.length === 0)
    return null;
  const account = (after ?? before)!.account;
  return { account, regions, commands, exceptionsOpened, exceptionsClosed };
};

export interface Totals {
  accounts: number;
  readonly regions: Record<string, number>;
  readonly commands: { new: number; gone: number; changed: number };
  /** New or changed commands that take back what is there. */
  inverses: number;
  /** Target, currency → how much more the commands are about, signed, in minor units. */
  readonly moneyMinor: Record<string, Record<string, number>>;
  readonly exceptions: { opened: number; closed: number };
}

export const noTotals = (): Totals => ({
  accounts: 0,
  regions: {},
  commands: { new: 0, gone: 0, changed: 0 },
  inverses: 0,
  moneyMinor: {},
  exceptions: { opened: 0, closed: 0 },
});

const addMoney = ({ moneyMinor }: Totals, command: PlannedCommand | null, sign: 1 | -1): void => {
  const { amountMinor, currency } = command?.content ?? {};
  if (command === null || typeof amountMinor !== "number" || typeof currency !== "string") return;
  const ofTarget = moneyMinor[command.target] ?? {};
  moneyMinor[command.target] = ofTarget;
  const sum = (ofTarget[currency] ?? 0) + sign * (command.verb === "reverse" ? -amountMinor : amountMinor);
  if (sum === 0) delete ofTarget[currency];
  else ofTarget[currency] = sum;
};

export const addTo = (totals: Totals, difference: AccountDifference): void => {
  totals.accounts += 1;
  for (const [region, { before, after }] of Object.entries(difference.regions)) {
    const move = `${region}: ${before ?? "none"} → ${after ?? "none"}`;
    totals.regions[move] = (totals.regions[move] ?? 0) + 1;
  }
  for (const { change, before, after } of difference.commands) {
    totals.commands[change] += 1;
    if (after?.verb === "reverse" && before?.verb !== "reverse") totals.inverses += 1;
    addMoney(totals, before, -1);
    addMoney(totals, after, 1);
  }
  totals.exceptions.opened += difference.exceptionsOpened.length;
  totals.exceptions.closed += difference.exceptionsClosed.length;
};
