/** Legal entities and personal data: what a limited key gets to see, over every route that lets it in, byte for byte. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { isSighted } from "../../server/access/sighted-operations.ts";
import { operations } from "../../server/openapi/operations.ts";
import type { Loose } from "../../server/testing/world.ts";
import { type Company, firstKey, webhookSecret, within } from "./company.ts";
import { forms } from "./nowhere.ts";
import { heardSoFar } from "./overheard.ts";

const readable = operations.filter(({ method, access }) => method === "get" && access !== "none");

/** A webhook of a type that nobody knows: a fault of its connection. */
const unknown = async (url: string, connection: string): Promise<void> => {
  const at = Math.floor(Date.now() / 1000);
  const object = { id: `thing_of_${connection}`, object: "thing" };
  const body = JSON.stringify({ id: `evt_${connection}`, type: "thing.invented", created: at, data: { object } });
  const headers = { "stripe-signature": signWebhook(body, webhookSecret, at) };
  assert.equal((await fetch(`${url}/webhooks/${connection}`, { method: "POST", body, headers })).status, 202);
};

/** Two accounts of two entities, with everything that a list may hold of them. */
const twoEntities = async ({ invoiced, ask, server }: Company) => {
  await invoiced("stripe-eu", "cus_mine");
  await invoiced("stripe-us", "cus_other");
  // An invoice that owes the customer money is an exception.
  await invoiced("stripe-eu", "cus_mine", {}, { id: "in_mine_less", total: -500, amount_due: 0 });
  await invoiced("stripe-us", "cus_other", {}, { id: "in_cus_other_less", total: -700, amount_due: 0 });
  await server.idle();
  const of = async (customer: string): Promise<Loose> => (await ask(`/v1/accounts/${customer}`, firstKey)).body;
  const [mine, other] = [await of("stripe-eu:cus_mine"), await of("stripe-us:cus_other")];
  const commands: Loose[] = (await ask("/v1/commands?limit=200", firstKey)).body.items;
  const commandOf = (account: string): string => commands.find((item) => item.account === account).key;
  return { mine, other, myCommand: commandOf(mine.id), otherCommand: commandOf(other.id) };
};

it("[SE7] a key of one legal entity sees its accounts alone: in lists, totals, searches, one by one and in acts the others are not there", async () => {
  await within(async (company) => {
    const { ask, act, make } = company;
    const { mine, other, myCommand, otherCommand } = await twoEntities(company);
    const { secret } = await make("eu", ["operate", "approve"], { entities: ["eu"] });
    const hidden = ["cus_other", other.id, otherCommand];
    let [asked, told] = [0, 0];
    for (const operation of readable.filter(isSighted)) {
      const ids = operation.path.includes("{key}")
        ? [myCommand, otherCommand]
        : ["stripe-eu:cus_mine", "stripe-us:cus_other", "stripe-us:in_cus_other", other.id];
      for (const id of operation.path.includes("{") ? ids : ["-"]) {
        const path = operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
        const [seen, whole] = [await ask(path, secret), await ask(path, firstKey)];
        asked += 1;
        if (hidden.some((text) => whole.text.replaceAll(id, "").includes(text))) told += 1;
        if (hidden.includes(id) || id.startsWith("stripe-us:"))
          assert.ok(seen.status === 404 || !hidden.some((text) => seen.text.includes(text)), `${path}: ${seen.text}`);
        else assert.ok(!hidden.some((text) => seen.text.includes(text)), `${path}: ${seen.text.slice(0, 500)}`);
      }
    }
    assert.ok(asked > 30 && told >= 8, `${told} of ${asked} answers would have told of the other entity`);
    const list = (await ask("/v1/accounts", secret)).body;
    assert.deepEqual([list.items.map((item: Loose) => item.id), list.nextCursor], [[mine.id], null]);
    const [part, all] = [await ask("/v1/exceptions", secret), await ask("/v1/exceptions", firstKey)];
    assert.deepEqual([part.body.total, all.body.total], [1, 2]);
    assert.deepEqual(part.body.moneyMinor, { USD: 500 });
    for (const q of ["cus_other", "N-cus_other", "Person%20of%20cus_other", "cus_other@personal.test"])
      assert.deepEqual((await ask(`/v1/accounts?q=${q}`, secret)).body.items, [], q);
    assert.equal((await ask("/v1/accounts?q=cus_mine", secret)).body.items.length, 1);
    // What closed is kept for a while; of the others it is not there either.
    for (const connection of ["stripe-eu", "stripe-us"]) {
      const customer = connection === "stripe-eu" ? "cus_mine" : "cus_other";
      const id = connection === "stripe-eu" ? "in_mine_less" : "in_cus_other_less";
      await company.invoiced(connection, customer, {}, { id, total: 700, amount_due: 700, created: 1 });
    }
    const closed = async (key: string): Promise<ReadonlyArray<string>> =>
      (await ask("/v1/exceptions?status=closed,open,snoozed,resolved&limit=200", key)).body.items.map(
        (item: Loose) => item.source,
      );
    for (const source of await closed(secret)) assert.match(source, /^stripe-eu:/);
    const asOf = `/v1/accounts/stripe-us:cus_other?knownAt=${new Date(Date.now() + 1000).toISOString()}`;
    assert.notEqual((await ask(asOf, secret)).status, 200);

    const acts: ReadonlyArray<readonly [string, object]> = [
      ["/v1/accounts/stripe-us:cus_other/park", {}],
      [`/v1/accounts/${other.id}/separate`, {}],
      [`/v1/commands/${otherCommand}/cancel`, {}],
      ["/v1/links", { party: "stripe-eu:cus_mine", target: "stripe-us:cus_other", force: true }],
      ["/v1/links", { party: "stripe-us:cus_other", target: null, force: true }],
    ];
    for (const [path, body] of acts) {
      const refused = await act(path, secret, { reason: "mine now", ...body });
      assert.equal(refused.status, 404, `${path}: ${refused.text}`);
    }
    assert.deepEqual((await ask(`/v1/accounts/${other.id}`, firstKey)).body.parties, other.parties);
    assert.equal((await act("/v1/accounts/stripe-eu:cus_mine/park", secret, { reason: "mine" })).status, 200);
    // Joined with one of ours by somebody who sees both, the account is in sight, and all of it.
    const link = { party: "stripe-eu:cus_mine", target: "stripe-us:cus_other", reason: "one company" };
    assert.equal((await act("/v1/links", firstKey, link)).status, 200);
    assert.equal((await ask("/v1/accounts/stripe-us:cus_other", secret)).status, 200);
  });
});

it("[SE23] of faults, holds, rules, periods, reports, lines and the trail a key of one legal entity sees and does what is of its own, and of the others' nothing", async () => {
  await within(async (company) => {
    const { ask, act, make, server } = company;
    const { mine, other } = await twoEntities(company);
    const { secret } = await make("eu", ["operate", "approve"], { entities: ["eu"] });
    const why = { reason: "as agreed" };
    const done = async (path: string, key: string, body: object = {}): Promise<Loose> => {
      const answer = await act(path, key, { ...why, ...body });
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      return answer.body;
    };
    const refused = async (path: string, body: object, status: number, reason: RegExp): Promise<void> => {
      const answer = await act(path, secret, { ...why, ...body });
      assert.equal(answer.status, status, `${path}: ${answer.text}`);
      assert.match(answer.body.detail, reason);
      assert.ok(!answer.text.includes(other.id), answer.text);
    };
    const items = async (path: string, key: string): Promise<ReadonlyArray<Loose>> => (await ask(path, key)).body.items;
    const mineAnd = async (path: string): Promise<readonly [ReadonlyArray<Loose>, ReadonlyArray<Loose>]> => [
      await items(path, secret),
      await items(path, firstKey),
    ];
    const [own, foreign] = ["stripe-eu:cus_mine", "stripe-us:cus_other"];

    for (const connection of ["stripe-eu", "stripe-us"]) await unknown(server.url, connection);
    await server.idle();
    const [faults, allFaults] = await mineAnd("/v1/faults");
    assert.deepEqual(
      [faults.map(({ connection }) => connection), allFaults.map(({ connection }) => connection).sort()],
      [["stripe-eu"], ["stripe-eu", "stripe-us"]],
    );
    assert.equal((await ask("/v1/faults", secret)).body.total, 1);

    const month = new Date().toISOString().slice(0, 7);
    const theirs = await done("/v1/holds", firstKey, { account: foreign, matter: "of cus_other" });
    await done("/v1/holds", firstKey, { period: month, matter: "everybody" });
    const ours = await done("/v1/holds", secret, { account: own, matter: "our own" });
    const [holds, allHolds] = await mineAnd("/v1/holds");
    assert.deepEqual([holds.map(({ id }) => id), allHolds.length], [[ours.id], 3]);
    await refused(`/v1/holds/${theirs.id}/lift`, {}, 404, /no legal hold/);
    await refused("/v1/holds", { account: foreign }, 422, /nothing is known as "stripe-us:cus_other"/);
    await refused("/v1/holds", { period: month }, 422, /of all legal entities/);
    await done(`/v1/holds/${ours.id}/lift`, secret);

    const rule = (connection: string | null, key: string) =>
      done("/v1/park-rules", key, { ...(connection === null ? {} : { connection }), currency: "USD", kind: "invoice" });
    const [us] = [await rule("stripe-us", firstKey), await rule(null, firstKey)];
    const eu = await rule("stripe-eu", secret);
    const [rules, allRules] = await mineAnd("/v1/park-rules");
    assert.deepEqual([rules.map(({ id }) => id), allRules.length], [[eu.id], 3]);
    await refused(`/v1/park-rules/${us.id}/remove`, {}, 404, /no rule/);
    await refused("/v1/park-rules", { currency: "EUR" }, 422, /of all legal entities|about all legal entities/);
    await refused("/v1/park-rules", { connection: "stripe-us" }, 422, /there is no "stripe-us"/);
    await done(`/v1/park-rules/${eu.id}/remove`, secret);

    const [periods, allPeriods] = await mineAnd("/v1/periods");
    const entitiesIn = (all: ReadonlyArray<Loose>) => [...new Set(all.map(({ entity }) => entity))].sort();
    assert.deepEqual([entitiesIn(periods), entitiesIn(allPeriods)], [["eu"], ["default", "eu", "us"]]);
    for (const [entity, key] of [
      ["us", firstKey],
      ["eu", secret],
    ] as const)
      await done(`/v1/periods/${month}/close`, key, { entity, force: true });
    const report = (entity: string, key: string) => ask(`/v1/periods/${month}/report?entity=${entity}`, key);
    assert.equal((await report("us", firstKey)).status, 200);
    assert.deepEqual([(await report("us", secret)).status, (await report("eu", secret)).status], [404, 200]);
    assert.ok((await report("us", firstKey)).text.includes(other.id));
    assert.ok(!(await report("eu", secret)).text.includes(other.id));
    await refused(`/v1/periods/${month}/reopen`, { entity: "us" }, 422, /there is no legal entity "us"; there are eu$/);
    await refused(`/v1/periods/${month}/reopen`, {}, 422, /"default"; there are eu$/);
    await done(`/v1/periods/${month}/reopen`, secret, { entity: "eu" });

    const [lines, allLines] = await mineAnd("/v1/reconciliations/latest?limit=200");
    assert.ok(lines.length > 0 && lines.every(({ account }) => account === mine.id), JSON.stringify(lines));
    assert.ok(allLines.some(({ account }) => account === other.id));
    const counts = async (key: string) => (await ask("/v1/reconciliations/latest", key)).body.accounts;
    assert.ok((await counts(secret)) < (await counts(firstKey)));
    const both = ["stripe-us:invoice/in_cus_other", "stripe-us:invoice/in_cus_other_less"];
    await refused(
      "/v1/reconciliations/matches",
      { leg: "invoices", items: both },
      422,
      /leg is one of|no account has it/,
    );

    await refused("/v1/objects/stripe-us:invoice%2Fin_cus_other/park", {}, 404, /nothing was reported/);
    await done("/v1/objects/stripe-eu:invoice%2Fin_cus_mine/park", secret);

    await done(`/v1/accounts/${foreign}/park`, firstKey);
    await done(`/v1/accounts/${own}/park`, firstKey);
    // What was one account for a while names both.
    await done("/v1/links", firstKey, { party: own, target: foreign });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const joined = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await done("/v1/links", firstKey, { party: own, target: null });
    const [trail, whole] = await mineAnd("/v1/audit?limit=200");
    assert.deepEqual(
      trail.map(({ type, party }) => [type, party]),
      [
        ["link", own],
        ["link", own],
        ["party.parked", own],
        ["object.parked", own],
      ],
    );
    for (const type of ["key.made", "period.closed", "hold.placed", "link"])
      assert.ok(
        whole.some((one) => one.type === type),
        type,
      );
    assert.ok(!JSON.stringify(trail).includes("cus_other"));
    for (const path of ["", "/timeline", "/machine", `?knownAt=${joined}`, `?asOf=${joined}`])
      assert.ok(!(await ask(`/v1/accounts/${own}${path}`, secret)).text.includes("cus_other"), path);
    const { findings } = (await server.host.ask({ name: "verify" })) as { findings: unknown[] };
    assert.deepEqual(findings, []);
  });
});

it("[SE8] who may only read sees no name and no address, in any answer, in any form; the grant personal and the scope operate do", async () => {
  await within(async (company) => {
    const { ask, make } = company;
    const { mine, myCommand } = await twoEntities(company);
    const [reader, approver] = [await make("reader", ["read"]), await make("approver", ["approve"])];
    const [helper, operator] = [await make("helper", ["read"], { personal: true }), await make("op", ["operate"])];
    const secrets = ["Person of cus_mine", "cus_mine@personal.test"].flatMap(forms);
    let told = 0;
    const chains = ["account", "invoice", "command", "posting"].flatMap((kind) =>
      ["stripe-eu:cus_mine", "stripe-eu:in_cus_mine", myCommand].map(
        (id) => `/v1/explain/${kind}/${encodeURIComponent(id)}`,
      ),
    );
    for (const path of [...readable.map(({ path }) => path), ...chains]) {
      for (const id of path.includes("{")
        ? ["stripe-eu:cus_mine", "stripe-eu:in_cus_mine", "invoice", mine.id]
        : ["-"]) {
        const address = path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
        const whole = await ask(address, operator.secret);
        if (secrets.some((text) => whole.text.includes(text))) told += 1;
        for (const key of path.includes("{") ? [reader.secret] : [reader.secret, approver.secret]) {
          const seen = await ask(address, key);
          const leaked = secrets.find((text) => seen.text.includes(text));
          assert.equal(leaked, undefined, `${address} (${seen.status}) tells ${leaked}: ${seen.text.slice(0, 800)}`);
        }
      }
    }
    assert.ok(told >= 5, `only ${told} answers hold a name at all`);
    assert.ok((heardSoFar().get("a masked answer") ?? 0) > 50, "each of them is searched for what it masks as well");
    const nameFor = async (key: string): Promise<string> => (await ask(`/v1/accounts/${mine.id}`, key)).body.name;
    assert.equal(await nameFor(reader.secret), "•••");
    for (const key of [helper.secret, operator.secret, firstKey])
      assert.equal(await nameFor(key), "Person of cus_mine");
    const found = async (q: string, key: string): Promise<number> =>
      (await ask(`/v1/accounts?q=${encodeURIComponent(q)}`, key)).body.items.length;
    for (const q of ["Person of cus_mine", "cus_mine@personal.test", "person of CUS_MINE"]) {
      assert.equal(await found(q, reader.secret), 0, `a name may not be guessed: ${q}`);
      assert.ok((await found(q, operator.secret)) > 0, q);
    }
    assert.equal(await found("cus_mine", reader.secret), 1);
  });
});
