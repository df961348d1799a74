/** What each calculator says, for the help, the schema and the page. Imports nothing: the help of every command is light. */
export const calculatorsTold = {
  rate: "what use costs: tiers, packages, percentages, minimum and maximum, versions of a contract, prepaid credits",
  prorate: "what a part of a period costs, or a change within it",
  schedule: "when an amount is earned",
  allocate: "what each performance obligation gets of a price",
  modify: "what the modification of a contract does to its revenue",
  mrr: "monthly and yearly recurring revenue, and how it moves",
} as const;
