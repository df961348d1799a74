/** Where each flow of the service levels stands now. *Pure* over a fold. */
import { type Measured, measure, owedOf, type ServiceLevel } from "../../domain/service-levels.ts";
import type { Engine } from "../engine/engine.ts";
import { teamOf } from "./items.ts";
import type { QueueSettings } from "./settings.ts";

export interface ServiceStanding {
  readonly level: ServiceLevel;
  readonly measured: Measured;
  readonly team: string | null;
}

export const serviceStates = (
  { core }: Pick<Engine, "core">,
  settings: QueueSettings,
  now: number,
): ReadonlyArray<ServiceStanding> => {
  const owed = [...core.open.values()].flatMap(({ party, planned }) => {
    const found = core.parties.get(party);
    const one = found === undefined ? null : owedOf(found, planned);
    return one === null ? [] : [one];
  });
  return settings.serviceLevels.map((level) => {
    const measured = measure(level, owed, now);
    const side = measured.oldest?.target ?? level.to?.[0] ?? null;
    return { level, measured, team: level.team ?? (side === null ? null : teamOf(settings, side)) };
  });
};
