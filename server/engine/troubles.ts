/** Steps that the store refuses at the moment: each is said once, shown, and tried again later and later until it goes through. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { StoreError } from "../../domain/ports/store.ts";

/** What the store refuses at the moment. */
export interface Trouble {
  readonly step: string;
  readonly code: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly attempts: number;
}

export interface TroublesOptions {
  /** Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  readonly log: (line: string) => void;
}

export const makeTroubles = ({ retry, log }: TroublesOptions) => {
  const troubles = new Map<string, Trouble>();

  /** True when the step went through. */
  const guarded = (step: string, work: Effect.Effect<unknown, StoreError>): Effect.Effect<boolean> =>
    Effect.matchEffect(work, {
      onSuccess: () =>
        Effect.sync(() => {
          if (troubles.delete(step)) log(`${step}: the store takes it again`);
          return true;
        }),
      onFailure: ({ code, reason }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const before = troubles.get(step);
          const attempts = (before?.attempts ?? 0) + 1;
          if (before?.reason !== reason)
            log(`${step}: the store refuses (${code}): ${reason}; tried again until it does`);
          troubles.set(step, { step, code, reason, since: before?.since ?? now, attempts });
          return false;
        }),
    });

  /** Until the first of these steps that was refused is tried again. Milliseconds. */
  const waitAfter = (...steps: ReadonlyArray<string>): number => {
    const attempts = steps.map((step) => troubles.get(step)?.attempts).find((count) => count !== undefined) ?? 1;
    return Math.min(retry.capMs, retry.baseMs * 2 ** Math.min(attempts - 1, 20));
  };

  return { troubles: troubles as ReadonlyMap<string, Trouble>, guarded, waitAfter };
};
