/**
 * From a body that is its sender's to the journal: opened, decoded and stored where the engine is, so that only bytes cross to its thread
 * and what was decoded is there already when it is folded.
 */
import type { System } from "../../domain/ports/system.ts";
import { open } from "../engine/intake.ts";
import { stamped } from "../telemetry/stamp.ts";
import type { Host } from "./host.ts";

/** `systems`: of the configured connections; whoever serves the door asks for no other. */
export const receiving =
  (systems: ReadonlyMap<string, System>, accept: Host["accept"]): Host["receive"] =>
  async ({ connection, body, at, traceparent }) => {
    const opened = open(systems.get(connection)!, body, at);
    const { entry } = opened;
    const [appended] = await accept([traceparent === null ? entry : stamped(entry, traceparent)]);
    if (opened.status === 400) return { status: 400, reason: opened.reason };
    const outcome = appended?._tag === "Duplicate" ? "duplicate" : "accepted";
    const correlationId = entry.events[0]?.correlationid ?? null;
    return { status: 202, eventId: opened.eventId, outcome, correlationId };
  };
