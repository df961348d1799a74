/**
 * One finalized invoice as journal entries: its lines, what became of it, told; cut by legal entity. Where the evidence is ambiguous,
 * contested or impossible nothing of it is told, and it says so with its money. *Pure.*
 */
import { entryOf, type JournalEntry } from "../accounting/entry.ts";
import type { Agreement } from "../agreement.ts";
import { foreignIdOf, type InvoiceData } from "../event.ts";
import { toDecimal } from "../money.ts";
import { moneyOf } from "../movement.ts";
import type { Party } from "../party.ts";
import { tell } from "../revenue/tell.ts";
import { isFinalized } from "../wish.ts";
import { actsOf, restsOn } from "./acts.ts";
import type { BookEntry } from "./entry.ts";
import { splitByEntity } from "./intercompany.ts";
import { dayIn, entityOfConnection, type Keeping } from "./keeping.ts";
import { type InvoiceContext, linesOf, type RevenueLine } from "./line.ts";
import { refusal, type Unstated } from "./unstated.ts";

/** A line with where it stands: what `GET /v1/revenue-schedules` shows. */
export interface ScheduledLine extends RevenueLine {
  readonly party: string;
  /** `invoice/in_1`; null: not billed yet. */
  readonly invoice: string | null;
  readonly contract: string | null;
  readonly currency: string;
  /** The month it was booked in. */
  readonly booked: string;
}

export interface Invoiced {
  readonly entries: ReadonlyArray<BookEntry>;
  readonly lines: ReadonlyArray<ScheduledLine>;
  readonly unstated: ReadonlyArray<Unstated>;
  readonly notes: ReadonlyArray<string>;
  /** When it is due; null: nothing is told of it. */
  readonly due: { readonly invoice: string; readonly on: string } | null;
}

const nothing: Invoiced = { entries: [], lines: [], unstated: [], notes: [], due: null };

/** `contract`: of what it is a bill, by id. */
export const invoiced = (
  party: Party,
  subject: string,
  said: InvoiceContext["said"],
  agreement: Agreement | null,
  contract: string | null,
  keeping: Keeping,
): Invoiced => {
  const { evidence, connection } = party;
  const data = evidence.data<InvoiceData>(subject);
  if (data === undefined || !(isFinalized(data) || data.status === "void")) return nothing;
  const id = `${connection}:${foreignIdOf(subject)}`;
  const entity = data.entity ?? entityOfConnection(keeping, connection);
  const { currency, totalMinor } = data;
  const unstated = (reason: string): Invoiced => ({
    ...nothing,
    unstated: [{ about: `${connection}:${subject}`, reason, entity, currency, amountMinor: totalMinor }],
  });
  const money = moneyOf(evidence, subject, data);
  const contested = [subject, ...(evidence.paymentsByInvoice.get(subject) ?? [])].flatMap(
    (one) => party.contested.get(one)?.join(" and ") ?? [],
  );
  if (contested.length > 0) return unstated(`it is claimed by ${contested[0]}`);
  const unsure = restsOn(evidence, subject, money).find((one) => evidence.ambiguous.has(one));
  if (unsure !== undefined) return unstated(`${unsure} is ambiguous: two things were said of one instant`);
  const finalizedAt = data.finalizedAt ?? data.periodStart;
  if (finalizedAt === null) return unstated("nothing says when it was finalized");
  const on = dayIn(keeping, finalizedAt);
  try {
    const { lines, notes } = linesOf({ id, connection, data, on, entity, said, agreement, keeping });
    const dayOf = (at: number) => dayIn(keeping, at);
    const ids = lines.map((line) => line.id);
    const { acts, sources, early } = actsOf({ evidence, subject, id, data, money, on, lines: ids, dayOf });
    const told = tell({
      id,
      entity,
      currency,
      acts: [...acts],
      lines: lines.map((line) => ({
        id: line.id,
        amount: toDecimal(line.amountMinor, currency),
        recognition: line.recognition,
        dimensions: {
          ...(line.product === null ? {} : { product: line.product }),
          ...(contract === null ? {} : { contract }),
          invoice: id,
        },
      })),
    });
    const earns = new Map(lines.flatMap((line) => (line.entity === entity ? [] : [[line.id, line.entity] as const])));
    const aboutOf = (entry: JournalEntry): string => sources.get(entry.id.slice(id.length + 1)) ?? subject;
    const booked = new Map(told.lines.map((line) => [line.line, line.booked]));
    const entries = told.entries.flatMap((entry) => {
      const about = aboutOf(entry);
      const came = early.get(entry.id.slice(id.length + 1));
      const parts = came === undefined ? [entry] : before(entry, came);
      return parts
        .flatMap((part) => splitByEntity(part, (line) => earns.get(line)))
        .map((part): BookEntry => ({ ...part, party: party.id, about, corrects: null }));
    });
    const other = money.otherCurrency.map((about): Unstated => {
      const paid = evidence.data(about) as unknown as { readonly currency: string; readonly amountMinor?: number };
      const reason = `it is in ${paid.currency}, and the invoice ${id} in ${currency}`;
      return {
        about: `${connection}:${about}`,
        reason,
        entity,
        currency: paid.currency,
        amountMinor: paid.amountMinor ?? null,
      };
    });
    return {
      entries,
      lines: lines.map((line) => ({
        ...line,
        party: party.id,
        invoice: subject,
        contract,
        currency,
        booked: booked.get(line.id)!,
      })),
      unstated: other,
      notes,
      due: { invoice: id, on: data.dueAt == null ? on : dayOf(data.dueAt) },
    };
  } catch (error) {
    return unstated(refusal(error));
  }
};

/** Money that came before its invoice: the customer's until then. */
const before = (entry: JournalEntry, day: string): ReadonlyArray<JournalEntry> => {
  const { id, kind, entity, currency, source } = entry;
  const cash = entry.lines.find(({ role }) => role === "Cash")!;
  const came = entryOf({ id: `${id}/received`, kind, entity, currency, date: day, source }, [
    { role: "Cash", amountMinor: cash.amountMinor, dimensions: cash.dimensions },
    { role: "CustomerCredits", amountMinor: cash.amountMinor, dimensions: cash.dimensions },
  ])!;
  const lines = entry.lines.map((line) => (line === cash ? { ...line, role: "CustomerCredits" as const } : line));
  return [came, { ...entry, lines }];
};
