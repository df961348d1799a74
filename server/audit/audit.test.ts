/** The audit trail, the noted head, and what rewriting the journal is found by; on a real server and on the bare stores. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, it } from "vitest";
import { sampleEntry } from "../../adapters/stores/contract/samples.ts";
import { layer } from "../../adapters/stores/embedded/layer.ts";
import { Journal, type NewEntry } from "../../domain/ports/store.ts";
import { type Loose, scratch, within } from "../operators/testing/company.ts";
import { expectedHead, readHead } from "./expected-head.ts";

const { folder, remove } = scratch();
afterAll(remove);

it("[AU1 AU2] every act is in the trail with who, what, when, why, its place and the hash of its link; filters and pages leave nothing out", async () => {
  await within(join(folder, "trail"), async (company) => {
    const { customer } = company.invoiced(6000);
    await company.deliver();
    const path = `/v1/accounts/stripe:${customer}`;
    await company.done(`${path}/park`, { reason: "their merger" });
    await company.done(`${path}/release`, { reason: "it is over" });
    await company.done("/v1/links", { party: `stripe:${customer}`, target: null, reason: "a company of its own" });
    const all = (await company.get("/v1/audit?by=sandbox")).items as Loose[];
    assert.deepEqual(
      all.map(({ type }) => type),
      ["link", "party.released", "party.parked"],
    );
    for (const { by, at, hash, position, link, reason } of all) {
      assert.equal(by, "sandbox");
      assert.ok(at > 0 && reason.length > 3 && /^[0-9a-f]{64}$/.test(hash));
      assert.ok(link.first <= position && position <= link.last);
    }
    const seen: Loose[] = [];
    for (let cursor = ""; ; ) {
      const page = await company.get(`/v1/audit?by=sandbox&limit=1${cursor}`);
      seen.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    assert.deepEqual(seen, all);
    const typesOf = async (query: string) =>
      ((await company.get(`/v1/audit?${query}`)).items as Loose[]).map(({ type }) => type);
    assert.deepEqual(await typesOf("type=party"), ["party.released", "party.parked"]);
    assert.deepEqual(await typesOf("type=party.parked&by=sandbox"), ["party.parked"]);
    assert.deepEqual(await typesOf("by=maria"), []);
    assert.equal((await typesOf(`by=sandbox&account=stripe:${customer}`)).length, 3);
    assert.deepEqual(await typesOf("to=2001-01-01"), []);
    assert.equal((await typesOf("by=sandbox&from=2001-01-01&to=2999-01-01T00:00:00Z")).length, 3);
    for (const wrong of ["from=yesterday", "account=stripe:nobody", "cursor=abc", "who=me"])
      assert.equal((await company.ask(`/v1/audit?${wrong}`)).status, 400, wrong);
    await company.verified();
  });
});

it("[AU3] a head that was noted is found again as long as nothing before it was rewritten", async () => {
  await within(join(folder, "head"), async (company) => {
    company.invoiced(6000);
    await company.deliver();
    const { head, hash, position } = await company.get("/v1/audit/head");
    assert.equal(head, `${hash}@${position}`);
    company.invoiced(7000);
    await company.deliver();
    const findings = async (expectHead: string) =>
      ((await company.server.host.ask({ name: "verify", expectHead })) as Loose).findings;
    assert.deepEqual(await findings(head), []);
    const [other] = await findings(`${"0".repeat(64)}@${position}`);
    assert.match(other.what, /rewritten/);
    assert.match((await findings(`${hash}@999999`))[0].what, /no such entry/);
  });
});

const inStore = <A>(
  directory: string,
  work: (journal: typeof Journal.Service) => Effect.Effect<A, unknown>,
): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.flatMap(Journal, work), layer({ directory })) as Effect.Effect<A>);

it("[AU3] a journal that somebody rewrote and hashed anew is whole in itself, and is told by the noted head", async () => {
  const place = mkdtempSync(join(tmpdir(), "tieout-audit-"));
  const entries = Array.from({ length: 6 }, (_, serial) => sampleEntry({ id: `evt_${serial}`, serial }));
  const write = (directory: string, all: ReadonlyArray<NewEntry>) =>
    inStore(directory, (journal) => Effect.forEach(all, (entry) => journal.append([entry])));
  try {
    await write(join(place, "true"), entries.slice(0, 4));
    const link = await inStore(join(place, "true"), (journal) => journal.link(4));
    const expected = readHead(`${link!.hash}@${link!.last}`)!;
    await write(join(place, "true"), entries.slice(4));
    assert.deepEqual(await inStore(join(place, "true"), (journal) => expectedHead(journal, expected)), []);
    const forged = entries.map((entry, i) => (i === 1 ? { ...entry, note: { amountMinor: 1 } } : entry));
    await write(join(place, "forged"), forged);
    assert.deepEqual(await inStore(join(place, "forged"), (journal) => journal.check), []);
    const [finding] = await inStore(join(place, "forged"), (journal) => expectedHead(journal, expected));
    assert.match(finding!.what, /rewritten after the head was noted/);
    await write(join(place, "short"), entries.slice(0, 2));
    assert.match(
      (await inStore(join(place, "short"), (journal) => expectedHead(journal, expected)))[0]!.what,
      /cut off/,
    );
    await inStore(join(place, "grouped"), (journal) => journal.append(entries));
    assert.match(
      (await inStore(join(place, "grouped"), (journal) => expectedHead(journal, expected)))[0]!.what,
      /no link/,
    );
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

it("[AU4] a record of a control that was changed, added or lost behind the journal's back is a finding", async () => {
  await within(join(folder, "records"), async (company) => {
    const { customer } = company.invoiced(6000);
    await company.deliver();
    await company.done(`/v1/accounts/stripe:${customer}/park`, { reason: "their merger" });
    const [exception] = (await company.get("/v1/exceptions?type=parked")).items;
    await company.done(`/v1/exceptions/${exception.id}/assign`, { assignee: "maria" });
    await company.verified();
  });
  // As the next process finds it, and as a snapshot that was tampered with.
  await within(join(folder, "records"), async (company) => {
    const [exception] = (await company.get("/v1/exceptions?type=parked")).items;
    assert.equal(exception.assignee, "maria");
    await company.verified();
  });
  const { Sqlite } = await import("../../adapters/stores/embedded/sqlite.ts");
  const file = new Sqlite(join(folder, "records", "tieout.db"));
  file.exec("UPDATE cells SET body = replace(body, 'maria', 'mario') WHERE party = '@controls'");
  file.close();
  await within(join(folder, "records"), async (company) => {
    const { findings } = (await company.server.host.ask({ name: "verify" })) as Loose;
    assert.ok(
      findings.some(({ where }: Loose) => /of @controls/.test(where)),
      JSON.stringify(findings),
    );
  });
});
