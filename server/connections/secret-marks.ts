/** Marks of secrets, so that their age is known: of another secret another mark, slow to try out, and nothing can be had back from it. */
import { scrypt } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { canonical } from "../../domain/canonical.ts";
import { connection } from "../../domain/controls/connection.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { secretNames } from "../change/configuration.ts";
import type { ConnectionConfig } from "../config/connections.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "../queues/journal.ts";

/** Connection → place in the configuration → mark. */
export type SecretMarks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Work and length of one mark. 48 bits tell two secrets apart and leave every guess open. */
const cost = 2 ** 13;
const bytes = 6;

const markOf = (place: string, secret: string): Promise<string> =>
  new Promise((resolve, reject) =>
    scrypt(secret, `tieout ${place}`, bytes, { cost }, (failure, key) =>
      failure === null ? resolve(key.toString("hex")) : reject(failure),
    ),
  );

/** Every secret within the settings, by its place. */
const placesIn = (value: unknown, path: string): ReadonlyArray<readonly [place: string, secret: string]> => {
  if (Redacted.isRedacted(value)) return placesIn(Redacted.value(value as Redacted.Redacted<unknown>), path);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const place = path === "" ? name : `${path}.${name}`;
    if (secretNames.has(name) && typeof inner === "string") return inner === "" ? [] : [[place, inner] as const];
    return placesIn(inner, place);
  });
};

export const secretMarks = async (connections: ReadonlyArray<ConnectionConfig>): Promise<SecretMarks> =>
  Object.fromEntries(
    await Promise.all(
      connections.map(async ({ name, webhookSecrets, settings }) => {
        const found = [
          ...webhookSecrets.map((secret, i) => [`webhookSecrets.${i}`, Redacted.value(secret)] as const),
          ...placesIn(settings, ""),
        ];
        const marks = found.map(async ([place, secret]) => [place, await markOf(`${name} ${place}`, secret)] as const);
        return [name, Object.fromEntries(await Promise.all(marks))] as const;
      }),
    ),
  );

/** Writes down which are others than at the last start. */
export const noteSecrets = (engine: Engine, marks: SecretMarks, appended: (position: number) => void) =>
  Effect.gen(function* () {
    const said = { party: controlsParty, by: "tieout", reason: "the secrets of this start" } as const;
    const changed = Object.entries(marks).filter(([name, own]) => {
      const known = engine.core.controls.get(connection, name)?.secrets ?? {};
      const before = Object.fromEntries(Object.entries(known).map(([place, { mark }]) => [place, mark]));
      return canonical(before) !== canonical(own);
    });
    if (changed.length === 0) return;
    const notes = changed.map(([name, own]) => ({
      ...said,
      type: "connection.secrets" as const,
      connection: name,
      marks: own,
    }));
    appended(yield* writeDown(engine, notes));
  });
