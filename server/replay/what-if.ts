/**
 * This journal under other surroundings: folded twice, side by side, page by page, and compared account by account. Nothing is
 * written and nothing is sent; the live fold is not touched.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { Surroundings } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { type AccountDifference, addTo, differenceOf, noTotals } from "../../domain/what-if.ts";
import { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { surroundingsOf } from "../engine/surroundings.ts";
import type { Query } from "../host/host.ts";
import { makeSystems } from "../systems.ts";
import { pictureOf } from "./picture.ts";

const page = 512;
/** Accounts that an answer names; the totals have all. */
const shown = 200;

type WhatIf = Extract<Query, { readonly name: "whatIf" }>;

/** As configured here, but for what the question says. */
const otherSurroundings = (engine: Engine, { policy, rules, connections }: WhatIf): Effect.Effect<Surroundings> =>
  Effect.gen(function* () {
    const missing = (connections ?? []).filter(({ name }) => !engine.systems.has(name));
    const added = yield* makeSystems(
      missing.map(({ name, vendor }) => ({ vendor, connection: name, api: null, roles: [] }) as never),
    ).pipe(Effect.provide(FetchHttpClient.layer));
    const all = new Map([...engine.systems, ...added]);
    const names = connections?.map(({ name }) => name) ?? [...engine.systems.keys()];
    const systems = new Map(names.flatMap((name) => (all.has(name) ? [[name, all.get(name)!] as const] : [])));
    const { rulesOf } = engine.core.surroundings;
    const given = new Map(names.map((name) => [name, rules?.[name] ?? rulesOf(name)]));
    const chosen = policy === null ? engine.core.surroundings.policy : policies[policy];
    return surroundingsOf({ systems, policy: chosen, rules: given });
  });

const foldAlong = (core: Core, entries: Parameters<Core["apply"]>[0]): void => {
  core.apply(entries);
  for (let missing = core.missingMembers; missing.length > 0; missing = core.missingMembers) core.restore(missing, []);
  core.settleFold();
};

/** As things stand, under the policy in force and the rules as configured. */
const asItIs = ({ core, surroundings }: Engine): Surroundings =>
  surroundings.under?.(core.surroundings.policy) ?? surroundings;

export const compare = (engine: Engine, is: Surroundings, other: Surroundings): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const through = engine.core.position;
    const cores = [new Core(is), new Core(other)] as const;
    for (const core of cores) {
      core.canRead = engine.core.canRead;
      core.tickOf = engine.core.tickOf;
    }
    for (let after = 0; after < through; ) {
      const entries = yield* engine.journal.read(after, Math.min(page, through - after));
      if (entries.length === 0) break;
      // Switches of the policy are what is asked about: neither side follows them.
      const kept = entries.filter(
        ({ note }) => (note as { readonly type?: string } | null)?.type !== "policy.switched",
      );
      for (const core of cores) foldAlong(core, kept);
      after = entries.at(-1)!.position;
      yield* Effect.yieldNow();
    }
    const [before, after] = cores;
    const totals = noTotals();
    const accounts: AccountDifference[] = [];
    let compared = 0;
    for (const party of before.parties.keys()) {
      if (before.root(party) !== party) continue;
      compared += 1;
      const difference = differenceOf(pictureOf(before, party), pictureOf(after, party));
      if (difference !== null) {
        addTo(totals, difference);
        if (accounts.length < shown) accounts.push(difference);
      }
      if (compared % 100 === 0) yield* Effect.yieldNow();
    }
    const sorted = accounts.sort((a, b) => (a.account < b.account ? -1 : 1));
    return {
      compared,
      differ: totals.accounts,
      totals: totals as unknown as Json,
      accounts: sorted as unknown as Json,
      complete: totals.accounts === accounts.length,
      seq: through,
    };
  });

export const whatIf = (engine: Engine, query: WhatIf): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const other = yield* otherSurroundings(engine, query);
    const answer = yield* compare(engine, asItIs(engine), other);
    return {
      policy: { before: engine.core.surroundings.policy.name, after: other.policy.name },
      ...(answer as object),
    };
  });
