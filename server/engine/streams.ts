/** What a vendor pushes, for as long as the process lives; a stream that ends is taken up again, later each time. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { System } from "../../domain/ports/system.ts";
import type { Engine } from "./engine.ts";

export interface StreamOptions {
  /** Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  readonly log: (line: string) => void;
}

const reasonOf = (error: { readonly reason?: string; readonly detail?: string }): string =>
  error.reason ?? error.detail ?? "no reason given";

export const followStream = (
  engine: Engine,
  system: System,
  appended: (position: number) => void,
  { retry, log }: StreamOptions,
): Effect.Effect<never> =>
  Effect.gen(function* () {
    let attempts = 0;
    for (;;) {
      const began = yield* Clock.currentTimeMillis;
      const ended = yield* Effect.either(engine.follow(system, appended));
      if ((yield* Clock.currentTimeMillis) - began > retry.capMs) attempts = 0;
      attempts += 1;
      const waitMs = Math.min(retry.capMs, retry.baseMs * 2 ** Math.min(attempts - 1, 20));
      const why = ended._tag === "Left" ? `${ended.left._tag}: ${reasonOf(ended.left)}` : "it ended";
      log(`stream of ${system.connection}: ${why}; taken up again in ${waitMs} ms`);
      yield* Effect.sleep(waitMs);
    }
  });
