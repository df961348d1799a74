/** The Salesforce folder against its simulator over real HTTP and gRPC on loopback, and its door against the library of the signature's authors. */
import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import { serve } from "@hono/node-server";
import { ConfigProvider, Effect, Either, Fiber, FastCheck as fc, Redacted, Schema } from "effect";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, it } from "vitest";
import { type Json as CanonicalJson, canonical } from "../../domain/canonical.ts";
import { CanonicalEvent } from "../../domain/event.ts";
import type {
  AnswerError,
  Decoded,
  DocumentKind,
  OutboundCommand,
  PollAnswer,
  System,
} from "../../domain/ports/system.ts";
import {
  type Change,
  defaultNames,
  id18,
  inbound,
  makeInbound,
  makeSalesforce,
  makeSalesforceSimulator,
  type SalesforceConfig,
  type SalesforceSimulator,
  salesforceConfig,
  sandboxConfig,
  signWebhook,
} from "./layer.ts";
import { avroType, expandBitmaps } from "./stream.ts";

// ---------------------------------------------------------------- the bench

const start = Date.parse("2026-11-20T12:00:00Z");
let now = start;
let sim: SalesforceSimulator;
let server: Server;
let url = "";
let seen: Array<{ readonly method: string; readonly path: string; readonly headers: Headers }> = [];

const listen = (target: Server): Promise<string> =>
  new Promise((resolve) => {
    target.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(target.address() as AddressInfo).port}`));
  });
const close = (target: Server): Promise<void> =>
  new Promise((resolve) => {
    target.closeAllConnections();
    target.close(() => resolve());
  });

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    const fetch = (request: Request) => {
      seen.push({ method: request.method, path: new URL(request.url).pathname, headers: request.headers });
      return sim.app.fetch(request);
    };
    server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, (info) => {
      url = `http://127.0.0.1:${info.port}`;
      resolve();
    }) as Server;
  });
});
afterAll(() => close(server));
beforeEach(() => {
  now = start;
  seen = [];
  sim = makeSalesforceSimulator({ now: () => now });
});

const system = (overrides: Partial<SalesforceConfig> = {}): Promise<System> =>
  Effect.runPromise(makeSalesforce(sandboxConfig(url, overrides)).pipe(Effect.provide(FetchHttpClient.layer)));
const run = <A>(effect: Effect.Effect<A, AnswerError>): Promise<Either.Either<A, AnswerError>> =>
  Effect.runPromise(Effect.either(effect));
const good = async <A>(effect: Effect.Effect<A, AnswerError>): Promise<A> => {
  const result = await run(effect);
  if (Either.isLeft(result)) assert.fail(`${result.left._tag}: ${JSON.stringify(result.left)}`);
  return result.right;
};
const bad = async (effect: Effect.Effect<unknown, AnswerError>): Promise<AnswerError> => {
  const result = await run(effect);
  if (Either.isRight(result)) assert.fail(`accepted: ${JSON.stringify(result.right)}`);
  return result.left;
};
/** `RejectedFixable PERMISSION`, `Transient`. */
const said = (error: AnswerError): string => ("code" in error ? `${error._tag} ${error.code}` : error._tag);
const isBad = async (effect: Effect.Effect<unknown, AnswerError>, expected: string): Promise<void> => {
  const error = await bad(effect);
  assert.equal(said(error), expected, JSON.stringify(error));
};

const utf8 = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
type Obj = Record<string, unknown>;
const fixture = (name: string): Obj =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8")) as Obj;
const settings = sandboxConfig("http://localhost");
const door = makeInbound(settings);
const decode = (body: unknown): Decoded => door.decode(utf8(body), "salesforce");
const told = (body: unknown) => {
  const decoded = decode(body);
  if (decoded._tag !== "Events") assert.fail(`${decoded._tag}: ${"reason" in decoded ? decoded.reason : ""}`);
  return decoded;
};
const one = (body: unknown) => told(body).events[0]!;

const account = "0015g00000AbCdEAAV";
const deal = "0065g00000BcDeFAAV";
const at = start + 123;
const change = (header: Obj, body: Obj = {}): Obj => ({
  ChangeEventHeader: {
    entityName: "Account",
    recordIds: [account],
    changeType: "UPDATE",
    changeOrigin: "",
    transactionKey: "0002-tx",
    sequenceNumber: 1,
    commitTimestamp: at,
    commitNumber: 1,
    ...header,
  },
  ...body,
});
const updated = (entityName: string, id: string, body: Obj, header: Obj = {}): Obj =>
  change({ entityName, recordIds: [id], changedFields: [...Object.keys(body), "LastModifiedDate"], ...header }, body);

let counter = 0;
const outsideId = () => `tie_${(++counter).toString(16).padStart(32, "0")}`;
const command = (
  kind: DocumentKind,
  content: OutboundCommand["content"],
  verb: OutboundCommand["verb"] = "post",
): OutboundCommand => {
  const id = outsideId();
  return {
    key: `cmd_${id}`,
    outsideId: id,
    kind,
    verb,
    content,
    effectiveAt: now,
    sourceObject: "stripe:invoice/in_1",
    customer: null,
    appliesTo: null,
    foreignId: null,
  };
};
const invoiceContent = (of: string) => ({
  account: of,
  number: "A-17",
  status: "open",
  currency: "EUR",
  amountMinor: 12_910,
  paidMinor: 10,
});
const newAccount = (more: Obj = {}): string =>
  sim.operations.create("Account", { Name: "Brightwater", CurrencyIsoCode: "EUR", ...more }).id;

// ---------------------------------------------------------------- ids

describe("ids", () => {
  it("[SF1] an id of 15 characters becomes the one of 18, and one whose letters were changed is none", () => {
    const known = ["a0D30000001n7PiEAI", "0019000000B98deAAB", "500x000000003TRAAY", "00190000001pPvHAAU"];
    for (const id of known) {
      assert.equal(id18(id.slice(0, 15)), id);
      assert.equal(id18(id), id);
      assert.equal(id18(id.toLowerCase()), null);
    }
    for (const wrong of ["", "001", "001*", "0015g00000AbCd ", `${account}A`]) assert.equal(id18(wrong), null);
    assert.equal(
      one(change({ recordIds: [account.slice(0, 15)], changedFields: ["Name"] }, { Name: "B" })).subject,
      `account/${account}`,
    );
  });
});

// ---------------------------------------------------------------- mapping

describe("mapping", () => {
  it("[SF2] an account: its own owner, its parent, its link, every mapped field of a creation", () => {
    const event = one(fixture("account-create"));
    assert.deepEqual(
      [event.type, event.subject, event.owner, event.time],
      ["account.created", `account/${account}`, account, 1795190400123],
    );
    const data = {
      status: "active",
      name: "Brightwater Labs",
      email: null,
      currency: "EUR",
      parent: "0015g00000AbCdFAAV",
      legalId: null,
    };
    assert.deepEqual(event.data, data);
    assert.deepEqual(event.fields, ["status", "name", "currency", "parent"]);
    assert.deepEqual(event.links, [{ rank: "external-id", target: "stripe:cus_Qx1" }]);
  });

  it("[SF2] an opportunity is a quote: won and lost by the configured words, in any case, else open", () => {
    const event = one(fixture("opportunity-update"));
    assert.deepEqual([event.subject, event.owner, event.via], [`quote/${deal}`, null, null]);
    assert.deepEqual(event.fields, ["status", "closedAt"]);
    assert.equal((event.data as { closedAt: number }).closedAt, Date.parse("2026-11-20"));
    const status = (StageName: string) =>
      (one(updated("Opportunity", deal, { StageName })).data as { status: string }).status;
    assert.deepEqual(["Closed Won", "closed lost", "Negotiation", ""].map(status), ["won", "lost", "open", "open"]);
  });

  it("[SF2] a CPQ quote names its deal; an order and a contract are contracts with a term whose last day is in it", () => {
    const quote = one(
      change(
        { entityName: "SBQQ__Quote__c", recordIds: ["a0Q000000000001"], changeType: "CREATE" },
        {
          SBQQ__Status__c: "Approved",
          SBQQ__Account__c: account,
          SBQQ__Opportunity2__c: deal,
          SBQQ__NetAmount__c: 12.5,
          CurrencyIsoCode: "EUR",
          Name: "Q-1",
        },
      ),
    );
    assert.deepEqual(
      [quote.subject, quote.owner],
      ["quote/a0Q000000000001IAA".replace("IAA", id18("a0Q000000000001")!.slice(15)), account],
    );
    assert.deepEqual(quote.data, {
      status: "won",
      name: null,
      number: "Q-1",
      currency: "EUR",
      amountMinor: 1250,
      deal: `quote/${deal}`,
      closedAt: null,
    });
    const order = one(fixture("order-create"));
    assert.deepEqual([order.subject, order.owner], ["contract/8015g000000001AAAQ", account]);
    assert.deepEqual(order.data, {
      status: "activated",
      name: null,
      number: "00000117",
      currency: "EUR",
      amountMinor: 1_200_050,
      startAt: Date.parse("2026-12-01"),
      endAt: Date.parse("2027-12-01"),
      quote: `quote/${deal}`,
      subscription: "stripe:sub_1Qx",
    });
    const contract = (Status: string) =>
      (one(updated("Contract", "8005g000000002B", { Status })).data as { status: string }).status;
    const words = ["Draft", "In Approval Process", "Activated", "Expired", "Terminated"];
    assert.deepEqual(words.map(contract), ["draft", "draft", "activated", "expired", "cancelled"]);
  });

  it("[SF2] names are settings: another object, another field, other words", () => {
    const opportunity = { ...defaultNames.opportunity!, object: "Deal__c", status: "Phase__c", won: ["Signed"] };
    const other = makeInbound({ ...settings, names: { ...defaultNames, opportunity, cpqQuote: null } });
    const body = utf8(updated("Deal__c", deal, { Phase__c: "signed" }));
    const decoded = other.decode(body, "sf");
    assert.equal(decoded._tag === "Events" && (decoded.events[0]!.data as { status: string }).status, "won");
    assert.equal(other.decode(utf8(updated("SBQQ__Quote__c", deal, { Name: "x" })), "sf")._tag, "Unknown");
  });

  it("[SF3] an update speaks of the fields that changed and of no other, also when one is now empty", () => {
    const event = one(updated("Account", account, { Name: "New", Phone: "1" }, { nulledFields: ["ParentId"] }));
    assert.deepEqual(event.fields, ["name", "parent"]);
    assert.deepEqual(
      [event.type, (event.data as { parent: unknown }).parent, event.links.length],
      ["account.updated", null, 0],
    );
    // The body of the Pub/Sub API holds every field; only the lists count.
    const whole = change({ changedFields: ["Name"] }, { Name: "New", ParentId: null, CurrencyIsoCode: "USD" });
    assert.deepEqual(one(whole).fields, ["name"]);
    // The Streaming API has no lists: its body holds what changed.
    assert.deepEqual(one(change({}, { Name: "New" })).fields, ["name"]);
    // Emptied wins over what the body holds.
    const emptied = change({ changedFields: ["Name"], nulledFields: ["Name"] }, { Name: "Old" });
    assert.equal((one(emptied).data as { name: unknown }).name, null);
  });

  it("[SF4] what a part of a record cannot tell is asked for, never guessed", () => {
    const asksFor = (body: Obj, id: string) => {
      const { events, asks } = told(body);
      assert.deepEqual(asks, [id]);
      return events.flatMap(({ fields }) => fields ?? []);
    };
    assert.deepEqual(asksFor(updated("Opportunity", deal, { Amount: 10, StageName: "x" }), `quote/${deal}`), [
      "status",
    ]);
    assert.deepEqual(asksFor(updated("Opportunity", deal, { CurrencyIsoCode: "JPY" }), `quote/${deal}`), ["currency"]);
    assert.deepEqual(
      asksFor(change({ changedFields: ["Name.FirstName"] }, { Name: { FirstName: "A" } }), `account/${account}`),
      [],
    );
    const order = "8015g000000001AAAQ";
    assert.deepEqual(asksFor(updated("Order", order, { OpportunityId: deal }), `contract/${order}`), []);
    assert.deepEqual(asksFor(updated("Order", order, { SBQQ__Quote__c: null }), `contract/${order}`), []);
    assert.deepEqual(one(updated("Order", order, { SBQQ__Quote__c: deal })).fields, ["quote"]);
    assert.deepEqual(
      asksFor(change({ diffFields: ["Name"], changedFields: ["Name"] }, { Name: "@@" }), `account/${account}`),
      [],
    );
    assert.deepEqual(asksFor(change({ changedFields: ["0x650004E0"] }), `account/${account}`), []);
    // An amount that is now empty needs no currency.
    assert.deepEqual(one(updated("Opportunity", deal, { Amount: null })).fields, ["amountMinor"]);
  });

  it("[SF4 P8] amounts are exact in the currency's own exponent; in an org with one currency an update needs no other word", () => {
    const single = makeInbound({ ...settings, currencyField: null, defaultCurrency: "JPY" });
    const decoded = single.decode(utf8(updated("Opportunity", deal, { Amount: 1200 })), "sf");
    assert.equal(decoded._tag === "Events" && (decoded.events[0]!.data as { amountMinor: number }).amountMinor, 1200);
    const amount = (Amount: unknown, CurrencyIsoCode: string) =>
      updated("Opportunity", deal, { Amount, CurrencyIsoCode });
    const minor = (body: Obj) => (one(body).data as { amountMinor: number }).amountMinor;
    assert.deepEqual(
      [minor(amount(0.29, "USD")), minor(amount("1.005", "KWD")), minor(amount(-4, "EUR"))],
      [29, 1005, -400],
    );
    for (const wrong of [amount(0.295, "USD"), amount(1, "XYZ"), amount(1e15, "USD"), amount(true, "USD")])
      assert.equal(decode(wrong)._tag, "Undecodable");
  });

  it("[SF5] a change of nothing that is mapped and an echo of our own write make no event; another object, and our own document changed by others, is counted", () => {
    const silent = (decoded: Decoded) => decoded._tag === "Events" && decoded.events.length === 0;
    assert.ok(silent(decode(updated("Account", account, { Phone: "1" }))));
    assert.equal(decode(updated("Contact", account, { Name: "1" }))._tag, "Unknown");
    assert.equal(decode(change({ changeType: "FOO" }, {}))._tag, "Unknown");
    const ours = (changeOrigin: string) =>
      decode(updated("Tieout_Invoice__c", account, { Status__c: "open" }, { changeOrigin }));
    const reason = (decoded: Decoded) => (decoded._tag === "Unknown" ? decoded.reason : decoded._tag);
    assert.ok(silent(ours("com/salesforce/api/rest/67.0;client=tieout")));
    assert.match(reason(ours("com/salesforce/api/rest/67.0;client=tieout2")), /changed by others/);
    const event = one(updated("Account", account, { Name: "x", Tieout_Id__c: "tie_1" }));
    assert.equal(event.externalId, "tie_1");
  });

  it("[SF6] creation and undeletion speak of every mapped field, deletion of the status alone", () => {
    const body = { Name: "B" };
    const all = one(change({ changeType: "CREATE" }, body)).fields;
    assert.deepEqual(one(change({ changeType: "UNDELETE" }, body)).fields, all);
    assert.deepEqual(all, ["status", "name", "currency", "parent"]);
    const gone = one(change({ changeType: "DELETE" }));
    assert.deepEqual(
      [gone.type, gone.fields, gone.data, gone.links],
      ["account.deleted", ["status"], { ...gone.data, status: "deleted" }, []],
    );
    const quote = one(change({ entityName: "Opportunity", recordIds: [deal], changeType: "DELETE" }));
    assert.deepEqual([quote.data, quote.owner], [{ ...quote.data, status: "deleted" }, null]);
  });

  it("[SF7] one change of several records is an event for each; a gap is asked for, a wildcard or an overflow asks for everything", () => {
    const ids = [account, "0015g00000AbCdF"];
    const { events } = told(change({ recordIds: ids, changedFields: ["Name"] }, { Name: "x" }));
    assert.deepEqual(
      events.map(({ subject }) => subject),
      [`account/${account}`, "account/0015g00000AbCdFAAV"],
    );
    assert.deepEqual(
      events.map(({ id }) => id),
      [`0002-tx:1:${account}`, "0002-tx:1:0015g00000AbCdFAAV"],
    );
    assert.deepEqual(told(fixture("gap-update")), {
      ...told(fixture("gap-update")),
      events: [],
      asks: ["contract/8005g000000002BAAQ"],
    });
    for (const changeType of ["GAP_CREATE", "GAP_DELETE", "GAP_UNDELETE"])
      assert.deepEqual(told(change({ changeType })).asks, [`account/${account}`]);
    assert.deepEqual(told(change({ changeType: "GAP_OVERFLOW", recordIds: ["000000000000000AAA"] })).asks, ["*"]);
    assert.deepEqual(told(change({ recordIds: ["001*"], changedFields: ["Name"] })).asks, ["*"]);
  });

  it("[SF8] the clock is the commit's, to the millisecond; every event fits the canonical schema", () => {
    const is = Schema.is(CanonicalEvent);
    for (const name of ["account-create", "opportunity-update", "order-create"]) {
      const event = one(fixture(name));
      assert.deepEqual(event.clock, { at: event.time, tick: 1, trust: 1 });
      assert.equal(event.read, false);
      assert.ok(is(event), name);
    }
  });

  it("[SF9] a link field claims an account elsewhere; emptied it points nowhere; without a connection a bare id claims none", () => {
    const claims = (value: unknown, from = door) => {
      const decoded = from.decode(utf8(updated("Account", account, { Billing_Customer_Id__c: value })), "sf");
      return decoded._tag === "Events" ? decoded.events[0]!.links.map(({ target }) => target) : decoded._tag;
    };
    assert.deepEqual(claims("chargebee:cus_2"), ["chargebee:cus_2"]);
    assert.deepEqual(claims("cus_2"), ["stripe:cus_2"]);
    assert.deepEqual(claims(null), [null]);
    assert.deepEqual(claims("cus_2", inbound), [null]);
    assert.deepEqual(one(change({ changeType: "CREATE" }, { Name: "B" })).links, []);
    const links = ["Billing_Customer_Id__c", "Erp_Id__c"];
    const two = makeInbound({ ...settings, names: { ...defaultNames, account: { ...defaultNames.account, links } } });
    assert.deepEqual(claims("cus_2", two), ["stripe:cus_2"]);
    const emptied = two.decode(utf8(updated("Account", account, { Erp_Id__c: null })), "sf");
    assert.deepEqual(emptied._tag === "Events" && [emptied.events, emptied.asks], [[], [`account/${account}`]]);
  });

  it("[SF10] an object belongs to the account that it names; an update that names none says nothing of it", () => {
    assert.equal(one(updated("Opportunity", deal, { StageName: "x" })).owner, null);
    const moved = one(updated("Opportunity", deal, { AccountId: account }));
    assert.deepEqual([moved.owner, moved.fields], [account, []]);
    const orphan = { entityName: "SBQQ__Quote__c", recordIds: ["a0Q000000000001"], changeType: "CREATE" };
    assert.deepEqual(one(change(orphan, { SBQQ__Opportunity2__c: deal })).via, `quote/${deal}`);
  });
});

// ---------------------------------------------------------------- the door

const secret = `whsec_${Buffer.from("tieout salesforce test key").toString("base64")}`;
const request = (body: string, headers: Record<string, string>) => ({
  method: "POST",
  url: "/",
  headers,
  body: utf8(body),
});

describe("the door", () => {
  it("[SF11] takes what the signature's authors sign, under any of several secrets, and signs what they take", () => {
    const body = JSON.stringify(fixture("account-create"));
    const theirs = new Webhook(secret).sign("msg_1", new Date(now), body);
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": String(now / 1000), "webhook-signature": theirs };
    const other = `whsec_${Buffer.from("another key").toString("base64")}`;
    assert.deepEqual(inbound.verify(request(body, headers), [other, secret], now), { ok: true });
    const several = { ...headers, "webhook-signature": `v1,AAAA v1a,x ${theirs}` };
    assert.deepEqual(inbound.verify(request(body, several), [secret], now), { ok: true });
    const real = Math.floor(Date.now() / 1000);
    new Webhook(secret).verify(body, signWebhook(body, { id: "msg_2", timestampSec: real, secret }));
  });

  it("[SF11] refuses what is not signed, signed by another, changed, old or of the future, and says why", () => {
    const body = JSON.stringify(fixture("account-create"));
    const headers = signWebhook(body, { id: "msg_1", timestampSec: now / 1000, secret });
    const reason = (over: Record<string, string>, secrets = [secret], text = body, when = now): string => {
      const verified = inbound.verify(request(text, { ...headers, ...over }), secrets, when);
      return verified.ok ? "taken" : verified.reason;
    };
    assert.equal(reason({}), "taken");
    assert.match(reason({ "webhook-id": "" }), /no webhook-id/);
    assert.match(reason({ "webhook-timestamp": "" }), /no webhook-timestamp/);
    assert.match(reason({ "webhook-signature": "" }), /no webhook-signature/);
    assert.match(reason({ "webhook-timestamp": "soon" }), /whole seconds/);
    assert.match(reason({ "webhook-signature": "v2,abc" }), /no v1 signature/);
    assert.match(reason({ "webhook-id": "msg_2" }), /matches any of 1/);
    assert.match(reason({}, [`whsec_${Buffer.from("x").toString("base64")}`]), /matches any/);
    assert.match(reason({}, ["nonsense!"]), /no usable secret/);
    assert.match(reason({}, [secret], `${body} `), /matches any/);
    assert.match(reason({}, [secret], body, now + 301_000), /301 s old/);
    assert.match(reason({}, [secret], body, now - 301_000), /in the future/);
  });

  const json = fc.jsonValue({ maxDepth: 4 });
  it("[SF12] whatever arrives, the decoder answers and does not throw", () => {
    fc.assert(
      fc.property(fc.oneof(json, fc.string(), fc.record({ events: fc.array(json), replayId: json })), (value) => {
        assert.ok(decode(value)._tag);
      }),
      { numRuns: 150 },
    );
    assert.equal(door.decode(new Uint8Array([0xff, 0xfe]), "sf")._tag, "NotEnvelope");
    assert.equal(decode(`${'{"events":['}${"[".repeat(20_000)}${"]".repeat(20_000)}]}`)._tag.length > 0, true);
  });

  it("[SF12] a change event with any leaf replaced by any JSON value decodes or says why, and never breaks the schema", () => {
    const paths: Array<readonly [name: string, path: ReadonlyArray<string>]> = [];
    for (const name of ["account-create", "opportunity-update", "order-create", "gap-update"]) {
      const body = fixture(name);
      for (const key of Object.keys(body)) paths.push([name, [key]]);
      for (const key of Object.keys(body["ChangeEventHeader"] as Obj)) paths.push([name, ["ChangeEventHeader", key]]);
    }
    const is = Schema.is(CanonicalEvent);
    const odd = fc.oneof(json, fc.constantFrom("", "001*", account, "0x01", "2026-13-40", 1e300, -0.5, "toString"));
    fc.assert(
      fc.property(fc.constantFrom(...paths), odd, ([name, path], value) => {
        const body = structuredClone(fixture(name));
        if (path.length === 1) body[path[0]!] = value;
        else (body["ChangeEventHeader"] as Obj)[path[1]!] = value;
        const decoded = decode(body);
        if (decoded._tag === "Events") for (const event of decoded.events) assert.ok(is(event), JSON.stringify(event));
        const batch = decode({ events: [body, fixture("account-create")] });
        assert.ok(batch._tag === "Events" && batch.events.some(({ type }) => type === "account.created"));
      }),
      { numRuns: 300 },
    );
  });

  it("[SF13] a bad member of a batch is asked for and the others go through; alone it is undecodable", () => {
    const wrong = updated("Opportunity", deal, { Amount: 0.001, CurrencyIsoCode: "USD" });
    assert.equal(decode(wrong)._tag, "Undecodable");
    const { events, asks } = told({
      replayId: "AA==",
      events: [fixture("account-create"), wrong, updated("Contact", account, {})],
    });
    assert.deepEqual([events.length, asks], [1, [`quote/${deal}`]]);
    assert.deepEqual(told({ events: [null, fixture("account-create")] }).asks, ["*"]);
    assert.equal(decode({ ChangeEventHeader: { transactionKey: "t" } })._tag, "Undecodable");
    for (const no of [{}, [], 1, { ChangeEventHeader: {} }, { events: 1 }])
      assert.equal(decode(no)._tag, "NotEnvelope");
  });

  it("[SF14] a redelivery is the same event: its name is the transaction's, its hash leaves the replay id out", () => {
    const first = told(fixture("account-create")).envelope;
    const again = told({ ...fixture("account-create"), replayId: "AAAAAAAAAxk=" }).envelope;
    assert.deepEqual(again, first);
    assert.equal(first.id, "0002343d-9d90-e395-ed20-cf416ba652ad:1:Account");
    assert.equal(first.type, "Account.CREATE");
    const other = told({ ...fixture("account-create"), Name: "Other" }).envelope;
    assert.notEqual(other.dataHash, first.dataHash);
    const batch = (replayId: string) => told({ replayId, events: [fixture("account-create")] }).envelope;
    assert.deepEqual(batch("a"), batch("b"));
    // Empty answers keep different places.
    assert.notEqual(told({ replayId: "a", events: [] }).envelope.id, told({ replayId: "b", events: [] }).envelope.id);
  });
});

// ---------------------------------------------------------------- commands

describe("commands", () => {
  it("[SF15] our documents are upserted by external id: made once, then updated, under our client name", async () => {
    const to = await system();
    const post = command("crm_invoice", invoiceContent(newAccount()));
    const first = await good(to.outbound.send(post));
    const again = await good(to.outbound.send(post));
    assert.deepEqual(again, first);
    assert.equal(sim.records("Tieout_Invoice__c").length, 1);
    const paid = { ...post, verb: "update" as const, content: { ...post.content, status: "paid", paidMinor: 12_910 } };
    assert.equal((await good(to.outbound.send(paid))).foreignId, first.foreignId);
    const record = sim.record("Tieout_Invoice__c", first.foreignId)!;
    const shown = ["Status__c", "Amount__c", "Paid__c", "Currency__c", "Tieout_Id__c", "Source__c"].map(
      (f) => record[f],
    );
    assert.deepEqual(shown, ["paid", 129.1, 129.1, "EUR", post.outsideId, "stripe:invoice/in_1"]);
    assert.ok(seen.every(({ headers }) => headers.get("sforce-call-options") === "client=tieout"));
    // What it made comes back as an echo, by name.
    const events = sim.drainEvents().map((event) => decode(event));
    assert.deepEqual(
      events.slice(1).map(({ _tag }) => _tag),
      ["Events", "Events"],
    );
  });

  it("[SF15] the external id is encoded into the address", async () => {
    const to = await system();
    const post = { ...command("crm_invoice", invoiceContent(newAccount())), outsideId: "a/b?c#d %e" };
    await good(to.outbound.send(post));
    assert.ok(seen.some(({ path }) => path.endsWith("/Tieout_Id__c/a%2Fb%3Fc%23d%20%25e")));
    assert.equal((await good(to.outbound.lookup(post)))?.content["number"], "A-17");
    for (const outsideId of ["", ".", ".."])
      await isBad(to.outbound.send({ ...post, outsideId }), "Impossible incomplete");
  });

  it("[SF16] a receipt says what was stored: whole seconds, cut texts, ids of 18; the look-up reads the same back", async () => {
    const to = await system();
    const of = newAccount();
    const subscription = command("crm_subscription", {
      account: of.slice(0, 15),
      status: "active",
      startAt: now + 999,
      endAt: null,
    });
    const invoice = command("crm_invoice", { ...invoiceContent(of), number: `${"x".repeat(90)}`, currency: "KWD" });
    for (const posted of [subscription, invoice]) {
      const receipt = await good(to.outbound.send(posted));
      assert.deepEqual(await good(to.outbound.lookup(posted)), receipt);
    }
    const { content } = await good(to.outbound.send(subscription));
    assert.deepEqual(content, { account: of, status: "active", startAt: now, endAt: null });
    assert.equal(await good(to.outbound.lookup(command("crm_invoice", invoiceContent(of)))), null);
  });

  it("[SF17] no account is ever made by us, and no ERP document has a place there", async () => {
    const to = await system();
    const kinds = ["customer", "receivable", "credit_memo", "cash_application", "refund", "chargeback"] as const;
    for (const kind of kinds) {
      for (const verb of ["post", "update", "reverse"] as const) {
        await isBad(to.outbound.send(command(kind, { name: "B" }, verb)), "Impossible unsupported");
        await isBad(to.outbound.lookup(command(kind, { name: "B" }, verb)), "Impossible unsupported");
      }
    }
    const of = newAccount();
    await good(to.outbound.send(command("crm_invoice", invoiceContent(of))));
    assert.deepEqual(
      sim.committed.filter(({ object, client }) => object === "Account" && client !== null),
      [],
    );
    assert.ok(!seen.some(({ method, path }) => method !== "GET" && path.includes("/sobjects/Account")));
  });

  it("[SF18 P6] the inverse is a deletion; the second finds it gone and succeeds; the look-up says whether it is gone", async () => {
    const to = await system();
    const post = command("crm_subscription", { account: newAccount(), status: "active", startAt: now, endAt: null });
    const { foreignId } = await good(to.outbound.send(post));
    const reverse = { ...post, verb: "reverse" as const, foreignId };
    assert.equal(await good(to.outbound.lookup(reverse)), null);
    assert.deepEqual(await good(to.outbound.send(reverse)), { foreignId, content: {} });
    assert.deepEqual(await good(to.outbound.send(reverse)), { foreignId, content: {} });
    assert.deepEqual(await good(to.outbound.lookup(reverse)), { foreignId, content: {} });
    assert.equal(await good(to.outbound.lookup(post)), null);
    assert.equal(sim.records("Tieout_Subscription__c").length, 0);
  });

  it("[SF19] what we cannot say exactly is refused before it leaves", async () => {
    const to = await system();
    const of = newAccount();
    const wrong = [
      { account: "cus_1" },
      { account: null },
      { currency: "XYZ" },
      { currency: null },
      { amountMinor: 1.5 },
      { amountMinor: 1e15 },
      { paidMinor: "1" },
      { status: 3 },
    ];
    for (const over of wrong) {
      const sent = to.outbound.send(command("crm_invoice", { ...invoiceContent(of), ...over }));
      await isBad(sent, "Impossible incomplete");
    }
    assert.deepEqual(seen, []);
  });

  it("[SF20] each class of answer, for each verb and for look-up, re-read and poll", async () => {
    const to = await system({ timeoutMs: 300 });
    const of = newAccount();
    const post = command("crm_invoice", invoiceContent(of));
    const { foreignId } = await good(to.outbound.send(post));
    const calls: Record<string, () => Effect.Effect<unknown, AnswerError>> = {
      post: () => to.outbound.send(post),
      update: () => to.outbound.send({ ...post, verb: "update" }),
      reverse: () => to.outbound.send({ ...post, verb: "reverse", foreignId }),
      lookup: () => to.outbound.lookup(post),
      read: () => to.outbound.read(`account/${of}`, "salesforce", now),
      poll: () => to.outbound.poll!(null, "salesforce"),
    };
    const writes = new Set(["post", "update", "reverse"]);
    const answers: Array<readonly [name: string, body: Response | null, write: string, read: string]> = [];
    const refusal = (status: number, errorCode: string, write: string, read = write) => {
      const response = Response.json([{ message: "m", errorCode, fields: ["F"] }], {
        status,
        headers: { "retry-after": "7" },
      });
      answers.push([`${status} ${errorCode}`, response, write, read]);
    };
    refusal(400, "UNABLE_TO_LOCK_ROW", "Transient");
    refusal(403, "REQUEST_LIMIT_EXCEEDED", "Throttled");
    refusal(429, "", "Throttled");
    refusal(500, "UNKNOWN_EXCEPTION", "OutcomeUnknown", "Transient");
    refusal(503, "SERVER_UNAVAILABLE", "OutcomeUnknown", "Transient");
    refusal(401, "INVALID_SESSION_ID", "RejectedFixable permission");
    refusal(403, "INSUFFICIENT_ACCESS", "RejectedFixable permission");
    refusal(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "RejectedFixable permission");
    refusal(400, "JSON_PARSER_ERROR", "Impossible JSON_PARSER_ERROR");
    refusal(405, "METHOD_NOT_ALLOWED", "Impossible METHOD_NOT_ALLOWED");
    for (const code of [
      "INVALID_FIELD",
      "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      "REQUIRED_FIELD_MISSING",
      "INVALID_CROSS_REFERENCE_KEY",
      "STRING_TOO_LONG",
      "DUPLICATES_DETECTED",
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
      "SOMETHING_NEW",
    ])
      refusal(400, code, `RejectedFixable ${code}`);
    answers.push([
      "300",
      Response.json(["/a", "/b"], { status: 300 }),
      "RejectedFixable MULTIPLE_CHOICES",
      "RejectedFixable MULTIPLE_CHOICES",
    ]);
    answers.push([
      "404 of a wrong host",
      new Response("<html>", { status: 404 }),
      "RejectedFixable not_found",
      "RejectedFixable not_found",
    ]);
    answers.push(["400 of a proxy", new Response("no", { status: 400 }), "Impossible http_400", "Impossible http_400"]);
    answers.push(["severed", null, "OutcomeUnknown", "Transient"]);

    let next: Response | null = null;
    const stub = createServer((incoming, outgoing) => {
      incoming.resume();
      if (next === null) return void incoming.socket.destroy();
      const response = next.clone();
      void response
        .text()
        .then((body) => outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body));
    });
    const stubUrl = await listen(stub);
    try {
      const real = to;
      const stubbed = await system({ instanceUrl: stubUrl, timeoutMs: 300 });
      Object.assign(real, { outbound: stubbed.outbound });
      for (const [name, body, write, read] of answers) {
        next = body;
        for (const [verb, call] of Object.entries(calls)) {
          const error = await bad(call());
          assert.equal(said(error), writes.has(verb) ? write : read, `${name}: ${verb}: ${JSON.stringify(error)}`);
          if (error._tag === "Throttled") assert.equal(error.retryAfterMs, 7000);
        }
      }
    } finally {
      await close(stub);
    }
  });

  it("[SF20] a write that is answered late or not at all is unclear, an unreached Salesforce is not", async () => {
    const of = newAccount();
    const slow = createServer((incoming) => void incoming.resume());
    const to = await system({ instanceUrl: await listen(slow), timeoutMs: 60 });
    const post = command("crm_invoice", invoiceContent(of));
    await isBad(to.outbound.send(post), "OutcomeUnknown");
    await isBad(to.outbound.send({ ...post, verb: "reverse" }), "OutcomeUnknown");
    await isBad(to.outbound.lookup(post), "Transient");
    await close(slow);
    const nowhere = createServer();
    const dead = await listen(nowhere);
    await close(nowhere);
    await isBad((await system({ instanceUrl: dead })).outbound.send(post), "Transient");
    sim.faults.loseAnswers = 1;
    const real = await system();
    await isBad(real.outbound.send(post), "OutcomeUnknown");
    assert.equal((await good(real.outbound.lookup(post)))?.content["amountMinor"], 12_910);
  });

  it("[SF21] the simulator refuses in Salesforce's own words, and they are understood", async () => {
    const to = await system();
    const of = newAccount();
    const post = () => command("crm_invoice", invoiceContent(of));
    const raw = async (
      method: string,
      path: string,
      body?: unknown,
      token = "00D000000000001!tieout-salesforce-simulator",
    ) => {
      const init: RequestInit = { method, headers: { authorization: `Bearer ${token}` } };
      if (body !== undefined) init.body = JSON.stringify(body);
      const answer = await fetch(`${url}/services/data/v67.0/sobjects/${path}`, init);
      const text = await answer.text();
      return [answer.status, text === "" ? null : JSON.parse(text)];
    };
    assert.deepEqual(await raw("GET", `Account/${of}`, undefined, "wrong"), [
      401,
      [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID", fields: [] }],
    ]);
    const unknown = command("crm_invoice", invoiceContent("001000000000999AAA"));
    await isBad(to.outbound.send(unknown), "RejectedFixable INVALID_CROSS_REFERENCE_KEY");
    assert.deepEqual(await raw("PATCH", "Tieout_Invoice__c/Tieout_Id__c/x", { Nope__c: 1 }), [
      400,
      [
        {
          message: "No such column 'Nope__c' on sobject of type Tieout_Invoice__c",
          errorCode: "INVALID_FIELD",
          fields: ["Nope__c"],
        },
      ],
    ]);
    sim.faults.rejectAccounts.add(of);
    await isBad(to.outbound.send(post()), "RejectedFixable FIELD_CUSTOM_VALIDATION_EXCEPTION");
    sim.faults.rejectAccounts.clear();
    sim.faults.rateLimit = { requests: 1, retryAfter: null };
    await isBad(to.outbound.send(post()), "Throttled");
    sim.faults.lockedRows = 1;
    await isBad(to.outbound.send(post()), "Transient");
    sim.faults.outageUntil = now + 1;
    await isBad(to.outbound.send(post()), "OutcomeUnknown");
    sim.faults.outageUntil = 0;
    const placed = post();
    const { foreignId } = await good(to.outbound.send(placed));
    assert.equal((await raw("DELETE", `Tieout_Invoice__c/${foreignId}`))[0], 204);
    assert.deepEqual(await raw("DELETE", `Tieout_Invoice__c/${foreignId}`), [
      404,
      [{ message: "entity is deleted", errorCode: "ENTITY_IS_DELETED", fields: [] }],
    ]);
    sim.operations.delete("Account", of);
    await isBad(to.outbound.send(post()), "RejectedFixable ENTITY_IS_DELETED");
    const wrongObject = await system({ documents: { ...settings.documents, externalId: "Nope__c" } });
    await isBad(wrongObject.outbound.lookup(placed), "RejectedFixable NOT_FOUND");
  });

  it("[SF22 P5] two records with our external id are refused and never chosen from", async () => {
    const to = await system();
    const post = command("crm_invoice", invoiceContent(newAccount()));
    for (const Number__c of ["1", "2"])
      sim.operations.create("Tieout_Invoice__c", {
        Account__c: post.content["account"],
        Number__c,
        Tieout_Id__c: post.outsideId,
      });
    await isBad(to.outbound.send(post), "RejectedFixable MULTIPLE_CHOICES");
    await isBad(to.outbound.lookup(post), "RejectedFixable MULTIPLE_CHOICES");
    await isBad(to.outbound.send({ ...post, verb: "reverse" }), "RejectedFixable MULTIPLE_CHOICES");
    assert.deepEqual(
      sim.records("Tieout_Invoice__c").map(({ fields }) => fields["Number__c"]),
      ["1", "2"],
    );
  });

  it("[SF22 P5] a duplicate value is read back: a success when it says the same, again when it does not", async () => {
    const to = await system();
    const post = command("crm_invoice", invoiceContent(newAccount()));
    sim.faults.lostRaces = 1;
    const receipt = await good(to.outbound.send(post));
    assert.equal(sim.records("Tieout_Invoice__c")[0]?.id, receipt.foreignId);
    // The rival's text reads back as another one than ours.
    const odd = command("crm_invoice", { ...post.content, status: "open" });
    sim.operations.create("Tieout_Invoice__c", {
      Account__c: post.content["account"],
      Status__c: "void",
      Tieout_Id__c: odd.outsideId,
    });
    const stubbed = createServer((incoming, outgoing) => {
      if (incoming.method === "PATCH")
        return void outgoing.writeHead(400).end(JSON.stringify([{ message: "dup", errorCode: "DUPLICATE_VALUE" }]));
      void Promise.resolve(
        sim.app.fetch(
          new Request(`${url}${incoming.url}`, { headers: { authorization: incoming.headers.authorization! } }),
        ),
      ).then(async (answer) => outgoing.writeHead(answer.status).end(await answer.text()));
    });
    const racing = await system({ instanceUrl: await listen(stubbed) });
    await isBad(racing.outbound.send(odd), "Transient");
    await isBad(racing.outbound.send(command("crm_invoice", post.content)), "RejectedFixable DUPLICATE_VALUE");
    await close(stubbed);
  });
});

// ---------------------------------------------------------------- who we are

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const privateKey = Redacted.make(keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string);
const publicKey = keys.publicKey.export({ type: "spki", format: "pem" }) as string;
const app = { clientId: "3MVG9", username: "tieout@brightwater.example" };
/** The assertion is as old as the real clock says. */
const withJwt = () => {
  now = Date.now();
  sim = makeSalesforceSimulator({ now: () => now, auth: { ...app, publicKey, loginUrl: url } });
};
const jwtOf = (over: Partial<{ clientId: string; loginUrl: string; privateKey: Redacted.Redacted<string> }> = {}) => ({
  auth: { type: "jwt" as const, ...app, privateKey, loginUrl: url, ...over },
});
describe("who we are", () => {
  it("[SF23] a signed assertion gets a token, which is kept, and renewed once when it is refused", async () => {
    withJwt();
    const to = await system(jwtOf());
    const of = newAccount();
    const read = () => to.outbound.read(`account/${of}`, "salesforce", now);
    const tokens = () => seen.filter(({ path }) => path === "/services/oauth2/token").length;
    await good(read());
    await good(read());
    assert.equal(tokens(), 1);
    sim.expireSessions();
    await good(read());
    assert.equal(tokens(), 2);
  });

  it("[SF23] a wrong key, app, audience or token is a matter of permission", async () => {
    withJwt();
    const read = async (over: Partial<SalesforceConfig>) => {
      const to = await system(over);
      return to.outbound.read("account/001000000000001AAA", "salesforce", now);
    };
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const wrongKey = Redacted.make(other.export({ type: "pkcs8", format: "pem" }) as string);
    await isBad(await read(jwtOf({ privateKey: wrongKey })), "RejectedFixable permission");
    await isBad(await read(jwtOf({ privateKey: Redacted.make("no key") })), "RejectedFixable permission");
    await isBad(await read(jwtOf({ clientId: "other" })), "RejectedFixable permission");
    await isBad(await read({}), "RejectedFixable permission");
  });

  it("[SF24] the configuration is read from the environment, secrets sealed", () => {
    const read = (values: Record<string, string>) =>
      Effect.runSync(
        Effect.either(
          Effect.withConfigProvider(
            salesforceConfig("salesforce-eu").pipe((config) => config),
            ConfigProvider.fromMap(
              new Map(Object.entries(values).map(([key, value]) => [`SALESFORCE_EU.${key}`, value])),
            ),
          ),
        ),
      );
    const config = Either.getOrThrow(
      read({ INSTANCE_URL: "https://x", TOKEN: "t0p", CURRENCY_FIELD: "none", DEFAULT_CURRENCY: "EUR" }),
    );
    assert.deepEqual([config.connection, config.currencyField, config.defaultCurrency], ["salesforce-eu", null, "EUR"]);
    assert.ok(!JSON.stringify(config).includes("t0p"));
    assert.ok(Either.isLeft(read({ TOKEN: "t" })));
  });
});

// ---------------------------------------------------------------- re-reads and polls

describe("re-reads and polls", () => {
  it("[SF25] a re-read says every mapped field, as of the millisecond before the request", async () => {
    const to = await system();
    const of = newAccount({ Billing_Customer_Id__c: "cus_7" });
    const id = sim.operations.create("Opportunity", {
      Name: "D",
      AccountId: of,
      StageName: "Closed Won",
      Amount: 10.5,
      CurrencyIsoCode: "EUR",
      CloseDate: "2026-11-30",
    }).id;
    const answer = await good(to.outbound.read(`quote/${id}`, "salesforce", now + 5));
    const event = answer!.events[0]!;
    assert.deepEqual(event.clock, { at: now + 4, tick: 1, trust: 1 });
    assert.deepEqual([event.read, event.owner, event.subject], [true, of, `quote/${id}`]);
    assert.deepEqual(event.fields, ["status", "name", "currency", "amountMinor", "closedAt"]);
    assert.deepEqual(event.data, {
      status: "won",
      name: "D",
      number: null,
      currency: "EUR",
      amountMinor: 1050,
      deal: null,
      closedAt: Date.parse("2026-11-30"),
    });
    assert.equal(JSON.parse(new TextDecoder().decode(answer!.body)).Id, id);
    const accountEvent = (await good(to.outbound.read(`account/${of}`, "salesforce", now)))!.events[0]!;
    assert.deepEqual(accountEvent.links, [{ rank: "external-id", target: "stripe:cus_7" }]);
  });

  it("[SF25] a record that Salesforce says is deleted is deleted; one that it does not find settles nothing", async () => {
    const to = await system();
    const of = newAccount();
    sim.operations.delete("Account", of);
    const { events } = (await good(to.outbound.read(`account/${of}`, "salesforce", now)))!;
    assert.deepEqual([events[0]?.fields, events[0]?.read], [["status"], true]);
    assert.equal(await good(to.outbound.read("account/001000000000777AAA", "salesforce", now)), null);
    for (const subject of ["invoice/in_1", "account/cus_1", "contract/006000000000001AAA"])
      await isBad(to.outbound.read(subject, "salesforce", now), "Impossible unsupported");
  });

  const pollAll = async (
    to: System,
    from: string | null,
  ): Promise<{ readonly pages: ReadonlyArray<PollAnswer>; readonly cursor: string }> => {
    const pages: PollAnswer[] = [];
    for (let cursor = from; pages.length < 60; cursor = pages.at(-1)!.cursor) {
      const page = await good(to.outbound.poll!(cursor, "salesforce"));
      pages.push(page);
      if (!page.more) return { pages, cursor: page.cursor };
    }
    return assert.fail("the poll does not end");
  };
  const subjects = (pages: ReadonlyArray<PollAnswer>) =>
    pages.flatMap(({ events }) => events.map(({ subject }) => subject));

  it("[SF26] a poll reads one object after another, page by page, then only what changed, deletions too", async () => {
    const to = await system({ pollPageSize: 2, pollOverlapMs: 10_000 });
    const accounts = [1, 2, 3, 4, 5].map(() => newAccount());
    const order = sim.operations.create("Order", {
      AccountId: accounts[0],
      EffectiveDate: "2026-12-01",
      Status: "Activated",
      CurrencyIsoCode: "EUR",
    }).id;
    const first = await pollAll(to, null);
    assert.deepEqual(subjects(first.pages), [...accounts.map((id) => `account/${id}`), `contract/${order}`]);
    const event = first.pages[0]!.events[0]!;
    assert.deepEqual(
      [event.read, event.clock, event.type],
      [false, { at: start, tick: 1000, trust: 1000 }, "account.polled"],
    );
    const idle = await pollAll(to, first.cursor);
    assert.deepEqual(subjects(idle.pages), []);
    now += 20_000;
    sim.operations.update("Account", accounts[1]!, { Name: "Other" });
    sim.operations.delete("Order", order);
    const second = await pollAll(to, idle.cursor);
    assert.deepEqual(subjects(second.pages), [`account/${accounts[1]}`, `contract/${order}`]);
    assert.equal(
      (second.pages.at(-1)!.events[0] ?? second.pages.flatMap(({ events }) => events).at(-1))!.data.status,
      "deleted",
    );
    await isBad(to.outbound.poll!("{}", "salesforce"), "Impossible cursor");
    await isBad(to.outbound.poll!("nonsense", "salesforce"), "Impossible cursor");
  });

  it("[SF26] a place in the results that is no longer kept starts that object anew; an object that is not there is left out", async () => {
    const to = await system({ pollPageSize: 2 });
    for (let i = 0; i < 3; i++) newAccount();
    const first = await good(to.outbound.poll!(null, "salesforce"));
    const lost = JSON.stringify({
      ...JSON.parse(first.cursor),
      next: "/services/data/v67.0/query/01g000000000999AAA-2",
    });
    const again = await good(to.outbound.poll!(lost, "salesforce"));
    assert.equal(again.events.length, 0);
    assert.match(JSON.parse(again.cursor).next, /query/);
    const away = JSON.stringify({ ...JSON.parse(first.cursor), next: "https://elsewhere.example/x" });
    await isBad(to.outbound.poll!(away, "salesforce"), "Impossible cursor");
    const names = { ...defaultNames, cpqQuote: { ...defaultNames.cpqQuote!, object: "Gone__c" } };
    const wrong = await system({ names });
    const at = JSON.stringify({ role: "cpqQuote", next: null, since: {}, seen: null, tail: [] });
    await isBad(wrong.outbound.poll!(at, "salesforce"), "RejectedFixable INVALID_TYPE");
    const without = await system({ names: { ...names, cpqQuote: null } });
    assert.equal((await pollAll(without, null)).pages.length, 4);
  });
});

// ---------------------------------------------------------------- the stream

interface Heard {
  readonly answers: PollAnswer[];
  readonly failure: Promise<AnswerError | null>;
  readonly until: (done: (answers: ReadonlyArray<PollAnswer>) => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
}
const hear = (to: System, cursor: string | null): Heard => {
  const answers: PollAnswer[] = [];
  const deliver = (answer: PollAnswer) => Effect.sync(() => void answers.push(answer));
  const fiber = Effect.runFork(Effect.either(to.outbound.subscribe!(cursor, "salesforce", deliver)));
  const failure = Effect.runPromise(Fiber.await(fiber)).then((exit) =>
    exit._tag === "Success" && Either.isLeft(exit.value) ? exit.value.left : null,
  );
  const until = async (done: (answers: ReadonlyArray<PollAnswer>) => boolean) => {
    for (let i = 0; i < 400 && !done(answers); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(done(answers), `heard ${JSON.stringify(answers.map(({ events }) => events.length))}`);
  };
  return { answers, failure, until, stop: () => Effect.runPromise(Fiber.interrupt(fiber)).then(() => undefined) };
};
const eventsOf = (answers: ReadonlyArray<PollAnswer>) => answers.flatMap(({ events }) => events);

describe("the stream", () => {
  it("[SF27] change events come over gRPC from the beginning, and say what the webhooks say", async () => {
    const line = await sim.stream.listen({ keepAliveMs: 50 });
    try {
      const to = await system({ pubsubUrl: line.url });
      const of = newAccount({ Billing_Customer_Id__c: "cus_1", BillingAddress: { City: "Lyon" } });
      sim.operations.update("Account", of, {
        BillingAddress: { City: "Paris" },
        Name: { FirstName: "Ada", LastName: "L" },
      });
      sim.operations.update("Account", of, { Name: { FirstName: "Eve" } });
      sim.operations.update("Account", of, { Billing_Customer_Id__c: null });
      const id = sim.operations.create("Opportunity", {
        Name: "D",
        AccountId: of,
        StageName: "New",
        Amount: 0.29,
        CurrencyIsoCode: "USD",
        CloseDate: "2026-11-30",
      }).id;
      sim.operations.update("Opportunity", id, { StageName: "Closed Won", NextStep: "x", Amount: null });
      sim.operations.gap("Opportunity", id, { StageName: "Closed Lost" });
      sim.operations.updateAll("Account", [of, newAccount()], { Phone: "1", ParentId: of });
      sim.operations.delete("Opportunity", id);
      const webhooks = sim.drainEvents().map((event) => decode(event));
      const heard = hear(to, null);
      const expected = webhooks.flatMap((decoded) => (decoded._tag === "Events" ? decoded.events : []));
      await heard.until((answers) => eventsOf(answers).length >= expected.length);
      await heard.stop();
      assert.deepEqual(eventsOf(heard.answers), expected);
      const asks = webhooks.flatMap((decoded) => (decoded._tag === "Events" ? (decoded.asks ?? []) : []));
      assert.deepEqual(
        [...new Set(heard.answers.flatMap((answer) => answer.asks ?? []))].sort(),
        [...new Set(asks)].sort(),
      );
      assert.ok(asks.length >= 2);
      // What is kept in the journal decodes to the same.
      for (const { body, events } of heard.answers) {
        const decoded = door.decode(body, "salesforce");
        assert.deepEqual(decoded._tag === "Events" && decoded.events, events);
      }
    } finally {
      line.close();
    }
  });

  it("[SF28] it resumes after the cursor, a keep-alive moves only the cursor, and a restart of the server loses nothing", async () => {
    const first = newAccount();
    let line = await sim.stream.listen({ keepAliveMs: 40 });
    const to = await system({ pubsubUrl: line.url });
    try {
      const heard = hear(to, null);
      await heard.until((answers) => answers.some(({ events }) => events.length === 0));
      assert.deepEqual(
        eventsOf(heard.answers).map(({ owner }) => owner),
        [first],
      );
      const alive = heard.answers.at(-1)!;
      assert.deepEqual([alive.events, alive.more], [[], false]);
      const { port } = line;
      line.close();
      assert.equal((await heard.failure)?._tag, "Transient");
      await isBad(
        to.outbound.subscribe!(alive.cursor, "salesforce", () => Effect.void),
        "Transient",
      );
      const second = newAccount();
      line = await sim.stream.listen({ port, keepAliveMs: 40 });
      const again = hear(to, alive.cursor);
      await again.until((answers) => eventsOf(answers).length > 0);
      await again.stop();
      assert.deepEqual(
        eventsOf(again.answers).map(({ owner }) => owner),
        [second],
      );
    } finally {
      line.close();
    }
  });

  it("[SF28] more events than are asked for at once all arrive, in order", async () => {
    const line = await sim.stream.listen();
    try {
      const to = await system({ pubsubUrl: line.url, streamBatch: 7 });
      const made = Array.from({ length: 60 }, () => newAccount());
      const heard = hear(to, null);
      await heard.until((answers) => eventsOf(answers).length >= made.length);
      await heard.stop();
      assert.deepEqual(
        eventsOf(heard.answers).map(({ owner }) => owner),
        made,
      );
      assert.ok(heard.answers.every(({ events }) => events.length <= 7));
    } finally {
      line.close();
    }
  });

  it("[SF29] a refused token is renewed once and the stream goes on where it was; a second refusal is a matter of permission", async () => {
    withJwt();
    const line = await sim.stream.listen();
    try {
      const to = await system({ pubsubUrl: line.url, tenantId: null, ...jwtOf({ loginUrl: url }) });
      const first = newAccount();
      const subscribe = (cursor: string | null, deliver: (answer: PollAnswer) => Effect.Effect<void>) =>
        to.outbound.subscribe!(cursor, "salesforce", deliver);
      const bodies: string[] = [];
      const hearOne = (cursor: string | null) =>
        Effect.runPromise(
          Effect.async<string>((resume) => {
            const fiber = Effect.runFork(
              subscribe(cursor, (answer) =>
                Effect.sync(() => {
                  bodies.push(...answer.events.map(({ owner }) => owner ?? ""));
                  if (answer.events.length > 0) resume(Effect.succeed(answer.cursor));
                }),
              ),
            );
            return Fiber.interrupt(fiber);
          }).pipe(Effect.timeout("4 seconds")),
        );
      const cursor = await hearOne(null);
      sim.expireSessions();
      const second = newAccount();
      await hearOne(cursor);
      assert.deepEqual([...new Set(bodies)], [first, second]);
      assert.equal(seen.filter(({ path }) => path === "/services/oauth2/token").length, 2);
      const wrong = await system({ pubsubUrl: line.url });
      await isBad(
        wrong.outbound.subscribe!(null, "salesforce", () => Effect.void),
        "RejectedFixable permission",
      );
    } finally {
      line.close();
    }
  });

  it("[SF30] a lost place says what was lost and what to do; an unknown topic and a silent line say so too", async () => {
    const line = await sim.stream.listen();
    try {
      const to = await system({ pubsubUrl: line.url, streamSilenceMs: 80 });
      for (let i = 0; i < 5; i++) newAccount();
      sim.stream.forget(1);
      const old = Buffer.from("0000000000000003", "hex").toString("base64");
      for (const cursor of [old, "bm9uc2Vuc2U="]) {
        const error = await bad(to.outbound.subscribe!(cursor, "salesforce", () => Effect.void));
        assert.equal(said(error), "RejectedFixable REPLAY_ID");
        assert.match(error.detail, /lost to it; poll from the beginning/);
      }
      await isBad(
        to.outbound.subscribe!(null, "salesforce", () => Effect.void),
        "Transient",
      );
      const elsewhere = await system({ pubsubUrl: line.url, topic: "/data/NopeChangeEvent" });
      await isBad(
        elsewhere.outbound.subscribe!(null, "salesforce", () => Effect.void),
        "RejectedFixable sfdc.platform.eventbus.grpc.topic.not.found",
      );
      const nameless = await system({ pubsubUrl: line.url, tenantId: null });
      await isBad(
        nameless.outbound.subscribe!(null, "salesforce", () => Effect.void),
        "RejectedFixable tenant",
      );
    } finally {
      line.close();
    }
  });

  it("[SF31] bitmaps become names by the schema's order, the parts of compounds by theirs", () => {
    const part = {
      type: "record",
      name: "P",
      fields: [0, 1, 2].map((i) => ({ name: `p${i}`, type: ["null", "string"] })),
    };
    const fields = Array.from({ length: 32 }, (_, i) => ({
      name: `f${i}`,
      type: i === 4 ? ["null", "string", part] : ["null", "string"],
    }));
    const type = avroType(JSON.stringify({ type: "record", name: "R", fields }));
    // The vendor's own example of a bitmap.
    const names = expandBitmaps(type, ["0x650004E0", "4-0x06"]);
    assert.deepEqual(names, ["f5", "f6", "f7", "f10", "f24", "f26", "f29", "f30", "f4.p1", "f4.p2"]);
    assert.deepEqual(expandBitmaps(type, ["Name"]), ["Name"]);
    assert.throws(() => expandBitmaps(type, ["0x100000000"]), /names field 32/);
    assert.throws(() => expandBitmaps(type, ["3-0x01"]), /no compound/);
  });
});

// ---------------------------------------------------------------- the simulator

describe("the simulator", () => {
  it("[SF32] what the change events add up to, field by field, is what a re-read of each record says", async () => {
    const to = await system();
    const value = fc.constantFrom("a", "b", null);
    const opportunity = fc.record(
      {
        StageName: fc.constantFrom("New", "Closed Won", "Closed Lost"),
        Name: fc.constantFrom("x", "y"),
        Amount: fc.constantFrom(1, 2.5, null),
        CloseDate: fc.constantFrom("2026-11-30", "2026-12-01"),
      },
      { requiredKeys: [] },
    );
    const accountEdit = fc.record(
      { Name: fc.constantFrom("m", "n"), Billing_Customer_Id__c: value, Phone: value },
      { requiredKeys: [] },
    );
    const act = fc.oneof(
      accountEdit.map((fields) => ["Account", fields] as const),
      opportunity.map((fields) => ["Opportunity", fields] as const),
      fc.constant(["delete", {}] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (history) => {
        sim = makeSalesforceSimulator({ now: () => now });
        const of = newAccount();
        const id = sim.operations.create("Opportunity", {
          Name: "D",
          AccountId: of,
          StageName: "New",
          Amount: 1,
          CurrencyIsoCode: "EUR",
          CloseDate: "2026-11-30",
        }).id;
        for (const [what, fields] of history) {
          now += 1;
          if (what !== "delete") sim.operations.update(what, what === "Account" ? of : id, fields);
          else {
            sim.operations.delete("Opportunity", id);
            sim.operations.undelete("Opportunity", id);
          }
        }
        const folded = new Map<string, unknown>();
        const asked = new Set<string>();
        for (const event of sim.drainEvents()) {
          const decoded = decode(event);
          if (decoded._tag !== "Events") continue;
          for (const subject of decoded.asks ?? []) asked.add(subject);
          for (const { subject, fields, data, links } of decoded.events) {
            for (const field of fields ?? []) folded.set(`${subject} ${field}`, (data as Obj)[field]);
            if (links.length > 0) folded.set(`${subject} links`, links);
          }
        }
        for (const subject of [`account/${of}`, `quote/${id}`]) {
          const event = (await good(to.outbound.read(subject, "salesforce", now + 1)))!.events[0]!;
          for (const field of event.fields ?? []) {
            if (field === "amountMinor" && asked.has(subject)) continue;
            assert.deepEqual(folded.get(`${subject} ${field}`), (event.data as Obj)[field], `${subject} ${field}`);
          }
          if (event.links.length > 0)
            assert.deepEqual(folded.get(`${subject} links`) ?? [{ rank: "external-id", target: null }], event.links);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("[SF33] its state is its snapshot and the changes committed since, durable before they are answered", async () => {
    const changes: Change[] = [];
    sim = makeSalesforceSimulator({ now: () => now, onCommit: (_, change) => void changes.push(change) });
    const of = newAccount();
    const snapshot = sim.snapshot();
    const through = changes.length;
    const to = await system();
    const post = command("crm_invoice", invoiceContent(of));
    await good(to.outbound.send(post));
    sim.operations.updateAll("Account", [of, newAccount()], { Phone: "1" });
    sim.operations.gap("Account", of, { Name: "Gap" });
    await good(to.outbound.send({ ...post, verb: "reverse" }));
    await sim.flush();
    const again = makeSalesforceSimulator({ now: () => now });
    again.restore(JSON.parse(JSON.stringify(snapshot)), JSON.parse(JSON.stringify(changes.slice(through))));
    const shape = (of: SalesforceSimulator) => canonical(of.snapshot() as unknown as CanonicalJson);
    assert.equal(shape(again), shape(sim));
    assert.deepEqual(again.stream.after(null), sim.stream.after(null));
    assert.notEqual(again.operations.create("Account", { Name: "Next" }).id, of);
  });
});
