/**
 * `POST /events`: CloudEvents of systems without an adapter. The signature says which connection speaks, and it may speak for itself
 * alone; a request is taken in whole or not at all.
 */

import * as Either from "effect/Either";
import type { Context, Hono } from "hono";
import { eventsIn } from "../../adapters/cloudevents.ts";
import type { SignedRequest, System } from "../../domain/ports/system.ts";
import { open } from "../engine/intake.ts";
import { bodyLimit, readBody } from "../http/body.ts";
import { type DoorOptions, storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";

export const eventsVendor = "cloudevents";
/** Of one batch. */
const mostEvents = 1000;

const headersOf = (c: Context): Readonly<Record<string, string>> => Object.fromEntries(c.req.raw.headers);

/** Whose secret signed it. */
const senderOf = ({ systems, secrets, now }: DoorOptions, request: SignedRequest): System | string => {
  const senders = [...systems.values()].filter(({ profile }) => profile.vendor === eventsVendor);
  if (senders.length === 0) return `no connection of vendor "${eventsVendor}" is configured`;
  let reason = "";
  for (const system of senders) {
    const verified = system.inbound.verify(request, secrets(system.connection), now());
    if (verified.ok) return system;
    reason = verified.reason;
  }
  return senders.length === 1 ? reason : "no connection's secret signed it";
};

export const registerEvents = (
  app: Hono,
  options: DoorOptions,
  refused: (connection: string) => void = () => {},
): void => {
  app.post("/events", async (c) => {
    const headers = headersOf(c);
    const requestId = requestIdOf(headers["x-request-id"]);
    const body = await readBody(c.req.raw, headers["content-length"] ?? null);
    if (body._tag === "TooLarge")
      return problem("body-too-large", `a body may have ${bodyLimit} bytes`, requestId, {
        headers: { connection: "close" },
        members: { limitBytes: bodyLimit },
      });
    if (body._tag === "Aborted") return problem("body-aborted", "the connection ended inside the body", requestId);
    const request: SignedRequest = { method: c.req.method, url: c.req.url, headers, body: body.bytes };
    const system = senderOf(options, request);
    if (typeof system === "string") {
      refused(eventsVendor);
      return problem("bad-signature", system, requestId);
    }
    const events = eventsIn(headers, body.bytes);
    if (Either.isLeft(events)) return problem("not-an-envelope", events.left, requestId);
    if (events.right.length > mostEvents)
      return problem("not-an-envelope", `a batch has at most ${mostEvents} events`, requestId);
    const taken = events.right.map((event) => open(system, event, options.now()));
    const strange = taken.flatMap((one, index) => (one.status === 400 ? [`event ${index}: ${one.reason}`] : []));
    if (strange.length > 0) return problem("not-an-envelope", strange.slice(0, 5).join("; "), requestId);
    try {
      const appended = taken.length === 0 ? [] : await options.host.accept(taken.map(({ entry }) => entry));
      const answer = taken.map((one, index) => ({
        id: one.status === 202 ? one.eventId : "",
        status: appended[index]?._tag === "Duplicate" ? "duplicate" : "accepted",
      }));
      return new Response(JSON.stringify({ events: answer }), {
        status: 202,
        headers: { "content-type": "application/json", "x-request-id": requestId },
      });
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  });
};
