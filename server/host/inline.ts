/** The host in the thread that serves HTTP: no hop; a fold holds up the door for as long as it takes. */
import type { Tracing } from "../telemetry/tracing.ts";
import { makeRoom, type RoomEvents, type RoomOptions, type RunningHost } from "./room.ts";

export const makeInlineHost = (
  options: RoomOptions,
  events: RoomEvents,
  tracing: Tracing | null = null,
): Promise<RunningHost> => makeRoom(options, events, tracing);
