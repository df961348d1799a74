/** What the server tells by itself: one stream of events for the whole console, taken up again where it broke off. */
import { signal } from "@preact/signals";
import type { Now, Touched } from "../answers.ts";
import { authorization, wantKey } from "./session.ts";

export type NowAnswer = typeof Now.Type;
export type TouchedAnswer = typeof Touched.Type;

export interface Connection {
  readonly state: "connecting" | "live" | "lost" | "refused";
  /** Since when it is in that state, by this browser's clock; epoch milliseconds. */
  readonly since: number;
}

export const connection = signal<Connection>({ state: "connecting", since: Date.now() });
/** Null: nothing was told yet. */
export const now = signal<NowAnswer | null>(null);
/** The last accounts that changed; the stream tells of each second's together. */
export const touched = signal<TouchedAnswer | null>(null);
/** Counts up when something was missed: whoever shows something asks for it anew. */
export const missed = signal(0);

/** How far this browser's clock is ahead of the server's. Milliseconds. */
let ahead = 0;
/** By the server's clock, epoch milliseconds. */
export const serverNow = (): number => Date.now() - ahead;

const longestWaitMs = 10_000;
/** The server says something every 15 s. */
const silentMs = 40_000;

const become = (state: Connection["state"]): void => {
  if (connection.peek().state !== state) connection.value = { state, since: Date.now() };
};

const take = (event: string, data: string): void => {
  if (event === "now") {
    const told = JSON.parse(data) as NowAnswer;
    ahead = Date.now() - told.at;
    now.value = told;
  } else if (event === "accounts") touched.value = JSON.parse(data) as TouchedAnswer;
  else if (event === "missed") missed.value += 1;
};

let lastId: string | null = null;

/** One block of the stream, between two empty lines. */
const takeBlock = (block: string): void => {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
    else if (name === "id") lastId = value;
  }
  if (data.length > 0) take(event, data.join("\n"));
};

/** Resolves when the stream ends; rejects when it breaks. */
const listen = async (stop: AbortController): Promise<void> => {
  const resume = lastId === null ? {} : { "last-event-id": lastId };
  const response = await fetch("/v1/stream", {
    headers: { accept: "text/event-stream", ...authorization(), ...resume },
    signal: stop.signal,
  });
  if (response.status === 401) {
    const problem = (await response.json().catch(() => null)) as { readonly detail?: string } | null;
    wantKey(problem?.detail ?? "it is not known");
    return become("refused");
  }
  if (response.status === 403) return become("refused");
  if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
  become("live");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  let silence = setTimeout(() => stop.abort(), silentMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), silentMs);
      const blocks = (left + value).split("\n\n");
      left = blocks.pop()!;
      for (const block of blocks) takeBlock(block);
    }
  } finally {
    clearTimeout(silence);
  }
};

let current = new AbortController();
let wake: () => void = () => {};

const rest = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** For ever: a stream that breaks is asked for again, later each time. */
export const follow = async (): Promise<void> => {
  addEventListener("online", () => wake());
  for (let failures = 0; ; ) {
    current = new AbortController();
    try {
      await listen(current);
      failures = connection.value.state === "live" ? 0 : failures;
    } catch {
      failures += 1;
    }
    if (connection.value.state === "refused") await rest(3_600_000);
    else {
      become("lost");
      await rest(Math.min(longestWaitMs, 500 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2));
    }
  }
};

/** At once, as after a key was given. */
export const reconnect = (): void => {
  current.abort();
  wake();
};
