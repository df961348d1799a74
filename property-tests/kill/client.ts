/** Sends webhooks as Stripe does: many at once, again until each is acknowledged, and some that were acknowledged already. */
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { developmentSecrets } from "../../server/config/config.ts";
import type { Told } from "./workload.ts";

export interface Client {
  readonly enqueue: (told: ReadonlyArray<Told>) => void;
  /** Sends to this server until `pause`. */
  readonly aim: (url: string) => void;
  /** Requests without an answer at this instant. */
  readonly inFlight: () => number;
  readonly queued: () => number;
  /** 202s so far. */
  readonly answered: () => number;
  readonly acknowledged: ReadonlySet<string>;
  /** Answers that are neither 202 nor the trouble of a dying server. */
  readonly refusals: ReadonlyArray<string>;
  /** Repeats what was acknowledged while there is nothing new. */
  repeat: boolean;
  /** Ends the lanes and waits for them. */
  readonly pause: () => Promise<void>;
}

const requestTimeoutMs = 10_000;

export const makeClient = (lanes: number, random: () => number): Client => {
  const queue: Told[] = [];
  const sent: Told[] = [];
  const acknowledged = new Set<string>();
  const refusals: string[] = [];
  let inFlight = 0;
  let answered = 0;
  let url: string | null = null;
  let running: Array<Promise<void>> = [];

  const post = async (to: string, told: Told): Promise<void> => {
    inFlight += 1;
    try {
      const timestamp = Math.floor(Date.now() / 1000);
      const answer = await fetch(`${to}/webhooks/stripe`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "stripe-signature": signWebhook(told.body, developmentSecrets.stripe, timestamp),
        },
        body: told.body,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await answer.text();
      if (answer.status === 202) {
        answered += 1;
        if (!acknowledged.has(told.id)) sent.push(told);
        acknowledged.add(told.id);
        return;
      }
      if (answer.status < 500) refusals.push(`${told.id}: ${answer.status} ${text}`);
      else queue.push(told);
    } catch {
      // Severed or refused: whether it was stored is not known, so it goes again.
      queue.push(told);
    } finally {
      inFlight -= 1;
    }
  };

  const lane = async (): Promise<void> => {
    while (url !== null) {
      const next = queue.shift() ?? (client.repeat ? sent[Math.floor(random() * sent.length)] : undefined);
      if (next === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const before = queue.length;
      await post(url, next);
      if (queue.length > before) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  const client: Client = {
    enqueue: (told) => void queue.push(...told),
    aim: (to) => {
      url = to;
      running = Array.from({ length: lanes }, lane);
    },
    inFlight: () => inFlight,
    queued: () => queue.length,
    answered: () => answered,
    acknowledged,
    refusals,
    repeat: true,
    pause: async () => {
      url = null;
      await Promise.all(running);
    },
  };
  return client;
};
