/** Simulated vendors' webhooks on their way to the door: signed anew for each attempt, repeated for a while, then given up. */
import { sign as signNetsuite } from "../../adapters/netsuite/layer.ts";
import { signWebhook as signSalesforce } from "../../adapters/salesforce/layer.ts";
import { signWebhook as signStripe } from "../../adapters/stripe/layer.ts";
import type { Vendor } from "../systems.ts";

/** Connections of the sandbox that speak: the simulated vendors, and the product that reports its use. */
export type Speaker = Vendor | "usage";

export interface Delivered {
  readonly status: number;
  readonly body: string;
}

export interface DeliveryOptions {
  readonly now: () => number;
  readonly secret: (speaker: Speaker) => string;
}

const attempts = 8;
const firstWaitMs = 100;
/** Deliveries of the queue at once. */
const lanes = 4;

const headersOf = (vendor: Speaker, body: string, id: string, secret: string, timestampSec: number) =>
  vendor === "stripe"
    ? { "stripe-signature": signStripe(body, secret, timestampSec) }
    : (vendor === "salesforce" ? signSalesforce : signNetsuite)(body, { id, timestampSec, secret });

export const makeDelivery = ({ now, secret }: DeliveryOptions) => {
  const queue: Array<{ readonly vendor: Speaker; readonly event: unknown }> = [];
  const stop = new AbortController();
  let door: string | null = null;
  let busy = 0;
  let waiters: Array<() => void> = [];

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const aborted = (): void => {
        clearTimeout(timer);
        resolve();
      };
      stop.signal.addEventListener("abort", aborted, { once: true });
    });

  /** One attempt. `timestampSec`: of the signature; default now. */
  const post = async (vendor: Speaker, event: unknown, timestampSec?: number): Promise<Delivered> => {
    if (door === null) throw new Error("the server does not listen yet");
    const body = typeof event === "string" ? event : JSON.stringify(event);
    const { id: own, replayId } = (event ?? {}) as { readonly id?: unknown; readonly replayId?: unknown };
    const id = String(own ?? replayId ?? "");
    const headers = headersOf(vendor, body, id, secret(vendor), timestampSec ?? Math.floor(now() / 1000));
    const answer = await fetch(`${door}/webhooks/${vendor}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: stop.signal,
    });
    return { status: answer.status, body: await answer.text() };
  };

  /** Until it is taken or refused for good; null when it was given up. */
  const deliver = async (vendor: Speaker, event: unknown, timestampSec?: number): Promise<Delivered | null> => {
    for (let attempt = 0; attempt < attempts && !stop.signal.aborted; attempt++) {
      try {
        const delivered = await post(vendor, event, timestampSec);
        if (delivered.status < 500 && delivered.status !== 429) return delivered;
      } catch {
        // Not answered: the door may be closed at the moment.
      }
      await rest(firstWaitMs * 2 ** attempt);
    }
    return null;
  };

  const work = async (): Promise<void> => {
    busy += 1;
    for (let next = queue.shift(); next && !stop.signal.aborted; next = queue.shift()) {
      await deliver(next.vendor, next.event);
    }
    busy -= 1;
    if (busy > 0) return;
    for (const waiter of waiters) waiter();
    waiters = [];
  };

  return {
    /** Where the server answers; what waited goes out. */
    attach: (url: string): void => {
      door = url;
      for (let lane = 0; lane < lanes; lane++) void work();
    },
    deliver,
    enqueue: (vendor: Speaker, events: ReadonlyArray<unknown>): void => {
      for (const event of events) queue.push({ vendor, event });
      if (door !== null) while (busy < Math.min(lanes, queue.length)) void work();
    },
    /** Resolves when nothing is on its way. */
    quiet: (): Promise<void> =>
      busy === 0 && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve)),
    close: (): void => stop.abort(),
  };
};
