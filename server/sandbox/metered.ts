/** What the sample company's first customer uses beside its subscription: terms with an included volume, and three months of use. */

export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: "usage";
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly owner: string;
  readonly link?: string;
  readonly data: object;
}

const owner = "acme-robotics";

/** First instants of the three calendar months before the one of an instant, and of that one. UTC. */
export const quarterBefore = (now: number): ReadonlyArray<Date> => {
  const present = new Date(now);
  return [-3, -2, -1, 0].map((back) => new Date(Date.UTC(present.getUTCFullYear(), present.getUTCMonth() + back, 1)));
};

const event = (subject: string, time: Date, data: object, link?: string): CloudEvent => ({
  specversion: "1.0",
  id: subject,
  source: "usage",
  type: subject.startsWith("use/") ? "use.recorded" : "terms.agreed",
  subject,
  time: time.toISOString(),
  owner,
  ...(link === undefined ? {} : { link }),
  data,
});

/** 100,000 calls a month are included; then a fifth of a cent for each, beyond half a million a tenth. */
export const termsOf = (customer: string, subscription: string, from: Date): CloudEvent =>
  event(
    "terms/acme-2",
    from,
    {
      status: "active",
      subscription: `stripe:${subscription}`,
      timeZone: "UTC",
      contract: {
        id: "acme-2",
        currency: "USD",
        start: from.toISOString().slice(0, 10),
        months: 12,
        items: [{ id: "base", product: "platform", price: "1200" }],
      },
      meters: [
        {
          meter: "api-calls",
          aggregation: "sum",
          product: "api-calls",
          versions: [
            {
              version: 1,
              inForceFrom: from.toISOString().slice(0, 10),
              charge: {
                included: "100000",
                price: {
                  model: "graduated",
                  tiers: [
                    { upTo: "500000", unit: "0.002" },
                    { upTo: null, unit: "0.001" },
                  ],
                },
              },
            },
          ],
        },
      ],
      placements: { "api-calls": { entity: null, jurisdiction: "US-NY", taxes: [{ id: "ny", percent: "8.875" }] } },
    },
    `stripe:${customer}`,
  );

const use = (id: string, time: Date, quantity: number, more: object = {}): CloudEvent =>
  event(`use/${id}`, time, {
    status: "recorded",
    meter: "api-calls",
    contract: null,
    quantity: String(quantity),
    ...more,
  });

const dayMs = 86_400_000;

/** One month's use, every third day; more from month to month. The second month corrects a day of the first. */
export const useOf = (month: number, from: Date): ReadonlyArray<CloudEvent> => {
  const days = Array.from({ length: 9 }, (_, index) =>
    use(`${month}-${index}`, new Date(from.getTime() + (1 + index * 3) * dayMs), 11_000 + 9_500 * index * (month + 1)),
  );
  if (month !== 1) return days;
  const wrong = new Date(quarterStart(from).getTime() + (1 + 8 * 3) * dayMs);
  return [...days, use("0-8-corrected", wrong, 80_000, { corrects: "0-8" })];
};
const quarterStart = (second: Date): Date => new Date(Date.UTC(second.getUTCFullYear(), second.getUTCMonth() - 1, 1));
