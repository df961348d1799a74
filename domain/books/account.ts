/**
 * The books of one account: its contracts, what they are worth, every journal entry that its evidence asks for, the revenue lines,
 * and what is left out with its reason. A function of the evidence: the order in which it came cannot matter. *Pure.*
 */
import { type DataOf, foreignIdOf, type InvoiceData } from "../event.ts";
import { accountId } from "../ids.ts";
import type { Party } from "../party.ts";
import { subjectsOf } from "../reconciliation/account.ts";
import type { UsageItem } from "../reports/flow.ts";
import { type Contracts, contractsOf, type KnownContract } from "./contracts.ts";
import type { BookEntry } from "./entry.ts";
import { invoiced, type ScheduledLine } from "./invoice.ts";
import type { Keeping } from "./keeping.ts";
import type { SaidLine } from "./subscribed.ts";
import { isOwn, unappliedOf } from "./unapplied.ts";
import type { Unstated } from "./unstated.ts";
import { unbilledUse, usageOf } from "./used.ts";

export interface AccountBooks {
  /** `acct_…`. */
  readonly account: string;
  readonly root: string;
  readonly contracts: ReadonlyArray<KnownContract>;
  /** In order of date and id; each in its own period, whatever is closed. */
  readonly entries: ReadonlyArray<BookEntry>;
  readonly lines: ReadonlyArray<ScheduledLine>;
  /** Invoice → the day it is due. */
  readonly due: ReadonlyMap<string, string>;
  readonly usage: ReadonlyArray<UsageItem>;
  /** Disputes that are open now. */
  readonly disputes: number;
  readonly unstated: ReadonlyArray<Unstated>;
  readonly notes: ReadonlyArray<string>;
}

/** What is shown of an account whose books could not be made. */
export const faultyBooks = (root: string, why: string): AccountBooks => ({
  account: accountId(root),
  root,
  contracts: [],
  entries: [],
  lines: [],
  due: new Map(),
  usage: [],
  disputes: 0,
  unstated: [
    { about: root, reason: `its books could not be made: ${why}`, entity: null, currency: null, amountMinor: null },
  ],
  notes: [],
});

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const booksOf = (root: string, members: ReadonlyArray<Party>, keeping: Keeping): AccountBooks => {
  const parties = [...members].sort((a, b) => byText(a.id, b.id));
  const lines = new Map(parties.map((party) => [party, saidLines(party)]));
  const contracts = contractsOf(parties, (party) => lines.get(party)!.bySubscription, keeping);
  const entries: BookEntry[] = [];
  const scheduled: ScheduledLine[] = [];
  const due = new Map<string, string>();
  const unstated: Unstated[] = [...contracts.unstated];
  const notes: string[] = [];
  let disputes = 0;
  const agreements = new Map(contracts.agreements.map((agreement) => [agreement.id, agreement]));
  for (const party of parties) {
    if (!keeping.bills(party.connection)) continue;
    const said = lines.get(party)!.byInvoice;
    for (const subject of subjectsOf(party, "invoice")) {
      if (!isOwn(party, subject)) continue;
      const contract = contractOf(contracts, party, subject);
      const agreement = agreements.get(contract ?? "") ?? null;
      const told = invoiced(party, subject, said.get(subject) ?? [], agreement, contract, keeping);
      for (const entry of told.entries) entries.push(entry);
      for (const line of told.lines) scheduled.push(line);
      unstated.push(...told.unstated);
      notes.push(...told.notes);
      if (told.due !== null) due.set(told.due.invoice, told.due.on);
      if (party.groups.get(subject)?.view?.money.disputed === true) disputes += 1;
    }
    const unapplied = unappliedOf(party, keeping);
    for (const entry of unapplied.entries) entries.push(entry);
    unstated.push(...unapplied.unstated);
  }
  const account = accountId(root);
  const rated = keeping.ratedOf(parties);
  const used = unbilledUse(rated, scheduled, parties, unstated);
  for (const entry of used.entries) entries.push(entry);
  for (const line of used.lines) scheduled.push(line);
  entries.sort((a, b) => byText(a.date, b.date) || byText(a.id, b.id));
  return {
    account,
    root,
    contracts: contracts.all,
    entries,
    lines: scheduled,
    due,
    usage: rated.map((line) => usageOf(line, account)),
    disputes,
    unstated,
    notes,
  };
};

interface SaidLines {
  readonly byInvoice: ReadonlyMap<string, ReadonlyArray<SaidLine>>;
  readonly bySubscription: ReadonlyMap<string, ReadonlyArray<SaidLine>>;
}

const saidLines = (party: Party): SaidLines => {
  const byInvoice = new Map<string, SaidLine[]>();
  const bySubscription = new Map<string, SaidLine[]>();
  const add = (map: Map<string, SaidLine[]>, key: string, line: SaidLine): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [line]);
    else known.push(line);
  };
  for (const subject of subjectsOf(party, "line")) {
    const data = party.evidence.data<DataOf<"line">>(subject);
    if (data?.status !== "active" || !data.document.startsWith("invoice/")) continue;
    const line = { subject, data };
    add(byInvoice, data.document, line);
    if (data.subscription !== null) add(bySubscription, data.subscription, line);
  }
  return { byInvoice, bySubscription };
};

const contractOf = ({ ofSubscription }: Contracts, party: Party, subject: string): string | null => {
  const { subscription } = party.evidence.data<InvoiceData>(subject)!;
  if (subscription === null) return null;
  return (
    ofSubscription.get(`${party.connection}:${subscription}`) ?? `${party.connection}:${foreignIdOf(subscription)}`
  );
};
