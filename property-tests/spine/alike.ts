/** Two companies of one seed that ran on different stores: the same steps, journal, snapshot and report, byte for byte. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as Runtime from "effect/Runtime";
import { canonical } from "../../domain/canonical.ts";
import { Journal, Snapshots } from "../../domain/ports/store.ts";
import { report } from "../../server/views/report.ts";
import type { Company } from "./company.ts";
import { contents } from "./stores.ts";

export const shown = (company: Company): string =>
  canonical(Runtime.runSync(company.runtime)(report(company.instances[0]!.engine!)));

const held = (company: Company) => {
  const { journal, snapshots } = company.store;
  Runtime.runSync(company.runtime)(company.instances[0]!.engine!.snapshot);
  return Runtime.runSync(company.runtime)(
    contents.pipe(Effect.provideService(Journal, journal), Effect.provideService(Snapshots, snapshots)),
  );
};

export const assertAlike = (company: Company, inMemory: Company): void => {
  assert.deepEqual(company.trace, inMemory.trace);
  const [one, other] = [held(company), held(inMemory)];
  assert.deepEqual(one.journal, other.journal);
  assert.deepEqual(one.snapshot, other.snapshot);
  assert.equal(shown(company), shown(inMemory));
};
