/** A server begins to listen, and ends so that nobody who has a request under way is cut off before the grace is over. */
import type { Server } from "node:http";
import type { ServerConfig } from "../config/config.ts";

export const listening = (server: Server, { host, port }: Pick<ServerConfig, "host" | "port">): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? { code: "in-use", reason: `port ${port} of ${host} is taken; set PORT to another one, or to 0 for any` }
          : { code: "listen", reason: `cannot listen on ${host}:${port}: ${error.message}` },
      ),
    );
    server.listen(port, host.replace(/^\[(.*)\]$/, "$1"), resolve);
  });

/** No new connections; those with a request under way may end it. */
export const stopListening = (server: Server, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    // A client that keeps its connection would go on asking over it.
    server.prependListener("request", (_, response) => response.setHeader("connection", "close"));
    server.closeIdleConnections();
  });
