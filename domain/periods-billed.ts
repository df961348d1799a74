/**
 * Non-void invoices of one contract, by billed period and standing: counted, so that what the newest period says costs the same with ten
 * periods and with a thousand. *Pure* but for its own maps.
 */
import type { Standing } from "./lifecycle.ts";

export class BilledPeriods {
  /** By start of the period, epoch ms. */
  private readonly counts = new Map<number, Map<Standing, number>>();
  /** No period is later; it may be gone since. */
  private newest = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  get starts(): Iterable<number> {
    return this.counts.keys();
  }

  /** Of the newest period: every standing that some invoice has. */
  get ofNewest(): Iterable<Standing> {
    if (!this.counts.has(this.newest)) {
      this.newest = Number.NEGATIVE_INFINITY;
      for (const period of this.counts.keys()) if (period > this.newest) this.newest = period;
    }
    return this.counts.get(this.newest)?.keys() ?? [];
  }

  /** So many invoices more; fewer where it is below zero. */
  add(period: number, standing: Standing, by: number): void {
    let standings = this.counts.get(period);
    if (standings === undefined) {
      standings = new Map();
      this.counts.set(period, standings);
      if (period > this.newest) this.newest = period;
    }
    const count = (standings.get(standing) ?? 0) + by;
    if (count === 0) standings.delete(standing);
    else standings.set(standing, count);
    if (standings.size === 0) this.counts.delete(period);
  }

  /** Both together. */
  with(other: BilledPeriods): BilledPeriods {
    const both = new BilledPeriods();
    for (const { counts } of [this, other])
      for (const [period, standings] of counts)
        for (const [standing, count] of standings) both.add(period, standing, count);
    return both;
  }
}
