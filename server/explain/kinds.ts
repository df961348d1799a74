/** What may be explained. *Pure.* */

export const explainKinds = [
  "account",
  "invoice",
  "posting",
  "command",
  "exception",
  "entry",
  "payment",
  "refund",
  "credit_note",
  "dispute",
  "dispute_funds",
  "subscription",
  "contract",
  "quote",
  "kpi",
  "charge",
  "use",
  "usage_batch",
] as const;
export type ExplainKind = (typeof explainKinds)[number];

/** Also as the paths of the API write them: `credit-note`. Null: no such kind. */
export const explainKind = (text: string): ExplainKind | null => {
  const name = text.replaceAll("-", "_");
  return explainKinds.find((kind) => kind === name) ?? null;
};
