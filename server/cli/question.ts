/** A question to the data: answered here when nobody serves the directory, else by the server that does. */
import type { Json } from "../../domain/canonical.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Query } from "../host/host.ts";
import { askOf, withData } from "./data.ts";
import { needDirectory } from "./store.ts";

export const askData = async (config: ServerConfig, query: Query): Promise<Json> => {
  needDirectory(config);
  return withData(config, { here: (host) => host.ask(query), there: (owner) => askOf(owner)(query) });
};
