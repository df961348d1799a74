/** A data directory opened for reading by a command: nothing is sent, nobody is asked. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as Redacted from "effect/Redacted";
import { accountingOf, rulesOf, type ServerConfig, storeOf } from "../config/config.ts";
import type { RoomOptions } from "../host/make.ts";
import type { ConnectionSettings } from "../systems.ts";
import { Failure } from "./failure.ts";

/** What verifies and decodes a connection's input, without its API. */
export const withoutApi = (config: ServerConfig): ReadonlyArray<ConnectionSettings> =>
  config.connections.map(({ name, vendor, settings }) =>
    settings !== null
      ? Redacted.value(settings)
      : vendor === "cloudevents"
        ? { vendor, connection: name, api: null, roles: ["usage"] }
        : { vendor, connection: name, api: null },
  );

export const needDirectory = ({ dataDir, redis }: ServerConfig): void => {
  if (redis !== null || existsSync(join(dataDir, "tieout.db"))) return;
  throw new Failure(`there is no data in ${dataDir}; name the directory with --data-dir or TIEOUT_DATA_DIR`);
};

export const quietRoom = (config: ServerConfig): RoomOptions => ({
  store: storeOf(config),
  connections: withoutApi(config).map((settings): ConnectionSettings => ({ ...settings, api: null })),
  policy: config.policy,
  rules: rulesOf(config),
  accounting: accountingOf(config),
  ...(config.approvals === undefined ? {} : { approvals: config.approvals }),
  sealing: config.sealing,
  owner: `cli:${process.pid}:${Date.now()}`,
  retry: { baseMs: 1000, capMs: 1000 },
  sendTimeoutMs: 1000,
  pollEveryMs: null,
  sending: false,
});
