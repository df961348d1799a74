/** `tieout demo`: the sample company from beginning to end in a directory of its own, and then the end. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { startServer } from "../runtime.ts";
import { playSample } from "../sample.ts";
import { textOf } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { settings } from "./settings.ts";

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const dataDir = textOf(values, "data-dir") ?? (await mkdtemp(join(tmpdir(), "tieout-demo-")));
  const config = await settings(values, { PORT: "0", TIEOUT_DATA_DIR: dataDir });
  if (!config.sandbox) throw new Failure("a demo plays in the sandbox only, and there is a configuration here");
  const started = await Effect.runPromise(
    Effect.either(
      Effect.scoped(
        Effect.flatMap(startServer(config), ({ sandbox, host, url, idle }) =>
          Effect.promise(async () => {
            console.log(`tieout: ${url} while it plays, data in ${config.dataDir}`);
            await host.recovered;
            const say = (line: string): void => console.log(line);
            await playSample({ sandbox: sandbox!, host, url, idle, now: Date.now, say, paceMs: 0 });
          }),
        ),
      ),
    ),
  );
  if (started._tag === "Left") throw started.left;
  console.log("look at:");
  console.log(`  tieout serve --no-sample --data-dir ${config.dataDir}   the console over it`);
  console.log(`  tieout accounts --data-dir ${config.dataDir}`);
  console.log(`  tieout verify --data-dir ${config.dataDir}`);
  return 0;
};
