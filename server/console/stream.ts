/**
 * `GET /v1/stream`: server-sent events of what changed. All readers of one sight share one question a second to the engine; a reader
 * that is slow is told later, of everything since at once.
 */
import { ReadableStream } from "node:stream/web";
import type { Context } from "hono";
import type { Json } from "../../domain/canonical.ts";
import type { Authenticator } from "../access/authenticate.ts";
import { type Caller, seesPersonal } from "../access/caller.ts";
import { securityHeaders } from "../access/headers.ts";
import { maskFor } from "../access/mask.ts";
import type { Host } from "../host/host.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import { Now, Touched } from "./answers.ts";

export interface StreamOptions {
  readonly host: Pick<Host, "ask">;
  readonly authenticate: Authenticator["authenticate"];
  /** Signatures refused at the door since the start, by connection. */
  readonly refused: () => Readonly<Record<string, number>>;
  /** Default: a second. Milliseconds. */
  readonly everyMs?: number;
  /** Between two signs of life. Milliseconds. */
  readonly heartbeatMs?: number;
}

export interface Streams {
  /** The answer to a request that the guard let in. `seconds`: the stream ends by itself after so long; null: it does not. */
  readonly open: (c: Context, caller: Caller, seconds: number | null) => Promise<Response>;
  readonly count: () => number;
  /** Ends all of them. */
  readonly close: () => void;
}

const mostReaders = 100;

export interface Pulse {
  readonly id: string;
  readonly missed: boolean;
  readonly touched: Json;
  readonly now: { readonly [key: string]: Json };
}

interface Reader {
  readonly caller: Caller;
  readonly authorization: string | undefined;
  readonly hostName: string | undefined;
  readonly send: (text: string) => void;
  readonly isFull: () => boolean;
  readonly end: () => void;
  /** The id of what it was told last; null: nothing yet. */
  told: string | null;
  /** What it was told of how things stand, without what only time changes. */
  standing: string;
  heardAt: number;
  endsAt: number;
}

const block = (event: string, id: string, data: Json): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Readers of one sight get one answer. */
const groupOf = ({ sight }: Caller): string => JSON.stringify(sight);

export const makeStreams = (options: StreamOptions): Streams => {
  const { host, everyMs = 1000, heartbeatMs = 15_000 } = options;
  const readers = new Set<Reader>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let closed = false;
  /** Asked for, and not told yet. */
  let opening = 0;

  const ask = async (caller: Caller, since: string | null): Promise<Pulse> => {
    const query = { name: "pulse", since, refused: options.refused(), troubles: [] } as const;
    return (await host.ask(query, caller.sight)) as unknown as Pulse;
  };

  const tell = (reader: Reader, { id, missed, touched, now }: Pulse): void => {
    const { caller } = reader;
    let text = "";
    if (missed) text += block("missed", id, {});
    if (touched !== null) text += block("accounts", id, maskFor(caller, Touched)(touched));
    const { at: _at, ...rest } = now;
    const standing = JSON.stringify(rest);
    if (standing !== reader.standing) text += block("now", id, maskFor(caller, Now)(now));
    reader.standing = standing;
    reader.told = id;
    if (text === "" && Date.now() - reader.heardAt >= heartbeatMs) text = `: alive\nid: ${id}\n\n`;
    if (text === "") return;
    reader.heardAt = Date.now();
    reader.send(text);
  };

  /** A key that was revoked, or whose sight is another by now, reads no further. */
  const mayStill = async ({ authorization, hostName, caller }: Reader): Promise<boolean> => {
    const found = await options.authenticate(authorization, hostName);
    return !("refused" in found) && groupOf(found) === groupOf(caller) && seesPersonal(found) === seesPersonal(caller);
  };
  let checkedAt = Date.now();

  const round = async (): Promise<void> => {
    const at = Date.now();
    for (const reader of readers) if (reader.endsAt <= at) reader.end();
    if (at - checkedAt >= heartbeatMs) {
      checkedAt = at;
      for (const reader of [...readers]) if (!(await mayStill(reader))) reader.end();
    }
    // Those who were told the same the last time are told the same now.
    const groups = new Map<string, Reader[]>();
    for (const reader of readers) {
      if (reader.isFull()) continue;
      const key = `${groupOf(reader.caller)} ${reader.told}`;
      groups.set(key, [...(groups.get(key) ?? []), reader]);
    }
    for (const group of groups.values()) {
      const pulse = await ask(group[0]!.caller, group[0]!.told);
      for (const reader of group) if (readers.has(reader)) tell(reader, pulse);
    }
  };

  const schedule = (): void => {
    if (timer !== null || closed || readers.size === 0) return;
    timer = setTimeout(async () => {
      // The engine cannot be asked just now: it is asked again, and the readers see that nothing comes.
      await round().catch(() => {});
      timer = null;
      schedule();
    }, everyMs);
    timer.unref();
  };

  const open: Streams["open"] = async (c, caller, seconds) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    if (closed) return problem("not-ready", "the server is shutting down", requestId);
    if (readers.size + opening >= mostReaders) {
      const detail = `${readers.size + opening} streams are open already`;
      return problem("rate-limited", detail, requestId, { headers: { "retry-after": "10" } });
    }
    opening += 1;
    const first = await ask(caller, c.req.header("last-event-id") ?? null).finally(() => {
      opening -= 1;
    });
    if (closed) return problem("not-ready", "the server is shutting down", requestId);
    let reader: Reader | null = null;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const encoder = new TextEncoder();
          const made: Reader = {
            caller,
            authorization: c.req.header("authorization"),
            hostName: c.req.header("host"),
            send: (text) => controller.enqueue(encoder.encode(text)),
            isFull: () => (controller.desiredSize ?? 0) <= 0,
            end: () => {
              if (readers.delete(made)) controller.close();
            },
            told: null,
            standing: "",
            heardAt: 0,
            endsAt: seconds === null ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000,
          };
          reader = made;
          readers.add(made);
          made.send("retry: 2000\n\n");
          tell(made, first);
          if (seconds === 0) made.end();
        },
        cancel: () => {
          if (reader !== null) readers.delete(reader);
        },
      },
      { highWaterMark: 16 },
    );
    schedule();
    return new Response(body as unknown as ConstructorParameters<typeof Response>[0], {
      headers: {
        ...securityHeaders,
        "content-type": "text/event-stream; charset=utf-8",
        // The connection goes with it: a server that ends would wait for it.
        connection: "close",
        // A proxy in front must not keep it back.
        "x-accel-buffering": "no",
        "x-request-id": requestId,
      },
    });
  };

  const close = (): void => {
    closed = true;
    if (timer !== null) clearTimeout(timer);
    for (const reader of [...readers]) reader.end();
  };
  return { open, count: () => readers.size, close };
};
