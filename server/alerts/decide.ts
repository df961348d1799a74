/**
 * Which alerts are due: for each receiver, each cause that something new happened to within the running window, once. The note
 * carries what is sent, so that what went out can be read in the journal. *Pure* over a fold.
 */
import type { Json } from "../../domain/canonical.ts";
import {
  type AlertNotes,
  type AlertWindow,
  alert,
  alertId,
  endpointId,
  isOwed,
  windowOf,
} from "../../domain/controls/alert.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { Engine } from "../engine/engine.ts";
import { ourselves } from "../queues/review.ts";
import type { AlertEndpoint, DeskSettings } from "../queues/settings.ts";
import { type Cause, causes } from "./causes.ts";

const said = (id: string) => ({ party: controlsParty, alert: id, by: ourselves, reason: null }) as const;

const wants = ({ types, minMoneyMinor }: AlertEndpoint, { category, type, worth }: Cause): boolean =>
  (types.length === 0 || types.includes(category) || types.includes(type)) &&
  (worth === null ? category !== "exception" || minMoneyMinor === 0 : worth >= BigInt(minMoneyMinor));

const iso = (at: number): string => new Date(at).toISOString();

const payloadOf = (cause: Cause, window: AlertWindow, settings: DeskSettings, now: number): Json => {
  const { id, category, type, connection, team, what, money, worth, count, firstSeen, path } = cause;
  const { currency } = settings.priorities;
  return {
    type: `${category}.${type}`,
    timestamp: iso(now),
    data: {
      cause: id,
      what,
      count,
      connection,
      team,
      moneyAtRisk: Object.entries(money)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([of, minor]) => ({ currency: of, amountMinor: String(minor) })),
      worth: worth === null ? null : { currency, amountMinor: String(worth) },
      firstSeen: iso(firstSeen),
      window: { from: iso(window.from), to: iso(window.to) },
      link: `${settings.publicUrl}${path}`,
    },
  };
};

export const decideAlerts = (engine: Engine, settings: DeskSettings, now: number): ReadonlyArray<AlertNotes> => {
  const records = engine.core.controls.all(alert);
  const notes: AlertNotes[] = [];
  for (const [id, record] of records)
    if (!isOwed(record) && record.window.to <= now) notes.push({ ...said(id), type: "alert.forgotten" });
  if (settings.alerts.length === 0) return notes;
  const found = causes(engine, settings, now);
  for (const endpoint of settings.alerts) {
    const window = windowOf(now, endpoint.windowMinutes * 60_000);
    const receiver = endpointId(endpoint.url);
    for (const cause of found) {
      if (!wants(endpoint, cause) || !cause.instants.some((at) => at >= window.from && at < window.to)) continue;
      const id = alertId(receiver, cause.id, window);
      if (records.has(id)) continue;
      const payload = payloadOf(cause, window, settings, now);
      notes.push({ ...said(id), type: "alert.decided", cause: cause.id, endpoint: receiver, window, payload });
    }
  }
  return notes;
};
