/** The NetSuite folder against its simulator over real HTTP on loopback, and its door against the library of the signature's authors. */
import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import { serve } from "@hono/node-server";
import { ConfigProvider, Effect, Either, FastCheck as fc, Redacted, Schema } from "effect";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, it } from "vitest";
import { canonical } from "../../domain/canonical.ts";
import { CanonicalEvent, type DepositData } from "../../domain/event.ts";
import type { AnswerError, DocumentKind, OutboundCommand, Receipt, System } from "../../domain/ports/system.ts";
import {
  type CommittedEntry,
  decode,
  isOutsideId,
  makeInbound,
  makeNetsuite,
  makeNetsuiteSimulator,
  type NetsuiteConfig,
  type NetsuiteSimulator,
  netEffects,
  netsuiteConfig,
  sandboxConfig,
  sign,
  simulatorIds,
  verify,
} from "./layer.ts";
import { amountFromWire, amountToWire } from "./mapping.ts";

// ---------------------------------------------------------------- the bench

const start = Date.parse("2026-11-20T12:00:00Z");
let now = start;
let sim: NetsuiteSimulator;
let server: Server;
let url = "";

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
    server = serve({ fetch: (request) => sim.app.fetch(request), port: 0, hostname: "127.0.0.1" }, (info) => {
      url = `http://127.0.0.1:${info.port}`;
      resolve();
    }) as Server;
  });
});
afterAll(() => close(server));
beforeEach(() => {
  now = start;
  sim = makeNetsuiteSimulator({ now: () => now });
});

const system = (overrides: Partial<NetsuiteConfig> = {}): Promise<System> =>
  Effect.runPromise(makeNetsuite(sandboxConfig(url, overrides)).pipe(Effect.provide(FetchHttpClient.layer)));
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
const isBad = async (effect: Effect.Effect<unknown, AnswerError>, tag: AnswerError["_tag"], code?: string) => {
  const error = await bad(effect);
  assert.equal(error._tag, tag, JSON.stringify(error));
  if (code !== undefined) assert.equal("code" in error ? error.code : null, code);
};

let counter = 0;
const outsideId = () => `tie_${(++counter).toString(16).padStart(32, "0")}`;

interface Placed {
  readonly command: OutboundCommand;
  readonly receipt: Receipt;
}
const command = (
  kind: DocumentKind,
  content: OutboundCommand["content"],
  on: { readonly customer?: Placed; readonly appliesTo?: Placed } = {},
): OutboundCommand => {
  const support = (placed: Placed | undefined) =>
    placed
      ? { kind: placed.command.kind, outsideId: placed.command.outsideId, foreignId: placed.receipt.foreignId }
      : null;
  const id = outsideId();
  return {
    key: `cmd_${id}`,
    outsideId: id,
    kind,
    verb: "post",
    content: on.appliesTo ? { ...content, appliesTo: on.appliesTo.command.outsideId } : content,
    effectiveAt: now,
    sourceObject: `stripe:${kind}/x`,
    customer: support(on.customer),
    appliesTo: support(on.appliesTo),
    foreignId: null,
  };
};
const post = async (to: System, what: OutboundCommand): Promise<Placed> => ({
  command: what,
  receipt: await good(to.outbound.send(what)),
});
const reverseOf = ({ command: posted, receipt }: Placed): OutboundCommand => ({
  ...posted,
  key: `${posted.key}-r`,
  verb: "reverse",
  foreignId: receipt.foreignId,
});

/** One of each document, in USD unless said, with the customer. */
interface Books {
  readonly customer: Placed;
  readonly receivable: Placed;
  readonly credit_memo: Placed;
  readonly cash_application: Placed;
  readonly refund: Placed;
  readonly chargeback: Placed;
}
const commandsOf = (currency: string, customer: Placed) => ({
  receivable: () =>
    command("receivable", { currency, amountMinor: 12_910, taxMinor: 1174, number: "A-17" }, { customer }),
  credit_memo: (appliesTo: Placed) =>
    command("credit_memo", { currency, amountMinor: 1000, number: "CN-1" }, { customer, appliesTo }),
  cash_application: (appliesTo: Placed) =>
    command("cash_application", { currency, amountMinor: 11_910 }, { customer, appliesTo }),
  refund: (appliesTo: Placed) => command("refund", { currency, amountMinor: 1501 }, { customer, appliesTo }),
  chargeback: (appliesTo: Placed) => command("chargeback", { currency, amountMinor: 2000 }, { customer, appliesTo }),
});
const acme = () => command("customer", { name: "Acme", email: "ap@acme.example", currency: "USD" });
const fill = async (to: System, currency = "USD"): Promise<Books> => {
  const customer = await post(to, acme());
  const make = commandsOf(currency, customer);
  const receivable = await post(to, make.receivable());
  const credit_memo = await post(to, make.credit_memo(receivable));
  const cash_application = await post(to, make.cash_application(receivable));
  const refund = await post(to, make.refund(cash_application));
  const chargeback = await post(to, make.chargeback(cash_application));
  return { customer, receivable, credit_memo, cash_application, refund, chargeback };
};
const financial = ["receivable", "credit_memo", "cash_application", "refund", "chargeback"] as const;
const signed = { receivable: 12_910, credit_memo: -1000, cash_application: 11_910, refund: -1501, chargeback: -2000 };
const last = (): CommittedEntry => sim.committed.at(-1)!;

// ---------------------------------------------------------------- the verbs

describe("commands", () => {
  it("[NS1] every document is posted once, under our outside id, with its exact amount on its ledger side", async () => {
    const books = await fill(await system());
    for (const kind of financial) {
      const { command: posted, receipt } = books[kind];
      const entry = sim.committed.find((e) => e.internalId === receipt.foreignId)!;
      assert.equal(entry.externalId, posted.outsideId);
      assert.equal(entry.amountMinor, signed[kind]);
      assert.equal(entry.currency, "USD");
      assert.equal(entry.customer, books.customer.receipt.foreignId);
    }
    assert.equal(sim.committed.length, 6);
    assert.equal(sim.openBalance(books.receivable.receipt.foreignId), 12_910 - 1000 - 11_910 + 1501 + 2000);
  });

  it("[NS2] a command that is sent again makes nothing new and answers with the same record", async () => {
    const to = await system();
    const books = await fill(to);
    const before = sim.committed.length;
    for (const kind of ["customer", ...financial] as const) {
      const again = await good(to.outbound.send(books[kind].command));
      assert.deepEqual(again, books[kind].receipt, kind);
    }
    assert.equal(sim.committed.length, before);
  });

  it("[NS2] a look-up finds what was posted, with the content that was wished", async () => {
    const to = await system();
    const books = await fill(to);
    for (const kind of ["customer", ...financial] as const) {
      const found = await good(to.outbound.lookup(books[kind].command));
      assert.deepEqual(found, { foreignId: books[kind].receipt.foreignId, content: books[kind].command.content }, kind);
      assert.equal(await good(to.outbound.lookup({ ...books[kind].command, outsideId: outsideId() })), null, kind);
    }
  });

  it("[NS3] the inverse of every document is a journal entry that takes back exactly its amount", async () => {
    const to = await system();
    const books = await fill(to);
    for (const kind of [...financial].reverse()) {
      const reverse = reverseOf(books[kind]);
      assert.equal(await good(to.outbound.lookup(reverse)), null, kind);
      const receipt = await good(to.outbound.send(reverse));
      assert.equal(last().recordType, "journalEntry");
      assert.equal(last().internalId, receipt.foreignId);
      assert.equal(last().amountMinor, -signed[kind], kind);
      assert.equal(last().reverses?.internalId, books[kind].receipt.foreignId);
      assert.deepEqual(await good(to.outbound.lookup(reverse)), receipt, kind);
      assert.deepEqual(await good(to.outbound.send(reverse)), receipt, kind);
    }
    assert.equal(sim.committed.length, 11);
    assert.deepEqual(netEffects(sim.committed), []);
    assert.equal(sim.openBalance(books.receivable.receipt.foreignId), 0);
  });

  it("[NS3] what is reversed already is not reversed under another id", async () => {
    const to = await system();
    const books = await fill(to);
    for (const kind of financial) {
      await good(to.outbound.send(reverseOf(books[kind])));
      const second = { ...reverseOf(books[kind]), outsideId: outsideId() };
      await isBad(to.outbound.send(second), "Impossible", "ALREADY_REVERSED");
    }
  });

  it("[NS3] a journal that is not the exact opposite is refused by the books", async () => {
    const to = await system();
    const { receivable, cash_application } = await fill(to);
    for (const placed of [receivable, cash_application]) {
      const reverse = reverseOf(placed);
      const wrong = { ...reverse, content: { ...reverse.content, amountMinor: 11_909 } };
      await isBad(to.outbound.send(wrong), "RejectedFixable", "USER_ERROR");
    }
  });

  it("[NS4] the number of a receivable and of a credit memo changes in place; nothing else does", async () => {
    const to = await system();
    const books = await fill(to);
    for (const kind of ["receivable", "credit_memo"] as const) {
      const { command: posted, receipt } = books[kind];
      const content = { ...posted.content, number: "B-2" };
      const update: OutboundCommand = { ...posted, verb: "update", content, foreignId: receipt.foreignId };
      const before = await good(to.outbound.lookup(update));
      assert.notDeepEqual(before?.content, content);
      assert.deepEqual(await good(to.outbound.send(update)), { foreignId: receipt.foreignId, content });
      assert.deepEqual(await good(to.outbound.lookup(update)), { foreignId: receipt.foreignId, content });
      assert.equal(last().op, "update");
      assert.equal(last().amountMinor, signed[kind]);
    }
    for (const kind of ["cash_application", "refund", "chargeback"] as const) {
      const update: OutboundCommand = {
        ...books[kind].command,
        verb: "update",
        foreignId: books[kind].receipt.foreignId,
      };
      await isBad(to.outbound.send(update), "Impossible", "unsupported");
    }
    const renamed: OutboundCommand = {
      ...books.customer.command,
      verb: "update",
      content: { name: "Acme Ltd", email: null, currency: "USD" },
    };
    assert.equal((await good(to.outbound.send(renamed))).foreignId, books.customer.receipt.foreignId);
    assert.deepEqual((await good(to.outbound.lookup(renamed)))?.content, renamed.content);
    await isBad(to.outbound.send(reverseOf(books.customer)), "Impossible", "unsupported");
  });

  it("[NS5] a transform whose external id is taken by other content is impossible, not a success", async () => {
    const to = await system();
    const { customer, receivable, credit_memo, cash_application } = await fill(to);
    const other = await post(to, commandsOf("USD", customer).receivable());
    for (const placed of [credit_memo, cash_application]) {
      const { command: posted } = placed;
      const changed = { ...posted, content: { ...posted.content, amountMinor: 999 } };
      await isBad(to.outbound.send(changed), "Impossible", "OTHER_CONTENT");
      const appliesTo = {
        kind: "receivable" as const,
        outsideId: other.command.outsideId,
        foreignId: other.receipt.foreignId,
      };
      const elsewhere = { ...posted, appliesTo, content: { ...posted.content, appliesTo: appliesTo.outsideId } };
      await isBad(to.outbound.send(elsewhere), "Impossible", "OTHER_CONTENT");
    }
    assert.equal(sim.openBalance(receivable.receipt.foreignId), 12_910 - 1000 - 11_910 + 1501 + 2000);
  });

  it("[NS5] an upsert overwrites: the log says what the document says now, and its lines do not add up", async () => {
    const to = await system();
    const { receivable, refund } = await fill(to);
    for (const placed of [receivable, refund]) {
      const changed = {
        ...placed.command,
        content: { ...placed.command.content, amountMinor: 1300, ...(placed === receivable ? { taxMinor: 0 } : {}) },
      };
      assert.equal((await good(to.outbound.send(changed))).foreignId, placed.receipt.foreignId);
      assert.equal(last().op, "update");
      assert.equal(Math.abs(last().amountMinor), 1300);
    }
  });

  it("[NS6] what a document rests on must be there: unknown references are refused as fixable", async () => {
    const to = await system();
    const books = await fill(to);
    const before = sim.committed.length;
    for (const kind of financial) {
      const { command: posted } = books[kind];
      const gone = { kind: "customer" as const, outsideId: "tie_x", foreignId: "90001" };
      const lost = {
        ...posted,
        outsideId: outsideId(),
        customer: gone,
        ...(posted.appliesTo ? { appliesTo: gone } : {}),
      };
      await isBad(to.outbound.send(lost), "RejectedFixable");
      await isBad(
        to.outbound.send({ ...reverseOf(books[kind]), foreignId: "90001" }),
        "RejectedFixable",
        "INVALID_KEY_OR_REF",
      );
    }
    await isBad(
      to.outbound.send({ ...books.receivable.command, verb: "update", foreignId: "90001" }),
      "RejectedFixable",
      "NONEXISTENT_ID",
    );
    assert.equal(sim.committed.length, before);
  });

  it("[NS6] a missing mapping is fixable and is found before anything is sent", async () => {
    const books = await fill(await system());
    const none = { ...simulatorIds, item: null, receivableAccount: null };
    const to = await system({ ids: none });
    const before = sim.committed.length;
    await isBad(
      to.outbound.send({ ...books.receivable.command, outsideId: outsideId() }),
      "RejectedFixable",
      "mapping",
    );
    await isBad(
      to.outbound.send({ ...books.credit_memo.command, outsideId: outsideId() }),
      "RejectedFixable",
      "mapping",
    );
    await isBad(to.outbound.send(reverseOf(books.cash_application)), "RejectedFixable", "mapping");
    const wrong = await system({ ids: { ...simulatorIds, item: "77" } });
    await isBad(
      wrong.outbound.send({ ...books.receivable.command, outsideId: outsideId() }),
      "RejectedFixable",
      "INVALID_CONTENT",
    );
    assert.equal(sim.committed.length, before);
  });

  it("[NS7] a closed period refuses every entry dated in it, and takes it once it is dated in an open one", async () => {
    const to = await system();
    const books = await fill(to);
    sim.faults.closedPeriods.add("2026-11");
    const before = sim.committed.length;
    for (const kind of financial) {
      const fresh = { ...books[kind].command, outsideId: outsideId() };
      await isBad(to.outbound.send(fresh), "RejectedFixable", "PERIOD_CLOSED");
      await isBad(to.outbound.send(reverseOf(books[kind])), "RejectedFixable", "PERIOD_CLOSED");
    }
    assert.equal(sim.committed.length, before);
    const effectiveAt = Date.parse("2026-12-01T00:00:00Z");
    for (const kind of financial) await good(to.outbound.send({ ...reverseOf(books[kind]), effectiveAt }));
    assert.equal(sim.openBalance(books.receivable.receipt.foreignId), 0);
  });

  it("[NS8] more than the document can bear is refused", async () => {
    const to = await system();
    const { customer, receivable, cash_application } = await fill(to);
    const pay = (amountMinor: number) =>
      command("cash_application", { currency: "USD", amountMinor }, { customer, appliesTo: receivable });
    await isBad(to.outbound.send(pay(12_911)), "RejectedFixable", "USER_ERROR");
    const back = command("refund", { currency: "USD", amountMinor: 11_911 }, { customer, appliesTo: cash_application });
    await isBad(to.outbound.send(back), "RejectedFixable", "USER_ERROR");
    sim.faults.strictApplication = true;
    await isBad(to.outbound.send(pay(3502)), "RejectedFixable", "USER_ERROR");
    await good(to.outbound.send(pay(3501)));
    const rest = { ...back, content: { ...back.content, amountMinor: 11_910 - 3501 + 1 } };
    await isBad(to.outbound.send(rest), "RejectedFixable", "USER_ERROR");
  });

  it("[NS8] a customer that NetSuite does not take blocks its own documents only", async () => {
    const to = await system();
    const books = await fill(to);
    sim.faults.rejectCustomers.add(books.customer.receipt.foreignId);
    await isBad(
      to.outbound.send({ ...books.receivable.command, outsideId: outsideId() }),
      "RejectedFixable",
      "USER_ERROR",
    );
    const other = await post(to, acme());
    await post(to, commandsOf("USD", other).receivable());
    const unwelcome = acme();
    sim.faults.rejectCustomers.add(unwelcome.outsideId);
    await isBad(to.outbound.send(unwelcome), "RejectedFixable", "USER_ERROR");
  });

  it("[NS9] amounts are exact in currencies of zero, two and three decimals", async () => {
    const to = await system();
    for (const currency of ["JPY", "USD", "BHD"]) {
      const books = await fill(to, currency);
      for (const kind of financial) {
        assert.equal(
          (await good(to.outbound.lookup(books[kind].command)))?.content["amountMinor"],
          Math.abs(signed[kind]),
        );
      }
      for (const kind of [...financial].reverse()) await good(to.outbound.send(reverseOf(books[kind])));
    }
    assert.deepEqual(netEffects(sim.committed), []);
  });

  it("[NS9] an amount goes out and comes back as it was, up to what a JSON number carries", () => {
    const amount = fc.integer({ min: -(10 ** 15 - 1), max: 10 ** 15 - 1 });
    fc.assert(
      fc.property(amount, fc.constantFrom("JPY", "USD", "BHD", "CLF"), (minor, currency) => {
        const text = JSON.stringify(amountToWire(minor, currency));
        assert.deepEqual(amountFromWire(JSON.parse(text), currency, "x"), Either.right(minor === 0 ? 0 : minor));
      }),
    );
    for (const [value, currency] of [
      [10.5, "JPY"],
      [1.005, "USD"],
      [1e21, "USD"],
      [1e-7, "BHD"],
      [1e13, "USD"],
      ["1,5", "USD"],
      [Number.NaN, "USD"],
    ] as const) {
      assert.ok(Either.isLeft(amountFromWire(value, currency, "x")), `${value} ${currency}`);
    }
    assert.deepEqual(amountFromWire("90071992547409.91", "USD", "x"), Either.right(9_007_199_254_740_991));
  });

  it("[NS10] ids with characters that a URL means otherwise arrive as they are", async () => {
    const to = await system();
    for (const id of ["a/b", "50%", "ä ö+ü", "x?y=1#z", "eid:1", "%2F", "日本", "a&b;c"]) {
      const sent = { ...acme(), outsideId: id };
      const receipt = await good(to.outbound.send(sent));
      assert.equal(last().externalId, id);
      assert.equal((await good(to.outbound.lookup(sent)))?.foreignId, receipt.foreignId);
    }
    assert.equal(await good(to.outbound.read("account/no/such id", "netsuite", now)), null);
    await isBad(to.outbound.read("account/..", "netsuite", now), "Impossible");
    await isBad(to.outbound.read("invoice/1", "netsuite", now), "Impossible", "unsupported");
  });

  it("[NS10] a name longer than NetSuite's field is cut, and the receipt says so", async () => {
    const to = await system();
    const long = command("customer", { name: "ö".repeat(100), email: null, currency: null });
    const receipt = await good(to.outbound.send(long));
    assert.equal(receipt.content["name"], "ö".repeat(83));
    assert.equal((await good(to.outbound.lookup(long)))?.content["name"], "ö".repeat(83));
  });
});

// ---------------------------------------------------------------- answers

const writes = async (to: System): Promise<ReadonlyArray<OutboundCommand>> => {
  const books = await fill(to);
  const all = financial.flatMap((kind) => [{ ...books[kind].command, outsideId: outsideId() }, reverseOf(books[kind])]);
  return [
    acme(),
    { ...books.receivable.command, verb: "update", foreignId: books.receivable.receipt.foreignId },
    ...all,
  ];
};

describe("answers", () => {
  it("[NS11] a wrong token is a matter of permission, and does nothing", async () => {
    const commands = await writes(await system());
    const to = await system({ auth: { type: "bearer", token: Redacted.make("wrong") } });
    const before = sim.committed.length;
    for (const each of commands) {
      await isBad(to.outbound.send(each), "RejectedFixable", "permission");
      await isBad(to.outbound.lookup(each), "RejectedFixable", "permission");
    }
    await isBad(to.outbound.read("account/1", "netsuite", now), "RejectedFixable", "permission");
    await isBad(to.outbound.poll!(null, "netsuite"), "RejectedFixable", "permission");
    assert.equal(sim.committed.length, before);
  });

  it("[NS12] both forms of too-many-requests are throttling, with Retry-After in both of its forms", async () => {
    const to = await system();
    const commands = await writes(to);
    const soon = new Date(Date.now() + 90_000).toUTCString();
    for (const each of commands) {
      for (const [status, retryAfter, least, most] of [
        [429, "7", 7000, 7000],
        [400, null, null, null],
        [429, soon, 80_000, 92_000],
        [400, "0", 0, 0],
      ] as const) {
        sim.faults.rateLimit = { requests: 1, status, retryAfter };
        const error = await bad(to.outbound.send(each));
        assert.equal(error._tag, "Throttled");
        const wait = error._tag === "Throttled" ? error.retryAfterMs : undefined;
        if (least === null) assert.equal(wait, null);
        else assert.ok(typeof wait === "number" && wait >= least && wait <= most, String(wait));
      }
    }
    sim.faults.rateLimit = { requests: 1, status: 429, retryAfter: null };
    assert.equal((await bad(to.outbound.lookup(commands[0]!)))._tag, "Throttled");
  });

  it("[NS13] a write whose answer does not come is unknown; the look-up then finds it, and it is there once", async () => {
    const slow = await system();
    const commands = await writes(slow);
    const to = await system({ timeoutMs: 60 });
    for (const each of commands) {
      const before = sim.committed.length;
      sim.faults.delayMs = 400;
      await isBad(to.outbound.send(each), "OutcomeUnknown");
      sim.faults.delayMs = 0;
      const found = await good(slow.outbound.lookup(each));
      assert.notEqual(found, null, `${each.kind} ${each.verb}`);
      assert.equal((await good(slow.outbound.send(each))).foreignId, found?.foreignId);
      assert.ok(sim.committed.length - before <= 1);
    }
  });

  it("[NS13] a gateway's 504 after the commit is unknown for a write and nothing worse than transient for a read", async () => {
    const to = await system();
    for (const each of await writes(to)) {
      sim.faults.loseAnswers = 1;
      await isBad(to.outbound.send(each), "OutcomeUnknown");
      assert.notEqual(await good(to.outbound.lookup(each)), null);
    }
    sim.faults.outageUntil = now + 1;
    await isBad(to.outbound.send(acme()), "OutcomeUnknown");
    await isBad(to.outbound.lookup(acme()), "Transient");
    await isBad(to.outbound.read("account/1", "netsuite", now), "Transient");
    await isBad(to.outbound.poll!(null, "netsuite"), "Transient");
  });

  it("[NS13] a refused connection did nothing; a severed one may have", async () => {
    const idle = createServer();
    const free = await listen(idle);
    await close(idle);
    const to = await system({ baseUrl: free });
    await isBad(to.outbound.send(acme()), "Transient");
    const cutter = createServer((request) => request.socket.destroy());
    const half = createServer((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.socket?.destroy());
    });
    for (const broken of [cutter, half]) {
      const cut = await system({ baseUrl: await listen(broken) });
      await isBad(cut.outbound.send(acme()), "OutcomeUnknown");
      await isBad(cut.outbound.lookup(acme()), "Transient");
      await close(broken);
    }
  });

  it("[NS14] a 404 that is not NetSuite's own word settles nothing", async () => {
    const wrong = createServer((_, response) => response.writeHead(404).end("<h1>Not here</h1>"));
    const to = await system({ baseUrl: await listen(wrong) });
    await isBad(to.outbound.lookup(acme()), "RejectedFixable", "not_found");
    await isBad(to.outbound.read("account/1", "netsuite", now), "RejectedFixable", "not_found");
    await close(wrong);
  });

  it("[NS14] every other answer falls into the closed set", async () => {
    const problem = (status: number, code: string, detail: string) => ({
      status,
      body: JSON.stringify({ title: "x", status, "o:errorDetails": [{ detail, "o:errorCode": code }] }),
    });
    const table = [
      [problem(400, "INVALID_CONTENT", "Unknown reference or field foo"), "Impossible"],
      [problem(400, "RCRD_HAS_BEEN_CHANGED", "Record has been changed"), "Transient"],
      [problem(400, "UNEXPECTED_ERROR", "An unexpected error has occurred."), "OutcomeUnknown"],
      [problem(403, "INSUFFICIENT_PERMISSION", "Permission Violation"), "RejectedFixable"],
      [problem(400, "DUP_ENTITY", "This entity already exists."), "RejectedFixable"],
      [problem(400, "USER_ERROR", "You cannot post to a locked posting period."), "RejectedFixable"],
      [{ status: 412, body: "" }, "Transient"],
      [{ status: 409, body: "" }, "Transient"],
      [{ status: 413, body: "too large" }, "Impossible"],
      [{ status: 408, body: "" }, "OutcomeUnknown"],
      [{ status: 502, body: "<html>" }, "OutcomeUnknown"],
      [{ status: 202, body: "" }, "OutcomeUnknown"],
      [{ status: 204, body: "" }, "OutcomeUnknown"],
    ] as const;
    let current: (typeof table)[number][0] = table[0][0];
    const vendor = createServer((request, response) => {
      const missing = problem(404, "NONEXISTENT_ID", "The record instance does not exist.");
      const { status, body } = request.method === "GET" ? missing : current;
      response.writeHead(status, status === 202 ? { location: "http://x/job/7" } : {}).end(body);
    });
    const to = await system({ baseUrl: await listen(vendor) });
    for (const [answer, tag] of table) {
      current = answer;
      await isBad(to.outbound.send(acme()), tag);
    }
    await close(vendor);
  });

  it("[NS15] our property names are checked by NetSuite, so a misspelt one is not dropped in silence", async () => {
    const send = (validation: string) =>
      sim.app.request("/services/rest/record/v1/customer/eid:v1", {
        method: "PUT",
        headers: { authorization: "Bearer tieout-netsuite-simulator", "x-netsuite-propertynamevalidation": validation },
        body: JSON.stringify({ companyName: "A", emial: "x" }),
      });
    assert.equal((await send("Error")).status, 400);
    assert.equal((await send("Warning")).status, 204);
    const seen: Array<string | undefined> = [];
    const spy = createServer((request, response) => {
      seen.push(request.headers["x-netsuite-propertynamevalidation"] as string | undefined);
      response.writeHead(204, { location: "http://x/customer/5?y" }).end();
    });
    const to = await system({ baseUrl: await listen(spy) });
    assert.equal((await good(to.outbound.send(acme()))).foreignId, "5");
    await close(spy);
    assert.deepEqual(seen, ["Error"]);
  });
});

describe("OAuth 2.0", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = (pair: typeof ec) => ({
    publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: Redacted.make(pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
  });
  for (const [algorithm, pair] of [
    ["ES256", ec],
    ["PS256", rsa],
  ] as const) {
    it(`[NS16] a signed ${algorithm} assertion gets a token, one for many requests, renewed when it is refused`, async () => {
      const { publicKey, privateKey } = pem(pair);
      const ids = { clientId: "client", certificateId: "cert", algorithm };
      let skew = 0;
      let tokens = 0;
      const fresh = () => makeNetsuiteSimulator({ now: () => Date.now() + skew, auth: { ...ids, publicKey } });
      let open = fresh();
      const counted = serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: (request) => {
          if (request.url.endsWith("/token")) tokens += 1;
          return open.app.fetch(request);
        },
      }) as Server;
      await new Promise((resolve) => counted.once("listening", resolve));
      const baseUrl = `http://127.0.0.1:${(counted.address() as AddressInfo).port}`;
      const to = await system({ baseUrl, auth: { type: "oauth2", ...ids, privateKey } });
      await Promise.all([acme(), acme(), acme()].map((each) => good(to.outbound.send(each))));
      assert.equal(tokens, 1);
      skew = 3600_000;
      await isBad(to.outbound.send(acme()), "RejectedFixable", "permission");
      skew = 0;
      await good(to.outbound.send(acme()));
      const spent = tokens;
      open = fresh();
      await good(to.outbound.send(acme()));
      assert.equal(tokens, spent + 1);
      const stranger = pem(
        algorithm === "ES256"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" })
          : generateKeyPairSync("rsa", { modulusLength: 2048 }),
      );
      const false_ = await system({ baseUrl, auth: { type: "oauth2", ...ids, privateKey: stranger.privateKey } });
      await isBad(false_.outbound.send(acme()), "RejectedFixable", "permission");
      const broken = await system({ baseUrl, auth: { type: "oauth2", ...ids, privateKey: Redacted.make("no key") } });
      await isBad(broken.outbound.send(acme()), "RejectedFixable", "permission");
      await close(counted);
    });
  }
});

describe("configuration", () => {
  const from = (env: Record<string, string>) => {
    const provider = ConfigProvider.fromMap(new Map(Object.entries(env)), { pathDelim: "_" });
    return Effect.runSync(Effect.either(Effect.withConfigProvider(netsuiteConfig("netsuite-eu"), provider)));
  };

  it("[NS16] comes from the environment under the connection's name, and says when no credentials are there", () => {
    const base = { NETSUITE_EU_ACCOUNT: "123_SB1", NETSUITE_EU_ITEM: "41", NETSUITE_EU_CURRENCIES: "USD=1, EUR=4" };
    const keys = { NETSUITE_EU_CLIENT_ID: "c", NETSUITE_EU_CERTIFICATE_ID: "k", NETSUITE_EU_PRIVATE_KEY: "secret-key" };
    const signed = Either.getOrThrow(from({ ...base, ...keys, NETSUITE_EU_CONCURRENCY: "9" }));
    assert.equal(signed.connection, "netsuite-eu");
    assert.deepEqual([signed.account, signed.concurrency, signed.settleWindowMs], ["123_SB1", 9, 960_000]);
    assert.deepEqual(
      [signed.ids.item, signed.ids.taxItem, signed.ids.currencies],
      ["41", null, { USD: "1", EUR: "4" }],
    );
    assert.ok(signed.auth.type === "oauth2" && signed.auth.algorithm === "ES256");
    assert.ok(!JSON.stringify(signed).includes("secret-key"));
    const fixed = Either.getOrThrow(from({ ...base, NETSUITE_EU_TOKEN: "t" }));
    assert.equal(fixed.auth.type, "bearer");
    assert.ok(Either.isLeft(from(base)));
    assert.ok(Either.isLeft(from({ ...base, ...keys, NETSUITE_EU_CURRENCIES: "dollars" })));
  });
});

// ---------------------------------------------------------------- what comes in

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8")) as Record<string, unknown>;
const fixtures = ["customer-create", "invoice-edit", "customer-payment-create", "journal-entry-create"];
const secret = `whsec_${Buffer.from("a-secret-of-this-test-32-bytes!!").toString("base64")}`;
const otherSecret = `whsec_${Buffer.from("another-secret-of-32-bytes-here!").toString("base64")}`;
const eventOf = (body: unknown, connection = "netsuite") => {
  const decoded = decode(bytes(body), connection);
  if (decoded._tag !== "Events") assert.fail(`${decoded._tag}: ${decoded.reason}`);
  assert.equal(decoded.events.length, 1);
  const event = decoded.events[0]!;
  Schema.decodeUnknownSync(CanonicalEvent)(event);
  return event;
};

describe("the signature", () => {
  const verified = (
    headers: Record<string, string | undefined>,
    body: Uint8Array,
    secrets: ReadonlyArray<string>,
    at: number,
  ) => verify({ method: "POST", url: "/webhooks/netsuite", headers, body }, secrets, at);
  const oracle = (headers: Record<string, string>, body: string, by: string): boolean => {
    try {
      new Webhook(by).verify(body, headers);
      return true;
    } catch {
      return false;
    }
  };

  it("[NS17] agrees with the library of the standard on a table of cases", () => {
    const nowMs = Date.now();
    const timestampSec = Math.floor(nowMs / 1000);
    const body = JSON.stringify({ id: "ns-evt-1", note: "ünïcode" });
    const own = sign(body, { id: "msg_1", timestampSec, secret });
    const signature = own["webhook-signature"];
    assert.equal(signature, new Webhook(secret).sign("msg_1", new Date(timestampSec * 1000), body));
    const at = (ageSec: number) => sign(body, { id: "msg_1", timestampSec: timestampSec - ageSec, secret });
    const cases: ReadonlyArray<readonly [Record<string, string>, string, boolean]> = [
      [own, body, true],
      [own, `${body} `, false],
      [{ ...own, "webhook-id": "msg_2" }, body, false],
      [{ ...own, "webhook-timestamp": String(timestampSec - 1) }, body, false],
      [{ ...own, "webhook-signature": `v1,AAAA ${signature}` }, body, true],
      [{ ...own, "webhook-signature": `v1a,x ${signature} v2,y` }, body, true],
      [{ ...own, "webhook-signature": signature.replace("v1,", "v2,") }, body, false],
      [{ ...own, "webhook-signature": signature.slice(0, -1) }, body, false],
      [{ ...own, "webhook-signature": signature.slice(3) }, body, false],
      [{ ...own, "webhook-timestamp": "soon" }, body, false],
      [sign(body, { id: "msg_1", timestampSec, secret: otherSecret }), body, false],
      [at(290), body, true],
      [at(310), body, false],
      [at(-290), body, true],
      [at(-310), body, false],
    ];
    for (const [i, [headers, sent, expected]] of cases.entries()) {
      assert.equal(verified(headers, bytes(sent), [secret], nowMs).ok, expected, `case ${i}`);
      assert.equal(oracle(headers, sent, secret), expected, `the library, case ${i}`);
    }
    for (const name of Object.keys(own)) {
      const { [name as "webhook-id"]: _, ...rest } = own;
      const answer = verified(rest, bytes(body), [secret], nowMs);
      assert.ok(!answer.ok && answer.reason.includes(name), name);
    }
  });

  it("[NS17] the tolerance is 300 s both ways, to the second, and the reason says by how much it failed", () => {
    const headers = sign("{}", { id: "m", timestampSec: 1_000_000, secret });
    for (const [ageSec, reason] of [
      [300, null],
      [301, "timestamp 301 s old, tolerance 300 s"],
      [-300, null],
      [-412, "timestamp 412 s in the future, tolerance 300 s"],
    ] as const) {
      const answer = verified(headers, bytes("{}"), [secret], (1_000_000 + ageSec) * 1000);
      assert.equal(answer.ok ? null : answer.reason, reason);
    }
  });

  it("[NS17] any of several secrets will do; blank or broken ones never do; no reason holds a secret", () => {
    const nowMs = 1_000_000_000;
    const headers = sign("{}", { id: "m", timestampSec: nowMs / 1000, secret });
    const check = (secrets: ReadonlyArray<string>) => verified(headers, bytes("{}"), secrets, nowMs);
    assert.equal(check([otherSecret, secret]).ok, true);
    assert.equal(check(["", "whsec_", secret]).ok, true);
    for (const secrets of [[], [""], ["whsec_"], ["whsec_!!"], [otherSecret], [otherSecret, otherSecret]]) {
      const answer = check(secrets);
      assert.equal(answer.ok, false);
      assert.ok(
        !answer.ok &&
          !answer.reason.includes(otherSecret.slice(6)) &&
          !answer.reason.includes(headers["webhook-signature"].slice(3)),
      );
    }
    const blank = verified(headers, bytes("{}"), [" "], nowMs);
    assert.ok(!blank.ok && blank.reason.startsWith("no usable secret"));
  });
});

describe("decode", () => {
  it("[NS18] the fixtures say in the domain's words what they say in NetSuite's", () => {
    const [customer, invoice, payment, journal] = fixtures.map((name) => eventOf(fixture(name), "ns-eu"));
    assert.deepEqual(
      [customer, invoice, payment, journal].map((e) => [e?.type, e?.subject, e?.owner, e?.data]),
      [
        [
          "account.created",
          "account/2207",
          "2207",
          {
            status: "active",
            name: "Brightwater Labs",
            email: "ap@brightwater.example",
            currency: "EUR",
            parent: null,
            legalId: null,
          },
        ],
        [
          "posting.updated",
          "posting/invoice:4412",
          "2207",
          {
            status: "paid",
            recordType: "invoice",
            number: "A-17",
            currency: "USD",
            amountMinor: 12_910,
            postedAt: Date.UTC(2026, 11, 1),
          },
        ],
        [
          "posting.created",
          "posting/customerPayment:4413",
          "2207",
          {
            status: "open",
            recordType: "customerPayment",
            number: "PYMT4413",
            currency: "USD",
            amountMinor: 12_910,
            postedAt: 1_795_132_800_000,
          },
        ],
        [
          "posting.created",
          "posting/journalEntry:4420",
          "2207",
          {
            status: "open",
            recordType: "journalEntry",
            number: "JE4420",
            currency: "USD",
            amountMinor: 12_910,
            postedAt: 1_795_132_800_000,
          },
        ],
      ],
    );
    assert.equal(invoice?.source, "ns-eu");
    assert.deepEqual(invoice?.clock, { at: Date.parse("2026-11-20T11:59:58Z"), tick: 1000, trust: 1000 });
    assert.equal(invoice?.read, false);
    const fine = eventOf({ ...fixture("invoice-edit"), lastModifiedDate: "2026-11-20T13:59:58.900+02:00" });
    assert.equal(fine.clock.at, invoice?.clock.at);
    assert.ok(isOutsideId(invoice?.externalId ?? ""));
  });

  it("[NS18] the table of types: verbs in the past tense, others unknown, reserved names undecodable", () => {
    const base = fixture("invoice-edit");
    const of = (type: string) => decode(bytes({ ...base, type }), "netsuite");
    for (const [verb, past] of Object.entries({
      create: "created",
      edit: "updated",
      xedit: "updated",
      approve: "approved",
      cancel: "cancelled",
      void: "voided",
    })) {
      assert.equal(eventOf({ ...base, type: `invoice.${verb}` }).type, `posting.${past}`);
    }
    const deleted = eventOf({ ...base, type: "invoice.delete" });
    assert.deepEqual([deleted.type, (deleted.data as { status: string }).status], ["posting.deleted", "deleted"]);
    const gone = eventOf({ ...fixture("customer-create"), type: "customer.delete" });
    assert.deepEqual([gone.type, (gone.data as { status: string }).status], ["account.deleted", "deleted"]);
    for (const type of [
      "salesOrder.edit",
      "invoice.print",
      "invoice",
      "accountingPeriod.edit",
      "constructor.edit",
      "invoice.toString",
      ".edit",
    ]) {
      assert.equal(of(type)._tag, "Unknown", type);
    }
    for (const type of ["xstate.init", "done.invoke.x"]) assert.equal(of(type)._tag, "Undecodable", type);
  });

  it("[NS18] statuses: paid in full and fully applied are paid, voided is void, with or without the type before them", () => {
    const base = fixture("invoice-edit");
    const statusOf = (status: unknown) =>
      (eventOf({ ...base, record: { ...(base["record"] as object), status } }).data as { status: string }).status;
    const table: ReadonlyArray<readonly [unknown, string]> = [
      [{ id: "x", refName: "Paid In Full" }, "paid"],
      ["Fully Applied", "paid"],
      ["Invoice : Paid In Full", "paid"],
      [{ refName: "Voided" }, "void"],
      ["Invoice : Voided", "void"],
      [{ refName: "Open" }, "open"],
      ["Pending Approval", "open"],
      [null, "open"],
    ];
    for (const [status, expected] of table) assert.equal(statusOf(status), expected, JSON.stringify(status));
  });

  it("[NS19] what is no envelope is refused; what does not fit names where", () => {
    for (const body of [
      "",
      "{",
      "null",
      "[]",
      "7",
      '{"id":"x"}',
      '{"type":"invoice.edit"}',
      '{"id":"","type":"invoice.edit"}',
      '{"id":1,"type":"invoice.edit"}',
    ]) {
      assert.equal(decode(bytes(body), "netsuite")._tag, "NotEnvelope", body);
    }
    assert.equal(decode(new Uint8Array([0xff, 0xfe]), "netsuite")._tag, "NotEnvelope");
    const base = fixture("invoice-edit");
    const record = base["record"] as Record<string, unknown>;
    const table: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{ ...base, record: { ...record, total: 129.105 } }, /record\.total: 129\.105/],
      [{ ...base, record: { ...record, total: null } }, /record\.total: no amount/],
      [{ ...base, record: { ...record, total: 1e13 } }, /record\.total: .*too large/],
      [{ ...base, record: { ...record, currency: { id: "1", refName: "US Dollar" } } }, /currency: US Dollar/],
      [{ ...base, record: { ...record, currency: null } }, /record\.currency: absent/],
      [{ ...base, recordType: "creditMemo" }, /recordType: creditMemo/],
      [{ ...base, lastModifiedDate: "yesterday" }, /lastModifiedDate: is not an instant/],
      [{ ...base, lastModifiedDate: "2026-11-20T12:00:00" }, /lastModifiedDate/],
      [{ ...base, internalId: "a b" }, /internalId: is not an internal id/],
      [{ ...base, record: "x" }, /^record/],
    ];
    for (const [body, reason] of table) {
      const decoded = decode(bytes(body), "netsuite");
      assert.ok(decoded._tag === "Undecodable" && reason.test(decoded.reason), JSON.stringify(decoded));
      assert.equal(decoded.envelope.id, "ns-evt-000187");
    }
  });

  it("[NS19] the hash covers everything but the delivery, in any order of keys", () => {
    const base = fixture("invoice-edit");
    const hash = (body: unknown) => {
      const decoded = decode(bytes(body), "netsuite");
      return decoded._tag === "NotEnvelope" ? assert.fail(decoded.reason) : decoded.envelope.dataHash;
    };
    assert.match(hash(base), /^[0-9a-f]{64}$/);
    assert.equal(hash({ ...base, delivery: { attempt: 2, sentAt: "later" } }), hash(base));
    assert.equal(hash(Object.fromEntries(Object.entries(base).reverse())), hash(base));
    for (const key of Object.keys(base).filter((k) => k !== "delivery" && k !== "id" && k !== "type")) {
      assert.notEqual(hash({ ...base, [key]: "changed" }), hash(base), key);
    }
  });

  it("[NS20] an external id links: connection:id as it stands, a configured connection's id with its name, ours never", () => {
    const base = fixture("customer-create");
    const links = (externalId: string | null, connection: string | null) => {
      const inbound = makeInbound({
        ids: { currencies: {}, subsidiary: null, entities: {} },
        externalIdConnection: connection,
      });
      const decoded = inbound.decode(bytes({ ...base, externalId }), "netsuite");
      return decoded._tag === "Events" ? decoded.events[0]!.links : assert.fail(decoded._tag);
    };
    const to = (target: string) => [{ rank: "external-id", target }];
    assert.deepEqual(links("stripe-eu:cus_1", null), to("stripe-eu:cus_1"));
    assert.deepEqual(links("stripe-eu:cus_1", "stripe"), to("stripe-eu:cus_1"));
    assert.deepEqual(links("cus_1", "stripe"), to("stripe:cus_1"));
    assert.deepEqual(links("cus_1", null), []);
    assert.deepEqual(links("tie_3f0c9a51d27be846a0c4417de92b6f18", "stripe"), []);
    assert.deepEqual(links("tie_not-one-of-ours", "stripe"), to("stripe:tie_not-one-of-ours"));
    for (const externalId of [null, "", ":", "x:", ":x"])
      assert.deepEqual(links(externalId, "stripe"), [], String(externalId));
  });

  it("[NS20] a mapped currency id is its code, whatever NetSuite calls it", () => {
    const base = fixture("invoice-edit");
    const record = { ...(base["record"] as object), currency: { id: "1", refName: "US Dollar" } };
    const inbound = makeInbound({
      ids: { currencies: { USD: "1" }, subsidiary: null, entities: {} },
      externalIdConnection: null,
    });
    const decoded = inbound.decode(bytes({ ...base, record }), "netsuite");
    assert.equal(decoded._tag === "Events" && (decoded.events[0]!.data as { currency: string }).currency, "USD");
  });

  it("[NS21] no JSON in place of any leaf, and no bytes, throw out of decode", () => {
    const paths = (value: unknown, at: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
      typeof value === "object" && value !== null
        ? [
            ...(at.length === 0 ? [] : [at]),
            ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key])),
          ]
        : [at];
    const replaced = (value: unknown, [key, ...rest]: ReadonlyArray<string>, by: unknown): unknown => {
      if (key === undefined) return by;
      const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
      copy[key] = replaced(copy[key], rest, by);
      return copy;
    };
    const seen = new Map<string, number>();
    const hit = (tag: string) => seen.set(tag, (seen.get(tag) ?? 0) + 1);
    const check = (body: Uint8Array) => {
      const decoded = decode(body, "netsuite");
      hit(decoded._tag);
      if (decoded._tag === "Events")
        for (const event of decoded.events) Schema.decodeUnknownSync(CanonicalEvent)(event);
      else assert.ok(!decoded.reason.startsWith("the decoder failed"), decoded.reason);
    };
    const leaf = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, 1e308, -0, "", "__proto__", "2026-11-20T12:00:00Z", [], {}),
    );
    const body = fc.constantFrom(...fixtures).map(fixture);
    const mutation = body.chain((value) => fc.tuple(fc.constant(value), fc.constantFrom(...paths(value)), leaf));
    fc.assert(
      fc.property(mutation, ([value, path, by]) => check(bytes(replaced(value, path, by)))),
      { numRuns: 1500 },
    );
    fc.assert(fc.property(fc.uint8Array(), check));
    check(bytes('{"id":"x","type":"invoice.edit","n":1e999}'));
    check(bytes(`{"id":"x","type":"invoice.edit","n":${"[".repeat(20_000)}${"]".repeat(20_000)}}`));
    for (const tag of ["Events", "Undecodable", "NotEnvelope", "Unknown"]) assert.ok((seen.get(tag) ?? 0) > 0, tag);
  });
});

// ---------------------------------------------------------------- re-reads and polls

const said = (event: {
  readonly subject: string;
  readonly owner: string | null;
  readonly data: unknown;
  readonly externalId: string | null;
  readonly links: unknown;
}) => canonical([event.subject, event.owner, event.data, event.externalId, event.links] as never);

describe("reading", () => {
  it("[NS22] webhooks, a poll and a re-read of the same state say the same", async () => {
    const to = await system({ externalIdConnection: "stripe" });
    const books = await fill(to);
    now += 5000;
    await good(to.outbound.send(reverseOf(books.refund)));
    const person = sim.operations.createCustomer("cus_77", "Linked Ltd", null, "JPY");
    now += 5000;
    sim.operations.void("invoice", books.receivable.receipt.foreignId);
    const inbound = to.inbound;
    const hooks = new Map<string, { readonly text: string; readonly at: number }>();
    for (const body of sim.drainEvents()) {
      const decoded = inbound.decode(bytes(body), "netsuite");
      if (decoded._tag !== "Events") assert.fail(JSON.stringify(decoded));
      for (const event of decoded.events) hooks.set(event.subject, { text: said(event), at: event.clock.at });
    }
    assert.equal(hooks.size, 8);
    const polled = await good(to.outbound.poll!(null, "netsuite"));
    assert.equal(polled.more, false);
    assert.deepEqual(
      polled.events.map((event) => [event.subject, said(event), event.clock.at]).sort(),
      [...hooks].map(([subject, { text, at }]) => [subject, text, at]).sort(),
    );
    for (const [subject, { text }] of hooks) {
      const answer = await good(to.outbound.read(subject, "netsuite", now + 345));
      assert.deepEqual(answer?.events.map(said), [text]);
      assert.deepEqual(answer?.events[0]?.clock, { at: now - 1000, tick: 1000, trust: 1000 });
      assert.equal(answer?.events[0]?.read, true);
    }
    const linked = polled.events.find((event) => event.subject === `account/${person.internalId}`);
    assert.deepEqual(linked?.links, [{ rank: "external-id", target: "stripe:cus_77" }]);
    assert.equal(await good(to.outbound.read("posting/invoice:999", "netsuite", now)), null);
  });

  it("[NS23] pages lose nothing and repeat nothing within a sweep, in the order of change", async () => {
    const to = await system({ pollPageSize: 3 });
    for (let i = 0; i < 10; i++) {
      if (i % 4 === 0) now += 1000;
      await post(to, acme());
    }
    const subjects: string[] = [];
    let cursor: string | null = null;
    for (let page = 0, more = true; more; page++) {
      const answer: { events: ReadonlyArray<{ subject: string }>; cursor: string; more: boolean } = await good(
        to.outbound.poll!(cursor, "netsuite"),
      );
      subjects.push(...answer.events.map((event) => event.subject));
      ({ cursor, more } = answer);
      assert.ok(page < 5);
    }
    assert.deepEqual(
      subjects,
      Array.from({ length: 10 }, (_, i) => `account/${i + 1}`),
    );
  });

  it("[NS23] a row that changes during a sweep is not lost, nor is one that was stamped before it was seen", async () => {
    const to = await system({ pollPageSize: 2 });
    const made = [];
    for (let i = 0; i < 4; i++) made.push(await post(to, acme()));
    const first = await good(to.outbound.poll!(null, "netsuite"));
    now += 1000;
    sim.operations.rename("customer", "1", "Renamed");
    const names: unknown[] = [];
    let answer = first;
    while (answer.more) {
      answer = await good(to.outbound.poll!(answer.cursor, "netsuite"));
      names.push(...answer.events.map((event) => (event.data as { name: string }).name));
    }
    assert.deepEqual(names, ["Acme", "Acme", "Renamed"]);
    now -= 600_000;
    const late = await post(to, acme());
    answer = await good(to.outbound.poll!(answer.cursor, "netsuite"));
    const found = [...answer.events];
    while (answer.more) {
      answer = await good(to.outbound.poll!(answer.cursor, "netsuite"));
      found.push(...answer.events);
    }
    assert.deepEqual(
      found.map((event) => event.subject),
      [`account/${late.receipt.foreignId}`],
    );
  });

  it("[NS23] an idle account answers nothing and keeps its cursor; two states of one second are two answers", async () => {
    const to = await system();
    await fill(to);
    const first = await good(to.outbound.poll!(null, "netsuite"));
    const second = await good(to.outbound.poll!(first.cursor, "netsuite"));
    assert.deepEqual([second.events, second.cursor, second.more], [[], first.cursor, false]);
    sim.operations.rename("customer", "1", "Same second");
    const third = await good(to.outbound.poll!(second.cursor, "netsuite"));
    assert.deepEqual(
      third.events.map((event) => (event.data as { name: string }).name),
      ["Same second"],
    );
    await isBad(to.outbound.poll!("{}", "netsuite"), "Impossible", "cursor");
  });
});

// ---------------------------------------------------------------- the simulator itself

/** What is said now by the script, by a poll and by a re-read; the three are the same. */
const saidThrice = async (to: System, subject: string): Promise<CanonicalEvent["data"]> => {
  const hooks = sim.drainEvents().flatMap((body) => {
    const decoded = to.inbound.decode(bytes(body), "netsuite");
    return decoded._tag === "Events" ? decoded.events : assert.fail(JSON.stringify(decoded));
  });
  const polled = (await good(to.outbound.poll!(null, "netsuite"))).events;
  const read = (await good(to.outbound.read(subject, "netsuite", now)))!.events;
  const [first, ...others] = [hooks, polled, read].map((events) => {
    const found = events.filter((event) => event.subject === subject).at(-1);
    assert.ok(found && Schema.is(CanonicalEvent)(found), JSON.stringify(found));
    return found;
  });
  for (const other of others) assert.equal(said(other), said(first!));
  return first!.data;
};

describe("where the books have it", () => {
  const oneWorld = () => {
    sim = makeNetsuiteSimulator({ now: () => now, subsidiaries: { 1: "Acme Inc.", 2: "Acme Inc. : Acme GmbH" } });
    return system({ ids: { ...simulatorIds, entities: { us: "1" } } });
  };
  const placed = (data: unknown) => {
    const { postedAt = null, entity = null } = data as { readonly postedAt?: number; readonly entity?: string };
    return [postedAt === null ? null : new Date(postedAt).toISOString().slice(0, 10), entity];
  };

  it("[NS26] a posting says its date, the month of its period where that is another, and its legal entity, in all three ways of reading", async () => {
    const to = await oneWorld();
    const id = (await fill(to)).receivable.receipt.foreignId;
    const subject = `posting/invoice:${id}`;
    assert.deepEqual(placed(await saidThrice(to, subject)), ["2026-11-20", "us"]);
    now += 5000;
    sim.operations.rebook("invoice", id, { tranDate: "2026-10-31" });
    assert.deepEqual(placed(await saidThrice(to, subject)), ["2026-10-31", "us"]);
    now += 5000;
    sim.operations.rebook("invoice", id, { postingPeriod: "2026-12", subsidiary: "2" });
    assert.deepEqual(placed(await saidThrice(to, subject)), ["2026-12-01", "Acme Inc. : Acme GmbH"]);
    const restored = makeNetsuiteSimulator({ now: () => now, subsidiaries: { 1: "a", 2: "b" } });
    restored.restore(JSON.parse(JSON.stringify(sim.snapshot())));
    assert.equal((restored.record("invoice", id) as { subsidiary: { id: string } }).subsidiary.id, "2");
  });

  it("[NS26] without OneWorld no subsidiary is asked for nor read", async () => {
    const to = await system();
    const id = (await fill(to)).receivable.receipt.foreignId;
    assert.deepEqual(placed(await saidThrice(to, `posting/invoice:${id}`)), ["2026-11-20", null]);
    assert.deepEqual(placed(eventOf(fixture("invoice-edit"), "ns-eu").data), ["2026-12-01", null]);
    const asking = await system({ ids: { ...simulatorIds, entities: { us: "1" } } });
    assert.match(((await bad(asking.outbound.poll!(null, "netsuite"))) as { detail: string }).detail, /subsidiary/);
  });

  it("[NS26] periods of other names say nothing, and a date that is none is named", () => {
    const base = fixture("invoice-edit");
    const record = (more: object) => ({ ...base, record: { ...(base["record"] as object), ...more } });
    const at = (more: object) => placed(eventOf(record(more), "ns-eu").data)[0];
    assert.equal(at({ postingPeriod: { refName: "FY 2026 : Q4 2026 : Oct 2026" } }), "2026-10-01");
    assert.equal(at({ postingPeriod: { refName: "Period 13" } }), "2026-11-19");
    assert.equal(at({ postingPeriod: null, tranDate: null }), null);
    const odd = decode(bytes(record({ tranDate: "11/19/2026" })), "ns-eu");
    assert.match(odd._tag === "Undecodable" ? odd.reason : "", /tranDate.*is not a date/);
  });

  it("[NS27] a deposit belongs to nobody and names its payouts: by their ids in the memo, else by the whole memo", async () => {
    const to = await system();
    const told = async (memo: string | null) => {
      now += 5000;
      const { internalId } = sim.operations.deposit({ amountMinor: 97_05, currency: "USD", memo });
      return { id: internalId, data: (await saidThrice(to, `deposit/${internalId}`)) as DepositData };
    };
    const { id, data } = await told("Stripe po_1Qx, payout");
    const depositedAt = Date.UTC(2026, 10, 20);
    const common = { status: "open", currency: "USD", amountMinor: 9705, depositedAt };
    assert.deepEqual(data, { ...common, number: `DEP${id}`, reference: "po_1Qx" });
    const several = (await told("po_1 and po_2 and po_1")).data;
    assert.deepEqual([several.reference, several.payouts], [null, ["po_1", "po_2"]]);
    assert.equal((await told(" TRACE 17 ")).data.reference, "TRACE 17");
    assert.equal((await told(null)).data.reference, null);
    now += 5000;
    sim.operations.void("deposit", id);
    assert.equal(((await saidThrice(to, `deposit/${id}`)) as DepositData).status, "void");
    sim.operations.delete("deposit", id);
    const event = eventOf(sim.drainEvents()[0] as Record<string, unknown>, "netsuite");
    assert.deepEqual(
      [event.type, event.owner, (event.data as DepositData).status],
      ["deposit.deleted", null, "deleted"],
    );
    assert.deepEqual(netEffects(sim.committed), [], "it moves no customer's balance");
  });

  it("[NS28] a document leaves and enters open periods only, and goes to a subsidiary that is there", async () => {
    const to = await oneWorld();
    const id = (await fill(to)).receivable.receipt.foreignId;
    sim.faults.closedPeriods.add("2026-09");
    assert.throws(() => sim.operations.rebook("invoice", id, { postingPeriod: "2026-09" }), /period/);
    assert.throws(() => sim.operations.rebook("invoice", id, { subsidiary: "9" }), /subsidiary/);
    assert.throws(
      () => sim.operations.deposit({ amountMinor: 1, currency: "USD", memo: null, tranDate: "2026-09-01" }),
      /closed/,
    );
    sim.operations.rebook("invoice", id, { postingPeriod: "2026-10" });
    sim.faults.closedPeriods.add("2026-10");
    assert.throws(() => sim.operations.rebook("invoice", id, { postingPeriod: null }), /period/);
  });
});

describe("simulator", () => {
  it("[NS24] a commit is durable before it is answered, and its changes restore the state", async () => {
    const changes: string[] = [];
    let answered = 0;
    const order: string[] = [];
    sim = makeNetsuiteSimulator({
      now: () => now,
      onCommit: async (_, change) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        changes.push(JSON.stringify(change));
        order.push(`durable ${changes.length}`);
      },
    });
    const to = await system();
    const books = await fill(to);
    await good(to.outbound.send(reverseOf(books.chargeback)));
    order.push(`answered ${++answered}`);
    assert.equal(order.at(-2), "durable 7");
    const half = makeNetsuiteSimulator({ now: () => now });
    half.restore(
      null,
      changes.slice(0, 3).map((text) => JSON.parse(text)),
    );
    const whole = makeNetsuiteSimulator({ now: () => now });
    whole.restore(
      JSON.parse(JSON.stringify(half.snapshot())),
      changes.slice(3).map((text) => JSON.parse(text)),
    );
    assert.deepEqual(whole.snapshot(), sim.snapshot());
    assert.deepEqual(whole.committed, sim.committed);
    const invoice = books.receivable.receipt.foreignId;
    assert.equal(whole.openBalance(invoice), sim.openBalance(invoice));
    assert.notEqual(whole.openBalance(invoice), 0);
    const before = whole.committed.length;
    sim = whole;
    await good(to.outbound.send(books.refund.command));
    assert.equal(whole.committed.length, before);
    assert.equal((await post(to, acme())).receipt.foreignId, String(before + 1));
  });

  it("[NS25] the open balance is what the documents say, in whatever order they came", async () => {
    const to = await system();
    const { receivable, cash_application, refund } = await fill(to);
    const invoice = receivable.receipt.foreignId;
    const status = () => (sim.record("invoice", invoice)!["status"] as { refName: string }).refName;
    assert.equal(status(), "Open");
    await good(to.outbound.send(reverseOf(refund)));
    assert.equal(sim.openBalance(invoice), 2000);
    sim.operations.setAmount("customerPayment", cash_application.receipt.foreignId, 13_910);
    assert.equal(sim.openBalance(invoice), 0);
    assert.equal(status(), "Paid In Full");
    sim.operations.void("customerPayment", cash_application.receipt.foreignId);
    assert.equal(sim.openBalance(invoice), 13_910);
    assert.equal(last().amountMinor, 0);
    await isBad(to.outbound.send(reverseOf(cash_application)), "Impossible", "ALREADY_REVERSED");
  });

  it("[NS25] a vendor's idempotency header changes nothing on a synchronous call", async () => {
    const to = await system();
    const { customer, receivable } = await fill(to);
    const send = () =>
      sim.app.request(`/services/rest/record/v1/invoice/${receivable.receipt.foreignId}/!transform/customerPayment`, {
        method: "POST",
        headers: { authorization: "Bearer tieout-netsuite-simulator", "x-netsuite-idempotency-key": "9f0e" },
        body: JSON.stringify({ currency: { id: "USD" }, payment: 1 }),
      });
    assert.deepEqual([(await send()).status, (await send()).status], [204, 204]);
    assert.equal(
      sim.committed.filter((e) => e.amountMinor === 100 && e.customer === customer.receipt.foreignId).length,
      2,
    );
  });

  it("[NS25] a journal whose debits are not its credits is refused", async () => {
    const to = await system();
    const { customer, refund } = await fill(to);
    const line = (account: string, side: "debit" | "credit", amount: number) => ({
      account: { id: account },
      [side]: amount,
      entity: { id: customer.receipt.foreignId },
    });
    const put = (extra: ReadonlyArray<unknown>) =>
      sim.app.request("/services/rest/record/v1/journalEntry/eid:j", {
        method: "PUT",
        headers: { authorization: "Bearer tieout-netsuite-simulator" },
        body: JSON.stringify({
          currency: { id: "USD" },
          line: { items: [line("122", "debit", 15.01), line("119", "credit", 15.01), ...extra] },
          custbody_tieout_reverses: `customerRefund:${refund.receipt.foreignId}`,
        }),
      });
    assert.equal((await put([line("54", "debit", 0.01)])).status, 400);
    assert.equal((await put([])).status, 204);
  });

  it("[NS25] lines are added to an invoice unless they are said to replace", async () => {
    const to = await system();
    const { customer, receivable } = await fill(to);
    const put = (query: string) =>
      sim.app.request(`/services/rest/record/v1/invoice/eid:${receivable.command.outsideId}${query}`, {
        method: "PUT",
        headers: { authorization: "Bearer tieout-netsuite-simulator" },
        body: JSON.stringify({
          entity: { id: customer.receipt.foreignId },
          currency: { id: "USD" },
          item: { items: [{ item: { id: "1" }, amount: 10 }] },
        }),
      });
    assert.equal((await put("")).status, 204);
    assert.equal(last().amountMinor, 13_910);
    assert.equal((await put("?replace=item")).status, 204);
    assert.equal(last().amountMinor, 1000);
  });
});

// ---------------------------------------------------------------- what is to be billed for use

describe("charges", () => {
  const january = { meter: "calls", product: "api-calls", period: "2026-01-01", periodEnd: "2026-02-01" };
  const content = (amountMinor: number, more: object = {}) => ({
    ...{ currency: "USD", amountMinor, taxMinor: 190, quantity: "1250.5", ...january },
    ...{ entity: "us", jurisdiction: "US-NY", ...more },
  });
  const oneWorld = (ids: Partial<NetsuiteConfig["ids"]> = {}) => {
    sim = makeNetsuiteSimulator({ now: () => now, subsidiaries: { 1: "Acme Inc.", 2: "Acme GmbH" } });
    return system({ ids: { ...simulatorIds, entities: { us: "1", eu: "2" }, ...ids } });
  };
  const recordOf = ({ receipt }: Placed) =>
    sim.record("charge", receipt.foreignId) as Readonly<Record<string, unknown>> & {
      readonly stage: { readonly id: string };
      readonly subsidiary: { readonly id: string };
      readonly billingItem: { readonly id: string };
      readonly invoice: { readonly id: string } | null;
    };

  it("[NS29 P5] a charge is there once under our outside id, is found again as it was wished, and changes in nothing", async () => {
    const to = await oneWorld();
    const customer = await post(to, acme());
    const first = await post(to, command("charge", content(12_505), { customer }));
    const below = command("charge", content(-505, { taxMinor: -8, quantity: "-50.5", jurisdiction: null }), {
      customer,
      appliesTo: first,
    });
    const second = await post(to, below);
    for (const placed of [first, second]) {
      const { command: sent, receipt } = placed;
      assert.deepEqual(await good(to.outbound.send(sent)), receipt);
      assert.deepEqual(await good(to.outbound.lookup(sent)), { foreignId: receipt.foreignId, content: sent.content });
      await isBad(
        to.outbound.send({ ...sent, verb: "update", foreignId: receipt.foreignId }),
        "Impossible",
        "unsupported",
      );
    }
    assert.equal(sim.committed.filter(({ recordType }) => recordType === "charge").length, 2);
    assert.deepEqual(
      netEffects(sim.committed).map(({ side, amountMinor }) => [side, amountMinor]),
      [
        ["charge", 12_505],
        ["charge", -505],
      ],
    );
    assert.deepEqual(
      [recordOf(first).subsidiary.id, recordOf(first)["amount"], recordOf(first)["quantity"]],
      ["1", 125.05, 1250.5],
    );
    assert.equal(recordOf(second)["custrecord_tieout_applies_to"], `charge:${first.receipt.foreignId}`);
    // A quantity past the doubles is told as text alone.
    const long = content(1, { quantity: "0.12345678901234567890" });
    const exact = await post(to, command("charge", long, { customer }));
    assert.deepEqual((await good(to.outbound.lookup(exact.command)))?.content, long);
    assert.equal(recordOf(exact)["quantity"], null);
  });

  it("[NS30 P6] the inverse of a charge takes it out of billing, once; what an invoice bills is not taken back", async () => {
    const to = await oneWorld();
    const customer = await post(to, acme());
    const [taken, billed] = [
      await post(to, command("charge", content(1000), { customer })),
      await post(to, command("charge", content(2000), { customer })),
    ];
    const reverse = reverseOf(taken);
    assert.equal(await good(to.outbound.lookup(reverse)), null);
    const receipt = await good(to.outbound.send(reverse));
    assert.deepEqual(await good(to.outbound.lookup(reverse)), receipt);
    assert.deepEqual(await good(to.outbound.send(reverse)), receipt);
    assert.deepEqual(
      netEffects(sim.committed).map(({ amountMinor }) => amountMinor),
      [2000],
    );
    const [invoice] = sim.operations.billCharges(customer.receipt.foreignId, "2026-12-31");
    assert.equal(invoice?.signedMinor, 2190);
    await isBad(to.outbound.send(reverseOf(billed)), "RejectedFixable", "USER_ERROR");
  });

  it("[NS31] a product without an item and an entity without a subsidiary are fixable, before anything is sent; a mapping mends it", async () => {
    const to = await oneWorld({ chargeItem: null });
    const customer = await post(to, acme());
    const unmapped = command("charge", content(1000), { customer });
    await isBad(to.outbound.send(unmapped), "RejectedFixable", "mapping");
    await isBad(
      to.outbound.send({ ...unmapped, content: content(1000, { entity: "jp" }), mappings: { "item:api-calls": "31" } }),
      "RejectedFixable",
      "mapping",
    );
    assert.equal(sim.committed.length, 1);
    const placed = await post(to, { ...unmapped, mappings: { "item:api-calls": "31" } });
    assert.equal(recordOf(placed).billingItem.id, "31");
    await isBad(
      to.outbound.send({ ...command("charge", content(1), { customer }), mappings: { "item:api-calls": "none" } }),
      "RejectedFixable",
      "INVALID_KEY_OR_REF",
    );
  });

  it("[NS32] a closed period refuses a charge dated in it; one that was committed without an answer is there once", async () => {
    const to = await oneWorld();
    const customer = await post(to, acme());
    sim.faults.closedPeriods.add("2026-11");
    const late = command("charge", content(1000), { customer });
    await isBad(to.outbound.send(late), "RejectedFixable", "PERIOD_CLOSED");
    const moved = { ...late, effectiveAt: Date.parse("2026-12-01T00:00:00Z") };
    sim.faults.loseAnswers = 1;
    await isBad(to.outbound.send(moved), "OutcomeUnknown");
    const found = await good(to.outbound.lookup(moved));
    assert.deepEqual(found?.content, moved.content);
    assert.equal(sim.committed.filter(({ recordType }) => recordType === "charge").length, 1);
  });

  it("[NS33] NetSuite bills charges in an invoice for each subsidiary; script, poll and re-read name the charges and what is open", async () => {
    const to = await oneWorld();
    const customer = await post(to, acme());
    const posted = [
      await post(to, command("charge", content(1000), { customer })),
      await post(to, command("charge", content(-200, { taxMinor: -38 }), { customer })),
      await post(to, command("charge", content(500, { entity: "eu", jurisdiction: "DE", taxMinor: 95 }), { customer })),
    ];
    now += 5000;
    const invoices = sim.operations.billCharges(customer.receipt.foreignId, "2026-11-30");
    assert.deepEqual(
      invoices.map(({ subsidiary, signedMinor, taxMinor }) => [subsidiary, signedMinor, taxMinor]),
      [
        ["1", 952, 152],
        ["2", 595, 95],
      ],
    );
    assert.deepEqual(sim.operations.billCharges(customer.receipt.foreignId, "2026-11-30"), []);
    const [first] = invoices;
    const ids = posted.map(({ command: { outsideId: id } }) => id);
    const subject = `posting/invoice:${first!.internalId}`;
    const bills = (data: unknown) => {
      const { charges, openMinor, status } = data as {
        charges: ReadonlyArray<string>;
        openMinor: number;
        status: string;
      };
      return [charges, openMinor, status];
    };
    assert.deepEqual(bills(await saidThrice(to, subject)), [ids.slice(0, 2), 952, "open"]);
    now += 5000;
    const payment = sim.operations.payInvoice(first!.internalId, 500);
    const applied = await saidThrice(to, `posting/customerPayment:${payment.internalId}`);
    assert.equal((applied as { appliesTo: string }).appliesTo, `invoice:${first!.internalId}`);
    now += 5000;
    sim.operations.payInvoice(first!.internalId);
    assert.deepEqual(bills(await saidThrice(to, subject)), [ids.slice(0, 2), 0, "paid"]);
    assert.equal(recordOf(posted[0]!).stage.id, "PROCESSED");
    now += 5000;
    sim.operations.void("invoice", first!.internalId);
    assert.equal(recordOf(posted[0]!).stage.id, "READY_FOR_BILLING");
    const again = makeNetsuiteSimulator({ now: () => now, subsidiaries: { 1: "a", 2: "b" } });
    again.restore(JSON.parse(JSON.stringify(sim.snapshot())));
    assert.equal(again.operations.billCharges(customer.receipt.foreignId, "2026-11-30")[0]?.signedMinor, 952);
  });

  it("[NS34] our script's word on a charge is a posting under our outside id; what is out of billing is void", async () => {
    const to = await oneWorld();
    const customer = await post(to, acme());
    const placed = await post(to, command("charge", content(1000), { customer }));
    now += 5000;
    await good(to.outbound.send(reverseOf(placed)));
    const events = sim.drainEvents().flatMap((body) => {
      const decoded = to.inbound.decode(bytes(body), "netsuite");
      return decoded._tag === "Events" ? decoded.events : assert.fail(JSON.stringify(decoded));
    });
    const own = events.filter(({ externalId }) => externalId === placed.command.outsideId);
    assert.deepEqual(
      own.map(({ data, owner }) => [owner, (data as { status: string }).status, (data as { entity: string }).entity]),
      [
        [customer.receipt.foreignId, "open", "us"],
        [customer.receipt.foreignId, "void", "us"],
      ],
    );
    const read = await good(to.outbound.read(own[0]!.subject, "netsuite", now));
    assert.equal(said(read!.events[0]!), said(own[1]!));
  });
});
