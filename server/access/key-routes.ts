/** The routes of API keys. Every act goes through the desk; afterwards this process takes its copy of the keys anew, at once. */
import type { Context, Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import type { KeyRecord } from "../../domain/controls/key.ts";
import type { Ask } from "../http/ask.ts";
import { listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import type { Act } from "../operators/act.ts";
import type { Fields } from "../operators/body.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import type { Authenticator } from "./authenticate.ts";
import { type KeyVerb, keyAct, keyFields } from "./key-act.ts";
import { keyJson } from "./key-json.ts";
import { keyIdForm, keyPaths } from "./key-operations.ts";

type KeyRoutesOptions = DeskOptions & Pick<Authenticator, "keyring" | "usage">;

const isKeyCursor = (cursor: string): boolean => keyIdForm.test(decodeCursor(cursor) ?? "");

const fieldsOf = (verb: KeyVerb, fields: Fields): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(keyFields[verb]).map(([name, form]) => [
      name,
      form === "instant?" ? fields.instant(name) : form === "flag?" ? fields.flag(name) : fields.value(name),
    ]),
  );

export const registerKeys = (app: Hono, ask: Ask, options: KeyRoutesOptions): void => {
  const act = makeDesk(options);
  const { keyring, usage, now } = options;

  const acting = (verb: KeyVerb) => async (c: Context) => {
    let told: ReturnType<typeof keyAct>["told"] = (answer) => answer;
    const read = (at: Context, fields: Fields): Act => {
      const asked = keyAct(verb, at.req.param("id") ?? null, fieldsOf(verb, fields), now());
      told = asked.told;
      return asked.act;
    };
    try {
      return await act(keyFields[verb], read, (answer, _, repeated) => told(answer, repeated))(c);
    } finally {
      keyring.stale();
    }
  };
  app.post(keyPaths.all, acting("make"));
  app.post(routePath(keyPaths.on("rotate")), acting("rotate"));
  app.post(routePath(keyPaths.on("revoke")), acting("revoke"));

  app.get(
    keyPaths.all,
    ask(
      (_, search) => {
        listParameters(search, [], isKeyCursor);
        return { name: "keys" };
      },
      (found, c) => {
        const { limit, cursor } = listParameters(new URL(c.req.url).searchParams, [], isKeyCursor);
        const after = cursor === null ? "" : (decodeCursor(cursor) ?? "");
        const left = (found as unknown as ReadonlyArray<KeyRecord>)
          .filter(({ id }) => id > after)
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const items = left.slice(0, limit).map((record) => keyJson(record, usage.unnoted(record.id), now()));
        const nextCursor = left.length > limit ? encodeCursor(left[limit - 1]!.id) : null;
        return { body: { items, nextCursor } };
      },
    ),
  );
};
