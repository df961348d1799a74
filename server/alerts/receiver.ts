/** How a receiver of alerts stands: what it takes, and what it does not. */

/** One receiver as the faults show it. */
export interface Receiver {
  /** Its address without what may be secret in it. */
  readonly name: string;
  readonly failures: number;
  /** Since when it takes nothing, epoch milliseconds; null: it does. */
  readonly since: number | null;
  readonly error: string | null;
  readonly waiting: number;
}
