/** The statechart as data, and where one account stands in it. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { accountMachine, machineVersion } from "../../machines/account.machine.ts";
import type { Core } from "../engine/core.ts";

interface Edge {
  readonly guard?: unknown;
  readonly target?: unknown;
}
interface NodeConfig {
  readonly always?: Edge | ReadonlyArray<Edge>;
}

/** `toDirectedGraph` leaves out `always` edges, so the definition itself is walked. */
export const definition: Json = {
  id: accountMachine.id,
  version: machineVersion,
  type: "parallel",
  regions: Object.fromEntries(
    Object.entries(accountMachine.root.states).map(([region, node]) => [
      region,
      {
        initial: String(node.config.initial),
        states: Object.fromEntries(
          Object.entries(node.states).map(([state, { config }]) => [
            state,
            {
              always: [(config as NodeConfig).always ?? []].flat().map(({ guard, target }) => ({
                guard: guard === undefined ? null : String(guard),
                target: String(target),
              })),
            },
          ]),
        ),
      },
    ]),
  ),
};

export const machineJson = (core: Core, party: string): Json => {
  const { id, root, regions, facts } = core.account(party);
  return {
    id,
    definition,
    configuration: (core.regionsFromActor(root) ?? regions) as unknown as Json,
    facts: facts as unknown as Json,
    seq: core.position,
  };
};
