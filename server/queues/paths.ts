/** Where the routes of the desk are served. */
import type { FaultVerb } from "./fault-act.ts";

export const deskPaths = {
  serviceLevels: "/v1/service-levels",
  rules: "/v1/park-rules",
  removeRule: "/v1/park-rules/{id}/remove",
  onObject: (verb: "park" | "release") => `/v1/objects/{id}/${verb}`,
  onFault: (verb: FaultVerb) => `/v1/faults/{id}/${verb}`,
} as const;
