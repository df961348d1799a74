/** Which store a deployment keeps: plain data, so that it crosses to another thread, to the four ports. */
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { layer as embedded, hold } from "../adapters/stores/embedded/layer.ts";
import { layer as memory } from "../adapters/stores/memory.ts";
import type { Store, StoreError } from "../domain/ports/store.ts";

export type StoreSettings =
  | { readonly type: "embedded"; readonly directory: string; readonly maxPages?: number }
  /** `directory` keeps the mark of what Redis acknowledged, and is one process's. */
  | { readonly type: "redis"; readonly url: string; readonly directory: string; readonly acceptLoss: boolean }
  | { readonly type: "memory" };

export const storeLayer = (settings: StoreSettings): Layer.Layer<Store, StoreError> => {
  switch (settings.type) {
    case "memory":
      return memory;
    case "embedded": {
      const { directory, maxPages } = settings;
      return embedded(maxPages === undefined ? { directory } : { directory, maxPages });
    }
    case "redis": {
      const { url, directory, acceptLoss } = settings;
      // Its client is loaded by those who use it.
      const shared = Effect.promise(() => import("../adapters/stores/redis/layer.ts"));
      return Layer.unwrapScoped(
        Effect.zipRight(
          hold(directory),
          Effect.map(shared, ({ layer }) => layer({ url, directory, acceptLoss })),
        ),
      );
    }
  }
};
