/** Evidence for an auditor: what is exported, that it is whole, and that what was changed is found. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, it } from "vitest";
import { type Company, type Loose, scratch, within } from "../operators/testing/company.ts";
import { checkExport } from "./export/check.ts";
import type { Ask, Asked } from "./export/parts.ts";
import { OtherExport, writeExport } from "./export/write.ts";

const { folder, remove } = scratch();
afterAll(remove);
const place = mkdtempSync(join(tmpdir(), "tieout-export-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const all: Asked = { from: 0, to: Date.parse("2999-01-01"), account: null, format: "ndjson", unmasked: false };
const lines = (directory: string, table: string): ReadonlyArray<Loose> =>
  readdirSync(directory)
    .filter((file) => file.startsWith(`${table}-`))
    .sort()
    .flatMap((file) => readFileSync(join(directory, file), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as Loose);
const askOf =
  (company: Company): Ask =>
  (query) =>
    company.server.host.ask(query);

it("[AU5 AU6 AU7 AU8] an export holds the period's entries, events, commands, acts and figures; masked unless asked; whole, resumable, and a change is found", async () => {
  await within(join(folder, "company"), async (company) => {
    const month = new Date().toISOString().slice(0, 7);
    const { customer, invoice } = company.invoiced(6000, { name: "Maria Muster", email: "maria@example.org" });
    const second = company.invoiced(7000);
    company.server.sandbox!.stripe.operations.payInvoice(invoice);
    await company.deliver();
    await company.done(`/v1/accounts/stripe:${customer}/park`, { reason: "their merger" });
    await company.done(`/v1/periods/${month}/close`, { reason: "month end", force: true });
    await company.server.idle();
    const { position } = (await company.get("/v1/audit/head")) as Loose;

    const [posted] = (await company.get(`/v1/commands?account=stripe:${second.customer}`)).items.filter(
      ({ row }: Loose) => row === "invoice.posted",
    );
    assert.deepEqual([posted.booking.entity, posted.booking.period], ["default", month]);

    const plain = await writeExport(join(place, "plain"), all, askOf(company), "0");
    assert.ok(plain.manifest.counts.entries >= position);
    const figures = lines(join(place, "plain"), "figures");
    assert.deepEqual([figures.length, figures.reduce((sum, row) => sum + row.receivablePostedMinor, 0)], [2, 13_000]);
    const acts = lines(join(place, "plain"), "acts").map(({ type }) => type);
    assert.ok(acts.includes("party.parked") && acts.includes("period.closed") && acts.includes("period.reported"));
    const acked = lines(join(place, "plain"), "commands").filter(({ what }) => what === "command.acked");
    const claimed = lines(join(place, "plain"), "commands").filter(
      ({ what, document }) => what === "command.claimed" && document === "receivable",
    );
    assert.ok(
      acked.length >= 3 &&
        claimed.length === 2 &&
        claimed.every(({ amountMinor, period }) => amountMinor > 0 && period),
    );
    const text = (directory: string) =>
      readdirSync(directory)
        .map((file) => readFileSync(join(directory, file), "latin1"))
        .join("");
    assert.ok(!/Muster|maria@example/.test(text(join(place, "plain"))));
    assert.deepEqual((await checkExport(join(place, "plain"))).findings, []);

    // With the raw bytes, in Parquet, read by the library's own reader and by the checker.
    await writeExport(join(place, "parquet"), { ...all, format: "parquet", unmasked: true }, askOf(company), "0");
    const file = await asyncBufferFromFile(join(place, "parquet", "entries-00001.parquet"));
    const rows = (await parquetReadObjects({ file })) as ReadonlyArray<Loose>;
    const first = rows.find(({ eventType }) => eventType === "customer.created")!;
    assert.match(Buffer.from(first.rawBase64, "base64").toString(), /Maria Muster/);
    assert.deepEqual(
      rows.map(({ position }) => Number(position)),
      lines(join(place, "plain"), "entries").map(({ position }) => position),
    );
    assert.deepEqual((await checkExport(join(place, "parquet"))).findings, []);

    // Of one account only; of one that is not there nothing.
    await writeExport(join(place, "one"), { ...all, account: `stripe:${customer}` }, askOf(company), "0");
    const owners = new Set(
      lines(join(place, "one"), "events")
        .map(({ owner }) => owner)
        .filter((owner) => owner !== null),
    );
    assert.ok(owners.has(customer) && !owners.has(second.customer), [...owners].join());
    await assert.rejects(
      writeExport(join(place, "none"), { ...all, account: "stripe:nobody" }, askOf(company), "0"),
      /nobody/,
    );

    // Broken off after each question, it goes on where it was and ends the same.
    for (let alive = 1, done = false; !done; alive++) {
      let left = alive;
      const dying: Ask = (query) => (left-- > 0 ? company.server.host.ask(query) : Promise.reject(new Error("killed")));
      done = await writeExport(join(place, "again"), all, dying, "0").then(
        () => true,
        () => false,
      );
      assert.equal(existsSync(join(place, "again", "manifest.json")), done);
      if (!done) assert.match((await checkExport(join(place, "again"))).findings[0]!.what, /broken off/);
    }
    assert.deepEqual((await checkExport(join(place, "again"))).findings, []);
    const rowsIn = (name: string) =>
      ["entries", "events", "commands", "acts"].map((table) =>
        lines(join(place, name), table).filter((row) => !("position" in row) || row.position <= position),
      );
    assert.deepEqual(rowsIn("again"), rowsIn("plain"));
    await assert.rejects(writeExport(join(place, "again"), { ...all, to: 1 }, askOf(company), "0"), OtherExport);

    const head = plain.manifest.head!;
    assert.deepEqual((await checkExport(join(place, "plain"), head)).findings, []);
    const other = await checkExport(join(place, "plain"), { ...head, hash: "0".repeat(64) });
    assert.match(other.findings[0]!.what, /rewritten/);
  });

  const changed = async (name: string, change: (directory: string) => void): Promise<string> => {
    const directory = join(place, name);
    cpSync(join(place, "plain"), directory, { recursive: true });
    change(directory);
    const { findings } = await checkExport(directory);
    return findings.map(({ where, what }) => `${where} ${what}`).join("; ");
  };
  const rewrite = (file: string, from: RegExp, to: string) => (directory: string) => {
    const path = join(directory, file);
    const before = readFileSync(path, "utf8");
    const after = before.replace(from, to);
    assert.notEqual(after, before);
    writeFileSync(path, after);
  };
  assert.match(
    await changed("c1", rewrite("entries-00001.ndjson", /stripe/, "strope")),
    /entries-00001.ndjson is not what/,
  );
  assert.match(
    await changed("c2", (directory) => rmSync(join(directory, "acts-00001.ndjson"))),
    /acts-00001.ndjson is missing/,
  );
  assert.match(
    await changed("c3", (directory) => writeFileSync(join(directory, "more.txt"), "")),
    /more.txt is not named/,
  );
  assert.match(await changed("c4", rewrite("manifest.json", /"acts": \d+/, '"acts": 99')), /counts 99 rows of acts/);
  assert.match(
    await changed("c5", rewrite("manifest.json", /"hash": "[0-9a-f]{8}/, '"hash": "00000000')),
    /do not lead to the head/,
  );
});
