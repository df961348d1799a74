/** Run by the tests in a process that they kill: `append` until then and say what was acknowledged, or only `hold` the directory. */
import { writeSync } from "node:fs";
import * as Effect from "effect/Effect";
import { Journal } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { layer } from "./layer.ts";

const [directory = "", task] = process.argv.slice(2);

const appendForEver = Effect.gen(function* () {
  const journal = yield* Journal;
  for (let serial = yield* journal.head; ; ) {
    const size = 1 + (serial % 40);
    const batch = Array.from({ length: size }, (_, i) =>
      sampleEntry({ id: `evt_${serial + i}`, serial: serial + i, events: 2, rawBytes: 2000 }),
    );
    const answers = yield* journal.append(batch);
    serial += size;
    // Synchronously: what was said cannot be lost with the process.
    writeSync(1, `${answers.at(-1)?.position}\n`);
    yield* Effect.yieldNow();
  }
});

const hold = Effect.zipRight(
  Effect.sync(() => writeSync(1, "held\n")),
  Effect.never,
);
// A timer keeps the process alive while it only holds.
setInterval(() => {}, 1000);
await Effect.runPromise(Effect.provide(task === "hold" ? hold : appendForEver, layer({ directory })));
