/**
 * The server under the knife: the real one, in sandbox mode, with a NetSuite that takes its time. It waits for a line on standard
 * input before it opens anything, prints where it listens, and ends when standard input does.
 */
import { once } from "node:events";
import * as Effect from "effect/Effect";
import { loadConfig } from "../../server/config/config.ts";
import { serveUntilSignal } from "../../server/runtime.ts";

const { KILL_DELAY_MS, KILL_MODE } = process.env;
process.stdin.once("end", () => process.exit(3));
await once(process.stdin, "data");
const config = await Effect.runPromise(loadConfig({ env: process.env, cwd: process.cwd() }));
const mode = KILL_MODE === "inline" ? "inline" : "worker";
await serveUntilSignal(config, { mode, netsuiteDelayMs: Number(KILL_DELAY_MS ?? 0) }, ({ url }) => {
  console.log(`listening ${url}`);
});
process.exit(0);
