/** The data keys in use: kept in memory while they are asked for, made when they are needed, and forgotten when they are destroyed. */
import * as Effect from "effect/Effect";
import type { DataKey, DataKeys, StoreError } from "../../domain/ports/store.ts";
import { newKey } from "./sealing.ts";

/** Keys kept in memory. */
const most = 200_000;

export class Vault {
  private readonly store: typeof DataKeys.Service;
  private readonly known = new Map<string, DataKey>();

  constructor(store: typeof DataKeys.Service) {
    this.store = store;
  }

  /** Undefined: not loaded, or it never was. Null: destroyed. */
  readonly keyOf = (name: string): DataKey | undefined => this.known.get(name);

  /** Those of the names that exist are at hand afterwards. */
  load(names: Iterable<string>): Effect.Effect<void, StoreError> {
    const missing = [...new Set(names)].filter((name) => !this.known.has(name));
    if (missing.length === 0) return Effect.void;
    return Effect.map(this.store.get(missing), (found) => this.keep(found));
  }

  /** All of the names have a key afterwards, or are destroyed; durable before anything is sealed with them. */
  ensure(names: Iterable<string>): Effect.Effect<void, StoreError> {
    const asked = [...new Set(names)];
    return Effect.gen(this, function* () {
      yield* this.load(asked);
      const fresh = asked.filter((name) => !this.known.has(name));
      if (fresh.length > 0) this.keep(yield* this.store.add(new Map(fresh.map((name) => [name, newKey()]))));
    });
  }

  destroy(names: ReadonlyArray<string>): Effect.Effect<void, StoreError> {
    return Effect.map(this.store.destroy(names), () => {
      for (const name of names) this.known.set(name, null);
    });
  }

  private keep(found: ReadonlyMap<string, DataKey>): void {
    for (const [name, key] of found) this.known.set(name, key);
    if (this.known.size <= most) return;
    for (const name of this.known.keys()) {
      if (this.known.size <= most / 2) break;
      this.known.delete(name);
    }
  }
}
