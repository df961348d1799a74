/** Starts the desk of a room: looking through the queues, and sending what it decides to tell. Ends with the scope. */
import * as HttpClient from "@effect/platform/HttpClient";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { outboundHost, outboundLayer } from "../access/outbound-guard.ts";
import { makeSender } from "../alerts/sender.ts";
import type { Engine } from "../engine/engine.ts";
import { makeDesk } from "./runner.ts";
import type { DeskSettings } from "./settings.ts";

export const openDesk = (
  engine: Engine,
  settings: DeskSettings,
  appended: (position: number) => void,
  log: (line: string) => void,
  scope: Scope.Scope,
): Promise<void> => {
  const inside = settings.alerts.filter(({ allowPrivate }) => allowPrivate);
  const privateHosts = inside.map(({ url }) => outboundHost(new URL(url)));
  return Effect.runPromise(
    Effect.gen(function* () {
      const http = yield* HttpClient.HttpClient;
      yield* Effect.forkIn(makeDesk(engine, settings, appended, log).run, scope);
      yield* Effect.forkIn(makeSender(engine, settings, http, appended, log).run, scope);
    }).pipe(Effect.provide(outboundLayer({ privateHosts }))),
  );
};
