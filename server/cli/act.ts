/** An act from the command line: done by the server that uses the directory, else here, where no command is sent. */
import { userInfo } from "node:os";
import { canonical, type Json } from "../../domain/canonical.ts";
import { sha256 } from "../../domain/hash.ts";
import type { ServerConfig } from "../config/config.ts";
import type { HostFailure, Query } from "../host/host.ts";
import { makeHost } from "../host/make.ts";
import type { Act, ActRequest, Refused } from "../operators/act.ts";
import { newActId } from "../operators/desk.ts";
import { perform } from "../operators/perform.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { needDirectory, quietRoom } from "./store.ts";

export interface Acting {
  /** The answer of an act that was taken. */
  readonly act: (act: Act, reason: string) => Promise<Json>;
  readonly ask: (query: Query) => Promise<Json>;
}

export const requestOf = (act: Act, reason: string): ActRequest => {
  const by = `cli:${userInfo().username}`;
  const hash = sha256(canonical({ act, reason, by } as unknown as Json));
  return { id: newActId(), hash, by, reason, act, problems: [] };
};

const taken = (performed: Refused | { readonly status: "done"; readonly answer: Json }): Json => {
  if (performed.status === "refused") throw new Failure(performed.reasons?.join("\n") ?? performed.detail);
  return performed.answer;
};

/** `alone`: whether it can be done where no server runs. */
export const withActs = async <A>(
  config: ServerConfig,
  alone: boolean,
  work: (acting: Acting) => Promise<A>,
): Promise<A> => {
  needDirectory(config);
  const events = {
    log: (line: string) => console.error(`tieout: ${line}`),
    fatal: (reason: string) => console.error(`tieout: ${reason}`),
  };
  let host: Awaited<ReturnType<typeof makeHost>>;
  try {
    host = await makeHost({ ...quietRoom(config), jobs: true }, events, "inline");
  } catch (failure) {
    const { code, reason } = failure as Partial<HostFailure>;
    if (code === undefined || reason === undefined) throw failure;
    if (code !== "in-use") throw new Failure(reason);
    const owner = ownerOf(config.dataDir, reason);
    const send = (path: string, body: unknown) =>
      owner.ask("POST", path, new TextEncoder().encode(JSON.stringify(body)));
    return work({
      act: async (act, why) => taken((await send("/internal/act", requestOf(act, why))) as never),
      ask: async (query) => ((await send("/internal/ask", query)) as { readonly answer: Json }).answer,
    });
  }
  try {
    if (!alone) throw new Failure("no server uses the directory, and this needs one: start it with tieout serve");
    await host.recovered;
    return await work({
      act: async (act, why) => taken(await perform(host, Date.now, requestOf(act, why))),
      ask: (query) => host.ask(query),
    });
  } finally {
    await host.close(0);
  }
};
