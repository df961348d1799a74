/** Which accounts something touched, for those who watch: a short log by number, and a set of what nobody counted since. */

/** Touches that the log holds. */
const most = 8192;

export class Moves {
  /** How many touches there were since the start. */
  tick = 0;
  private readonly log: string[] = [];
  /** Null: nobody counts. */
  private uncounted: Set<string> | null = null;

  /** `root`: of an account, or one that is none any more. */
  add(root: string): void {
    this.log[this.tick % most] = root;
    this.tick += 1;
    this.uncounted?.add(root);
  }

  /** Each once, in the order of their last touch; null: the log does not reach back so far. */
  since(tick: number): ReadonlyArray<string> | null {
    if (tick > this.tick || this.tick - tick > most) return null;
    const found = new Set<string>();
    for (let at = tick; at < this.tick; at++) {
      const root = this.log[at % most]!;
      found.delete(root);
      found.add(root);
    }
    return [...found];
  }

  /** What was touched since this was asked last; from the first time on. For one who counts. */
  takeUncounted(): ReadonlySet<string> {
    const taken = this.uncounted ?? new Set<string>();
    this.uncounted = new Set();
    return taken;
  }
}
