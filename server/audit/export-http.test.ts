/** The export over HTTP: the same files in one archive, by who may see what, one at a time, and nobody waits for it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { type Company, firstKey, within } from "../../property-tests/access/company.ts";
import type { Loose } from "../testing/world.ts";
import { checkExport } from "./export/check.ts";
import type { Asked } from "./export/parts.ts";
import { exportStream } from "./export/stream.ts";
import { writeExport } from "./export/write.ts";

const place = mkdtempSync(join(tmpdir(), "tieout-export-http-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const range = "from=2020-01-01&to=2999-01-01";
const asked: Asked = {
  ...{ from: Date.parse("2020-01-01"), to: Date.parse("2999-01-01") },
  ...{ account: null, format: "ndjson", unmasked: false },
};

/** By the node client: a reader that may stop reading. */
const begin = async (company: Company, key: string, query = range): Promise<IncomingMessage> => {
  const request = get(`${company.server.url}/v1/export?${query}`, { headers: { authorization: `Bearer ${key}` } });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
};
const bytesOf = async (answer: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
/** Unpacked by the system's own tar. */
const unpacked = (name: string, archive: Buffer): string => {
  const directory = join(place, name);
  mkdirSync(directory);
  execFileSync("tar", ["-xf", "-", "-C", directory], { input: archive });
  return directory;
};
const contentOf = (directory: string): string =>
  readdirSync(directory)
    .map((file) => readFileSync(join(directory, file), "latin1"))
    .join("");
const rows = (directory: string, table: string): ReadonlyArray<Loose> =>
  readdirSync(directory)
    .filter((file) => file.startsWith(`${table}-`))
    .sort()
    .flatMap((file) => readFileSync(join(directory, file), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as Loose);

it("[AU9] over HTTP the archive unpacks to what the command line writes, whole by the checker, in both formats and of one account, and each stands in the trail with who and what", async () => {
  await within(async (company) => {
    const { ask, make, invoiced, server } = company;
    for (let i = 0; i < 30; i++) await invoiced(i % 2 ? "stripe-eu" : "stripe-us", `cus_${i}`);
    const { secret, id } = await make("auditor", ["admin"]);
    const directory = unpacked("all", await bytesOf(await begin(company, secret)));
    assert.deepEqual((await checkExport(directory)).findings, []);
    const written = join(place, "written");
    await writeExport(written, asked, (query) => server.host.ask(query), "0");
    for (const table of ["entries", "events", "acts", "links"]) {
      const exported = rows(directory, table);
      assert.ok(exported.length > 0, table);
      assert.deepEqual(exported, rows(written, table).slice(0, exported.length), table);
    }
    const one = `${range}&format=parquet&account=stripe-eu:cus_1`;
    const parquet = unpacked("parquet", await bytesOf(await begin(company, secret, one)));
    assert.deepEqual((await checkExport(parquet)).findings, []);
    const trail = (await ask("/v1/audit?type=evidence", firstKey)).body.items;
    assert.deepEqual(
      trail.map(({ by, type, detail }: Loose) => [by, type, detail.account, detail.format, detail.unmasked]),
      [
        [`auditor (key ${id})`, "evidence.exported", "stripe-eu:cus_1", "parquet", false],
        [`auditor (key ${id})`, "evidence.exported", null, "ndjson", false],
      ],
    );
    const wrong: ReadonlyArray<readonly [string, string, number, RegExp]> = [
      ["", secret, 400, /from is missing/],
      ["from=2026-02-01&to=2026-01-01", secret, 400, /to lies after from/],
      [`${range}&format=xml`, secret, 400, /"xml" is none of ndjson, parquet/],
      [`${range}&colour=red`, secret, 400, /colour/],
      [`${range}&account=stripe-eu:nobody`, secret, 404, /stripe-eu:nobody/],
      [`${range}&unmasked=true`, secret, 403, /grant personal/],
      [range, (await make("reader", ["read", "operate", "approve"])).secret, 403, /scope admin/],
      [range, (await make("eu", ["admin"], { entities: ["eu"] })).secret, 403, /legal entities/],
    ];
    for (const [query, key, status, why] of wrong) {
      const refused = await ask(`/v1/export?${query}`, key);
      assert.deepEqual([refused.status, refused.headers.get("content-type")], [status, "application/problem+json"]);
      assert.match(refused.body.detail, why);
    }
    assert.equal((await ask("/v1/audit?type=evidence", firstKey)).body.items.length, 2, "what is refused is not noted");
    const { findings } = (await server.host.ask({ name: "verify" })) as { findings: unknown[] };
    assert.deepEqual(findings, []);
  });
});

it("[AU10] names, addresses and raw bytes are in it only where they are asked for with a key that may see them", async () => {
  await within(async (company) => {
    const { make, invoiced } = company;
    await invoiced("stripe-eu", "cus_p");
    const plain = (await make("plain", ["admin"])).secret;
    const seeing = (await make("seeing", ["admin"], { personal: true })).secret;
    const personal = /Person of cus_p|cus_p@personal\.test/;
    for (const [name, key] of [
      ["masked", plain],
      ["not asked for", seeing],
    ] as const)
      assert.doesNotMatch(contentOf(unpacked(name, await bytesOf(await begin(company, key)))), personal, name);
    const whole = unpacked("whole", await bytesOf(await begin(company, seeing, `${range}&unmasked=true`)));
    assert.match(contentOf(whole), personal);
    const raw = rows(whole, "entries").find(({ eventType }) => eventType === "customer.created").rawBase64;
    assert.match(Buffer.from(raw, "base64").toString(), personal);
    assert.deepEqual((await checkExport(whole)).findings, []);
  });
});

it("[AU11] a second one is refused while one runs, others are served meanwhile, and a reader that goes away or reads no more makes room", async () => {
  await within(async (company) => {
    const { ask, invoiced } = company;
    const note = "x".repeat(400_000);
    for (let i = 0; i < 10; i++) await invoiced("stripe-eu", `cus_${i}`, { metadata: { note } });
    const first = await begin(company, firstKey, `${range}&unmasked=true`);
    assert.equal(first.statusCode, 200);
    const second = await ask(`/v1/export?${range}`, firstKey);
    assert.deepEqual([second.status, second.body.type], [409, "urn:tieout:problem:conflict"]);
    assert.match(second.body.detail, /^TIEOUT_API_KEY has been exporting since 20/);
    assert.equal(second.headers.get("retry-after"), "30");
    assert.equal((await ask("/v1/accounts?limit=200", firstKey)).body.items.length, 10, "nobody waits for it");
    assert.equal((await ask("/healthz", null)).status, 200);
    first.destroy();
    const again = async (): Promise<IncomingMessage> => {
      for (let turn = 0; turn < 100; turn++) {
        const answer = await begin(company, firstKey, `${range}&unmasked=true`);
        if (answer.statusCode === 200) return answer;
        answer.resume();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return assert.fail("there is no room");
    };
    const third = await again();
    const cut = (await bytesOf(third)).length;
    assert.ok(cut > 4_000_000, `${cut} bytes: more than the buffers between the two hold`);
    assert.ok((await bytesOf(await again())).length >= cut, "the end makes room as well");
  });

  // No page is asked for before the reader takes what there is, and one that takes nothing is given up.
  let pages = 0;
  const ask = async (query: { readonly name: string }): Promise<Loose> => {
    if (query.name === "auditHead") return { position: 10_000, hash: "0".repeat(64) };
    pages += 1;
    const entry = { at: 1, kind: "event", connection: "x", dedup: null, conflictOf: null, note: null, events: [] };
    const from = (query as Loose).after;
    const items = Array.from({ length: 500 }, (_, i) => ({
      entry: { ...entry, position: from + i + 1 },
      raw: null,
      hash: "",
    }));
    return { items, after: from + 500 };
  };
  const failures: unknown[] = [];
  const ended = (failure: unknown) => void failures.push(failure);
  const reader = exportStream({ asked, ask, version: "0", at: 0, patienceMs: 30, ended }).getReader();
  assert.ok(((await reader.read()).value?.byteLength ?? 0) === 512);
  assert.equal(pages, 2);
  await assert.rejects(async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await reader.read();
  }, /nobody read on for 30 ms/);
  assert.deepEqual([pages, failures.length], [2, 1]);
});
