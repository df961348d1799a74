/** Acts on keys by the command line on this machine, which needs no key: through the running server, or on a directory nobody serves. */
import { Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import type { KeyRecord } from "../../domain/controls/key.ts";
import type { Host } from "../host/host.ts";
import { readBody } from "../http/body.ts";
import { storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { ControlAct, Refused } from "../operators/act.ts";
import { hashOfAct, newActId } from "../operators/desk.ts";
import { perform } from "../operators/perform.ts";
import { type KeyVerb, keyAct, keyVerbs } from "./key-act.ts";
import { keyJson, type Unnoted } from "./key-json.ts";

export interface LocalKeyAct {
  readonly verb: KeyVerb;
  /** Null for a new key. */
  readonly id: string | null;
  readonly fields: ControlAct["fields"];
  /** Who, on this machine. */
  readonly by: string;
  readonly reason: string;
}

/** Rejects with a HostFailure. */
export const performKeyAct = async (
  host: Pick<Host, "ask" | "accept">,
  now: () => number,
  { verb, id, fields, by, reason }: LocalKeyAct,
): Promise<Refused | { readonly status: "done"; readonly answer: Json }> => {
  const { act, told } = keyAct(verb, id, fields, now());
  const request = { id: newActId(), hash: hashOfAct(act, reason, by), by, reason, act, problems: [] };
  const performed = await perform(host, now, request);
  if (performed.status === "refused") return performed;
  return { status: "done", answer: told(performed.answer, performed.repeated) };
};

export const listKeys = async (
  host: Pick<Host, "ask">,
  now: () => number,
  unnoted: (key: string) => Unnoted | null = () => null,
): Promise<Json> => {
  const records = (await host.ask({ name: "keys" })) as unknown as ReadonlyArray<KeyRecord>;
  return { items: records.map((record) => keyJson(record, unnoted(record.id), now())) };
};

const actIn = (bytes: Uint8Array): LocalKeyAct | null => {
  try {
    const act = JSON.parse(new TextDecoder().decode(bytes)) as LocalKeyAct;
    return (keyVerbs as ReadonlyArray<string>).includes(act.verb) ? act : null;
  } catch {
    return null;
  }
};

export interface KeyInternalOptions {
  readonly host: Host;
  readonly now: () => number;
  readonly unnoted: (key: string) => Unnoted | null;
  /** Keys have changed. */
  readonly changed: () => void;
}

/** Behind the token of `/internal`. */
export const makeKeyInternal = ({ host, now, unnoted, changed }: KeyInternalOptions): Hono => {
  const app = new Hono();
  app.get("/", async (c) => {
    try {
      return c.json((await listKeys(host, now, unnoted)) as object);
    } catch (failure) {
      return storeProblem(failure, requestIdOf(null));
    }
  });
  app.post("/", async (c) => {
    const requestId = requestIdOf(null);
    const body = await readBody(c.req.raw, c.req.header("content-length") ?? null);
    const act = body._tag === "Bytes" ? actIn(body.bytes) : null;
    if (act === null) return problem("bad-body", `send one act as JSON: ${keyVerbs.join(", ")}`, requestId);
    try {
      const performed = await performKeyAct(host, now, act);
      if (performed.status === "refused") return problem(performed.problem, performed.detail, requestId);
      return c.json(performed.answer as object);
    } catch (failure) {
      return storeProblem(failure, requestId);
    } finally {
      changed();
    }
  });
  return app;
};
