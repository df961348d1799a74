/** Sealing, erasure, legal holds and retention: on a real server, and byte by byte in everything that it leaves on disk. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { Sqlite } from "../../adapters/stores/embedded/sqlite.ts";
import { type Company, type Loose, scratch, within } from "../operators/testing/company.ts";
import { partyKey } from "./entries.ts";

const { folder, remove } = scratch();
afterAll(remove);
const env = { TIEOUT_ERASURE: "on" };

/** Every file but those of the simulated vendors, who keep what is theirs. */
const bytesIn = (directory: string): ReadonlyArray<readonly [file: string, bytes: Buffer]> =>
  readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (name === "simulators") return [];
    return statSync(path).isDirectory() ? bytesIn(path) : [[path, readFileSync(path)] as const];
  });
const holding = (directory: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const forms = words.flatMap((word) => [
    word,
    word.toLowerCase(),
    Buffer.from(word).toString("base64").slice(0, -4),
    encodeURIComponent(word),
  ]);
  return bytesIn(directory).flatMap(([file, bytes]) =>
    forms.filter((form) => bytes.includes(Buffer.from(form))).map((form) => `${file}: ${form}`),
  );
};

/** As it lies in the file of keys, while nobody has it open. */
const keyIn = (directory: string, name: string): Buffer | null => {
  const file = new Sqlite(join(directory, "keys.db"));
  try {
    return file.rows<readonly [Buffer | null]>("SELECT key FROM keys WHERE name = ?", [name])[0]?.[0] ?? null;
  } finally {
    file.close();
  }
};

const words = ["Marianne Mustermann", "marianne@mustermann.example"];
const sell = (company: Company) => {
  const { customer, invoice } = company.invoiced(6000, { name: words[0], email: words[1] });
  company.server.sandbox!.stripe.operations.payInvoice(invoice);
  return customer;
};

it("[ER1 ER2 ER3] names and addresses are sealed at rest and shown in their own words; erased they are gone from every byte, and money, ids and verify stay", async () => {
  const place = join(folder, "erase");
  let customer = "";
  let before: Loose;
  await within(
    place,
    async (company) => {
      customer = sell(company);
      await company.deliver();
      before = await company.account(customer);
      assert.equal(before.name, words[0]);
      assert.equal((await company.get(`/v1/accounts?q=${encodeURIComponent(words[1]!)}`)).items.length, 1);
      assert.equal((await company.get("/v1/accounts?q=mustermann")).items.length, 1);
      const [posted] = company.server
        .sandbox!.netsuite.snapshot()
        .docs.filter(({ recordType }: Loose) => recordType === "customer");
      assert.ok(JSON.stringify(posted).includes(words[0]!), "the ERP was told the name");
      const journal = await company.server.host.ask({
        name: "exportPage",
        from: 0,
        to: 9e15,
        account: null,
        after: 0,
        through: 1000,
        unmasked: true,
      });
      const raws = (journal as Loose).items.map(({ raw }: Loose) => Buffer.from(raw ?? "", "base64").toString());
      assert.ok(
        raws.some((raw: string) => raw.includes(words[0]!) && raw.startsWith("{")),
        "raw bytes come back as they were",
      );
      await company.verified();
    },
    { env },
  );
  assert.deepEqual(holding(place, words), []);
  assert.equal(statSync(join(place, "keys.db")).mode & 0o077, 0, "nobody else reads the keys");
  const key = keyIn(place, partyKey(`stripe:${customer}`, 0))!;
  assert.ok(bytesIn(place).some(([, bytes]) => bytes.includes(key)));

  await within(
    place,
    async (company) => {
      assert.equal((await company.account(customer)).name, words[0]);
      const path = `/v1/accounts/stripe:${customer}/erase`;
      const done = await company.done(path, { reason: "she asked for it" });
      assert.ok(
        done.parties.some(
          ({ party, times, by }: Loose) => party === `stripe:${customer}` && times === 1 && by === "sandbox",
        ),
      );
      const after = await company.account(customer);
      assert.equal(after.name, "erased");
      const plain = (account: Loose) => ({ ...account, name: "", seq: 0 });
      assert.deepEqual(plain(after), plain(before));
      assert.deepEqual((await company.get("/v1/accounts?q=mustermann")).items, []);
      const said = JSON.stringify([
        await company.get(`/v1/accounts/stripe:${customer}/timeline`),
        await company.get("/v1/commands"),
        await company.get("/v1/audit"),
        await company.server.host.ask({ name: "report" }),
        await company.server.host.ask({
          name: "exportPage",
          from: 0,
          to: 9e15,
          account: null,
          after: 0,
          through: 1000,
          unmasked: true,
        }),
      ]);
      for (const word of words)
        assert.ok(!said.includes(word), said.slice(said.indexOf(word) - 900, said.indexOf(word) + 100));
      await company.verified();
    },
    { env },
  );
  await within(
    place,
    async (company) => {
      assert.equal((await company.account(customer)).name, "erased");
      // What a system says afterwards is new, and can be erased again.
      company.server.sandbox!.stripe.operations.updateCustomer(customer, { name: "Somebody Else" });
      await company.deliver();
      assert.equal((await company.account(customer)).name, "Somebody Else");
      await company.server.idle();
      const again = await company.done(`/v1/accounts/stripe:${customer}/erase`, {});
      assert.equal(again.parties.find(({ party }: Loose) => party === `stripe:${customer}`).times, 2);
      assert.equal((await company.account(customer)).name, "erased");
      await company.verified();
    },
    { env },
  );
  assert.deepEqual(holding(place, [...words, "Somebody Else"]), []);
  assert.equal(keyIn(place, partyKey(`stripe:${customer}`, 0)), null);
  assert.ok(!bytesIn(place).some(([, bytes]) => bytes.includes(key)), "the key is in no byte any more");
});

it("[ER4] under a legal hold nothing is erased, and lifted it is", async () => {
  await within(
    join(folder, "hold"),
    async (company) => {
      const customer = sell(company);
      await company.deliver();
      const path = `/v1/accounts/stripe:${customer}/erase`;
      const hold = await company.done("/v1/holds", {
        account: `stripe:${customer}`,
        matter: "2026-17",
        reason: "litigation",
      });
      assert.deepEqual([hold.stands, hold.matter, hold.subject.kind], [true, "2026-17", "account"]);
      const refused = await company.act(path, { reason: "she asked for it" });
      assert.equal(refused.status, 409);
      assert.match(refused.body.reasons[0], /hold_.*litigation/);
      assert.equal((await company.account(customer)).name, words[0]);
      assert.equal((await company.done(`/v1/holds/${hold.id}/lift`, {})).stands, false);
      assert.equal((await company.act(`/v1/holds/${hold.id}/lift`, { reason: "again" })).status, 409);
      assert.equal((await company.act("/v1/holds/hold_no/lift", { reason: "x" })).status, 404);
      assert.equal((await company.act("/v1/holds", { reason: "x", period: "2026-13" })).status, 422);
      assert.equal((await company.act("/v1/holds", { reason: "x" })).status, 422);
      await company.done(path, {});
      assert.equal((await company.account(customer)).name, "erased");
      assert.equal((await company.get("/v1/holds")).items.length, 1);
      assert.equal((await company.act("/v1/accounts/stripe:nobody/erase", { reason: "x" })).status, 404);
      await company.verified();
    },
    { env },
  );
});

it("[ER4 ER5] without sealing erasure is refused; a journal from before sealing opens, says what stays readable, and a redelivery is still a duplicate", async () => {
  const place = join(folder, "older");
  let customer = "";
  let events: ReadonlyArray<unknown> = [];
  await within(place, async (company) => {
    customer = sell(company);
    events = await company.deliver();
    const refused = await company.act(`/v1/accounts/stripe:${customer}/erase`, { reason: "x" });
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, /privacy.erasure/);
  });
  await within(
    place,
    async (company) => {
      assert.equal((await company.account(customer)).name, words[0]);
      const { position } = await company.get("/v1/audit/head");
      await company.tell(events);
      assert.equal((await company.get("/v1/faults?kind=conflicting-content")).items.length, 0, String(position));
      const refused = await company.act(`/v1/accounts/stripe:${customer}/erase`, { reason: "x" });
      assert.equal(refused.status, 409);
      assert.match(refused.body.detail, /before sealing was on/);
      await company.verified();
    },
    { env },
  );
});
