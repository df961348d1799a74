/** Legal entities and personal data: what a limited key gets to see, over every route that lets it in, byte for byte. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { isSighted } from "../../server/access/sighted-operations.ts";
import { operations } from "../../server/openapi/operations.ts";
import type { Loose } from "../../server/testing/world.ts";
import { type Company, firstKey, within } from "./company.ts";
import { forms } from "./nowhere.ts";

const readable = operations.filter(({ method, access }) => method === "get" && access !== "none");

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
