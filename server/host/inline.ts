/** The host in the thread that serves HTTP: no hop; a fold holds up the door for as long as it takes. */
import { makeRoom, type RoomEvents, type RoomOptions, type RunningHost } from "./room.ts";

export const makeInlineHost = (options: RoomOptions, events: RoomEvents): Promise<RunningHost> =>
  makeRoom(options, events);
