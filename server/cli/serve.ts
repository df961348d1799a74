/** `tieout serve`: the server until a signal, with the sample company when asked for. */
import * as Redacted from "effect/Redacted";
import { developmentSecrets } from "../config/config.ts";
import { warmConsole } from "../console/pages.ts";
import { type RunningServer, serveUntilSignal } from "../runtime.ts";
import { UsageError } from "./arguments.ts";
import { settings } from "./settings.ts";

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const config = await settings(values, values["accept-loss"] === true ? { TIEOUT_ACCEPT_LOSS: "yes" } : {});
  const sample = values["sample"] === true && values["no-sample"] !== true;
  if (sample && !config.sandbox) {
    throw new UsageError("--sample plays in the sandbox only, and there is a configuration; use serve --no-sample");
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const started = (server: RunningServer): void => {
    console.log(`tieout: listening on ${server.url}${config.sandbox ? " (sandbox)" : ""}, data in ${config.dataDir}`);
    if (config.sandbox) {
      for (const { name, webhookSecrets } of config.connections) {
        const [first] = webhookSecrets;
        const known =
          first !== undefined && (Object.values(developmentSecrets) as string[]).includes(Redacted.value(first));
        console.log(
          `tieout: POST ${server.url}/webhooks/${name}  secret ${known ? Redacted.value(first) : `from ${name.toUpperCase()}_WEBHOOK_SECRET`}`,
        );
      }
    }
    warmConsole().catch((error) => console.error(`tieout: the console could not be made: ${String(error)}`));
    if (sample && server.sandbox) void play(server, stop.signal);
  };
  await serveUntilSignal(config, {}, started);
  return 0;
};

/** Milliseconds between two customers: slow enough to be watched, a quarter in half a minute. */
const paceMs = 300;

const play = async (server: RunningServer, stop: AbortSignal): Promise<void> => {
  const { playSample } = await import("../sample.ts");
  const { host, idle, url } = server;
  const say = (line: string): void => console.log(line);
  try {
    await host.recovered;
    await playSample({ sandbox: server.sandbox!, host, url, idle, now: Date.now, say, paceMs, stop });
    if (stop.aborted) return;
    say("look at:");
    say(`  ${url}/                          the console`);
    say(`  ${url}/v1/accounts?q=acme        an account by word`);
    say(`  ${url}/v1/accounts?sync=agreed   those whose systems agree`);
    say(`  ${url}/healthz                   how old the oldest unprocessed thing is`);
  } catch (error) {
    if (!stop.aborted)
      console.error(`tieout: the sample stopped: ${error instanceof Error ? error.message : String(error)}`);
  }
};
