/** How far the use of an account came, as the fold knows it: for the checkpoints, and for the books. */

import type { Accounting } from "../../domain/booking.ts";
import type { RatedLine } from "../../domain/books/rated.ts";
import { usageBatch } from "../../domain/controls/usage-batch.ts";
import { usagePrice } from "../../domain/controls/usage-price.ts";
import { stagedOf } from "../../domain/metering/checkpoints.ts";
import { waitingIn } from "../../domain/metering/waiting.ts";
import type { Party } from "../../domain/party.ts";
import { entityOf } from "../../domain/periods.ts";
import type { Core } from "../engine/core.ts";

/** Of accounts, each by all of its members; what waits is as it is now. */
export const stagedIn = (
  { controls, metered, surroundings }: Pick<Core, "controls" | "metered" | "surroundings">,
  accounting: Accounting,
): ((members: ReadonlyArray<Party>) => ReadonlyArray<RatedLine>) => {
  const context = {
    entityOf: (connection: string) => entityOf(accounting, connection),
    priceOf: (meter: string) => controls.get(usagePrice, meter),
    targets: surroundings.chargeTargets ?? [],
    waiting: waitingIn(controls.all(usageBatch)),
  };
  return (members) =>
    members.every(({ uses, charges }) => uses.isEmpty && charges.isEmpty) ? [] : stagedOf(metered.of(members), context);
};
