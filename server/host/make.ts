/** In which thread the engine runs. */
import { makeInlineHost } from "./inline.ts";
import type { RoomEvents, RoomOptions, RunningHost } from "./room.ts";
import { makeWorkerHost } from "./worker.ts";

export type { RoomEvents, RoomOptions, RunningHost } from "./room.ts";

export type HostMode = "inline" | "worker";

/** Rejects with a HostFailure when the store cannot be opened. */
export const makeHost = (options: RoomOptions, events: RoomEvents, mode: HostMode): Promise<RunningHost> =>
  mode === "inline" ? makeInlineHost(options, events) : makeWorkerHost(options, events);
