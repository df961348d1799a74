/** Where operators' routes are served. */
import type { CommandVerb } from "./act.ts";
import type { DeskVerb } from "./exceptions.ts";

export const paths = {
  links: "/v1/links",
  separate: "/v1/accounts/{id}/separate",
  park: "/v1/accounts/{id}/park",
  release: "/v1/accounts/{id}/release",
  commands: "/v1/commands",
  command: "/v1/commands/{key}",
  actOn: (verb: CommandVerb) => `/v1/commands/{key}/${verb}`,
  exceptions: "/v1/exceptions",
  exception: "/v1/exceptions/{id}",
  onException: (verb: DeskVerb) => `/v1/exceptions/{id}/${verb}`,
  faults: "/v1/faults",
} as const;
