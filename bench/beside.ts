/**
 * A store with so many accounts, in a process of its own, so that its heap is its own too. Told to, it takes a round of events of
 * 500 of them and says what an event cost. `node beside.mjs <directory> <accounts>`
 */
import * as Effect from "effect/Effect";
import { layer } from "../adapters/stores/embedded/layer.ts";
import { benchEngine, cost, give, month, opening } from "./engine.ts";

const [directory, count] = process.argv.slice(2) as [string, string];
const accounts = Number(count);

const main = Effect.gen(function* () {
  const engine = yield* benchEngine({ hotParties: 50_000, snapshotCells: 50_000 });
  yield* engine.recover;
  for (let i = 0; i < accounts; i += 100) {
    const some = Array.from({ length: 100 }, (_, j) => [
      ...opening(`s${i + j}`),
      ...month(`s${i + j}`, 0).slice(0, 2),
    ]).flat();
    yield* give(engine, some);
  }
  yield* engine.snapshot;
  const step = accounts / 500;
  const active = Array.from({ length: 500 }, (_, i) => `s${Math.floor(i * step)}`);
  let round = 0;
  const next = () => {
    round += 1;
    return active.flatMap((account) => month(account, round));
  };
  // For the compiler, and for the caches of the parties that the rounds are of.
  for (let i = 0; i < 3; i++) yield* cost(engine, next());
  yield* Effect.async<never>(() => {
    process.on("message", () => {
      void Effect.runPromise(cost(engine, next())).then((micros) => process.send!({ type: "cost", micros }));
    });
    process.send!({ type: "ready" });
  });
});
await Effect.runPromise(Effect.scoped(Effect.provide(main, layer({ directory }))));
