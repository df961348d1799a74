/**
 * What somebody may have to be told of, gathered so that one trouble is one cause: exceptions of one type on one side, faults of one
 * kind at one connection, a flow that is late. *Pure* over a fold.
 */
import { type DeskRecord, desk } from "../../domain/controls/desk.ts";
import { faultDesk } from "../../domain/controls/fault-desk.ts";
import { atRate } from "../../domain/priority.ts";
import type { Engine } from "../engine/engine.ts";
import { everything, statusOf, teamOf } from "../queues/items.ts";
import { serviceStates } from "../queues/service-states.ts";
import type { DeskSettings } from "../queues/settings.ts";

export interface Cause {
  readonly id: string;
  readonly category: "exception" | "fault" | "service-level";
  /** A type of exception, a kind of fault, a flow. */
  readonly type: string;
  readonly connection: string | null;
  readonly team: string | null;
  readonly what: string;
  /** By currency, minor units. */
  readonly money: Readonly<Record<string, bigint>>;
  /** At the stated rate; null: it is not about money. */
  readonly worth: bigint | null;
  /** Each happening: an exception that came or became overdue, a fault. Epoch milliseconds. */
  readonly instants: ReadonlyArray<number>;
  readonly count: number;
  readonly firstSeen: number;
  /** Below the server's address. */
  readonly path: string;
}

/** What is open and unsettled, with when it came and when it became overdue. */
const happenings = ({ openedAt, dueAt }: DeskRecord, now: number): ReadonlyArray<number> => {
  if (openedAt == null) return [];
  return dueAt != null && dueAt <= now ? [openedAt, dueAt] : [openedAt];
};

interface Gathered {
  money: Record<string, bigint>;
  worth: bigint | null;
  instants: number[];
  count: number;
  firstSeen: number;
}
const gather = (): Gathered => ({
  money: {},
  worth: null,
  instants: [],
  count: 0,
  firstSeen: Number.POSITIVE_INFINITY,
});

const exceptionCauses = ({ core }: Engine, settings: DeskSettings, now: number): ReadonlyArray<Cause> => {
  const groups = new Map<string, Gathered & { readonly type: string; readonly owner: string }>();
  for (const { exception } of everything(core)) {
    const record = core.controls.get(desk, exception.id);
    if (record === null || statusOf(exception, record, core.now) !== "open") continue;
    const instants = happenings(record, now);
    if (instants.length === 0) continue;
    const { type, owner, moneyMinor, currency } = exception;
    const id = `exception:${type}:${owner}`;
    const group = groups.get(id) ?? { ...gather(), type, owner };
    groups.set(id, group);
    group.count += 1;
    for (const instant of instants) group.instants.push(instant);
    group.firstSeen = Math.min(group.firstSeen, instants[0]!);
    if (moneyMinor !== null && currency !== null)
      group.money[currency] = (group.money[currency] ?? 0n) + BigInt(Math.abs(moneyMinor));
    const worth = atRate(exception, settings.priorities);
    if (worth !== null) group.worth = (group.worth ?? 0n) + worth;
  }
  return [...groups].map(([id, { type, owner, ...found }]) => ({
    id,
    category: "exception",
    type,
    connection: owner,
    team: teamOf(settings, owner),
    what: `${found.count} open exception${found.count === 1 ? "" : "s"} of type ${type} on the side of ${owner}`,
    path: `/v1/exceptions?type=${type}&owner=${encodeURIComponent(owner)}`,
    ...found,
  }));
};

const faultCauses = ({ core, gates }: Engine, settings: DeskSettings, now: number): ReadonlyArray<Cause> => {
  const groups = new Map<string, Gathered & { readonly kind: string; readonly connection: string }>();
  const add = (kind: string, connection: string, at: number): void => {
    const id = `fault:${kind}:${connection}`;
    const group = groups.get(id) ?? { ...gather(), kind, connection };
    groups.set(id, group);
    group.count += 1;
    group.instants.push(at);
    group.firstSeen = Math.min(group.firstSeen, at);
  };
  for (const { kind, connection, at, position } of core.faults.values())
    if (!core.controls.get(faultDesk, `fault_${position}`)?.resolved) add(kind, connection, at);
  for (const [connection, gate] of gates)
    if (gate.state(now).breaker !== "closed") add("breaker-open", connection, now);
  return [...groups].map(([id, { kind, connection, ...found }]) => ({
    id,
    category: "fault",
    type: kind,
    connection,
    team: teamOf(settings, connection),
    what: `${found.count} fault${found.count === 1 ? "" : "s"} of kind ${kind} at ${connection}`,
    path: `/v1/faults?kind=${kind}&connection=${encodeURIComponent(connection)}`,
    ...found,
  }));
};

const lateFlows = (engine: Engine, settings: DeskSettings, now: number): ReadonlyArray<Cause> =>
  serviceStates(engine, settings, now).flatMap(({ level, measured, team }) =>
    measured.state !== "breached"
      ? []
      : [
          {
            id: `service-level:${level.name}`,
            category: "service-level",
            type: level.name,
            connection: measured.oldest?.target ?? null,
            team,
            what: `${measured.breached} of ${measured.open} commands of ${level.name} are owed for more than ${level.withinMinutes} minutes`,
            money: {},
            worth: null,
            instants: [now],
            count: measured.breached,
            firstSeen: measured.oldest?.since ?? now,
            path: "/v1/service-levels",
          },
        ],
  );

export const causes = (engine: Engine, settings: DeskSettings, now: number): ReadonlyArray<Cause> => [
  ...exceptionCauses(engine, settings, now),
  ...faultCauses(engine, settings, now),
  ...lateFlows(engine, settings, now),
];
