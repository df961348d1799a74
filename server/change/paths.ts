/** Where bulk acts, replays, policies and mappings are served. */
export const paths = {
  bulks: "/v1/bulk",
  bulk: "/v1/bulk/{id}",
  stopBulk: "/v1/bulk/{id}/stop",
  replays: "/v1/replays",
  replay: "/v1/replays/{id}",
  stopReplay: "/v1/replays/{id}/stop",
  policies: "/v1/policies",
  mappings: "/v1/mappings",
  configurations: "/v1/configurations",
} as const;
