/** Every account in the canonical form of `tieout accounts --json`, sorted, with what no party is found for. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { accountId } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { accountReport, poolsReport } from "../engine/report.ts";
import { isKnown, settled } from "./find.ts";

const page = 500;

export const report = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    yield* Effect.ignore(engine.snapshot);
    const roots = new Set<string>();
    for (const party of core.parties.keys()) if (isKnown(core, party)) roots.add(core.root(party));
    let after: string | null = null;
    for (;;) {
      const parties: ReadonlyArray<string> = yield* snapshots.parties(after, page);
      for (const party of parties) if (!party.startsWith("@")) roots.add(core.root(party));
      if (parties.length < page) break;
      after = parties.at(-1)!;
    }
    const sorted = [...roots].map((root) => ({ id: accountId(root), root })).sort((a, b) => (a.id < b.id ? -1 : 1));
    const accounts: Json[] = [];
    for (const { root } of sorted) {
      yield* settled(engine, root);
      accounts.push(accountReport(core, root));
    }
    return { accounts, ...poolsReport(core) };
  });
