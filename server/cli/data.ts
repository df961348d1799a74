/** The data of a directory: opened here when nobody serves it, else through the server that does. */
import type { Json } from "../../domain/canonical.ts";
import type { ServerConfig } from "../config/config.ts";
import type { HostFailure, Query } from "../host/host.ts";
import { makeHost } from "../host/make.ts";
import { Failure } from "./failure.ts";
import { type OwnerClient, ownerOf } from "./owner.ts";
import { quietRoom } from "./store.ts";

type OpenHost = Awaited<ReturnType<typeof makeHost>>;

export interface Work<A> {
  readonly here: (host: OpenHost) => Promise<A>;
  readonly there: (owner: OwnerClient) => Promise<A>;
}

const say = (line: string): void => console.error(`tieout: ${line}`);

/** What the store refuses is said as it says it. */
const said = (failure: unknown): unknown => {
  const { code, reason } = failure as Partial<HostFailure>;
  return code === undefined || reason === undefined ? failure : new Failure(reason);
};

/** Open for as long as the work lasts. */
export const withData = async <A>(
  config: ServerConfig,
  { here, there }: Work<A>,
  room = quietRoom(config),
): Promise<A> => {
  let host: OpenHost;
  try {
    host = await makeHost(room, { log: say, fatal: say }, "inline");
  } catch (failure) {
    const { code, reason } = failure as Partial<HostFailure>;
    if (code !== "in-use" || reason === undefined) throw said(failure);
    return there(ownerOf(config.dataDir, reason));
  }
  try {
    return await here(host);
  } catch (failure) {
    throw said(failure);
  } finally {
    await host.close(0);
  }
};

export const postJson = (owner: OwnerClient, path: string, body: unknown): Promise<unknown> =>
  owner.ask("POST", path, new TextEncoder().encode(JSON.stringify(body)));

/** Asks the server that has the directory open. */
export const askOf =
  (owner: OwnerClient) =>
  async (query: Query): Promise<Json> =>
    ((await postJson(owner, "/internal/ask", query)) as { readonly answer: Json }).answer;
