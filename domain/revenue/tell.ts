/**
 * A story as journal entries: revenue month by month and up to each act, and each act's own entry. Recognition depends neither on
 * payment nor on the day of the bill: earned and not billed is an unbilled receivable, billed and not earned is deferred. *Pure.*
 */
import { type EntryKind, entryOf, type JournalEntry, type Posting } from "../accounting/entry.ts";
import { addDays, type Day, earlier, firstOf, later, monthOf, nextMonth } from "../calendar/day.ts";
import { sumMinor, toDecimal } from "../money.ts";
import { exactMinor } from "../rating/rational.ts";
import { type Bill, contraOf, takeBack, takenPostings } from "./bill.ts";
import { curveOf } from "./curve.ts";
import { adjust, caughtUp, earn, endOf, type Pool, poolOf, unearned } from "./pool.ts";
import { inOrder, type Story, type StoryAct } from "./story.ts";

export interface ToldLine {
  readonly line: string;
  /** Month in which it was booked. */
  readonly booked: string;
  readonly amountMinor: number;
  readonly recognizedMinor: number;
  /** Still to be earned. */
  readonly unearnedMinor: number;
  readonly billed: boolean;
}
export interface Told {
  readonly entries: ReadonlyArray<JournalEntry>;
  readonly lines: ReadonlyArray<ToldLine>;
  /** What was earned and not billed less what was billed and not earned: above zero an asset, below a liability. */
  readonly contractPositionMinor: number;
}

/** Later than any story: a line that was neither used nor billed. */
const noDay: Day = "9999-12-31";

export const tell = (story: Story): Told => {
  const { currency } = story;
  const minor = (amount: string | number): number => exactMinor(amount, currency);
  const acts = inOrder(story.acts);
  const billedOn = new Map<string, Day>();
  for (const act of acts) if (act.do === "invoice") for (const id of act.lines) billedOn.set(id, act.on);
  const booked = new Map<string, string>();
  const dimensionsOf = new Map<string, Readonly<Record<string, string>>>();
  let pools = new Map<string, Pool>();
  for (const line of story.lines) {
    const curve = curveOf(line.recognition);
    const bill = billedOn.get(line.id);
    const starts = [curve.from, bill ?? ""].filter((day) => day !== "").sort();
    const known = line.known ?? starts[0] ?? noDay;
    if (pools.has(line.id)) throw new RangeError(`revenue: line ${line.id} is there twice; give each its own id`);
    pools.set(line.id, poolOf(line.id, minor(line.amount), curve, known));
    booked.set(line.id, monthOf(bill === undefined ? known : earlier(known, bill)));
    dimensionsOf.set(line.id, { ...line.dimensions, line: line.id, booked: booked.get(line.id)! });
  }
  const bills = new Map<string, Bill>();
  const entries: JournalEntry[] = [];
  const post = (id: string, kind: EntryKind, date: Day, source: string, postings: ReadonlyArray<Posting>): void => {
    const head = { id: `${story.id}/${id}`, kind, entity: story.entity, currency, date, source };
    const entry = entryOf(head, postings, { closed: story.closedPeriods ?? [] });
    if (entry) entries.push(entry);
  };
  const dimensions = (line: string): Readonly<Record<string, string>> => dimensionsOf.get(line)!;

  let earnedTo: Day | null = null;
  const earnUpTo = (day: Day): void => {
    for (const [id, before] of pools) {
      const { pool, deltaMinor } = earn(before, day);
      pools.set(id, pool);
      const date = addDays(day, -1);
      post(`${id}/earned/${date}`, "recognition", date, id, [
        { role: "Revenue", amountMinor: deltaMinor, dimensions: dimensions(id) },
        pool.billed
          ? { role: "DeferredRevenue", amountMinor: -deltaMinor, dimensions: dimensions(id) }
          : { role: "UnbilledReceivable", amountMinor: deltaMinor, dimensions: dimensions(id) },
      ]);
    }
  };
  /** Month by month, then to the day itself. */
  const advance = (to: Day): void => {
    const starts = [...pools.values()].map(({ known }) => known).sort();
    let from: Day = earnedTo ?? starts[0] ?? to;
    for (let next = firstOf(nextMonth(monthOf(from))); next < to; next = firstOf(nextMonth(monthOf(from)))) {
      earnUpTo(next);
      from = next;
    }
    if (from < to) earnUpTo(to);
    earnedTo = earnedTo === null ? to : later(earnedTo, to);
  };
  const refuse = (act: StoryAct, reason: string): RangeError =>
    new RangeError(`revenue: ${act.do} ${act.id} of ${act.on} on invoice ${act.invoice}: ${reason}`);
  const billOf = (act: StoryAct): Bill => {
    const bill = bills.get(act.invoice);
    if (!bill) throw refuse(act, "there is no such invoice by then");
    return bill;
  };
  const taken = (act: StoryAct, bill: Bill, amountMinor: number, contra: (typeof contraOf)[keyof typeof contraOf]) => {
    const back = takeBack(bill, pools, amountMinor, act.on);
    pools = new Map(back.pools);
    return { back: back.taken, postings: takenPostings(back.taken, contra, dimensions) };
  };

  for (const act of acts) {
    advance(act.on);
    const at = { invoice: act.invoice };
    const put = (kind: EntryKind, postings: ReadonlyArray<Posting>, bill: Bill): void => {
      post(act.id, kind, act.on, act.invoice, postings);
      bills.set(bill.id, bill);
    };
    switch (act.do) {
      case "invoice": {
        if (bills.has(act.invoice)) throw refuse(act, "it is there already");
        const taxMinor = minor(act.tax ?? 0);
        const lines = act.lines.map((id) => {
          const pool = pools.get(id);
          if (!pool) throw refuse(act, `the story has no line ${id}`);
          if (pool.billed) throw refuse(act, `line ${id} is on another invoice`);
          pools.set(id, { ...pool, billed: true });
          return pool;
        });
        const totalMinor = sumMinor([taxMinor, ...lines.map(({ amountMinor }) => amountMinor)]);
        put(
          "invoice",
          [
            { role: "AccountsReceivable", amountMinor: totalMinor, dimensions: at },
            { role: "TaxPayable", amountMinor: taxMinor, dimensions: at },
            ...lines.flatMap(
              (pool): ReadonlyArray<Posting> => [
                { role: "UnbilledReceivable", amountMinor: -pool.recognizedMinor, dimensions: dimensions(pool.line) },
                { role: "DeferredRevenue", amountMinor: unearned(pool), dimensions: dimensions(pool.line) },
              ],
            ),
          ],
          {
            id: act.invoice,
            lines: act.lines,
            openMinor: totalMinor,
            paidMinor: 0,
            taxLeftMinor: taxMinor,
            creditMinor: 0,
            badDebtMinor: 0,
            forgoneMinor: 0,
            disputes: new Map(),
          },
        );
        break;
      }
      case "balance": {
        const bill = billOf(act);
        const used = minor(act.amount);
        if (used > bill.openMinor) throw refuse(act, `${act.amount} is more than is open`);
        put(
          "balance",
          [
            { role: "CustomerCredits", amountMinor: -used, dimensions: at },
            { role: "AccountsReceivable", amountMinor: -used, dimensions: at },
          ],
          { ...bill, openMinor: bill.openMinor - used },
        );
        break;
      }
      case "payment": {
        const bill = billOf(act);
        const cash = minor(act.amount);
        const open = Math.min(cash, bill.openMinor);
        const bad = Math.min(cash - open, bill.badDebtMinor);
        const forgone = Math.min(cash - open - bad, bill.forgoneMinor);
        const more = cash - open - bad - forgone;
        put(
          bad + forgone > 0 ? "recovery" : "payment",
          [
            { role: "Cash", amountMinor: cash, dimensions: at },
            { role: "AccountsReceivable", amountMinor: -open, dimensions: at },
            { role: "BadDebt", amountMinor: -bad, dimensions: at },
            { role: "Recoverables", amountMinor: forgone, dimensions: at },
            { role: "CustomerCredits", amountMinor: more, dimensions: at },
          ],
          {
            ...bill,
            openMinor: bill.openMinor - open,
            paidMinor: bill.paidMinor + cash,
            badDebtMinor: bill.badDebtMinor - bad,
            forgoneMinor: bill.forgoneMinor - forgone,
            creditMinor: bill.creditMinor + more,
          },
        );
        break;
      }
      case "credit_note":
      case "refund":
      case "dispute": {
        const bill = billOf(act);
        const amountMinor = minor(act.amount);
        if (act.do !== "credit_note" && amountMinor > bill.paidMinor)
          throw refuse(act, `${act.amount} is more than the ${toDecimal(bill.paidMinor, currency)} received`);
        const owed = act.do === "refund" ? Math.min(amountMinor, bill.creditMinor) : 0;
        const { back, postings } = taken(act, bill, amountMinor - owed, contraOf[act.do]);
        const open = act.do === "credit_note" ? Math.min(amountMinor, bill.openMinor) : 0;
        const cash = act.do === "credit_note" ? 0 : amountMinor;
        const disputes = act.do === "dispute" ? new Map([...bill.disputes, [act.id, back]]) : bill.disputes;
        put(
          act.do,
          [
            ...postings,
            { role: "CustomerCredits", amountMinor: amountMinor - open - cash - owed, dimensions: at },
            { role: "AccountsReceivable", amountMinor: -open, dimensions: at },
            { role: "Cash", amountMinor: -cash, dimensions: at },
          ],
          {
            ...bill,
            openMinor: bill.openMinor - open,
            paidMinor: bill.paidMinor - cash,
            taxLeftMinor: bill.taxLeftMinor - back.taxMinor,
            creditMinor: bill.creditMinor + amountMinor - open - cash - owed,
            disputes,
          },
        );
        break;
      }
      case "dispute_won": {
        const bill = billOf(act);
        const back = bill.disputes.get(act.dispute);
        if (!back) throw refuse(act, `no dispute ${act.dispute} has its funds withdrawn`);
        const restored = back.lines.flatMap(({ line, contraMinor, cutMinor }): ReadonlyArray<Posting> => {
          const pool = pools.get(line)!;
          const earned = caughtUp(pool, cutMinor, back.on, act.on);
          pools.set(
            line,
            adjust(pool, act.on, { leftMinor: cutMinor - earned, recognizedMinor: contraMinor + earned }),
          );
          return [
            { role: "Disputes", amountMinor: -contraMinor, dimensions: dimensions(line) },
            { role: "DeferredRevenue", amountMinor: cutMinor - earned, dimensions: dimensions(line) },
            { role: "Revenue", amountMinor: earned, dimensions: dimensions(line) },
          ];
        });
        put(
          "dispute_won",
          [
            { role: "Cash", amountMinor: back.amountMinor, dimensions: at },
            { role: "TaxPayable", amountMinor: back.taxMinor, dimensions: at },
            ...restored,
          ],
          {
            ...bill,
            paidMinor: bill.paidMinor + back.amountMinor,
            taxLeftMinor: bill.taxLeftMinor + back.taxMinor,
            disputes: new Map([...bill.disputes].filter(([id]) => id !== act.dispute)),
          },
        );
        break;
      }
      case "uncollectible":
      case "void": {
        const bill = billOf(act);
        if (act.do === "void" && bill.paidMinor !== 0) throw refuse(act, "it was paid; refund or credit it");
        const { back, postings } = taken(act, bill, bill.openMinor, contraOf[act.do]);
        const bad = act.do === "uncollectible" ? sumMinor([back.taxMinor, ...back.lines.map((l) => l.contraMinor)]) : 0;
        put(act.do, [...postings, { role: "AccountsReceivable", amountMinor: -bill.openMinor, dimensions: at }], {
          ...bill,
          openMinor: 0,
          taxLeftMinor: bill.taxLeftMinor - back.taxMinor,
          badDebtMinor: bill.badDebtMinor + bad,
          forgoneMinor: bill.forgoneMinor + (act.do === "uncollectible" ? bill.openMinor - bad : 0),
        });
        break;
      }
    }
  }
  const ends = [...pools.values()].map(endOf).filter((day) => day !== null);
  const end = story.through ?? ends.sort().at(-1);
  if (end !== undefined) advance(earnedTo === null ? end : later(earnedTo, end));
  const lines = [...pools.values()].map((pool) => ({
    line: pool.line,
    booked: booked.get(pool.line)!,
    amountMinor: pool.amountMinor,
    recognizedMinor: pool.recognizedMinor,
    unearnedMinor: unearned(pool),
    billed: pool.billed,
  }));
  const contractPositionMinor = sumMinor(
    lines.map(({ billed, recognizedMinor, unearnedMinor }) => (billed ? -unearnedMinor : recognizedMinor)),
  );
  return { entries, lines, contractPositionMinor };
};
