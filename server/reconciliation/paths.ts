/** Where reconciliation is served. */
export const reconciliationPaths = {
  latest: "/v1/reconciliations/latest",
  matches: "/v1/reconciliations/matches",
  unmatch: "/v1/reconciliations/matches/{id}/unmatch",
  runs: "/v1/reconciliations",
  run: "/v1/reconciliations/{id}",
} as const;
