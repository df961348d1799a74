/** Holds the truth and compares: what the engine shows, and what the ERP committed, against the sequential oracle. */
import assert from "node:assert/strict";
import { netEffects } from "../../adapters/netsuite/layer.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import { accountId, connectionOf } from "../../domain/ids.ts";
import { fold, type Slot } from "../../domain/ledger.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { Core } from "../../server/engine/core.ts";
import { effectsOf, evidenceOf } from "../../server/engine/report.ts";
import type { Chance } from "./chance.ts";
import { type Instance, settleWindowMs, type World } from "./world.ts";

export const audit = (world: World): void => {
  assert.equal(world.failure, null);
  claims(world);
  for (const instance of world.instances) {
    instance.loadAll(world.oracle.customers.keys());
    atRest(instance);
    companies(world, instance);
  }
  documents(world, world.instances[0]!);
};

/** Nothing pending, sending, retrying, unknown, held or rejected, and no register ambiguous. */
export const atRest = ({ engine }: Instance): void => {
  const { core } = engine!;
  assert.deepEqual(
    [...core.open.values()].map(({ planned }) => [planned.slot, planned.verb, planned.state, planned.blockedBy]),
    [],
    "P3 rest: no command is open",
  );
  for (const party of core.parties.values()) {
    const doubtful = [...party.evidence.ambiguous].filter((subject) => !subject.startsWith(replicaPrefix));
    assert.deepEqual(doubtful, [], "P4 rest: no register is ambiguous");
  }
  assert.deepEqual([...core.waiting.keys()], [], "P1: nothing is left unattributed");
  assert.deepEqual(
    [...core.faults.values()].filter((fault) => fault.kind !== "unknown-type"),
    [],
    "P7: no fault",
  );
};

/** P5: only a claim that stands is sent, once; an unclear outcome rests before it is read back. */
export const claims = (world: World): void => {
  const parties = new Map<string, Map<string, Slot>>();
  const standing = new Map<string, number>();
  for (const { at, note } of world.ledgerEntries()) {
    const slots = parties.get(note.party) ?? new Map<string, Slot>();
    parties.set(note.party, slots);
    const folded = fold(slots, connectionOf(note.party), note, at, 0);
    for (const slot of folded.slots) slots.set(slot.key, slot);
    if (note.type === "command.claimed" && folded.stands) {
      const { outsideId } = note.command;
      standing.set(outsideId, (standing.get(outsideId) ?? 0) + 1);
    }
    if (note.type === "command.unknown") {
      assert.ok(note.nextAt - at >= settleWindowMs, "P5: an unclear outcome rests for the settle window");
    }
  }
  for (const [outsideId, sent] of world.writes) {
    assert.ok(
      sent <= (standing.get(outsideId) ?? 0),
      `P5: ${outsideId} was sent ${sent} times, more than claims stand`,
    );
  }
};

/** P2: the machine and the money of every company are the oracle's. */
const companies = (world: World, { engine }: Instance): void => {
  const { core } = engine!;
  const { oracle } = world;
  for (const company of oracle.companies()) {
    const root = core.root(`stripe:${company[0]}`);
    assert.deepEqual(
      core.membersOf(root).filter((m) => m.startsWith("stripe:")),
      company.map((id) => `stripe:${id}`),
      "links",
    );
    const state = core.account(root);
    assert.equal(state.id, accountId(root));
    assert.deepEqual({ ...core.regionsFromActor(root) }, oracle.regions(company, core.now), `P2 regions of ${root}`);
  }
  for (const [id, invoice] of oracle.invoices) {
    const party = core.parties.get(`stripe:${invoice.customer}`)!;
    const view = party.groups.get(`invoice/${id}`)?.view;
    if (!["open", "paid", "uncollectible"].includes(invoice.status)) continue;
    assert.deepEqual(
      { settled: view?.money.settledMinor, credits: view?.money.creditsMinor, paid: view?.money.paid },
      oracle.money(id),
      `P2 money of invoice ${id} (${invoice.status})`,
    );
  }
};

/** P3 and P5, on the log of committed documents. */
export const documents = (world: World, { engine }: Instance): void => {
  const { core } = engine!;
  const expected = new Map([...world.oracle.effects()].sort(([a], [b]) => (a < b ? -1 : 1)));

  const created = new Map<string, number>();
  for (const entry of world.netsuite.committed) {
    if (entry.op !== "create" || entry.externalId === null) continue;
    const key = `${entry.recordType} ${entry.externalId}`;
    created.set(key, (created.get(key) ?? 0) + 1);
  }
  for (const [key, count] of created) assert.equal(count, 1, `P5: ${key} was made ${count} times`);

  // Whose document is it? The slot that made it, or the one that it was handed over to.
  const holders = new Map<string, string>();
  for (const party of core.parties.values()) {
    for (const slot of party.slots.values())
      if (slot.held) holders.set(slot.held.outsideId, `${party.connection}:${slot.source}`);
  }
  const committed = new Map<string, number>();
  for (const { externalId, side, currency, amountMinor } of netEffects(world.netsuite.committed)) {
    const source = holders.get(externalId);
    assert.ok(source, `P3: document ${externalId} stands outside (${amountMinor} ${currency}) and nobody holds it`);
    const key = `${source} ${side} ${currency}`;
    committed.set(key, (committed.get(key) ?? 0) + amountMinor);
  }
  const sorted = (map: ReadonlyMap<string, number>) =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(sorted(committed), sorted(expected), "P3: what the ERP committed");

  const ours = new Map<string, number>();
  for (const party of core.parties.values()) {
    for (const { source, side, currency, netMinor } of effectsOf(party))
      ours.set(`${source} ${side} ${currency}`, netMinor);
  }
  assert.deepEqual(sorted(ours), sorted(expected), "P3: what we know to be there");

  for (const party of core.parties.values()) {
    for (const slot of party.slots.values()) {
      if (slot.kind !== "receivable" || !slot.held) continue;
      const id = slot.source.slice("invoice/".length);
      const { settled, credits } = world.oracle.money(id);
      const invoice = world.oracle.invoices.get(id)!;
      const open = invoice.total - settled - (credits - invoice.balanceUsed);
      assert.equal(world.netsuite.openBalance(slot.held.foreignId), open, `P3: open balance of invoice ${id}`);
    }
  }
};

export const refold = (world: World, entries: ReadonlyArray<Entry>): Core => {
  const { systems } = world.instances[0]!.engine!;
  const core = new Core(world.instances[0]!.engine!.surroundings);
  core.canRead = (connection) => systems.get(connection)?.profile.canRead ?? false;
  core.apply(entries);
  core.settleFold();
  return core;
};

export const journal = async (world: World): Promise<ReadonlyArray<Entry>> => {
  const { Effect } = await import("effect");
  return Effect.runSync(world.store.journal.read(0, Number.MAX_SAFE_INTEGER));
};

/** The journal folded again, at once: every cell is the same, byte for byte. */
export const auditRefold = async (world: World): Promise<void> => {
  const cells = (core: Core) => [...core.allCells()].map(({ party, cell, body }) => `${party} ${cell} ${body}`).sort();
  const again = refold(world, await journal(world));
  for (const { engine } of world.instances)
    assert.deepEqual(cells(engine!.core), cells(again), "P2: the journal re-folded");
};

/** The same source events, shuffled and repeated: the same evidence, byte for byte. */
export const auditShuffle = async (world: World, chance: Chance): Promise<void> => {
  const entries = (await journal(world)).filter((entry) => entry.kind === "webhook" && entry.connection === "stripe");
  const reads = (await journal(world)).filter((entry) => entry.kind === "read");
  const all = [...entries, ...reads, ...entries.filter(() => chance.bet(0.2))];
  for (let i = all.length - 1; i > 0; i--) {
    const j = chance.between(0, i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  const shuffled = refold(
    world,
    all.map((entry, index) => ({ ...entry, position: index + 1 })),
  );
  const texts = (core: Core) =>
    [...core.parties.values()]
      .filter((party) => party.connection === "stripe" && party.evidence.registers.size > 0)
      .map((party) => `${party.id} ${canonical(evidenceOf(party))} ${canonical(party.links as unknown as Json)}`)
      .sort();
  assert.deepEqual(texts(shuffled), texts(world.instances[0]!.engine!.core), "P2: evidence of the shuffled events");
};
