/** A company that is billed for its use: contracts and use by CloudEvents, the runner of batches by hand, and the three simulators. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { makeCloudEvents } from "../../adapters/cloudevents.ts";
import { sign } from "../../adapters/standard-webhooks.ts";
import { usualAccounting } from "../../domain/booking.ts";
import type { RatedLine } from "../../domain/books/rated.ts";
import type { AmendmentData, TermsData } from "../../domain/event.ts";
import type { UsageCadence } from "../../domain/metering/cadence.ts";
import { makeUsageRunner } from "../../server/metering/runner.ts";
import { stagedIn } from "../../server/metering/staged.ts";
import { type Loose, makeWorld, type World } from "../../server/testing/world.ts";

const senders = (["usage", "contracts"] as const).map((connection) => ({
  system: makeCloudEvents({ connection, roles: [connection === "usage" ? "usage" : "cpq"] }),
  secret: `whsec_${Buffer.from(`secret of ${connection}`).toString("base64")}`,
}));

/** Legal entity → NetSuite's subsidiary; `default` is that of every connection. */
export const entities = { default: "1", eu: "2" };

export const byHand: UsageCadence = {
  rate: "now",
  approve: "now",
  invoice: "cycle",
  approval: "required",
  graceMs: 0,
};

interface Said {
  readonly time?: string;
  readonly owner?: string | null;
  readonly link?: string;
}

export const cloudEvent = (source: string, subject: string, data: object, { time, owner, link }: Said = {}) => ({
  specversion: "1.0",
  id: `${source} ${subject}`,
  source,
  type: `${subject.slice(0, subject.indexOf("/"))}.told`,
  subject,
  time: time ?? "2026-01-01T00:00:00Z",
  ...(owner === null ? {} : { owner: owner ?? "acme" }),
  ...(link === undefined ? {} : { link }),
  data,
});

export const use = (id: string, time: string, quantity: string, more: object = {}, said: Said = {}) =>
  cloudEvent(
    "usage",
    `use/${id}`,
    { status: "recorded", meter: "calls", contract: null, quantity, ...more },
    { ...said, time },
  );

const perUnit = (unit: string) => ({ price: { model: "per_unit", unit } }) as const;
export const unitPrice = perUnit;

export const terms = (id: string, more: Partial<TermsData> = {}, said: Said = {}) =>
  cloudEvent(
    "contracts",
    `terms/${id}`,
    {
      status: "active",
      subscription: null,
      timeZone: "UTC",
      contract: { id, currency: "USD", start: "2026-01-01", months: 12, items: [] },
      meters: [
        {
          meter: "calls",
          aggregation: "sum",
          product: "api-calls",
          versions: [{ version: 1, inForceFrom: "2026-01-01", charge: perUnit("0.10") }],
        },
      ],
      placements: {},
      ...more,
    } satisfies TermsData,
    { link: "usage:acme", ...said },
  );

export const amendment = (id: string, change: AmendmentData["change"], more: Partial<AmendmentData> = {}) =>
  cloudEvent("contracts", `amendment/${id}`, {
    status: "active",
    terms: "terms/C-1",
    publishedAt: null,
    change,
    ...more,
  });

export class Metered {
  readonly world: World;
  private readonly turn: () => Promise<boolean>;
  private messages = 0;

  private constructor(world: World, cadence: UsageCadence) {
    this.world = world;
    const runner = makeUsageRunner(world.engine, () => {}, cadence);
    this.turn = () => Effect.runPromise(runner.turn);
  }

  static async make(cadence: UsageCadence = byHand, more: Parameters<typeof makeWorld>[0] = {}): Promise<Metered> {
    return new Metered(await makeWorld({ senders, entities, ...more }), cadence);
  }

  /** One request for each system; statuses in the order of the events. */
  async send(...events: ReadonlyArray<ReturnType<typeof cloudEvent>>): Promise<ReadonlyArray<string>> {
    const statuses: string[] = [];
    for (const { system, secret } of senders) {
      const own = events.filter(({ source }) => source === system.connection);
      if (own.length === 0) continue;
      const body = JSON.stringify(own);
      this.messages += 1;
      const timestampSec = Math.floor(this.world.clock.now / 1000);
      const signed = sign(body, { id: `m${this.messages}`, timestampSec, secret });
      const headers = { ...signed, "content-type": "application/cloudevents-batch+json" };
      const response = await this.world.app.request("/events", { method: "POST", body, headers });
      const answered = (await response.json()) as Loose;
      assert.equal(response.status, 202, JSON.stringify(answered));
      statuses.push(...answered.events.map((one: Loose) => one.status));
    }
    await this.world.host.idle();
    return statuses;
  }

  /** The runner until it has nothing to do, and everything that follows from it. */
  async run(): Promise<void> {
    for (let turns = 0; await this.turn(); turns++) assert.ok(turns < 1000, "the runner comes to no end");
    await this.world.host.idle();
  }

  async get(path: string): Promise<Loose> {
    const { status, body } = await this.world.get(path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  }

  async act(path: string, body: object = {}): Promise<{ readonly status: number; readonly body: Loose }> {
    const response = await this.world.app.request(`http://localhost${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "looked through", ...body }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** What NetSuite and Salesforce did comes in; what they do next is later by their clocks. */
  async echo(): Promise<void> {
    await this.world.echo();
    this.world.clock.now += 5000;
  }

  /** Approves whatever waits; answers how many that were. */
  async approve(): Promise<number> {
    await this.run();
    const { items } = await this.get("/v1/usage-batches?state=rated");
    for (const { id } of items) {
      const { status, body } = await this.act(`/v1/usage-batches/${id}/approve`);
      assert.equal(status, 200, JSON.stringify(body));
    }
    await this.run();
    return items.length;
  }

  /** Every line of every batch, oldest first, in short. */
  async lines(): Promise<ReadonlyArray<string>> {
    const { items } = await this.get("/v1/usage-batches?limit=200");
    const found: string[] = [];
    for (const { id } of [...items].reverse()) {
      const batch = await this.get(`/v1/usage-batches/${id}`);
      for (const line of batch.items)
        found.push(
          `${line.entity}/${line.jurisdiction ?? "-"} ${line.meter} ${line.period}: ${line.quantity} = ${line.amountMinor} + ${line.taxMinor} (${line.reason})`,
        );
    }
    return found;
  }

  /** What NetSuite holds as charges, oldest first, as the record says it. */
  charges(): ReadonlyArray<Loose> {
    const ids = new Set(
      this.world.netsuite.committed
        .filter(({ recordType }) => recordType === "charge")
        .map(({ internalId }) => internalId),
    );
    return [...ids].map((id) => this.world.netsuite.record("charge", id) as Loose);
  }

  /** How far the use of an account came: its lines. */
  async staged(party: string): Promise<ReadonlyArray<RatedLine>> {
    const { engine } = this.world;
    await Effect.runPromise(engine.ensure(party));
    const { core } = engine;
    const members = core.membersOf(core.root(party)).flatMap((id) => core.parties.get(id) ?? []);
    return stagedIn(core, usualAccounting)(members);
  }

  /** The checkpoints of all use, in short. */
  async checkpoints(): Promise<ReadonlyArray<string>> {
    const { rows } = await this.get("/v1/reports/usage-checkpoints");
    return rows.map(
      ({ hop, currency, arrivedMinor, passedMinor, heldMinor }: Loose) =>
        `${hop} ${currency}: ${arrivedMinor} = ${passedMinor} + ${heldMinor}`,
    );
  }

  async verified(): Promise<void> {
    const { findings } = (await this.world.host.ask({ name: "verify" })) as Loose;
    assert.deepEqual(findings, []);
  }
}
