/**
 * Sends the alerts that the journal owes: one at a time to each receiver, again and again under the same `webhook-id` until it is
 * taken. That it was taken is written down; who dies between the two is sent it again, and knows it by its id.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as HttpBody from "@effect/platform/HttpBody";
import type * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as Cause from "effect/Cause";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Random from "effect/Random";
import { sign } from "../../adapters/standard-webhooks.ts";
import { type AlertRecord, alert, endpointId, isOwed } from "../../domain/controls/alert.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "../queues/journal.ts";
import { ourselves } from "../queues/review.ts";
import type { AlertEndpoint, DeskSettings } from "../queues/settings.ts";

interface State {
  failures: number;
  since: number | null;
  error: string | null;
  nextAt: number;
}

const nameOf = (url: string): string => {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
};

export interface Sender {
  /** Send what is owed and due. */
  readonly turn: Effect.Effect<void, StoreError>;
  readonly run: Effect.Effect<never>;
}

export const makeSender = (
  engine: Engine,
  settings: DeskSettings,
  http: HttpClient.HttpClient,
  appended: (position: number) => void,
  log: (line: string) => void,
): Sender => {
  const { controls } = engine.core;
  const endpoints = new Map(settings.alerts.map((endpoint) => [endpointId(endpoint.url), endpoint]));
  const states = new Map<string, State>();
  const stateOf = (id: string): State => {
    const state = states.get(id) ?? { failures: 0, since: null, error: null, nextAt: 0 };
    states.set(id, state);
    return state;
  };

  const said = (id: string) => ({ party: controlsParty, alert: id, by: ourselves, reason: null }) as const;
  const note = (written: Effect.Effect<number, StoreError>) => Effect.map(written, appended);

  /** Null: it was taken; else why not, in a few words. */
  const exchange = ({ url, secret }: AlertEndpoint, id: string, { payload }: AlertRecord) =>
    Effect.gen(function* () {
      const body = JSON.stringify(payload);
      const at = yield* Clock.currentTimeMillis;
      const headers = sign(body, { id, timestampSec: Math.floor(at / 1000), secret });
      const request = HttpClientRequest.post(url, { headers, body: HttpBody.text(body, "application/json") });
      const status = yield* Effect.scoped(Effect.map(http.execute(request), (response) => response.status)).pipe(
        // Where it points to is not who was named.
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.timeout(settings.timeoutMs),
        Effect.either,
      );
      if (status._tag === "Left")
        return status.left._tag === "TimeoutException" ? `no answer within ${settings.timeoutMs} ms` : "no connection";
      return status.right >= 200 && status.right < 300 ? null : `it answers ${status.right}`;
    });

  const sendOne = (receiver: string, id: string, record: AlertRecord) =>
    Effect.gen(function* () {
      const state = stateOf(receiver);
      const error = yield* exchange(endpoints.get(receiver)!, id, record);
      if (error === null) {
        if (state.since !== null) log(`alerts: ${nameOf(endpoints.get(receiver)!.url)} takes them again`);
        const attempts = state.failures + 1;
        states.set(receiver, { failures: 0, since: null, error: null, nextAt: 0 });
        yield* note(writeDown(engine, [{ ...said(id), type: "alert.sent", attempts }]));
        yield* engine.fold;
        return true;
      }
      const now = yield* Clock.currentTimeMillis;
      const { baseMs, capMs } = settings.retry;
      const most = Math.min(capMs, baseMs * 2 ** Math.min(state.failures, 20));
      const wait = Math.ceil(most / 2 + ((yield* Random.next) * most) / 2);
      if (state.since === null)
        log(`alerts: ${nameOf(endpoints.get(receiver)!.url)}: ${error}; sent again until taken`);
      const since = state.since ?? now;
      states.set(receiver, { failures: state.failures + 1, since, error, nextAt: now + wait });
      return false;
    });

  const turn = Effect.gen(function* () {
    const owed = [...controls.all(alert)].filter(([, record]) => isOwed(record));
    const byReceiver = new Map<string, Array<readonly [string, AlertRecord]>>();
    for (const one of owed.sort(([, a], [, b]) => a.decidedAt - b.decidedAt)) {
      const { endpoint } = one[1];
      byReceiver.set(endpoint, [...(byReceiver.get(endpoint) ?? []), one]);
    }
    const gone = owed.filter(([, { endpoint }]) => !endpoints.has(endpoint));
    if (gone.length > 0)
      yield* note(
        writeDown(
          engine,
          gone.map(([id]) => ({ ...said(id), type: "alert.dropped" })),
        ),
      );
    yield* Effect.forEach(
      byReceiver,
      ([receiver, alerts]) =>
        Effect.gen(function* () {
          if (!endpoints.has(receiver) || stateOf(receiver).nextAt > (yield* Clock.currentTimeMillis)) return;
          for (const [id, record] of alerts) if (!(yield* sendOne(receiver, id, record))) return;
        }),
      { concurrency: "unbounded", discard: true },
    );
    engine.receivers.clear();
    for (const [id, { url }] of endpoints) {
      const { failures, since, error } = stateOf(id);
      const waiting = [...controls.all(alert).values()].filter((one) => one.endpoint === id && isOwed(one)).length;
      engine.receivers.set(id, { name: nameOf(url), failures, since, error, waiting });
    }
  });

  let lastTold = "";
  const run = Effect.gen(function* () {
    for (;;) {
      yield* Effect.catchAllCause(turn, (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          : Effect.sync(() => {
              const why = Cause.pretty(cause);
              if (lastTold !== why) log(`alerts could not be sent: ${why}; tried again`);
              lastTold = why;
            }),
      );
      yield* Effect.sleep(Math.min(settings.everyMs, settings.retry.baseMs));
    }
  });
  return { turn, run };
};
