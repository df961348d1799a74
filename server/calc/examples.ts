/** One input of each form of each calculator, that works: what `--example` prints, and what docs/calc.md is worked on. */
import type { CalculatorName } from "../../domain/reports/calculate.ts";

export const examples: Readonly<Record<CalculatorName, Readonly<Record<string, object>>>> = {
  rate: {
    quantity: {
      currency: "USD",
      charge: {
        price: {
          model: "graduated",
          tiers: [
            { upTo: 1000, unit: "0.01", flat: "5" },
            { upTo: 10_000, unit: "0.008" },
            { upTo: null, unit: "0.0055" },
          ],
        },
        included: 500,
        minimum: "50",
      },
      quantity: 13_333,
      credits: { at: "2026-02-01", grants: [{ id: "welcome", left: 2000, promotional: true, expires: "2026-06-01" }] },
    },
    pool: {
      currency: "EUR",
      charge: { price: { model: "package", size: 100, price: "7.50", freeUnits: 50 } },
      pool: [
        { entity: "Berlin", quantity: 120 },
        { entity: "Lyon", quantity: 310 },
      ],
    },
    events: {
      currency: "USD",
      zone: "America/New_York",
      meter: { name: "calls", aggregation: "sum" },
      cycle: { anchor: "2026-01-01", unit: "month", every: 1 },
      versions: [
        {
          version: 1,
          inForceFrom: "2026-01-01",
          charge: {
            price: {
              model: "graduated",
              tiers: [
                { upTo: 100, unit: "0.50" },
                { upTo: null, unit: "0.40" },
              ],
            },
          },
        },
        {
          version: 2,
          inForceFrom: "2026-01-16",
          published: "2026-02-10",
          charge: { price: { model: "per_unit", unit: "0.35" } },
        },
      ],
      events: [
        { source: "gateway", id: "a1", meter: "calls", time: "2026-01-05T12:00:00Z", quantity: 80 },
        { source: "gateway", id: "a2", meter: "calls", time: "2026-01-20T12:00:00Z", quantity: 45 },
        { source: "gateway", id: "a3", meter: "calls", quantity: 40, corrects: "a2" },
        { source: "gateway", id: "a1", meter: "calls", time: "2026-01-05T12:00:00Z", quantity: 80 },
      ],
      knownBefore: "2026-02-01",
    },
  },
  prorate: {
    change: {
      currency: "USD",
      convention: "actual",
      period: { from: "2026-04-01", to: "2026-05-01" },
      change: { on: "2026-04-21", matched: [{ old: "90", new: "120" }] },
    },
    part: {
      currency: "USD",
      convention: "second",
      zone: "America/New_York",
      amount: "100",
      period: { from: "2026-03-01", to: "2026-04-01" },
      part: { from: "2026-03-08", to: "2026-03-09" },
    },
    cuts: {
      currency: "JPY",
      convention: "thirty_360",
      amount: 10_000,
      period: { from: "2026-02-01", to: "2026-03-01" },
      cuts: ["2026-02-11", "2026-02-21"],
    },
    range: {
      currency: "USD",
      convention: "actual_360",
      amount: "100",
      cycle: { anchor: "2026-01-15", unit: "month", every: 1 },
      range: { from: "2026-01-01", to: "2026-02-14" },
      endInclusive: true,
    },
  },
  schedule: {
    schedule: {
      currency: "USD",
      amount: "1000",
      recognition: { method: "day", from: "2026-01-15", to: "2026-04-14", endInclusive: true },
      closedPeriods: ["2026-01"],
    },
  },
  allocate: {
    allocate: {
      currency: "USD",
      price: "10000",
      obligations: [
        { id: "platform", ssp: "9000", invoiced: "10000" },
        { id: "onboarding", ssp: "2500", invoiced: "0" },
        { id: "support", ssp: "1500" },
      ],
      discounts: [{ amount: "500", to: ["onboarding", "support"] }],
    },
  },
  modify: {
    units: {
      currency: "USD",
      facts: { addedDistinct: true, addedAtStandalonePrice: false, remainingDistinct: true },
      units: 120,
      unitPrice: "100",
      delivered: 60,
      addedUnits: 30,
      addedUnitPrice: "80",
      creditForDelivered: "900",
    },
    overTime: {
      currency: "USD",
      treatment: "catch_up",
      price: "1000000",
      progressBefore: "0.6",
      addedPrice: "350000",
      progressAfter: { done: 512, whole: 1000 },
    },
  },
  mrr: {
    mrr: {
      currency: "USD",
      prices: [
        { price: "100", quantity: 3, per: { unit: "month", every: 1 } },
        { price: "1000", per: { unit: "year", every: 1 } },
        { price: "20", per: { unit: "month", every: 1 }, metered: true },
      ],
      levels: [
        { on: "2026-01-05", customer: "acme", subscription: "s1", mrrMinor: 30_000 },
        { on: "2026-01-20", customer: "blue", subscription: "s2", mrrMinor: 10_000 },
        { on: "2026-02-10", customer: "acme", subscription: "s1", mrrMinor: 36_000 },
        { on: "2026-02-28", customer: "blue", subscription: "s2", mrrMinor: 0 },
        { on: "2026-04-01", customer: "blue", subscription: "s3", mrrMinor: 8000 },
      ],
    },
  },
};
