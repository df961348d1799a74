/**
 * Does everything that was derived still follow from the journal? Checks the hash chain, folds the journal anew, and compares
 * every stored cell, owner, account row and command with it. Reads what is stored page by page; holds one fold in memory.
 */
import * as Effect from "effect/Effect";
import { accountId } from "../domain/ids.ts";
import type { Surroundings } from "../domain/party.ts";
import {
  type AccountRow,
  type Cell,
  type CommandRow,
  commandStates,
  type Entry,
  type Finding,
  Journal,
  Outbox,
  Snapshots,
  type StoreError,
} from "../domain/ports/store.ts";
import { type ExpectedHead, expectedHead } from "./audit/expected-head.ts";
import { Core, metaParty, throughCell, usageParty } from "./engine/core.ts";
import { compareTrace } from "./explain/verify-trace.ts";
import { ReportCheck } from "./periods/check.ts";
import { foldAlone } from "./periods/refold.ts";

/** What is being done, how many are done, of how many (null: not known). */
export type Progress = (doing: string, done: number, of: number | null) => void;

export interface Verified {
  readonly entries: number;
  readonly cells: number;
  readonly commands: number;
  readonly findings: ReadonlyArray<Finding>;
}

const page = 512;
/** After so many a person has seen enough; the rest is counted. */
const mostFindings = 1000;

/** Damage is a finding. Fails only when the store cannot be read for another reason. */
export const verify = (
  surroundings: Surroundings,
  progress: Progress = () => {},
  /** Noted outside at an earlier time; null: nothing was. */
  expected: ExpectedHead | null = null,
): Effect.Effect<Verified, StoreError, Journal | Snapshots | Outbox> =>
  Effect.gen(function* () {
    const journal = yield* Journal;
    const snapshots = yield* Snapshots;
    const outbox = yield* Outbox;
    const report = makeReport();

    progress("checking the hash chain", 0, null);
    for (const finding of (yield* guarded(report, "the journal", journal.check)) ?? []) report.add(finding);
    if (expected !== null) {
      const found = yield* guarded(report, "the journal", expectedHead(journal, expected));
      for (const finding of found ?? []) report.add(finding);
    }

    const core = new Core(surroundings);
    const known = new Set<string>();
    const head = (yield* guarded(report, "the journal", journal.head)) ?? 0;
    const through = (yield* guarded(report, "the snapshots", snapshots.through)) ?? 0;
    if (through > head) {
      const what = `are folded through position ${through}, and the journal ends at ${head}`;
      report.add({ where: "the snapshots", what });
    }

    const reports = new ReportCheck();
    const foldTo = (end: number) =>
      Effect.gen(function* () {
        while (core.position < end) {
          const entries = yield* guarded(
            report,
            `the journal after position ${core.position}`,
            journal.read(core.position, Math.min(page, end - core.position)),
          );
          const within = entries?.filter((entry) => entry.position <= end) ?? [];
          if (within.length === 0) return;
          for (const entry of within) reports.step(core, entry, () => foldOne(core, entry, known));
          progress("folding the journal", core.position, head);
          yield* Effect.yieldNow();
        }
      });

    yield* foldTo(Math.min(through, head));
    const cells = yield* compareCells(core, snapshots, report, progress);
    yield* compareOwners(core, snapshots, report);
    yield* compareAccounts(core, snapshots, report);
    yield* compareTrace(core, (where, read) => guarded(report, where, read), snapshots, report.add);
    yield* foldTo(head);
    const commands = yield* compareCommands(core, known, outbox, report);
    progress("comparing kept reports", 0, null);
    for (const finding of (yield* guarded(report, "kept reports", reports.findings(journal))) ?? [])
      report.add(finding);
    return { entries: core.position, cells, commands, findings: report.findings() };
  });

/** One entry at a time: whatever batches the live fold had, each command that it planned is planned here too. */
const foldOne = (core: Core, entry: Entry, known: Set<string>): void => {
  for (const { key } of foldAlone(core, entry).commands) known.add(key);
  const command = (entry.note as { readonly command?: { readonly key?: string } } | null)?.command;
  if (entry.kind === "command" && command?.key !== undefined) known.add(command.key);
};

interface Report {
  readonly add: (finding: Finding) => void;
  readonly findings: () => ReadonlyArray<Finding>;
}
const makeReport = (): Report => {
  const kept: Finding[] = [];
  let more = 0;
  return {
    add: (finding) => {
      if (kept.length < mostFindings) kept.push(finding);
      else more += 1;
    },
    findings: () => (more === 0 ? kept : [...kept, { where: "this report", what: `leaves out ${more} more findings` }]),
  };
};

/** Null where damage was found instead of an answer. */
const guarded = <A>(
  report: Report,
  where: string,
  read: Effect.Effect<A, StoreError>,
): Effect.Effect<A | null, StoreError> =>
  Effect.catchAll(read, (error) => {
    if (error.code !== "corrupt") return Effect.fail(error);
    report.add({ where, what: error.reason });
    return Effect.succeed(null);
  });

const cellName = ({ party, cell }: Cell): string => `cell ${cell} of ${party}`;

const compareCells = (core: Core, snapshots: typeof Snapshots.Service, report: Report, progress: Progress) =>
  Effect.gen(function* () {
    const pools = new Map<string, Map<string, string>>();
    for (const { party, cell, body } of core.allCells()) {
      if (!party.startsWith("@") || body === null) continue;
      pools.set(party, (pools.get(party) ?? new Map<string, string>()).set(cell, body));
    }
    const expectedOf = (party: string): ReadonlyMap<string, string> =>
      party.startsWith("@") ? (pools.get(party) ?? new Map()) : cellsOf(core, party);
    const seen = new Set<string>();
    let after: string | null = null;
    let compared = 0;
    for (;;) {
      const where: string = `the stored parties after ${after ?? "the beginning"}`;
      const parties: ReadonlyArray<string> | null = yield* guarded(report, where, snapshots.parties(after, page));
      if (parties === null || parties.length === 0) break;
      const stored: ReadonlyArray<Cell> | null = yield* guarded(report, where, snapshots.load(parties));
      const byParty = new Map<string, Cell[]>();
      for (const cell of stored ?? []) byParty.set(cell.party, [...(byParty.get(cell.party) ?? []), cell]);
      for (const party of stored === null ? [] : parties) {
        seen.add(party);
        const expected = new Map(expectedOf(party));
        for (const cell of byParty.get(party) ?? []) {
          compared += 1;
          // How far a cut has looked follows the batches of the fold.
          if (cell.party === usageParty && expected.delete(cell.cell)) continue;
          if (cell.party === metaParty && cell.cell === throughCell && cell.body === String(core.position)) continue;
          const wanted = expected.get(cell.cell);
          expected.delete(cell.cell);
          if (wanted === undefined)
            report.add({ where: cellName(cell), what: "is stored, and the journal knows nothing of it" });
          else if (wanted !== cell.body) report.add({ where: cellName(cell), what: "is not what the journal says" });
        }
        for (const cell of expected.keys()) {
          report.add({
            where: cellName({ party, cell, body: null }),
            what: "follows from the journal, and is not stored",
          });
        }
      }
      progress("comparing cells", seen.size, core.parties.size + pools.size);
      after = parties.at(-1)!;
      if (parties.length < page) break;
    }
    if (core.position === 0) return compared;
    for (const party of [...core.parties.keys(), ...pools.keys()]) {
      if (seen.has(party)) continue;
      const missing = expectedOf(party).size;
      if (missing > 0)
        report.add({
          where: `party ${party}`,
          what: `follows from the journal, and none of its ${missing} cells is stored`,
        });
    }
    return compared;
  });

const cellsOf = (core: Core, party: string): ReadonlyMap<string, string> => {
  const found = core.parties.get(party);
  return new Map((found?.cellNames ?? []).map((name) => [name, found!.cell(name)!]));
};

const compareOwners = (core: Core, snapshots: typeof Snapshots.Service, report: Report) =>
  Effect.gen(function* () {
    const owners = [...core.knownOwners];
    for (let from = 0; from < owners.length; from += page) {
      const part = owners.slice(from, from + page);
      const rows = yield* guarded(report, "the stored owners", snapshots.owners(part.map(([subject]) => subject)));
      if (rows === null) return;
      const stored = new Map(rows.map(({ subject, party }) => [subject, party]));
      for (const [subject, party] of part) {
        const said = stored.get(subject);
        if (said === party) continue;
        const what = said === undefined ? "is not stored" : `is stored as ${said}`;
        report.add({ where: `the owner of ${subject}`, what: `${what}, and by the journal it is ${party}` });
      }
    }
  });

/** Which accounts there are, and that each row agrees with itself; where they stand may be older than the fold by a term's end. */
const compareAccounts = (core: Core, snapshots: typeof Snapshots.Service, report: Report) =>
  Effect.gen(function* () {
    const expected = new Map(
      [...core.parties.keys()].filter((party) => core.root(party) === party).map((root) => [accountId(root), root]),
    );
    for (const [root] of core.accounts) expected.set(accountId(root), root);
    let after: string | null = null;
    for (;;) {
      const rows: ReadonlyArray<AccountRow> | null = yield* guarded(
        report,
        "the stored accounts",
        snapshots.accounts({ after, stage: null, sync: null, limit: page }),
      );
      if (rows === null) return;
      for (const row of rows) {
        const where = `account ${row.id}`;
        const root = expected.get(row.id);
        expected.delete(row.id);
        if (root === undefined) report.add({ where, what: "is listed, and the journal knows no such account" });
        else if (!agrees(row, nameOf(core, root)))
          report.add({ where, what: "its row in the list contradicts itself or the name in the evidence" });
      }
      if (rows.length < page) break;
      after = rows.at(-1)!.id;
    }
    for (const [id, root] of expected) {
      if (core.accounts.has(root)) report.add({ where: `account ${id}`, what: `of ${root} is missing from the list` });
    }
  });

const nameOf = (core: Core, root: string): string =>
  core.nameOf(core.membersOf(root).flatMap((member) => core.parties.get(member) ?? []));

const agrees = ({ id, stage, sync, body }: AccountRow, name: string): boolean => {
  try {
    const item = JSON.parse(body ?? "") as {
      readonly id: string;
      readonly root: string;
      readonly name: string;
      readonly stage: string;
      readonly regions: { readonly lifecycle: string; readonly sync: string };
    };
    const { regions } = item;
    return (
      item.id === id &&
      item.name === name &&
      accountId(item.root) === id &&
      item.stage === stage &&
      regions.lifecycle === stage &&
      regions.sync === sync
    );
  } catch {
    return false;
  }
};

const compareCommands = (core: Core, known: ReadonlySet<string>, outbox: typeof Outbox.Service, report: Report) =>
  Effect.gen(function* () {
    let after: string | null = null;
    let count = 0;
    for (;;) {
      const rows: ReadonlyArray<CommandRow> | null = yield* guarded(
        report,
        "the outbox",
        outbox.list({ states: commandStates, after, limit: page }),
      );
      if (rows === null) break;
      for (const { key, party, target } of rows) {
        count += 1;
        if (!known.has(key)) {
          report.add({
            where: `command ${key} of ${party} to ${target}`,
            what: "is in the outbox, and nothing in the journal asks for it",
          });
        } else if (!core.parties.has(party)) {
          report.add({ where: `command ${key}`, what: `names ${party}, which the journal does not know` });
        }
      }
      if (rows.length < page) break;
      after = rows.at(-1)!.key;
    }
    return count;
  });
