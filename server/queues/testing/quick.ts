/** For tests of the desk: a server that looks through its queues at once, and waiting for what it will say. */
import assert from "node:assert/strict";
import { usualPriorities } from "../../../domain/priority.ts";
import type { Company, Loose } from "../../operators/testing/company.ts";
import type { DeskSettings } from "../settings.ts";

/** `dueMs`: by when anything should be closed. */
export const quick = (dueMs = 3_600_000): Partial<DeskSettings> => {
  const due = dueMs / 60_000;
  return {
    everyMs: 10,
    standsMs: 0,
    teams: { stripe: "billing", netsuite: "finance-systems" },
    retry: { baseMs: 20, capMs: 100 },
    priorities: { ...usualPriorities, dueMinutes: { urgent: due, high: due, normal: due, low: due } },
  };
};

/** What `ask` answers once `holds` of it; fails after five seconds with what it answered last. */
export const until = async (ask: () => Promise<Loose>, holds: (answer: Loose) => boolean): Promise<Loose> => {
  let last: Loose = null;
  for (const end = Date.now() + 5000; Date.now() < end; ) {
    last = await ask();
    if (holds(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail(`it never came to that: ${JSON.stringify(last)}`);
};

/** The list of exceptions once it has so many. */
export const listed = (company: Company, search: string, total: number): Promise<Loose> =>
  until(
    () => company.get(`/v1/exceptions?${search}`),
    (page) => page.total === total && page.items.every(({ firstSeenAt }: Loose) => firstSeenAt !== null),
  );
