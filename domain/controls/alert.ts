/**
 * Alerts: that somebody is told of a cause, once for each window of time and each receiver. The decision is one entry of the journal,
 * the sending follows from it, as often as it takes, always under the same id. *Pure.*
 */
import { canonical, type Json } from "../canonical.ts";
import { sha256 } from "../hash.ts";
import type { ControlNote, Topic } from "./topic.ts";

interface AlertNote extends ControlNote {
  readonly alert: string;
}
/** `from`, `to`: the window, epoch milliseconds, UTC. */
export interface AlertWindow {
  readonly from: number;
  readonly to: number;
}
export type AlertNotes =
  | (AlertNote & {
      readonly type: "alert.decided";
      readonly cause: string;
      /** Of the receiver: a hash of its address, which may itself be a secret. */
      readonly endpoint: string;
      readonly window: AlertWindow;
      /** What is sent, as it is. */
      readonly payload: Json;
    })
  | (AlertNote & { readonly type: "alert.sent"; readonly attempts: number })
  /** Its receiver is no longer configured. */
  | (AlertNote & { readonly type: "alert.dropped" })
  /** It was sent or dropped, and its window is over. */
  | (AlertNote & { readonly type: "alert.forgotten" });

export interface AlertRecord {
  readonly cause: string;
  readonly endpoint: string;
  readonly window: AlertWindow;
  readonly payload: Json;
  readonly decidedAt: number;
  readonly sent: { readonly at: number; readonly attempts: number } | null;
  readonly dropped: boolean;
}

/** The `webhook-id` that the receiver sees, however often it is sent. */
export const alertId = (endpoint: string, cause: string, { from }: AlertWindow): string =>
  `alt_${sha256(canonical([endpoint, cause, from])).slice(0, 24)}`;

export const endpointId = (url: string): string => `end_${sha256(url).slice(0, 16)}`;

/** Windows of one length follow each other without a gap, for everybody at the same instants. */
export const windowOf = (at: number, lengthMs: number): AlertWindow => {
  const from = at - (((at % lengthMs) + lengthMs) % lengthMs);
  return { from, to: from + lengthMs };
};

export const isOwed = (record: AlertRecord): boolean => record.sent === null && !record.dropped;

export const alert: Topic<AlertNotes, AlertRecord> = {
  name: "alert",
  about: ({ alert: id }) => id,
  fold: (before, note, { at }) => {
    if (note.type === "alert.decided") {
      if (before !== null) return before;
      const { cause, endpoint, window, payload } = note;
      return { cause, endpoint, window, payload, decidedAt: at, sent: null, dropped: false };
    }
    if (before === null) return before;
    switch (note.type) {
      case "alert.sent":
        return isOwed(before) ? { ...before, sent: { at, attempts: note.attempts } } : before;
      case "alert.dropped":
        return isOwed(before) ? { ...before, dropped: true } : before;
      case "alert.forgotten":
        return isOwed(before) ? before : null;
    }
  },
};
