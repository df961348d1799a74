/** The customers of the sample company: one a currency, a size and a story. */

export interface Company {
  readonly name: string;
  readonly currency: string;
  /** Minor units: yen have none, a dinar has a thousand. */
  readonly monthlyMinor: number;
}

export const companies: ReadonlyArray<Company> = [
  { name: "Acme Robotics", currency: "usd", monthlyMinor: 120_000 },
  { name: "Borealis Games", currency: "usd", monthlyMinor: 45_000 },
  { name: "Cedar Health", currency: "usd", monthlyMinor: 89_900 },
  { name: "Dunder Paper", currency: "usd", monthlyMinor: 19_900 },
  { name: "Elm & Co", currency: "gbp", monthlyMinor: 64_000 },
  { name: "Fjord Analytics", currency: "nok", monthlyMinor: 990_000 },
  { name: "Granite Legal", currency: "usd", monthlyMinor: 250_000 },
  { name: "Harbor Foods", currency: "usd", monthlyMinor: 39_900 },
  { name: "Iris Labs", currency: "eur", monthlyMinor: 75_000 },
  { name: "Kaffeehaus Linz", currency: "eur", monthlyMinor: 12_900 },
  { name: "Manama Logistics", currency: "bhd", monthlyMinor: 250_500 },
  { name: "Sakura Design", currency: "jpy", monthlyMinor: 98_000 },
];
