/** One account's use as it is rated now: what no batch carries yet, and prices that others' use may be estimated at. */
import * as Effect from "effect/Effect";
import type { Agreement } from "../../domain/agreement.ts";
import { usualAccounting } from "../../domain/booking.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { type UsagePriceNotes, usagePrice } from "../../domain/controls/usage-price.ts";
import { carriedOf, deltasOf } from "../../domain/metering/batch.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import { carriedLines, type Waiting } from "../../domain/metering/waiting.ts";
import { entityOf } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";

/** The legal entity of a connection. */
const entitiesFor =
  ({ accounting }: Engine) =>
  (connection: string): string =>
    entityOf(accounting ?? usualAccounting, connection);

export interface RatedAccount {
  readonly lines: ReadonlyArray<BatchLine>;
  readonly agreements: ReadonlyArray<Agreement>;
}

/** Null: its parties went out of memory meanwhile, so ask again. `at`: journal time, epoch ms. */
export const rateAccount = (
  engine: Engine,
  party: string,
  waiting: Waiting,
  at: number,
): Effect.Effect<RatedAccount | null, StoreError> =>
  Effect.map(engine.ensure(party), () => {
    const { core } = engine;
    const ids = core.membersOf(core.root(party));
    if (!core.isSettled || ids.some((id) => !core.parties.has(id))) return null;
    const account = core.meteredOf(party);
    if (account === null) return { lines: [], agreements: [] };
    const carried = carriedOf(carriedLines(account.members, waiting));
    const lines = deltasOf({ ...account, entityOf: entitiesFor(engine) }, carried, at);
    return { lines, agreements: account.agreements };
  });

/** The prices that are worth writing down: of meters that have none yet, or none as it is now. */
export const learnt = ({ core }: Engine, agreements: ReadonlyArray<Agreement>): ReadonlyArray<UsagePriceNotes> =>
  agreements.flatMap(({ id, meters, contract }) =>
    meters.flatMap(({ meter, versions }): ReadonlyArray<UsagePriceNotes> => {
      const known = core.controls.get(usagePrice, meter);
      if (known !== null && known.agreement !== id) return [];
      const { version, charge } = versions.reduce((a, b) => (b.version > a.version ? b : a));
      const price = { currency: contract.currency, agreement: id, version, charge };
      if (known !== null && canonical(known as unknown as Json) === canonical(price as unknown as Json)) return [];
      const said = { party: controlsParty, by: "tieout", reason: null } as const;
      return [{ ...said, type: "usage-price.learnt", meter, ...price }];
    }),
  );
