/** For the kill test: a server of the sandbox that tells its alerts to the address in ALERT_URL; prints where it listens. */
import * as Effect from "effect/Effect";
import { loadConfig } from "../../config/config.ts";
import { quick } from "../../queues/testing/quick.ts";
import { serveUntilSignal } from "../../runtime.ts";
import { secret } from "./receiver.ts";

process.stdin.once("end", () => process.exit(3));
process.stdin.resume();
const config = await Effect.runPromise(loadConfig({ env: process.env, cwd: process.cwd() }));
const endpoint = { url: process.env["ALERT_URL"] ?? "", secret, types: [], minMoneyMinor: 0, allowPrivate: true };
const desk = { ...quick(), alerts: [{ ...endpoint, windowMinutes: 525_600 }] };
await serveUntilSignal(config, { mode: "inline", desk }, ({ url }) => console.log(`listening ${url}`));
process.exit(0);
