/** What runs must come past, and how often: a test that never sees a dispute proves nothing about disputes. */

/** At least this share of the schedules. */
export const least = 0.05;

export const musts: ReadonlyArray<string> = [
  ...["prospect", "activated", "invoiced", "posted", "paid", "churned"].map((stage) => `lifecycle ${stage}`),
  ...["due", "partial", "settled", "disputed"].map((state) => `cash ${state}`),
  "conflict",
  "ambiguity",
  "late link",
  "unattributed for a while",
  "re-attributed",
  "unknown outcome",
  "read back absent",
  "acked by lookup",
  "command.retrying",
  "crash",
  "duplicate",
  ...["receivable", "credit_memo", "cash_application", "refund", "chargeback"].map((document) => `reverse ${document}`),
];

export class Shares {
  runs = 0;
  private readonly counts = new Map<string, number>();

  add(reached: ReadonlySet<string>): void {
    this.runs += 1;
    for (const what of reached) this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  merge(runs: number, counts: Readonly<Record<string, number>>): void {
    this.runs += runs;
    for (const [what, count] of Object.entries(counts)) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  of(what: string): number {
    return (this.counts.get(what) ?? 0) / this.runs;
  }

  get missing(): ReadonlyArray<string> {
    return musts
      .filter((what) => this.of(what) < least)
      .map((what) => `${what}: ${(100 * this.of(what)).toFixed(1)} %`);
  }

  get table(): string {
    return musts.map((what) => `  ${(100 * this.of(what)).toFixed(1).padStart(5)} %  ${what}`).join("\n");
  }
}
