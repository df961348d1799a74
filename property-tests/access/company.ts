/**
 * A server as a company runs it, not the sandbox: two legal entities with a Stripe each, a NetSuite that belongs to the default one,
 * an identity provider, and one key of every kind.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { loadConfig } from "../../server/config/config.ts";
import type { HostMode } from "../../server/host/make.ts";
import { type RunningServer, type StartOptions, startServer } from "../../server/runtime.ts";
import type { Loose } from "../../server/testing/world.ts";
import { audience, type Issuer, openIssuer } from "./issuer.ts";
import { firstKey, webhookSecret } from "./secrets.ts";

export { firstKey, webhookSecret };

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Loose;
}

export interface Company {
  readonly server: RunningServer;
  readonly issuer: Issuer;
  readonly folder: string;
  /** Every line of the server's log. */
  readonly lines: ReadonlyArray<string>;
  /** Every answer of the server, as text with its headers. */
  readonly answers: ReadonlyArray<string>;
  readonly ask: (path: string, key: string | null, init?: RequestInit) => Promise<Answered>;
  readonly act: (
    path: string,
    key: string | null,
    body?: object,
    headers?: Record<string, string>,
  ) => Promise<Answered>;
  /** A key's answer, secret included. */
  readonly make: (name: string, scopes: ReadonlyArray<string>, more?: object) => Promise<Loose>;
  /** A customer with a finalized invoice on one of the Stripes. */
  readonly invoiced: (connection: string, customer: string, more?: object, invoice?: object) => Promise<void>;
}

export interface CompanyOptions {
  readonly access?: object;
  readonly approvals?: ReadonlyArray<object>;
  readonly connections?: Readonly<Record<string, object>>;
  readonly mode?: HostMode;
  readonly start?: StartOptions;
}

const secrets = [{ env: "ACCESS_SECRET" }];
const stripe = (entity: string) => ({ vendor: "stripe", entity, webhookSecrets: secrets });
const usualConnections = {
  "stripe-eu": stripe("eu"),
  "stripe-us": stripe("us"),
  netsuite: { vendor: "netsuite", mode: "observe", webhookSecrets: secrets },
};

export const scratch = (): { readonly folder: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), "tieout-access-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export const configured = (folder: string, issuer: Issuer | null, options: CompanyOptions) => {
  const { access = {}, approvals = [], connections = {} } = options;
  const oidc = { issuer: issuer?.url, audience, entitiesClaim: "entities", allowPrivate: true };
  const file = {
    access: { ...(issuer === null ? {} : { oidc }), ...access },
    approvals,
    connections: { ...usualConnections, ...connections },
  };
  writeFileSync(join(folder, "tieout.config.json"), JSON.stringify(file));
  const env = {
    PORT: "0",
    TIEOUT_DATA_DIR: join(folder, "data"),
    TIEOUT_API_KEY: firstKey,
    ACCESS_SECRET: webhookSecret,
  };
  return loadConfig({ env: { ...env, TIEOUT_INSPECT: "on", TIEOUT_LOG_LEVEL: "debug" }, cwd: folder });
};

export const within = async <A>(
  work: (company: Company) => Promise<A>,
  options: CompanyOptions = {},
  folder: string | null = null,
): Promise<A> => {
  const own = folder === null ? scratch() : null;
  const issuer = await openIssuer();
  try {
    const at = folder ?? own!.folder;
    return await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const config = yield* configured(at, issuer, options);
          const lines: string[] = [];
          const server = yield* startServer(config, {
            mode: options.mode ?? "inline",
            log: (line) => lines.push(line),
            fatal: (reason) => assert.fail(reason),
            ...options.start,
          });
          yield* Effect.promise(() => server.host.recovered);
          return yield* Effect.promise(() => work(companyOf(server, issuer, at, lines)));
        }),
      ),
    );
  } finally {
    await issuer.close();
    own?.remove();
  }
};

let event = 0;

const companyOf = (server: RunningServer, issuer: Issuer, folder: string, lines: ReadonlyArray<string>): Company => {
  const answers: string[] = [];
  const ask: Company["ask"] = async (path, key, init = {}) => {
    const headers = { ...(init.headers as object), ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
    // The stream ends when it has told how things stand.
    const address = path === "/v1/stream" ? `${path}?seconds=0` : path;
    const response = await fetch(`${server.url}${address}`, { ...init, headers, redirect: "manual" });
    const text = await response.text();
    answers.push(`${[...response.headers].join("\n")}\n${text}`);
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : null,
    };
  };
  const act: Company["act"] = (path, key, body = {}, headers = {}) =>
    ask(path, key, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return {
    server,
    issuer,
    folder,
    lines,
    answers,
    ask,
    act,
    make: async (name, scopes, more = {}) => {
      const made = await act("/v1/keys", firstKey, { name, scopes, reason: "the test says so", ...more });
      assert.equal(made.status, 200, made.text);
      return made.body;
    },
    invoiced: async (connection, customer, more = {}, invoice = {}) => {
      const at = Math.floor(Date.now() / 1000);
      const objects = [
        [
          "customer.created",
          {
            object: "customer",
            id: customer,
            created: at,
            name: `Person of ${customer}`,
            email: `${customer}@personal.test`,
            metadata: {},
            ...more,
          },
        ],
        [
          "invoice.finalized",
          {
            object: "invoice",
            id: `in_${customer}`,
            created: at,
            customer,
            number: `N-${customer}`,
            status: "open",
            currency: "usd",
            total: 10_000,
            amount_paid: 0,
            amount_due: 10_000,
            amount_remaining: 10_000,
            lines: { data: [] },
            metadata: {},
            status_transitions: { finalized_at: at },
            ...invoice,
          },
        ],
      ] as const;
      for (const [type, object] of objects) {
        const body = JSON.stringify({
          id: `evt_${++event}_${customer}`,
          object: "event",
          api_version: "2026-10-28.endive",
          created: at,
          type,
          data: { object },
        });
        const headers = {
          "content-type": "application/json",
          "stripe-signature": signWebhook(body, webhookSecret, at),
        };
        const taken = await fetch(`${server.url}/webhooks/${connection}`, { method: "POST", body, headers });
        assert.equal(taken.status, 202, await taken.text());
      }
      await server.idle();
    },
  };
};
