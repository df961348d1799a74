/** In which thread the engine runs. */
import type { Tracing } from "../telemetry/tracing.ts";
import { makeInlineHost } from "./inline.ts";
import type { RoomEvents, RoomOptions, RunningHost } from "./room.ts";
import { makeWorkerHost } from "./worker.ts";

export type { RoomEvents, RoomOptions, RunningHost } from "./room.ts";

export type HostMode = "inline" | "worker";

/** Rejects with a HostFailure when the store cannot be opened. `tracing`: the caller's; a worker opens its own from the options. */
export const makeHost = (
  options: RoomOptions,
  events: RoomEvents,
  mode: HostMode,
  tracing: Tracing | null = null,
): Promise<RunningHost> =>
  mode === "inline" ? makeInlineHost(options, events, tracing) : makeWorkerHost(options, events);
