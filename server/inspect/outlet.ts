/** How fast one watcher is served, and when it is given up: a bucket of messages a second, a bound on what waits, a pulse. */
import type { Inspected } from "../host/host.ts";
import { makeBacklog } from "./backlog.ts";

export interface Limits {
  readonly messagesPerSecond: number;
  /** Messages that may wait for one watcher. */
  readonly mostWaiting: number;
  /** Bytes that the system may hold for a watcher that does not read. */
  readonly mostUnreadBytes: number;
  /** A watcher that reads answers a ping before the next. Milliseconds. */
  readonly pulseMs: number;
  readonly mostWatchers: number;
  readonly mostAccounts: number;
}

export const usualLimits: Limits = {
  messagesPerSecond: 40,
  mostWaiting: 200,
  mostUnreadBytes: 1 << 20,
  pulseMs: 15_000,
  mostWatchers: 16,
  mostAccounts: 20,
};

/** Of RFC 6455's private range: the watcher did not keep up. */
export const slowReader = 4008;

/** The part of a `WebSocket` that is used. */
export interface Pipe {
  readonly bufferedAmount: number;
  readonly send: (text: string) => void;
  readonly ping: () => void;
  readonly close: (code: number, reason: string) => void;
}

export interface Outlet {
  readonly push: (messages: ReadonlyArray<Inspected>) => void;
  /** From now on messages go out. */
  readonly open: (pipe: Pipe) => void;
  readonly pong: () => void;
  readonly close: () => void;
}

export const makeOutlet = (limits: Limits, now: () => number): Outlet => {
  const backlog = makeBacklog(limits.mostWaiting, now);
  const { messagesPerSecond } = limits;
  let pipe: Pipe | null = null;
  let tokens = messagesPerSecond;
  let filledAt = now();
  let timer: NodeJS.Timeout | null = null;
  let pulse: NodeJS.Timeout | null = null;
  let answered = true;
  let closed = false;
  let overflowed = false;

  const close = (): void => {
    closed = true;
    if (timer !== null) clearTimeout(timer);
    if (pulse !== null) clearInterval(pulse);
  };
  const giveUp = (reason: string): void => {
    if (closed) return;
    close();
    pipe?.close(slowReader, reason);
  };

  const fill = (): void => {
    const at = now();
    tokens = Math.min(messagesPerSecond, tokens + ((at - filledAt) * messagesPerSecond) / 1000);
    filledAt = at;
  };
  const pump = (): void => {
    if (pipe === null || closed) return;
    if (overflowed) {
      giveUp(`slow reader: more than ${limits.mostWaiting} messages waited`);
      return;
    }
    fill();
    while (tokens >= 1) {
      if (pipe.bufferedAmount > limits.mostUnreadBytes) {
        giveUp(`slow reader: more than ${limits.mostUnreadBytes} bytes unread`);
        return;
      }
      const text = backlog.shift();
      if (text === null) return;
      tokens -= 1;
      pipe.send(text);
    }
    if (backlog.size() === 0 || timer !== null) return;
    timer = setTimeout(
      () => {
        timer = null;
        pump();
      },
      Math.ceil(1000 / messagesPerSecond),
    );
  };
  const beat = (): void => {
    if (!answered) {
      giveUp(`slow reader: no answer to a ping within ${limits.pulseMs} ms`);
      return;
    }
    answered = false;
    pipe?.ping();
  };

  return {
    push: (messages) => {
      for (const message of messages) if (!backlog.push(message)) overflowed = true;
      pump();
    },
    open: (opened) => {
      pipe = opened;
      pulse = setInterval(beat, limits.pulseMs);
      pump();
    },
    pong: () => {
      answered = true;
    },
    close,
  };
};
