/** The company under every fault of the harness and below the ports, on a real Redis: no step, entry or byte differs from memory. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { redisIsHere } from "../../../adapters/stores/redis/testing/server.ts";
import { assertAlike } from "../alike.ts";
import { auditCompany } from "../auditor.ts";
import { Company, fullMenu } from "../company.ts";
import { makeBridge } from "./bridge.ts";
import type { Below } from "./wire.ts";

const companies = Number(process.env["TIEOUT_COMPANIES"] ?? 1);
const all = 200;
/** A firm costs about 100 ms on two cores that others use too, most of it the flushes of `appendfsync always`. */
const firms = companies > 1 ? all : 24;
const owners = { "billing-led": 1, "crm-led": 2 } as const;
type PolicyName = keyof typeof owners;
const policyNames = Object.keys(owners) as ReadonlyArray<PolicyName>;
/** A few firms make few calls, and are to meet as much. */
const often = firms < all ? 4 : 1;
const menuOf = (policy: PolicyName) => ({ ...fullMenu, crash: fullMenu.crash * often, owners: owners[policy] });
const belowOf = (seed: number): Below => ({ seed: seed * 31, cut: 0.02, kill: 0.0007 * often, maxKills: 5 });

/** One company on a Redis of its own; what happened below its ports comes with it. */
const onRedis = async (seed: number, policy: PolicyName, firms: number, then: (company: Company) => void) => {
  const bridge = await makeBridge(belowOf(seed));
  try {
    const menu = menuOf(policy);
    const more = { store: bridge.open("auditor"), processes: bridge };
    const company = new Company(seed, policy, { firms, events: 10 }, menu, more);
    await company.run();
    then(company);
    return { trace: company.trace, below: bridge.seen() };
  } finally {
    await bridge.close();
  }
};

/** Every kind of trouble below the ports was met, in the calls where it can do harm. */
const met = (below: ReadonlyMap<string, number>): void => {
  const told = [...below.keys()];
  for (const what of [
    /^answer lost at journal append$/,
    /^request lost at journal append$/,
    /^torn at /,
    /^server killed /,
  ])
    assert.ok(
      told.some((one) => what.test(one)),
      `never: ${what} in ${told.join(", ")}`,
    );
};

describe.skipIf(!redisIsHere)("the company on Redis", () => {
  for (const policy of policyNames)
    it(`[SP22 P1 P2 P3 P4 P5 P6 P7] ${policy}: ${companies} of ${firms} firms, with processes that die in a call, lost requests and answers and a killed server: memory's journal, byte for byte, and alike at the end`, {
      timeout: 60_000 + companies * 300_000,
    }, async () => {
      for (let seed = 1; seed <= companies; seed++) {
        const inMemory = new Company(seed, policy, { firms, events: 10 }, menuOf(policy));
        await inMemory.run();
        const { below } = await onRedis(seed, policy, firms, (company) => {
          auditCompany(company);
          assertAlike(company, inMemory);
          assert.ok(company.crashes >= 5, `${company.crashes} crashes`);
        });
        met(below);
      }
    });

  it("[SP23 P2] the same seed is the same run over Redis too, also below the ports", { timeout: 120_000 }, async () => {
    const run = () => onRedis(3, "crm-led", 5, () => {});
    assert.deepEqual(await run(), await run());
  });
});

it.skipIf(redisIsHere)("[SP22] the company on Redis is left out: no redis-server on the path", () => {});
