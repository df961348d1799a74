/** Every report of the books, by name. *Pure.* */
import { receivables } from "./aging.ts";
import { deferredRevenue } from "./deferred.ts";
import { bookingsBillingsRevenue, unbilledUsage, usageCheckpoints } from "./flow.ts";
import { journal, trialBalance } from "./ledger.ts";
import { arr, renewals } from "./recurring.ts";
import type { Report } from "./report.ts";
import { revenueWaterfall } from "./waterfall.ts";

export const reports: ReadonlyArray<Report> = [
  deferredRevenue,
  revenueWaterfall,
  arr,
  bookingsBillingsRevenue,
  renewals,
  receivables,
  unbilledUsage,
  usageCheckpoints,
  journal,
  trialBalance,
];

export const reportNamed = (name: string): Report | undefined => reports.find((report) => report.name === name);
