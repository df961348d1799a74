/** Where batches of rated use are served. */
export const usageVerbs = ["approve", "reject"] as const;
export type UsageVerb = (typeof usageVerbs)[number];

export const usagePaths = {
  batches: "/v1/usage-batches",
  batch: "/v1/usage-batches/{id}",
  on: (verb: UsageVerb) => `/v1/usage-batches/{id}/${verb}`,
} as const;
