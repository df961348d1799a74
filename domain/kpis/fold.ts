/**
 * The figures of the desk, folded from the journal alone in order of position: the same entries give the same state, however they are
 * cut into pages and wherever it was put down in between. *Pure* but for its own maps.
 */
import type { CanonicalEvent } from "../event.ts";
import { kindOf } from "../event.ts";
import { connectionOf } from "../ids.ts";
import type { Entry } from "../ports/store.ts";
import { added, emptyHistogram, type Histogram } from "./histogram.ts";

export const dayMs = 86_400_000;
/** Older days are forgotten. */
const keptDays = 800;

export interface Day {
  readonly counts: Record<string, number>;
  readonly times: Record<string, Histogram>;
}

/** When it was, epoch milliseconds, and the entry that said so. */
export type Milestone = readonly [at: number, position: number];

/** When a party first came to each point. */
export interface Milestones {
  orderedAt?: Milestone;
  contractAt?: Milestone;
  activeAt?: Milestone;
  billedAt?: Milestone;
}

/** What one entry adds to a day. */
export interface Added {
  readonly position: number;
  /** Of what is timed, the entry that it is timed from, where it is timed from one. */
  readonly since: number | null;
  /** Since the epoch, UTC. */
  readonly day: number;
  /** As in `Day`: of its counts, or of its times. */
  readonly name: string;
  /** So many, or milliseconds. */
  readonly value: number;
}

/** Of what is put down; another one is read from the beginning. */
export const kpiVersion = 2;

/** As it is put down: plain JSON. */
export interface KpiCheckpoint {
  readonly version: typeof kpiVersion;
  readonly position: number;
  readonly days: ReadonlyArray<readonly [number, Day]>;
  readonly parties: ReadonlyArray<readonly [string, Milestones]>;
  readonly claims: ReadonlyArray<readonly [string, Claim]>;
  readonly failing: ReadonlyArray<readonly [string, Milestone]>;
  readonly open: ReadonlyArray<readonly [string, Milestone]>;
}

interface Claim {
  readonly since: number | null;
  readonly pair: string;
  readonly position: number;
}

type Note = Readonly<Record<string, unknown>> & { readonly type?: string; readonly party?: string };

const has = (event: CanonicalEvent, field: string): boolean =>
  event.fields === undefined || event.fields.includes(field);

export class Kpis {
  position = 0;
  readonly days = new Map<number, Day>();
  readonly parties = new Map<string, Milestones>();
  /** Commands under way, by party and slot. */
  private readonly claims = new Map<string, Claim>();
  /** Commands that failed and have not come through, since when. */
  private readonly failing = new Map<string, Milestone>();
  /** Exceptions that are open, since when. */
  private readonly open = new Map<string, Milestone>();
  /** Of the entry at hand. */
  private today = 0;
  /** Is told of everything that is added. */
  heard: ((added: Added) => void) | null = null;

  apply(entry: Entry): void {
    if (entry.position <= this.position) return;
    this.position = entry.position;
    const day = this.day(entry.at);
    if (entry.kind === "webhook") this.count(day, "webhooks");
    for (const event of entry.events) this.event(event, day);
    const note = entry.note as Note | null;
    if (note === null || typeof note !== "object" || typeof note.type !== "string") return;
    if (entry.kind === "command") this.command(note, entry.at, day);
    else if (entry.kind === "operator" || entry.kind === "decision") this.decided(note, entry.at, day);
  }

  private count(day: Day, name: string, value = 1): void {
    day.counts[name] = (day.counts[name] ?? 0) + value;
    this.heard?.({ position: this.position, since: null, day: this.today, name, value });
  }

  private time(day: Day, name: string, value: number, since: number | null): void {
    day.times[name] = added(day.times[name] ?? emptyHistogram, value);
    this.heard?.({ position: this.position, since, day: this.today, name, value });
  }

  private day(at: number): Day {
    const number = Math.floor(at / dayMs);
    this.today = number;
    let day = this.days.get(number);
    if (day === undefined) {
      day = { counts: {}, times: {} };
      this.days.set(number, day);
      for (const old of this.days.keys()) if (old < number - keptDays) this.days.delete(old);
    }
    return day;
  }

  private event(event: CanonicalEvent, day: Day): void {
    const { source, subject, owner, type, data, time } = event;
    const kind: string = kindOf(subject);
    if (kind === "usage") {
      this.count(day, "usage");
      if (owner !== null) this.count(day, "usageAttributed");
    }
    if (type === "invoice.finalized") this.count(day, "invoices");
    if (owner === null) return;
    const said = data as unknown as Readonly<Record<string, unknown>>;
    const at = (field: string): number => (typeof said[field] === "number" ? (said[field] as number) : time);
    const party = `${source}:${owner}`;
    if (kind === "quote" && said["status"] === "won" && has(event, "status")) {
      this.reached(party, "orderedAt", has(event, "closedAt") ? at("closedAt") : time);
    } else if (kind === "contract" && said["status"] === "activated" && has(event, "status")) {
      this.reached(party, "orderedAt", time);
      this.reached(party, "contractAt", has(event, "startAt") ? at("startAt") : time);
    } else if (kind === "subscription" && (said["status"] === "active" || said["status"] === "trialing")) {
      this.reached(party, "activeAt", time);
    } else if (kind === "invoice" && typeof said["finalizedAt"] === "number") {
      this.reached(party, "billedAt", said["finalizedAt"]);
    }
  }

  private reached(party: string, point: keyof Milestones, at: number): void {
    const found = this.parties.get(party) ?? {};
    if (found[point] !== undefined && found[point][0] <= at) return;
    found[point] = [at, this.position];
    this.parties.set(party, found);
  }

  private command(note: Note, at: number, day: Day): void {
    const party = String(note["party"]);
    const id = `${party} ${String(note["slot"])}`;
    switch (note.type) {
      case "command.claimed": {
        const { target } = note["command"] as { readonly target: string };
        const since = typeof note["since"] === "number" ? note["since"] : null;
        this.claims.set(id, { since, pair: `${connectionOf(party)} ${target}`, position: this.position });
        return;
      }
      case "command.acked": {
        const claim = this.claims.get(id);
        if (claim === undefined) return;
        this.count(day, "acked");
        if (claim.since !== null) this.time(day, `sync ${claim.pair}`, at - claim.since, claim.position);
        const failed = this.failing.get(id);
        if (failed !== undefined) this.time(day, "recovery", at - failed[0], failed[1]);
        this.claims.delete(id);
        this.failing.delete(id);
        return;
      }
      case "command.retrying":
        this.count(day, "retries");
        break;
      case "command.rejected":
        this.count(day, "deadLetters");
        break;
      case "command.unknown":
        this.count(day, "unknown");
        break;
      case "command.absent":
        this.claims.delete(id);
        return;
      default:
        return;
    }
    if (!this.failing.has(id)) this.failing.set(id, [at, this.position]);
  }

  private decided(note: Note, at: number, day: Day): void {
    const id = String(note["exception"]);
    switch (note.type) {
      case "desk.opened": {
        if (this.open.has(id)) return;
        this.open.set(id, [at, this.position]);
        this.count(day, "exceptions");
        const { source } = note["seen"] as { readonly source: string };
        if (/^[^:]+:invoice\//.test(source)) this.count(day, "invoiceExceptions");
        return;
      }
      case "desk.resolved":
      case "desk.closed": {
        const since = this.open.get(id);
        if (since === undefined) return;
        this.open.delete(id);
        this.time(day, "resolution", at - since[0], since[1]);
        return;
      }
      case "command.cancel": {
        const slot = `${String(note["party"])} ${String(note["slot"])}`;
        this.failing.delete(slot);
        return;
      }
      case "period.closed":
        if (typeof note["until"] === "number") this.time(day, "close", at - note["until"], null);
        return;
      case "intake.counted":
        this.count(day, "duplicates", Number(note["duplicates"]));
        return;
    }
  }

  get checkpoint(): KpiCheckpoint {
    const { position, days, parties, claims, failing, open } = this;
    const ordered = <K, V>(map: ReadonlyMap<K, V>): ReadonlyArray<readonly [K, V]> =>
      [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      version: kpiVersion,
      position,
      days: ordered(days),
      parties: ordered(parties),
      claims: ordered(claims),
      failing: ordered(failing),
      open: ordered(open),
    };
  }

  static restored(checkpoint: KpiCheckpoint): Kpis {
    const kpis = new Kpis();
    kpis.position = checkpoint.position;
    const put = <K, V>(into: Map<K, V>, from: ReadonlyArray<readonly [K, V]>) => {
      for (const [key, value] of from) into.set(key, value);
    };
    put(kpis.days, checkpoint.days);
    put(kpis.parties, checkpoint.parties);
    put(kpis.claims, checkpoint.claims);
    put(kpis.failing, checkpoint.failing);
    put(kpis.open, checkpoint.open);
    return kpis;
  }
}
