/**
 * Data keys in a hash of their own. A destroyed key is an empty field. An append-only file holds what was written until it is rewritten,
 * so destroying asks Redis to rewrite it; copies that were made before are for their keeper to delete.
 */
import type { DataKey, DataKeys } from "../../../domain/ports/store.ts";
import type { Connection } from "./connection.ts";
import { attempt } from "./failure.ts";
import { listOf, Refused } from "./link.ts";
import { addKeysScript, destroyKeysScript } from "./scripts.ts";

export const makeDataKeys = (connection: Connection): typeof DataKeys.Service => {
  const { where, names } = connection;
  const held = async (asked: ReadonlyArray<string>): Promise<ReadonlyMap<string, DataKey>> => {
    if (asked.length === 0) return new Map();
    const [found] = await connection.read(["HMGET", names.keys, ...asked]);
    const keys = new Map<string, DataKey>();
    listOf(found).forEach((key, i) => {
      if (Buffer.isBuffer(key)) keys.set(asked[i] ?? "", key.length === 0 ? null : new Uint8Array(key));
    });
    return keys;
  };
  return {
    get: (asked) => attempt(where, () => held(asked)),
    add: (keys) =>
      attempt(where, async () => {
        if (keys.size === 0) return new Map();
        await connection.run(
          addKeysScript,
          [names.keys],
          [...keys].flatMap(([name, key]) => [name, Buffer.from(key)]),
        );
        return held([...keys.keys()]);
      }),
    destroy: (asked) =>
      attempt(where, async () => {
        if (asked.length === 0) return;
        await connection.run(destroyKeysScript, [names.keys], [...asked]);
        // One may be under way, or there may be no such file: then there is nothing to ask for.
        await connection
          .with((link) => link.call("BGREWRITEAOF"))
          .catch((failure: unknown) => {
            if (!(failure instanceof Refused)) throw failure;
          });
      }),
  };
};
