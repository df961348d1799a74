/**
 * The engine: append, fold, and the jobs that carry what is missing to the systems. Every durable step is a port call; a
 * crash between any two of them loses nothing and does nothing twice. Who drives it decides when: the server by its
 * loops, the harness by its seed.
 */
import * as Clock from "effect/Clock";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Random from "effect/Random";
import type { Accounting } from "../../domain/booking.ts";
import type { Json } from "../../domain/canonical.ts";
import type { ApprovalRule } from "../../domain/controls/approval.ts";
import { erasure } from "../../domain/controls/erasure.ts";
import type { PeriodNotes } from "../../domain/controls/period.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { connectionOf, partitionOf } from "../../domain/ids.ts";
import type { Policy } from "../../domain/lifecycle.ts";
import { type UsageCadence, usualCadence } from "../../domain/metering/cadence.ts";
import type { LedgerNote } from "../../domain/note.ts";
import {
  type Appended,
  type CommandRow,
  DataKeys,
  DueRecords,
  type Entry,
  Journal,
  type NewEntry,
  Outbox,
  openStates,
  type SnapshotBatch,
  Snapshots,
  type StoreError,
} from "../../domain/ports/store.ts";
import { type AnswerError, type PollAnswer, periodClosed, type System } from "../../domain/ports/system.ts";
import type { ConnectionRules } from "../../domain/rules.ts";
import { saidAt } from "../../domain/service-levels.ts";
import type { Receiver } from "../alerts/receiver.ts";
import { Standings } from "../console/standing.ts";
import type { Exchanges } from "../exchanges/exchanges.ts";
import { makeScan } from "../kpis/scan.ts";
import { type Bookkeeping, makeBookkeeping } from "../periods/bookkeeping.ts";
import { makePrivacy } from "../privacy/privacy.ts";
import { type QueueSettings, usualQueues } from "../queues/settings.ts";
import { Live, type LiveSettings, usualLive } from "../reconciliation/live.ts";
import { neverByItself, type RunSchedule } from "../reconciliation/schedule.ts";
import type { EngineTelemetry, Folding } from "../telemetry/engine-telemetry.ts";
import { type Job, makeAgenda } from "./agenda.ts";
import {
  actsParty,
  Core,
  exceptionsParty,
  type FoldChanges,
  faultsParty,
  linksParty,
  metaParty,
  type Open,
  poolOf,
  usageParty,
} from "./core.ts";
import { findUses } from "./find-uses.ts";
import { breakerDefaults, Gate, type GateOptions } from "./gate.ts";
import { asksOf } from "./intake.ts";
import { ownEntry } from "./own-entry.ts";
import { surroundingsOf } from "./surroundings.ts";
import { erasedMeanwhile, isErased, makeWording } from "./wording.ts";

export interface EngineOptions {
  readonly systems: ReadonlyMap<string, System>;
  readonly policy: Policy;
  /** What may go out, by connection; one that is not there is sent everything. */
  readonly rules: ReadonlyMap<string, ConnectionRules>;
  /** Who claims commands; unlike any other engine's that ever used the same journal. */
  readonly owner: string;
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** Longer than any adapter waits for an answer: until then a claimed command may still be on its way. */
  readonly sendTimeoutMs: number;
  /** Replaces the settle window of each system's profile. */
  readonly settleWindowMs?: number;
  /** Cells that may be dirty before a snapshot is written. */
  readonly snapshotCells: number;
  /** Parties kept in memory. */
  readonly hotParties: number;
  readonly pollEveryMs?: number;
  /** Which acts need more than one person; default: none. */
  readonly approvals?: ReadonlyArray<ApprovalRule>;
  /** Whether personal data are sealed, so that they can be erased; absent: nothing is, nor was. */
  readonly sealing?: boolean;
  /** Documents get an accounting period; without it none is kept. */
  readonly accounting?: Accounting;
  /** When a connection that does not answer is left alone. */
  readonly breaker?: GateOptions["breaker"];
  /** False: commands are made durable and stay where they are. */
  readonly sending?: boolean;
  /** The legs of reconciliation and their terms; default: the usual ones. */
  readonly reconciliation?: LiveSettings & { readonly schedule?: RunSchedule };
  /** How often use is rated and put into batches; default: as usual. */
  readonly usage?: UsageCadence;
  /** Where the figures are put down; absent: nowhere. */
  readonly kpiFile?: string;
  /** How the two queues are shown; default: as where nothing is configured. */
  readonly queues?: QueueSettings;
  /** What was said to the targets; absent: nothing is kept. */
  readonly exchanges?: Exchanges;
  /** Spans of folds and commands; without it nothing is traced, and no clock is read for it. */
  readonly telemetry?: EngineTelemetry;
  readonly onFold?: (changes: FoldChanges) => void;
  /** Between the steps of a long fold: lets others have the thread. Absent: a fold is one piece. */
  readonly breathe?: Effect.Effect<void>;
}

/** A question to a system that got no answer yet, and is asked again. */
export interface Unanswered {
  readonly target: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly lastAt: number;
  readonly error: string;
}

const foldBatch = 512;
/** Entries, and accounts, in one step of a fold that lets others have the thread in between: some milliseconds. */
const joinStep = 256;
const settleStep = 96;
/** Where much is left a step is larger: whoever has the thread in between may not run away from the fold. */
const stepOf = (least: number, left: number): number => Math.max(least, left >> 4);
/** Entries that join before what follows from them is derived, where so many are there: an account is derived once for all of its own. */
const joinMost = 4096;
/** A poll that finds nothing writes down where it is as often as this; what it reads again after a restart costs nothing. Milliseconds. */
const placeEveryMs = 600_000;

/** The first instant of the calendar month after the one of `at`, UTC: where a document goes whose own month is closed. */
const nextPeriod = (at: number): number => {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
};

export type Engine = Effect.Effect.Success<ReturnType<typeof makeEngine>>;

export const makeEngine = Effect.fnUntraced(function* (options: EngineOptions) {
  const stored = yield* Journal;
  const dataKeys = yield* Effect.serviceOption(DataKeys);
  const snapshots = yield* Snapshots;
  const outbox = yield* Outbox;
  const dueRecords = yield* DueRecords;
  const lock = yield* Effect.makeSemaphore(1);

  const { systems } = options;
  const surroundings = surroundingsOf(options);
  const core = new Core(surroundings);
  core.canRead = (connection) => systems.get(connection)?.profile.canRead ?? false;
  core.tickOf = (connection) => systems.get(connection)?.profile.tickMs ?? 1000;

  const privacy =
    options.sealing === undefined || dataKeys._tag === "None"
      ? null
      : makePrivacy(core, dataKeys.value, stored.head, options.sealing);
  if (privacy !== null) core.wordsOf = privacy.wordsOf;
  const journal = privacy === null ? stored : privacy.journal(stored);
  const books: Bookkeeping | null = options.accounting === undefined ? null : makeBookkeeping(core, options.accounting);

  const worded = makeWording(core, books, privacy);

  const live = new Live(
    { core, snapshots, systems, queues: options.queues ?? usualQueues },
    options.reconciliation ?? usualLive,
  );
  const gates = new Map(
    [...systems].map(([connection, { profile }]) => [
      connection,
      new Gate({
        concurrency: profile.concurrency,
        ratePerSecond: profile.ratePerSecond ?? null,
        breaker: options.breaker ?? breakerDefaults,
      }),
    ]),
  );
  const agenda = makeAgenda({
    ...{ core, systems, gates },
    sending: options.sending !== false,
    pollEveryMs: options.pollEveryMs ?? null,
  });
  const { notBefore, pollNotBefore } = agenda;
  /** Look-ups, re-reads and polls that got no answer, by job. */
  const failures = new Map<string, Unanswered>();
  /** Entries that we appended and have not folded: saves reading them back. Always a run that follows the core's position. */
  let buffered: Entry[] = [];
  /** Position of the last entry that was buffered or read. */
  let tail = 0;
  let duplicates = 0;
  let unsavedSnapshot: SnapshotBatch | null = null;
  /** Entries that joined since the last settling, also where the store refused something in between. */
  let joined = 0;
  let foldings: Folding[] = [];
  const owed = {
    rows: [] as CommandRow[],
    due: new Map<string, number | null>(),
    decisions: [] as Array<FoldChanges["decisions"][number]>,
  };

  // ---------------------------------------------------------------- append and fold

  const append = Effect.fnUntraced(function* (given: ReadonlyArray<NewEntry>) {
    const entries = privacy === null ? given : yield* privacy.seal(given);
    const results = yield* journal.append(entries);
    for (let i = 0; i < results.length; i++) {
      const result = results[i]!;
      if (result._tag === "Duplicate" && entries[i]!.kind === "webhook") duplicates += 1;
      if (result._tag !== "Accepted") continue;
      if (result.position !== tail + 1) continue;
      tail = result.position;
      const { raw: _raw, ...rest } = entries[i]!;
      buffered.push({ position: result.position, conflictOf: result.conflictOf, ...rest });
    }
    return results;
  });

  const nextEntries = Effect.suspend(() => {
    if (buffered.length > 0 && buffered[0]!.position === core.position + 1) {
      return Effect.succeed<ReadonlyArray<Entry>>(buffered.splice(0, foldBatch));
    }
    buffered = [];
    tail = Number.POSITIVE_INFINITY;
    return Effect.tap(journal.read(core.position, foldBatch), (entries) => {
      if (buffered.length === 0) tail = entries.at(-1)?.position ?? core.position;
    });
  });

  /** With everyone in their accounts: what one asks for depends on the others. */
  const loadParties = Effect.fnUntraced(function* (parties: ReadonlyArray<string>) {
    const all = new Set(parties.flatMap((party) => core.membersOf(core.root(party))));
    const missing = [...all].filter((party) => !core.parties.has(party));
    if (missing.length > 0) core.restore(missing, yield* snapshots.load([metaParty, ...missing]));
  });

  /** Entries join; what follows from them is not derived yet. */
  const join = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
    const unknown = core.unknownSubjects(entries);
    if (unknown.length > 0) core.learnOwners(yield* snapshots.owners(unknown));
    yield* loadParties(core.unloadedParties(entries));
    if (privacy !== null) yield* privacy.learn(entries);
    core.foldedAt = options.telemetry === undefined ? null : yield* Clock.currentTimeMillis;
    const folding = options.telemetry?.folding(entries, core.foldedAt!);
    if (folding !== undefined) foldings.push(folding);
    joined += entries.length;
    core.apply(folding?.entries ?? entries);
  });

  /** What follows from all that joined; it is owed to the store afterwards. */
  const derive = Effect.gen(function* () {
    if (joined === 0) return;
    for (;;) {
      const missing = core.missingMembers;
      if (missing.length === 0) break;
      yield* loadParties(missing);
    }
    let commands = 0;
    let transitions = 0;
    for (;;) {
      const step = options.breathe === undefined ? Number.POSITIVE_INFINITY : stepOf(settleStep, core.unsettled);
      const changes = core.settleFold(step);
      for (const { party, at } of changes.due) {
        agenda.schedule(party, at);
        owed.due.set(party, at);
      }
      owed.rows.push(...changes.commands);
      owed.decisions.push(...changes.decisions);
      commands += changes.commands.length;
      transitions += changes.transitions.length;
      options.onFold?.(changes);
      if (core.isSettled) break;
      yield* options.breathe ?? Effect.void;
    }
    joined = 0;
    if (foldings.length > 0) {
      const at = yield* Clock.currentTimeMillis;
      for (const { done } of foldings) done({ commands, transitions }, at);
      foldings = [];
    }
  });

  /** What a fold derived is durable before a snapshot passes it; what the store refused is owed until it takes it. */
  const settleDebts = Effect.gen(function* () {
    if (owed.rows.length > 0) {
      yield* outbox.save(owed.rows, core.position);
      owed.rows = [];
    }
    if (owed.due.size > 0) {
      yield* dueRecords.save([...owed.due].map(([party, at]) => ({ party, at })));
      owed.due.clear();
    }
    if (owed.decisions.length > 0) {
      const at = yield* Clock.currentTimeMillis;
      yield* append(owed.decisions.map((note) => ownEntry("decision", note, at)));
      owed.decisions = [];
    }
  });

  /** Let what is there join, up to `joinMost` entries that nothing was derived of. Answers how many did. */
  const joinSome = Effect.gen(function* () {
    let count = 0;
    while (joined < joinMost) {
      const entries = yield* nextEntries;
      if (entries.length === 0) break;
      count += entries.length;
      if (options.breathe === undefined) {
        yield* join(entries);
        continue;
      }
      const step = stepOf(joinStep, buffered.length);
      for (let from = 0; from < entries.length; from += step) {
        yield* join(entries.slice(from, from + step));
        yield* options.breathe;
      }
    }
    return count;
  });

  /** Fold everything that the journal holds. Answers how many entries that was. */
  const fold = lock.withPermits(1)(
    Effect.gen(function* () {
      let folded = 0;
      yield* settleDebts;
      for (;;) {
        folded += yield* joinSome;
        if (joined > 0) {
          yield* derive;
          yield* settleDebts;
          if (core.dirtyCount >= options.snapshotCells) yield* writeSnapshot;
          continue;
        }
        const uses = yield* findUses(core, journal, snapshots);
        if (uses.length === 0) break;
        const at = yield* Clock.currentTimeMillis;
        yield* append(uses.map((note) => ownEntry("decision", note, at)));
      }
      return folded;
    }),
  );

  const writeSnapshot = Effect.suspend(() => {
    const fresh = core.takeDirty();
    const batch: SnapshotBatch =
      unsavedSnapshot === null
        ? fresh
        : {
            through: fresh.through,
            cells: [...unsavedSnapshot.cells, ...fresh.cells],
            owners: [...unsavedSnapshot.owners, ...fresh.owners],
            terms: [...unsavedSnapshot.terms, ...fresh.terms],
            accounts: [...unsavedSnapshot.accounts, ...fresh.accounts],
          };
    unsavedSnapshot = batch;
    return Effect.tap(snapshots.save(batch), () => {
      unsavedSnapshot = null;
      core.evict(options.hotParties);
    });
  });

  const snapshot = lock.withPermits(1)(
    Effect.gen(function* () {
      // A snapshot says how far it goes, so that nothing may have joined that was not derived.
      yield* derive;
      if (core.dirtyCount === 0 && unsavedSnapshot === null) return;
      yield* settleDebts;
      yield* writeSnapshot;
    }),
  );

  // ---------------------------------------------------------------- jobs

  const jitter = (failures: number) =>
    Effect.map(Random.next, (random) =>
      Math.ceil(random * Math.min(options.retry.capMs, options.retry.baseMs * 2 ** Math.min(failures, 20))),
    );

  /** Small beside every settle window, large beside a commit. Milliseconds. */
  const lateMs = 1000;
  const settleWindow = (system: System): number => options.settleWindowMs ?? system.profile.settleWindowMs;

  const record = Effect.fnUntraced(function* (...notes: ReadonlyArray<LedgerNote | PeriodNotes>) {
    const at = yield* Clock.currentTimeMillis;
    yield* append(notes.map((note) => ownEntry(note.type.startsWith("period.") ? "decision" : "command", note, at)));
    yield* fold;
  });

  const failed = Effect.fnUntraced(function* (open: Open, error: AnswerError) {
    const { planned, party } = open;
    const now = yield* Clock.currentTimeMillis;
    const system = systems.get(planned.target)!;
    const base = { party, slot: planned.slot, key: planned.key, detail: `${error._tag}: ${error.detail}` };
    const wait = yield* jitter(core.parties.get(party)?.slots.get(planned.slot)?.attempt?.count ?? 1);
    heard(planned.target, error, now);
    switch (error._tag) {
      case "Transient":
        return yield* record({ type: "command.retrying", ...base, nextAt: now + wait });
      case "Throttled":
        return yield* record({ type: "command.retrying", ...base, nextAt: now + (error.retryAfterMs ?? wait) });
      case "OutcomeUnknown":
        return yield* record({ type: "command.unknown", ...base, nextAt: now + settleWindow(system) });
      case "RejectedFixable":
      case "Impossible": {
        const { slot, key } = planned;
        const detail = `${error.code}: ${error.detail}`;
        const from = planned.effectiveAt > 0 ? planned.effectiveAt : core.now;
        const effectiveAt = nextPeriod(from);
        const refused = error._tag === "RejectedFixable" && error.code === periodClosed;
        const closed = refused && effectiveAt <= now;
        const booked = refused ? (books?.refused(open, detail, now) ?? null) : null;
        return yield* record(
          { type: "command.rejected", party, slot, key, detail, fixable: error._tag === "RejectedFixable" },
          ...(booked ?? []),
          ...(closed && booked === null
            ? [{ type: "period.assigned", party, slot, key, from, effectiveAt, reason: detail } as const]
            : []),
        );
      }
    }
  });

  /** What an answer, or none, says of the connection itself. */
  const heard = (target: string, error: AnswerError | null, now: number): void => {
    const gate = gates.get(target);
    if (error?._tag === "Transient" || error?._tag === "OutcomeUnknown") gate?.failed(now);
    else gate?.answered();
    if (error?._tag === "Throttled" && error.retryAfterMs !== null) gate?.pause(now + error.retryAfterMs);
  };

  const claimedByUs = (open: Open): boolean => {
    const attempt = core.parties.get(open.party)?.slots.get(open.planned.slot)?.attempt;
    return attempt?.key === open.planned.key && attempt.owner === options.owner && attempt.state === "sending";
  };

  const send = Effect.fnUntraced(function* (open: Open) {
    const { planned, party } = open;
    const system = systems.get(planned.target)!;
    let placed = books?.placeOf(open) ?? null;
    if (placed?.late) {
      yield* record(books!.assignment(open, placed));
      placed = books!.placeOf(open);
      // Closed meanwhile: it is asked again.
      if (placed?.late) return;
    }
    const booking = placed?.booking ?? null;
    const command = yield* worded(open, booking);
    const now = yield* Clock.currentTimeMillis;
    const { key, outsideId, verb, kind, content, target, source, part } = planned;
    const since = saidAt(core.parties.get(party)!, planned);
    yield* record({
      type: "command.claimed",
      party,
      slot: planned.slot,
      owner: options.owner,
      command: { key, outsideId, verb, kind, content, target, source, part, ...(booking === null ? {} : { booking }) },
      settleAt: now + options.sendTimeoutMs + settleWindow(system),
      ...(since === null ? {} : { since }),
    });
    // Another owner's claim may stand before ours: the journal's order decides, for both of us.
    if (!claimedByUs(open)) return;
    // Whoever was held up between claim and sending has lost the time that the read-back allows for: it is claimed anew.
    const begun = yield* Clock.currentTimeMillis;
    if (begun - now > lateMs) {
      const detail = `${begun - now} ms went by between the claim and the sending; nothing was sent`;
      return yield* record({ type: "command.retrying", party, slot: planned.slot, key, detail, nextAt: begun });
    }
    const answer = yield* Effect.either(
      isErased(command, planned.content) ? Effect.fail(erasedMeanwhile) : system.outbound.send(command),
    );
    if (answer._tag === "Left") return yield* failed(open, answer.left);
    heard(planned.target, null, now);
    yield* record(
      { type: "command.acked", party, slot: planned.slot, key, receipt: answer.right, by: "answer" },
      ...(books?.taken(planned.target, booking) ?? []),
    );
    yield* carried(open, since);
  });

  /** `since`: when the source said it, epoch ms; null: it is not counted. */
  const carried = ({ party, planned }: Open, since: number | null): Effect.Effect<void> =>
    options.telemetry === undefined || since === null
      ? Effect.void
      : Effect.flatMap(Clock.currentTimeMillis, (at) =>
          options.telemetry!.carried(connectionOf(party), planned.target, at - since),
        );

  /** A question that got no answer is asked again, later each time. */
  const postpone = Effect.fnUntraced(function* (id: string, target: string, error: AnswerError) {
    const at = yield* Clock.currentTimeMillis;
    heard(target, error, at);
    const before = failures.get(id);
    const count = (before?.attempts ?? 0) + 1;
    const since = before?.since ?? at;
    failures.set(id, { target, attempts: count, since, lastAt: at, error: `${error._tag}: ${error.detail}` });
    const wait = yield* jitter(count);
    notBefore.set(id, at + (error._tag === "Throttled" ? (error.retryAfterMs ?? wait) : wait));
  });

  const lookup = Effect.fnUntraced(function* (id: string, open: Open) {
    const { planned, party } = open;
    const system = systems.get(planned.target)!;
    const command = yield* worded(open);
    const sent = core.parties.get(party)?.slots.get(planned.slot)?.sent;
    const answer = yield* Effect.either(system.outbound.lookup(command));
    // A look-up that fails says nothing about the command: it stays unknown and is asked about again.
    if (answer._tag === "Left") return yield* postpone(id, planned.target, answer.left);
    heard(planned.target, null, 0);
    failures.delete(id);
    notBefore.delete(id);
    const base = { party, slot: planned.slot, key: planned.key };
    const receipt = answer.right;
    const landed =
      receipt !== null &&
      (planned.verb !== "update" ||
        Object.keys(receipt.content).every((field) => receipt.content[field] === (command.content[field] ?? null)));
    if (!landed) return yield* record({ type: "command.absent", ...base, ...(sent === undefined ? {} : { sent }) });
    const since = saidAt(core.parties.get(party)!, planned);
    yield* record({ type: "command.acked", ...base, receipt, by: "lookup" });
    yield* carried(open, since);
  });

  const ask = Effect.fnUntraced(function* (job: Extract<Job, { readonly _tag: "Ask" }>) {
    const system = systems.get(job.target)!;
    const requestedAt = yield* Clock.currentTimeMillis;
    const answer = yield* Effect.either(system.outbound.read(job.subject, system.connection, requestedAt));
    const at = yield* Clock.currentTimeMillis;
    if (answer._tag === "Left") return yield* postpone(job.id, job.target, answer.left);
    heard(job.target, null, at);
    failures.delete(job.id);
    notBefore.delete(job.id);
    const read = answer.right;
    const note = {
      party: job.party,
      subject: job.subject,
      through: job.through,
      outcome: read === null ? "absent" : "answered",
    };
    const { connection } = system;
    const partition = partitionOf(connection, job.party);
    const base = { kind: "read" as const, connection, at, partition, dedup: null };
    yield* append([{ ...base, note, events: read?.events ?? [], raw: read?.body ?? null }]);
    yield* fold;
  });

  /** How far the poll from the beginning has come, and what it answers; starts again after a crash. */
  const resyncs = new Map<string, { readonly through: number; readonly cursor: string | null }>();

  /** Where polls without news have come to, and when a place was written down last: an idle company's journal does not grow. */
  const places = new Map<string, { readonly cursor: string; readonly keptAt: number }>();

  const poll = Effect.fnUntraced(function* (job: Extract<Job, { readonly _tag: "Poll" }>) {
    const system = systems.get(job.target)!;
    const { connection } = system;
    const lost = core.asks.get(`${connection}:*`);
    const resync = lost === undefined ? undefined : (resyncs.get(connection) ?? { through: lost, cursor: null });
    const kept = core.cursors.get(connection) ?? null;
    const place = places.get(connection);
    const cursor = resync === undefined ? (place?.cursor ?? kept) : resync.cursor;
    const answer = yield* Effect.either(system.outbound.poll!(cursor, connection));
    if (answer._tag === "Left") {
      yield* postpone(job.id, connection, answer.left);
      pollNotBefore.set(job.id, notBefore.get(job.id)!);
      notBefore.delete(job.id);
      return;
    }
    failures.delete(job.id);
    const at = yield* Clock.currentTimeMillis;
    const { more } = answer.right;
    if (!more && options.pollEveryMs === undefined) pollNotBefore.delete(job.id);
    else pollNotBefore.set(job.id, more ? at : at + options.pollEveryMs!);
    if (resync !== undefined) {
      if (more) resyncs.set(connection, { through: resync.through, cursor: answer.right.cursor });
      else resyncs.delete(connection);
    }
    const resynced = resync !== undefined && !more ? { resynced: resync.through } : {};
    if (resync === undefined && answer.right.events.length === 0 && asksOf(answer.right.asks) === null) {
      const keptAt = place?.keptAt ?? (kept === null ? Number.NEGATIVE_INFINITY : at);
      places.set(connection, { cursor: answer.right.cursor, keptAt });
      if (answer.right.cursor === kept || at - keptAt < placeEveryMs) return;
    }
    if (resync === undefined) places.set(connection, { cursor: answer.right.cursor, keptAt: at });
    else places.delete(connection);
    yield* append([polled(connection, answer.right, at, resynced)]);
    yield* fold;
  });

  const polled = (
    connection: string,
    answer: PollAnswer,
    at: number,
    more: { readonly [K in string]: Json },
  ): NewEntry => ({
    kind: "poll",
    connection,
    at,
    partition: partitionOf(connection, "poll"),
    dedup: null,
    events: answer.events,
    note: { cursor: answer.cursor, ...asksOf(answer.asks), ...more },
    raw: answer.body,
  });

  /** Follow the vendor's own stream from where the journal has it. Runs until it fails; `appended` is told of each batch. */
  const follow = (
    system: System,
    appended: (position: number) => void,
  ): Effect.Effect<void, AnswerError | StoreError> => {
    const { connection, outbound } = system;
    if (outbound.subscribe === undefined) return Effect.void;
    return Effect.gen(function* () {
      const refused = yield* Deferred.make<never, StoreError>();
      const deliver = (answer: PollAnswer) =>
        Effect.gen(function* () {
          const at = yield* Clock.currentTimeMillis;
          const [first] = yield* append([polled(connection, answer, at, { stream: true })]);
          if (first) appended(first.position);
        }).pipe(Effect.catchAll((error) => Effect.zipRight(Deferred.fail(refused, error), Effect.never)));
      const cursor = core.cursors.get(`${connection}#stream`) || null;
      const lost = (error: AnswerError | StoreError) => {
        if (error._tag !== "RejectedFixable" || error.code !== "REPLAY_ID" || cursor === null)
          return Effect.fail(error);
        // The vendor no longer knows the place: read everything again, and go on from where it begins.
        return deliver({ body: new Uint8Array(), events: [], cursor: "", more: false, asks: ["*"] });
      };
      const listening = Effect.catchAll(outbound.subscribe!(cursor, connection, deliver), lost);
      yield* Effect.raceFirst(listening, Deferred.await(refused));
    });
  };

  const time = Effect.fnUntraced(function* (job: Extract<Job, { readonly _tag: "Time" }>) {
    const at = yield* Clock.currentTimeMillis;
    if (!core.parties.has(job.party)) yield* loadParties([job.party]);
    yield* append([ownEntry("time", { party: job.party }, at)]);
    yield* fold;
  });

  /** Run one job, which was begun, to its durable end. */
  const run = (job: Job): Effect.Effect<void, StoreError> => {
    const work =
      job._tag === "Send"
        ? send(job.open)
        : job._tag === "Lookup"
          ? lookup(job.id, job.open)
          : job._tag === "Ask"
            ? ask(job)
            : job._tag === "Poll"
              ? poll(job)
              : time(job);
    const traced =
      options.telemetry !== undefined && "open" in job
        ? options.telemetry.causedBy({ ...job.open, ...job.open.planned }, work)
        : work;
    return Effect.ensuring(
      traced,
      Effect.sync(() => agenda.end(job)),
    );
  };

  // ---------------------------------------------------------------- recovery

  /** From the snapshots and the journal's tail to where the last process stood. */
  const recover = Effect.gen(function* () {
    if (privacy !== null) yield* privacy.begin;
    core.position = yield* snapshots.through;
    tail = core.position;
    const lasting = [linksParty, actsParty, controlsParty, faultsParty, metaParty, exceptionsParty, usageParty];
    const pools = [...lasting, ...[...systems.keys()].map(poolOf)];
    core.restorePool(yield* snapshots.load(pools));
    core.learnDue(yield* dueRecords.all);
    for (const [party, at] of core.dueRecords) agenda.schedule(party, at);
    yield* fold;
    // An erasure that was ordered and not carried out before the last process ended.
    if (privacy !== null) yield* privacy.carryOut(core.controls.all(erasure).values(), snapshots);
    let after: string | null = null;
    for (;;) {
      const rows: ReadonlyArray<CommandRow> = yield* outbox.list({
        states: openStates,
        after,
        limit: 500,
      });
      if (rows.length === 0) break;
      yield* loadParties([...new Set(rows.map((row) => row.party))].filter((party) => !core.parties.has(party)));
      const stale = core.reconcileRows(rows);
      if (stale.length > 0) yield* outbox.save(stale, core.position);
      after = rows[rows.length - 1]!.key;
    }
  });

  /** Bring a party and its whole account into memory, for reading: with what follows from all that joined. */
  const ensure = (party: string) =>
    lock.withPermits(1)(
      Effect.gen(function* () {
        yield* derive;
        yield* loadParties(core.membersOf(core.root(party)).filter((member) => !core.parties.has(member)));
      }),
    );

  return {
    core,
    surroundings,
    accounting: options.accounting ?? null,
    privacy,
    /** Takes in what a fold would take in, and leaves the rest to the next fold. */
    joinSome: lock.withPermits(1)(joinSome),
    /** What follows from what joined, for those who look at everything at once. */
    derive: lock.withPermits(1)(derive),
    append: append as (entries: ReadonlyArray<NewEntry>) => Effect.Effect<ReadonlyArray<Appended>, StoreError>,
    fold,
    snapshot,
    jobs: agenda.jobs,
    nextDue: agenda.nextDue,
    begin: agenda.begin,
    run,
    recover,
    ensure,
    follow,
    gates: gates as ReadonlyMap<string, Gate>,
    approvals: options.approvals ?? [],
    /** Whether the one who asks may see this party: everybody, unless `access/sight.ts` says otherwise. */
    sees: (_party: string): boolean => true,
    unanswered: failures as ReadonlyMap<string, Unanswered>,
    waiting: agenda.waiting,
    kpis: makeScan(journal, options.kpiFile ?? null),
    /** Deliveries since the start that were taken in before. */
    get duplicates(): number {
      return duplicates;
    },
    queues: options.queues ?? usualQueues,
    live,
    standings: new Standings(core, snapshots),
    exchanges: options.exchanges ?? null,
    reconciling: options.reconciliation?.schedule ?? neverByItself,
    usage: options.usage ?? usualCadence,
    /** Of alerts, by their id: kept by who sends them. */
    receivers: new Map<string, Receiver>(),
    /** Jobs under way. */
    get active(): number {
      return agenda.active;
    },
    journal,
    snapshots,
    outbox,
    systems,
  };
});
