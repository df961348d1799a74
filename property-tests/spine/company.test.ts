/** A recorded company of 200 firms under both policies, with every fault of the harness, on every store. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Runtime from "effect/Runtime";
import { afterAll, describe, it } from "vitest";
import { layer as embedded } from "../../adapters/stores/embedded/layer.ts";
import { layer as memory } from "../../adapters/stores/memory.ts";
import { layer as redis } from "../../adapters/stores/redis/layer.ts";
import { makeServer, redisIsHere } from "../../adapters/stores/redis/testing/server.ts";
import { auditRefold } from "../simulation/auditor.ts";
import { assertAlike, shown } from "./alike.ts";
import { auditCompany } from "./auditor.ts";
import { Company, fullMenu } from "./company.ts";
import { type PolicyName, policyNames } from "./lab.ts";
import { opened, playInto, recording } from "./stores.ts";

const size = { firms: 200, events: 10 };
/** Companies for each policy; more with `TIEOUT_COMPANIES`. */
const companies = Number(process.env["TIEOUT_COMPANIES"] ?? 1);
/**
 * Two at least: what is rare happens in one of them. Under `crm-led` the second company had an owner who was held up between claim and
 * sending, and one who was ahead of another.
 */
const seeds: ReadonlyArray<number> = Array.from({ length: Math.max(companies, 2) }, (_, index) => index + 1);
const owners = { "billing-led": 1, "crm-led": 2 } as const;
const menuOf = (policy: PolicyName) => ({ ...fullMenu, owners: owners[policy] });

const made: string[] = [];
const scratch = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-spine-"));
  made.push(directory);
  return directory;
};
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

const recordedOf = new Map<PolicyName, Company>();
/** On memory; run once. */
const recorded = async (policy: PolicyName): Promise<Company> => {
  const before = recordedOf.get(policy);
  if (before) return before;
  const company = new Company(1, policy, size, menuOf(policy));
  await company.run();
  recordedOf.set(policy, company);
  return company;
};

describe("a recorded company", () => {
  for (const policy of policyNames) {
    it(`[SP7 P1 P2 P3 P4 P5 P6 P7] ${policy}: ${seeds.length} of 200 firms with crashes, lost, late and repeated messages: at rest all is the oracle's`, {
      timeout: 60_000 + companies * 60_000,
    }, async () => {
      const reached = new Set<string>();
      const told = new Map<string, number>();
      for (const seed of seeds) {
        const company = new Company(seed, policy, size, menuOf(policy));
        await company.run();
        auditCompany(company);
        for (const what of company.seen.keys()) reached.add(what);
        for (const { acts } of company.firms)
          for (const act of new Set(acts.map((one) => one.act))) told.set(act, (told.get(act) ?? 0) + 1);
        for (const { op, client } of company.salesforce!.committed) if (client !== null) reached.add(`the CRM's ${op}`);
        if (seed > 1) continue;
        recordedOf.set(policy, company);
        await auditRefold(company);
      }
      const troubles = ["stripe.test", "salesforce.test", "netsuite.test"].map((host) => `trouble ${host}`);
      const ops = ["create", "update", "delete"].map((op) => `the CRM's ${op}`);
      for (const what of ["crash", "duplicate", ...troubles, ...ops]) assert.ok(reached.has(what), `never: ${what}`);
      for (const act of [
        "link.field",
        "link.metadata",
        "link.operator",
        "deal.stage",
        "order.status",
        "account.delete",
      ])
        assert.ok((told.get(act) ?? 0) >= 4, `${act} in ${told.get(act) ?? 0} firms only`);
    });

    const few = companies > 1 ? size : { ...size, firms: 40 };
    it(`[SP8 P2] ${policy}: the embedded store under the same faults (${few.firms} firms) takes the same journal, byte for byte, and ends alike`, {
      timeout: 60_000 + companies * 60_000,
    }, async () => {
      const inMemory = few === size ? await recorded(policy) : new Company(1, policy, few, menuOf(policy));
      if (few !== size) await inMemory.run();
      const { ports, close } = await opened(embedded({ directory: scratch() }));
      try {
        const company = new Company(1, policy, few, menuOf(policy), { store: ports });
        await company.run();
        auditCompany(company);
        assertAlike(company, inMemory);
      } finally {
        await close();
      }
    });

    it(`[SP9 P2] ${policy}: the recorded journal played into ${redisIsHere ? "memory, the embedded store and Redis" : "memory and the embedded store"} through ended processes: byte for byte alike`, async () => {
      const company = await recorded(policy);
      const entries = Runtime.runSync(company.runtime)(recording(company.store.journal));
      const first = await playInto(memory, entries, policy);
      assert.equal(first.report, shown(company), "played again it shows what the run showed");
      assert.deepEqual(await playInto(embedded({ directory: scratch() }), entries, policy), first, "embedded");
      if (!redisIsHere) return;
      const server = await makeServer();
      try {
        const store = redis({ url: server.url, directory: scratch(), prefix: "spine:" });
        assert.deepEqual(await playInto(store, entries, policy), first, "redis");
      } finally {
        await server.dispose();
      }
    });
  }

  it.skipIf(redisIsHere)("[SP9] Redis is left out: no redis-server on the path", () => {});
});
