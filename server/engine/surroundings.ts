/** What is the same for every party of one deployment, from its systems, its policy and what its operator lets out. */
import { type Policy, requiredStages } from "../../domain/lifecycle.ts";
import type { Surroundings } from "../../domain/party.ts";
import type { Role, SystemProfile } from "../../domain/ports/system.ts";
import { actOnAll, type ConnectionRules } from "../../domain/rules.ts";

export interface Deployment {
  readonly systems: ReadonlyMap<string, { readonly profile: Pick<SystemProfile, "roles" | "orders"> }>;
  readonly policy: Policy;
  /** By connection; one without rules is sent everything. */
  readonly rules: ReadonlyMap<string, ConnectionRules>;
}

export const surroundingsOf = ({ systems, policy, rules }: Deployment): Surroundings => {
  const has = (connection: string, role: Role): boolean =>
    systems.get(connection)?.profile.roles.includes(role) ?? false;
  const all = [...systems.keys()];
  const erps = all.filter((connection) => has(connection, "erp"));
  const crms = all.filter((connection) => has(connection, "crm"));
  const roles = new Set<Role>([...systems.values()].flatMap((system) => system.profile.roles));
  return {
    orders: (connection) => systems.get(connection)?.profile.orders ?? {},
    targets: (connection) => (has(connection, "billing") ? erps.slice(0, 1) : []),
    chargeTargets: erps.slice(0, 1),
    crms: (connection) => (has(connection, "billing") || has(connection, "erp") ? crms : []),
    rulesOf: (target) => rules.get(target) ?? actOnAll,
    required: requiredStages(policy, roles),
    policy,
    under: (other) => surroundingsOf({ systems, policy: other, rules }),
    places: {
      isCrm: (connection) => has(connection, "crm"),
      isErp: (connection) => has(connection, "erp"),
      isBilling: (connection) => has(connection, "billing"),
      rankOf: (connection) => {
        const rank = policy.authority.customer.findIndex((role) => has(connection, role));
        return rank < 0 ? null : rank;
      },
    },
  };
};
