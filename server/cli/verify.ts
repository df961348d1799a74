/** `tieout verify`: says what does not follow from the journal. Exit 1 on findings. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { readHead } from "../audit/expected-head.ts";
import { storeOf } from "../config/config.ts";
import { surroundingsOf } from "../engine/surroundings.ts";
import { storeLayer } from "../store.ts";
import { makeSystems } from "../systems.ts";
import { type Verified, verify } from "../verify.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { makeProgress } from "./progress.ts";
import { settings } from "./settings.ts";
import { needDirectory, quietRoom, withoutApi } from "./store.ts";

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const config = await settings(values);
  needDirectory(config);
  const noted = textOf(values, "expect-head");
  const expected = noted === null ? null : readHead(noted);
  if (noted !== null && expected === null)
    throw new UsageError("--expect-head is HASH@POSITION, as GET /v1/audit/head answers it under head");
  const progress = makeProgress();
  const show = (doing: string, done: number, of: number | null): void =>
    progress.show(`verify: ${doing}${of === null ? "" : `, ${done} of ${of}`}`);
  const offline = Effect.gen(function* () {
    const systems = yield* makeSystems(withoutApi(config));
    const rules = new Map(Object.entries(quietRoom(config).rules));
    return yield* verify(surroundingsOf({ systems, policy: config.policy, rules }), show, expected);
  }).pipe(Effect.provide(FetchHttpClient.layer), Effect.provide(storeLayer(storeOf(config))), Effect.either);
  const done = await Effect.runPromise(offline);
  progress.clear();
  let verified: Verified;
  if (done._tag === "Right") verified = done.right;
  else {
    const { code, reason } = done.left;
    if (code === "in-use")
      verified = (await ownerOf(config.dataDir, reason).ask(
        "GET",
        `/internal/verify${noted === null ? "" : `?expectHead=${encodeURIComponent(noted)}`}`,
      )) as Verified;
    else if (code === "corrupt")
      verified = { entries: 0, cells: 0, commands: 0, findings: [{ where: config.dataDir, what: reason }] };
    else throw new Failure(reason);
  }
  const { findings, entries, cells, commands } = verified;
  if (values["json"] === true) console.log(canonical(verified as unknown as Json));
  else {
    for (const { where, what } of findings) console.log(`${where}: ${what}`);
    const seen = `${entries} journal entries, ${cells} cells, ${commands} commands`;
    console.log(findings.length === 0 ? `verify: clean (${seen})` : `verify: ${findings.length} findings (${seen})`);
  }
  return findings.length === 0 ? 0 : 1;
};
