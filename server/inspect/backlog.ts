/**
 * What waits for one watcher: in order, never more than it may be, and of each session only the newest snapshot. Actors are never
 * left out, since what follows means nothing without them.
 */
import { inspectionVersion } from "../../machines/inspection.ts";
import type { Inspected } from "../host/host.ts";

export interface Backlog {
  /** False: there is no room, and nothing that could be left out. */
  readonly push: (message: Inspected) => boolean;
  /** The text of the next message; null when nothing waits. */
  readonly shift: () => string | null;
  readonly size: () => number;
}

export const makeBacklog = (most: number, now: () => number): Backlog => {
  const waiting: Inspected[] = [];
  /** Events left out, by session; told before the next message of that session. */
  const dropped = new Map<string, number>();

  const dropOldestEvent = (): boolean => {
    const at = waiting.findIndex(({ type }) => type === "@xstate.event");
    if (at < 0) return false;
    const [{ sessionId }] = waiting.splice(at, 1) as [Inspected];
    dropped.set(sessionId, (dropped.get(sessionId) ?? 0) + 1);
    return true;
  };

  return {
    push: (message) => {
      if (message.type === "@xstate.snapshot") {
        const older = waiting.findIndex(
          ({ type, sessionId }) => type === message.type && sessionId === message.sessionId,
        );
        if (older >= 0) waiting.splice(older, 1);
      }
      waiting.push(message);
      return waiting.length <= most || dropOldestEvent();
    },
    shift: () => {
      const [next] = waiting;
      if (next === undefined) return null;
      const count = dropped.get(next.sessionId);
      if (count !== undefined && next.type !== "@xstate.actor") {
        dropped.delete(next.sessionId);
        return droppedText(next.sessionId, count, now());
      }
      waiting.shift();
      return next.text;
    },
    size: () => waiting.length,
  };
};

const droppedText = (sessionId: string, count: number, at: number): string =>
  JSON.stringify({
    type: "@xstate.event",
    event: { type: "tieout.dropped", count },
    _version: inspectionVersion,
    createdAt: String(at),
    id: null,
    rootId: sessionId,
    sessionId,
  });
