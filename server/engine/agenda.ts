/** What is due: which jobs could be started now, what the others wait for, and when to look again. Reads no clock. */
import { connectionOf } from "../../domain/ids.ts";
import type { System } from "../../domain/ports/system.ts";
import { priorityOf } from "../../domain/wish.ts";
import { askAt, type Core, type Open, poolOf, subjectIn } from "./core.ts";
import type { Gate } from "./gate.ts";

/** What a command waits for that nothing of its own keeps back: its turn behind more urgent rows, the breaker, the vendor's limit. */
export const waitReasons = ["priority", "breaker", "limit"] as const;
export type Waiting = (typeof waitReasons)[number];

export type Job =
  | { readonly _tag: "Send"; readonly id: string; readonly target: string; readonly open: Open }
  | { readonly _tag: "Lookup"; readonly id: string; readonly target: string; readonly open: Open }
  | {
      readonly _tag: "Ask";
      readonly id: string;
      readonly target: string;
      readonly party: string;
      readonly subject: string;
      readonly through: number;
    }
  | { readonly _tag: "Poll"; readonly id: string; readonly target: string }
  | { readonly _tag: "Time"; readonly id: string; readonly target: string; readonly party: string };

interface AgendaOptions {
  readonly core: Core;
  readonly systems: ReadonlyMap<string, System>;
  readonly gates: ReadonlyMap<string, Gate>;
  /** False: commands stay where they are. */
  readonly sending: boolean;
  /** Null: only after something was lost. Milliseconds. */
  readonly pollEveryMs: number | null;
}

export const makeAgenda = ({ core, systems, gates, sending, pollEveryMs }: AgendaOptions) => {
  /** Jobs under way, by id. */
  const active = new Set<string>();
  /** By job: not before this, epoch ms. */
  const notBefore = new Map<string, number>();
  const pollNotBefore = new Map<string, number>();
  const timers: Array<{ readonly at: number; readonly party: string }> = [];
  const schedule = (party: string, at: number | null): void => {
    if (at === null) return;
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timers[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, { at, party });
  };

  /** What could be started now. Does not start it. */
  const jobs = (now: number): ReadonlyArray<Job> => {
    const ready: Job[] = [];
    const room = new Map<string, number>();
    const take = (target: string): boolean => {
      const left = room.get(target) ?? gates.get(target)?.room(now) ?? 0;
      room.set(target, left - 1);
      return left > 0;
    };
    if (sending) {
      // Where not all may go, the financial rows go first; the backlog may be long, and is not sorted for it.
      const byPriority: Array<Array<readonly [id: string, open: Open]>> = [];
      for (const [id, open] of core.open) {
        const { planned } = open;
        if (planned.blockedBy !== null || planned.dueAt > now || active.has(id) || (notBefore.get(id) ?? 0) > now)
          continue;
        if (planned.state === "held" || planned.state === "rejected") continue;
        const priority = priorityOf(planned.kind);
        byPriority[priority] ??= [];
        byPriority[priority].push([id, open]);
      }
      for (const [id, open] of byPriority.flat()) {
        const { target, state } = open.planned;
        if (!take(target)) continue;
        const asks = state === "sending" || state === "unknown";
        ready.push({ _tag: asks ? "Lookup" : "Send", id, target, open });
      }
    }
    for (let i = 0; i < timers.length && timers[i]!.at <= now; i++) {
      const { at, party: id } = timers[i]!;
      if (core.dueRecords.get(id) !== at) {
        timers.splice(i--, 1);
        continue;
      }
      const party = core.parties.get(id);
      let asked = false;
      const tick = core.tickOf(connectionOf(id));
      for (const { subject, through } of party?.toAsk ?? []) {
        const key = `ask ${id} ${subject}`;
        const system = systems.get(party!.connection);
        if (!system?.profile.canRead || askAt(through, tick) > now) continue;
        asked = true;
        if (active.has(key) || (notBefore.get(key) ?? 0) > now || !take(system.connection)) continue;
        ready.push({ _tag: "Ask", id: key, target: system.connection, party: id, subject, through });
      }
      if (!asked && !active.has(`time ${id}`)) ready.push({ _tag: "Time", id: `time ${id}`, target: "", party: id });
    }
    for (const [global, through] of core.asks) {
      const connection = connectionOf(global);
      const subject = subjectIn(global);
      const party = poolOf(connection);
      const id = `ask ${party} ${subject}`;
      if (!systems.get(connection)?.profile.canRead || subject === "*") continue;
      if (active.has(id) || (notBefore.get(id) ?? 0) > now || !take(connection)) continue;
      ready.push({ _tag: "Ask", id, target: connection, party, subject, through });
    }
    for (const system of systems.values()) {
      const id = `poll ${system.connection}`;
      if (system.outbound.poll === null || active.has(id) || (pollNotBefore.get(id) ?? 0) > now) continue;
      const regularly = pollEveryMs !== null && sending;
      if (!regularly && !resyncing(system.connection)) continue;
      ready.push({ _tag: "Poll", id, target: system.connection });
    }
    return ready;
  };

  /** Commands that could go but for their target: by what they wait for. Those under way are not among them. */
  const waiting = (now: number): ReadonlyMap<string, Waiting> => {
    const found = new Map<string, Waiting>();
    const queued = new Map<string, Array<readonly [id: string, priority: number]>>();
    for (const [id, { planned }] of core.open) {
      const { blockedBy, dueAt, state, target, kind } = planned;
      if (blockedBy !== null || dueAt > now || active.has(id) || (notBefore.get(id) ?? 0) > now) continue;
      if (state === "held" || state === "rejected") continue;
      const rows = queued.get(target) ?? [];
      queued.set(target, rows);
      rows.push([id, priorityOf(kind)]);
    }
    for (const [target, rows] of queued) {
      const gate = gates.get(target);
      const room = Math.max(0, gate?.room(now) ?? 0);
      if (rows.length <= room) continue;
      const stopped = gate !== undefined && gate.state(now).breaker !== "closed";
      rows.sort(([, a], [, b]) => a - b);
      const first = rows[0]![1];
      for (const [id, priority] of rows.slice(room))
        found.set(id, stopped ? "breaker" : priority > first ? "priority" : "limit");
    }
    return found;
  };

  /** Something was lost that only a poll from the beginning brings back. */
  const resyncing = (connection: string): boolean => core.asks.has(`${connection}:*`);

  /** The next instant at which `jobs` may answer more than it does now. */
  const nextDue = (now: number): number | null => {
    let next: number | null = null;
    const sooner = (at: number) => {
      if (at > now && (next === null || at < next)) next = at;
    };
    if (sending) for (const { planned } of core.open.values()) if (planned.blockedBy === null) sooner(planned.dueAt);
    for (const timer of timers) {
      if (timer.at <= now) continue;
      sooner(timer.at);
      break;
    }
    for (const at of notBefore.values()) sooner(at);
    for (const gate of gates.values()) {
      const at = gate.nextAt(now);
      if (at !== null) sooner(at);
    }
    if (pollEveryMs !== null || core.asks.size > 0) for (const at of pollNotBefore.values()) sooner(at);
    return next;
  };

  /** Jobs of one id never overlap: this marks it, and `end` unmarks it. */
  const begin = (job: Job, now: number): void => {
    active.add(job.id);
    gates.get(job.target)?.begin(now);
  };
  const end = (job: Job): void => {
    active.delete(job.id);
    gates.get(job.target)?.end();
  };
  return {
    schedule,
    jobs,
    waiting,
    nextDue,
    begin,
    end,
    notBefore,
    pollNotBefore,
    get active(): number {
      return active.size;
    },
  };
};
