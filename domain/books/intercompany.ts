/**
 * Where one legal entity bills what another earns: each entry is cut in two. What is of the other's lines stands in the other's
 * books, and in both what is due from one to the other; together they are the entry that was cut. *Pure.*
 */
import { effectOf, entryOf, type JournalEntry, type Posting, present } from "../accounting/entry.ts";
import { sumMinor } from "../money.ts";

const postingsOf = (lines: JournalEntry["lines"]): ReadonlyArray<Posting> =>
  lines.map((line) => ({ role: line.role, amountMinor: effectOf(line), dimensions: line.dimensions }));

/** Debits less credits. */
const netOf = (lines: JournalEntry["lines"]): number =>
  sumMinor(lines.map(({ side, amountMinor }) => (side === "debit" ? amountMinor : -amountMinor)));

/** `earns`: the entity of a line by its id; what is of no line is the billing entity's. */
export const splitByEntity = (
  entry: JournalEntry,
  earns: (line: string) => string | undefined,
): ReadonlyArray<JournalEntry> => {
  const parts = new Map<string, Array<JournalEntry["lines"][number]>>([[entry.entity, []]]);
  for (const line of entry.lines) {
    const entity = earns(line.dimensions["line"] ?? "") ?? entry.entity;
    const part = parts.get(entity);
    if (part === undefined) parts.set(entity, [line]);
    else part.push(line);
  }
  if (parts.size === 1) return [entry];
  const { id, kind, currency, date, source, entity: billing } = entry;
  const own: Posting[] = [...postingsOf(parts.get(billing)!)];
  const others: Array<JournalEntry | null> = [];
  for (const [earning, lines] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (earning === billing) continue;
    // What the other's lines credit more than they debit is due to it.
    const dueMinor = -netOf(lines);
    own.push({ role: "DueTo", amountMinor: dueMinor, dimensions: { counterparty: earning } });
    others.push(
      entryOf({ id: `${id}/${earning}`, kind, entity: earning, currency, date, source }, [
        ...postingsOf(lines),
        { role: "DueFrom", amountMinor: dueMinor, dimensions: { counterparty: billing } },
      ]),
    );
  }
  return present([entryOf({ id, kind, entity: billing, currency, date, source }, own), ...others]);
};
