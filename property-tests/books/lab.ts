/**
 * Evidence without a server: two Stripe accounts of two legal entities whose webhooks are decoded and folded, a CPQ and a treasury that
 * speak CloudEvents, and the books that follow, in whatever order it all comes.
 */
import assert from "node:assert/strict";
import { makeCloudEvents } from "../../adapters/cloudevents.ts";
import { inbound, makeStripeSimulator, profile } from "../../adapters/stripe/layer.ts";
import type { KeptBooks } from "../../domain/booking.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { reports } from "../../domain/books/reports/all.ts";
import type { Asked, Report } from "../../domain/books/reports/report.ts";
import type { BookRules } from "../../domain/books/rules.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type CanonicalEvent, kindOf, type ObjectData, type ObjectKind } from "../../domain/event.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { Core } from "../../server/engine/core.ts";
import { surroundingsOf } from "../../server/engine/surroundings.ts";
import { foldAlone } from "../../server/periods/refold.ts";
import { booksIn, rootsIn } from "../../server/reports/keeper.ts";
import { ratesIn } from "../../server/reports/keeping.ts";
import { Running } from "../../server/reports/run.ts";

const cpq = makeCloudEvents({ connection: "cpq", roles: ["cpq"] });
const treasury = makeCloudEvents({ connection: "treasury", roles: ["warehouse"] });
const systems = new Map([
  ["stripe", { profile }],
  ["stripe-eu", { profile }],
  ["cpq", { profile: cpq.profile }],
  ["treasury", { profile: treasury.profile }],
]);

export const keptWith = (rules: BookRules = {}, timeZone = "UTC"): KeptBooks => ({
  accounting: { timeZone, fiscalStartMonth: 1, entities: { "stripe-eu": "eu" }, ...rules },
  billing: ["stripe", "stripe-eu"],
});

export const at = (text: string): number => Date.parse(text.includes("T") ? text : `${text}T12:00:00Z`);

export const makeLab = (start = "2026-01-01") => {
  const time = { now: at(start) };
  const make = (idPrefix: string) => makeStripeSimulator({ now: () => time.now, idPrefix });
  const billing = { stripe: make(""), "stripe-eu": make("eu") };
  const spoken: CanonicalEvent[] = [];
  let said = 0;
  const say = <K extends ObjectKind>(
    connection: "cpq" | "treasury",
    subject: `${K}/${string}`,
    data: object,
    { owner = null, link = null }: { readonly owner?: string | null; readonly link?: string | null } = {},
  ): void => {
    const kind = kindOf(subject);
    spoken.push({
      id: `said ${++said}`,
      source: connection,
      type: `${kind}.changed`,
      subject,
      time: time.now,
      owner,
      via: null,
      clock: { at: time.now, tick: 1, trust: 1 },
      read: false,
      data: data as ObjectData,
      links: link === null ? [] : [{ rank: "external-id", target: link }],
      externalId: null,
      correlationid: null,
      traceparent: null,
      dataschema: `tieout/${kind}/1`,
    });
  };
  return {
    time,
    billing,
    stripe: billing.stripe.operations,
    on: (day: string): void => {
      time.now = at(day);
    },
    say,
    /** Everything that was said so far, one list an event of a vendor. */
    told: (): ReadonlyArray<ReadonlyArray<CanonicalEvent>> => {
      const decoded = Object.entries(billing).flatMap(([connection, simulator]) =>
        simulator.drainEvents().map((event): ReadonlyArray<CanonicalEvent> => {
          const found = inbound.decode(new TextEncoder().encode(JSON.stringify(event)), connection);
          assert.ok(found._tag === "Events", JSON.stringify(found));
          return found.events;
        }),
      );
      return [...decoded, ...spoken.splice(0).map((event) => [event])];
    },
  };
};
export type Lab = ReturnType<typeof makeLab>;

export const folded = (told: ReadonlyArray<ReadonlyArray<CanonicalEvent>>): Core => {
  const core = new Core(surroundingsOf({ systems, policy: policies["billing-led"], rules: new Map() }));
  for (const [index, events] of told.entries()) {
    const entry: Entry = {
      position: index + 1,
      kind: "webhook",
      connection: events[0]!.source,
      at: at("2027-01-01"),
      partition: 0,
      dedup: null,
      events,
      note: null,
      conflictOf: null,
    };
    foldAlone(core, entry);
  }
  assert.deepEqual([...core.faults.values()], []);
  return core;
};

export const booksOfAll = (core: Core, kept: KeptBooks = keptWith()): ReadonlyArray<AccountBooks> =>
  rootsIn(core).map(booksIn(core, kept));

/** Those that have something. */
export const booksWith = (core: Core, kept: KeptBooks = keptWith()): AccountBooks => {
  const [found, ...others] = booksOfAll(core, kept).filter(
    ({ entries, unstated }) => entries.length + unstated.length > 0,
  );
  assert.ok(found !== undefined && others.length === 0, "one account has books");
  return found;
};

/** Everything of the books that a report could show, as bytes. */
export const bytesOf = (core: Core, kept: KeptBooks = keptWith()): string =>
  canonical(booksOfAll(core, kept).map(({ due, ...books }) => ({ ...books, due: [...due].sort() })) as unknown as Json);

export const askedBy = (kept: KeptBooks, more: Partial<Asked> = {}): Asked => ({
  ...{ entity: null, currency: null, from: null, to: null, asOf: "2026-12-31", within: 90, measure: "transaction" },
  ...{ rules: kept.accounting },
  ...more,
});

export const named = (name: string): Report => reports.find((report) => report.name === name)!;

/** A report over accounts; it ties. */
export const run = (
  report: Report,
  all: ReadonlyArray<AccountBooks>,
  asked: Asked,
  {
    cell = null,
    core = null,
  }: { readonly cell?: ConstructorParameters<typeof Running>[2]; readonly core?: Core | null } = {},
) => {
  const running = new Running(report, asked, cell, () => (core === null ? [] : ratesIn(core)));
  for (const books of all) assert.equal(running.add(books), null);
  return { ...report.table(running.sums, asked), running };
};

/** What the entries do to a role by the end, in minor units; above zero it grew. */
export { movements } from "../../domain/accounting/entry.ts";
