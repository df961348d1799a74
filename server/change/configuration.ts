/** The configuration of this start, without its secrets: written to the journal when it changed, so that every figure can say under which it came. */
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { canonical, type Json } from "../../domain/canonical.ts";
import { configuration, lastLoaded } from "../../domain/controls/configuration.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "../queues/journal.ts";

/** Fields of settings that hold one. */
export const secretNames: ReadonlySet<string> = new Set(["apiKey", "token", "privateKey", "webhookSecrets", "secret"]);

/** What is not secret of any value; a secret is named by its place alone. */
export const withoutSecrets = (value: unknown): Json => {
  if (Redacted.isRedacted(value)) return withoutSecrets(Redacted.value(value as Redacted.Redacted<unknown>));
  if (value === null || typeof value !== "object") return (value ?? null) as Json;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, secretNames.has(name) ? "(secret)" : withoutSecrets(inner)]),
  );
};

/** What decides figures: the policy, the connections with their rules and settings. Not the port, not the folder. */
export const contentOf = ({
  sandbox,
  policy,
  connections,
}: Pick<ServerConfig, "sandbox" | "policy" | "connections">): Json => ({
  sandbox,
  policy: policy.name,
  connections: Object.fromEntries(
    connections.map(({ name, vendor, rules, owner, settings }) => [
      name,
      { vendor, rules: rules as unknown as Json, owner, settings: settings === null ? null : withoutSecrets(settings) },
    ]),
  ),
});

export const noteConfiguration = (engine: Engine, content: Json, appended: (position: number) => void) =>
  Effect.gen(function* () {
    const hash = sha256(canonical(content));
    if (engine.core.controls.get(configuration, lastLoaded)?.hash === hash) return;
    const said = { party: controlsParty, by: "tieout", reason: "the configuration of this start" } as const;
    appended(yield* writeDown(engine, [{ type: "configuration.loaded", ...said, hash, content }]));
  });

export const configurationJson = ({ core }: Engine): Json => {
  const {
    hash = null,
    at = null,
    position = null,
    content = null,
  } = core.controls.get(configuration, lastLoaded) ?? {};
  return { hash, at, position, content };
};
