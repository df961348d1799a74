/** `tieout verify` inside a running server: against a snapshot that stays the same while it is read. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { Journal, Outbox, Snapshots, type StoreError } from "../../domain/ports/store.ts";
import { readHead } from "../audit/expected-head.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { verify } from "../verify.ts";

const attempts = 10;

export const verifyLive = (
  engine: Engine,
  { expectHead }: Extract<Query, { readonly name: "verify" }> = { name: "verify" },
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { journal, snapshots, outbox, core } = engine;
    const expected = expectHead === undefined ? null : readHead(expectHead);
    const check = verify(core.surroundings, () => {}, expected).pipe(
      Effect.provideService(Journal, journal),
      Effect.provideService(Snapshots, snapshots),
      Effect.provideService(Outbox, outbox),
    );
    for (let attempt = 1; ; attempt++) {
      yield* Effect.ignore(engine.snapshot);
      const before = yield* snapshots.through;
      const verified = yield* check;
      // A snapshot written meanwhile mixes two states: what differs then says nothing.
      const moved = (yield* snapshots.through) !== before || engine.core.position !== verified.entries;
      if (!moved || verified.findings.length === 0) return verified as unknown as Json;
      if (attempt === attempts) {
        const what = "the server was never at rest long enough to be compared; stop it, or try again under less load";
        return { ...verified, findings: [{ where: "this server", what }] };
      }
      yield* Effect.sleep("200 millis");
    }
  });
