/** Stands between a client and its server and fails where it is told: the request, the answer, or all of it for a while. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface FaultyProxy {
  readonly url: string;
  /** The next request never reaches the server; the connection is gone. */
  readonly cutRequest: () => void;
  /** The next request is done, its answer never comes; the connection is gone. */
  readonly cutAnswer: () => void;
  /** Half of the next request reaches the server; then this is as severed. Resolves when that has happened. */
  readonly tear: () => Promise<void>;
  /** All connections are gone, and so is every later one. */
  readonly sever: () => void;
  /** A fault that was asked for has not met its request yet. */
  readonly waits: () => boolean;
  /** From now on requests of the connections that stand rest here, unanswered. */
  readonly hold: () => void;
  /** From now on every request is answered as by a server that reads its files. */
  readonly load: () => void;
  readonly ready: () => void;
  /** What rests is sent on. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

type Fault = "request" | "answer" | null;

export const makeProxy = async (port: number): Promise<FaultyProxy> => {
  let fault: Fault = null;
  let loading = false;
  let severed = false;
  let torn: (() => void) | null = null;
  const pairs = new Set<readonly [Socket, Socket]>();
  const held = new Map<Socket, Array<Buffer>>();
  const takeFault = (wanted: Fault): boolean => {
    if (fault !== wanted) return false;
    fault = null;
    return true;
  };

  const server = createServer((client) => {
    if (severed) {
      client.on("error", () => {}).destroy();
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      client.destroy();
      // What is held is still on its way when its sender is gone.
      if (!held.has(upstream)) upstream.destroy();
    };
    for (const socket of pair) socket.on("error", () => {});
    client.on("close", end);
    upstream.on("close", () => {
      pairs.delete(pair);
      client.destroy();
    });
    client.on("data", (bytes: Buffer) => {
      const resting = held.get(upstream);
      if (severed) return;
      if (torn !== null) {
        const told = torn;
        torn = null;
        severed = true;
        upstream.end(bytes.subarray(0, bytes.length >> 1), () => {
          end();
          told();
        });
      } else if (loading) client.write(LOADING.repeat(requestsIn(bytes)));
      else if (resting !== undefined) resting.push(bytes);
      else if (takeFault("request")) end();
      else upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      if (severed) return;
      if (takeFault("answer")) end();
      else client.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  return {
    url: `redis://127.0.0.1:${address.port}`,
    cutRequest: () => {
      fault = "request";
    },
    cutAnswer: () => {
      fault = "answer";
    },
    tear: () =>
      new Promise((resolve) => {
        torn = resolve;
      }),
    sever: () => {
      severed = true;
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
    },
    waits: () => fault !== null || torn !== null,
    load: () => {
      loading = true;
    },
    ready: () => {
      loading = false;
    },
    hold: () => {
      for (const [, upstream] of pairs) held.set(upstream, []);
    },
    release: () => {
      for (const [upstream, resting] of held) for (const bytes of resting) upstream.write(bytes);
      held.clear();
    },
    close: async () => {
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
};

const LOADING = "-LOADING Redis is loading the dataset in memory\r\n";
const requestsIn = (bytes: Buffer): number => bytes.toString("latin1").match(/(^|\r\n)\*\d+\r\n\$/g)?.length ?? 0;
