/** For tests of the acts: a server of the sandbox on loopback, its simulators, and a few words to speak with it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import type { ConnectionRules } from "../../../domain/rules.ts";
import { loadConfig, type ServerConfig } from "../../config/config.ts";
import type { HostMode } from "../../host/make.ts";
import type { DeskSettings } from "../../queues/settings.ts";
import { type RunningServer, startServer } from "../../runtime.ts";

/** What JSON holds, for assertions. */
export type Loose = ReturnType<typeof JSON.parse>;

export interface Answered {
  readonly status: number;
  readonly body: Loose;
  readonly headers: Headers;
}

export interface Company {
  readonly server: RunningServer;
  readonly get: (path: string) => Promise<Loose>;
  readonly ask: (path: string, init?: RequestInit) => Promise<Answered>;
  readonly act: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answered>;
  /** An act that is taken. */
  readonly done: (path: string, body: object) => Promise<Loose>;
  /** Stripe's events so far, delivered; everything at rest. */
  readonly deliver: () => Promise<ReadonlyArray<unknown>>;
  readonly tell: (events: ReadonlyArray<unknown>) => Promise<void>;
  readonly account: (customer: string) => Promise<Loose>;
  /** A customer with a finalized invoice. */
  readonly invoiced: (amountMinor?: number, more?: object) => { readonly customer: string; readonly invoice: string };
  /** NetSuite's committed documents of a record type. */
  readonly committed: (recordType: string) => ReadonlyArray<Loose>;
  readonly verified: () => Promise<void>;
}

export interface CompanyOptions {
  /** Towards NetSuite. Default: everything is sent. */
  readonly rules?: ConnectionRules;
  /** Default: inline, which starts faster. */
  readonly mode?: HostMode;
  readonly env?: Readonly<Record<string, string>>;
  /** How the queues are looked through. */
  readonly desk?: Partial<DeskSettings>;
  /** How use is rated, approved and invoiced. Default: at once. */
  readonly usage?: ServerConfig["usage"];
}

export const scratch = (): { readonly folder: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), "tieout-operators-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export const within = <A>(
  dataDir: string,
  work: (company: Company) => Promise<A>,
  { rules, mode = "inline", env = {}, desk = {}, usage }: CompanyOptions = {},
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const loaded = yield* loadConfig({ env: { ...env, PORT: "0", TIEOUT_DATA_DIR: dataDir }, cwd: dataDir });
        const connections = loaded.connections.map((connection) =>
          rules !== undefined && connection.name === "netsuite" ? { ...connection, rules } : connection,
        );
        const server = yield* startServer(
          { ...loaded, connections, ...(usage === undefined ? {} : { usage }) },
          { mode, desk, log: () => {}, fatal: (reason) => assert.fail(reason) },
        );
        return yield* Effect.promise(() => work(companyOf(server)));
      }),
    ),
  );

const companyOf = (server: RunningServer): Company => {
  const { stripe, netsuite, deliver: send } = server.sandbox!;
  const ask: Company["ask"] = async (path, init) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const get: Company["get"] = async (path) => {
    const { status, body } = await ask(path);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const act: Company["act"] = (path, body, headers = {}) =>
    ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const tell: Company["tell"] = async (events) => {
    for (const event of events) assert.equal((await send("stripe", event))?.status, 202);
    await server.idle();
  };
  return {
    server,
    ask,
    get,
    act,
    tell,
    done: async (path, body) => {
      const answered = await act(path, { reason: "the test says so", ...body });
      assert.equal(answered.status, 200, JSON.stringify(answered.body));
      return answered.body;
    },
    deliver: async () => {
      const events = stripe.drainEvents();
      await tell(events);
      return events;
    },
    account: (customer) => get(`/v1/accounts/stripe:${customer}`),
    invoiced: (amountMinor = 10_000, more = {}) => {
      const customer = stripe.operations.createCustomer({ name: "Acme", ...more });
      const invoice = stripe.operations.createInvoice({ customer, amountMinor });
      stripe.operations.finalizeInvoice(invoice);
      return { customer, invoice };
    },
    committed: (recordType) => netsuite.committed.filter((entry) => entry.recordType === recordType),
    verified: async () => {
      const { findings } = (await server.host.ask({ name: "verify" })) as Loose;
      assert.deepEqual(findings, []);
    },
  };
};
