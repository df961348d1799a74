/** The HTTP server with its patience: a client that dawdles over its request, or opens connections without end, is shown out. */
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type AccessConfig, usualAccess } from "../config/access.ts";
import { InspectedRequest } from "../inspect/door.ts";

type Fetch = Parameters<typeof getRequestListener>[0];

/** How often dawdlers are looked for. Milliseconds. */
const lookEveryMs = 1000;
/** Bytes of a request's head. */
const mostHeaders = 16_384;

export const openHttp = (limits: AccessConfig = usualAccess, fetch: Fetch): Server => {
  const { headersTimeoutMs, requestTimeoutMs, maxConnections } = limits;
  const server = createServer(
    {
      IncomingMessage: InspectedRequest,
      headersTimeout: headersTimeoutMs,
      requestTimeout: Math.max(headersTimeoutMs, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(lookEveryMs, headersTimeoutMs),
      maxHeaderSize: mostHeaders,
    },
    getRequestListener(fetch),
  );
  server.maxConnections = maxConnections;
  return server;
};
