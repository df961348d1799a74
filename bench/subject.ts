/** tieout as the bench runs it: the whole server on a data directory of its own, sending off. */
import * as Effect from "effect/Effect";
import { loadConfig } from "../server/config/config.ts";
import type { HostMode } from "../server/host/make.ts";
import { startServer } from "../server/runtime.ts";

const [directory, mode] = process.argv.slice(2) as [string, HostMode];

const main = Effect.gen(function* () {
  const config = yield* loadConfig({ env: { PORT: "0", TIEOUT_DATA_DIR: directory }, cwd: directory });
  const server = yield* startServer(config, {
    mode,
    room: { sending: false },
  });
  process.send!({ type: "listening", port: server.port });
  let cpu = process.cpuUsage();
  yield* Effect.async<void>((resume) => {
    process.on("message", async ({ type }: { readonly type: string }) => {
      if (type === "begin") {
        await server.host.idle();
        cpu = process.cpuUsage();
        process.send!({ type: "begun" });
      } else if (type === "settle") {
        await server.host.idle();
        // Writes a snapshot, and with it everything before it, to the disk.
        await server.host.ask({ name: "accounts", stage: null, sync: null, q: null, limit: 1, cursor: null });
        const { user, system } = process.cpuUsage(cpu);
        process.send!({ type: "settled", cpuMicros: user + system, rss: process.memoryUsage().rss });
      } else if (type === "end") resume(Effect.void);
    });
  });
});
await Effect.runPromise(Effect.scoped(main));
process.exit(0);
