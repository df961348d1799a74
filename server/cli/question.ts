/** A question to the data: answered here when nobody serves the directory, else by the server that does. */
import type { Json } from "../../domain/canonical.ts";
import type { ServerConfig } from "../config/config.ts";
import type { HostFailure, Query } from "../host/host.ts";
import { makeHost } from "../host/make.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { needDirectory, quietRoom } from "./store.ts";

export const askData = async (config: ServerConfig, query: Query): Promise<Json> => {
  needDirectory(config);
  const events = {
    log: (line: string) => console.error(`tieout: ${line}`),
    fatal: (reason: string) => console.error(`tieout: ${reason}`),
  };
  try {
    const host = await makeHost(quietRoom(config), events, "inline");
    try {
      return await host.ask(query);
    } finally {
      await host.close(0);
    }
  } catch (failure) {
    const { code, reason } = failure as Partial<HostFailure>;
    if (code === undefined || reason === undefined) throw failure;
    if (code !== "in-use") throw new Failure(reason);
    const owner = ownerOf(config.dataDir, reason);
    const body = new TextEncoder().encode(JSON.stringify(query));
    const { answer } = (await owner.ask("POST", "/internal/ask", body)) as { readonly answer: Json };
    return answer;
  }
};
