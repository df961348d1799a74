/**
 * Whether one connection may be called now: its concurrency, its rate, the patience that it asked for, and a circuit breaker that
 * opens after failures in a row and lets one call through to see. Reads no clock.
 */

export interface GateOptions {
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Calls begun within any one second; null: no limit is known. */
  readonly ratePerSecond: number | null;
  /** Failures in a row that open the breaker, and how long it stays open: doubled each time it opens again, up to the cap. */
  readonly breaker: { readonly failures: number; readonly baseMs: number; readonly capMs: number };
}

export const breakerDefaults = { failures: 8, baseMs: 1_000, capMs: 60_000 } as const;

export interface GateState {
  readonly breaker: "closed" | "open" | "half-open";
  readonly failures: number;
  /** No call before; epoch ms, null: at once. */
  readonly until: number | null;
  readonly active: number;
}

export class Gate {
  private readonly options: GateOptions;
  private active = 0;
  private failures = 0;
  private opened = 0;
  private openUntil = 0;
  private pausedUntil = 0;
  /** When the calls of the last second began. */
  private begun: number[] = [];

  constructor(options: GateOptions) {
    this.options = options;
  }

  private get tripped(): boolean {
    return this.failures >= this.options.breaker.failures;
  }

  /** How many calls may begin now. */
  room(now: number): number {
    if (now < this.openUntil || now < this.pausedUntil) return 0;
    const free = (this.tripped ? 1 : this.options.concurrency) - this.active;
    const { ratePerSecond } = this.options;
    if (ratePerSecond === null) return free;
    while (this.begun.length > 0 && this.begun[0]! <= now - 1000) this.begun.shift();
    return Math.min(free, ratePerSecond - this.begun.length);
  }

  begin(now: number): void {
    this.active += 1;
    if (this.options.ratePerSecond !== null) this.begun.push(now);
  }

  end(): void {
    this.active -= 1;
  }

  /** It answered, whatever it said. */
  answered(): void {
    this.failures = 0;
    this.opened = 0;
    this.openUntil = 0;
  }

  /** No answer, or one that says that it is not well. */
  failed(now: number): void {
    this.failures += 1;
    if (!this.tripped || now < this.openUntil) return;
    const { baseMs, capMs } = this.options.breaker;
    this.openUntil = now + Math.min(capMs, baseMs * 2 ** Math.min(this.opened, 20));
    this.opened += 1;
  }

  /** It asked for patience. */
  pause(until: number): void {
    if (until > this.pausedUntil) this.pausedUntil = until;
  }

  /** When `room` may answer more than it does now by the mere passing of time; null: never. */
  nextAt(now: number): number | null {
    const closed = Math.max(this.openUntil, this.pausedUntil);
    if (closed > now) return closed;
    const { ratePerSecond } = this.options;
    return ratePerSecond !== null && this.begun.length >= ratePerSecond ? this.begun[0]! + 1000 : null;
  }

  state(now: number): GateState {
    const until = Math.max(this.openUntil, this.pausedUntil);
    return {
      breaker: !this.tripped ? "closed" : now < this.openUntil ? "open" : "half-open",
      failures: this.failures,
      until: until > now ? until : null,
      active: this.active,
    };
  }
}
