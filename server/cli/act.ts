/** An act from the command line: done by the server that uses the directory, else here, where no command is sent. */
import { userInfo } from "node:os";
import { canonical, type Json } from "../../domain/canonical.ts";
import { sha256 } from "../../domain/hash.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Query } from "../host/host.ts";
import type { Act, ActRequest, Refused } from "../operators/act.ts";
import { newActId } from "../operators/desk.ts";
import { perform } from "../operators/perform.ts";
import { askOf, postJson, withData } from "./data.ts";
import { Failure } from "./failure.ts";
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
  const room = { ...quietRoom(config), jobs: true };
  return withData<A>(
    config,
    {
      here: async (host) => {
        if (!alone) throw new Failure("no server uses the directory, and this needs one: start it with tieout serve");
        await host.recovered;
        return work({
          act: async (act, why) => taken(await perform(host, Date.now, requestOf(act, why))),
          ask: (query) => host.ask(query),
        });
      },
      there: (owner) =>
        work({
          act: async (act, why) => taken((await postJson(owner, "/internal/act", requestOf(act, why))) as never),
          ask: askOf(owner),
        }),
    },
    room,
  );
};
