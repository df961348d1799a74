/** The desk as numbers, for the metrics: what is overdue, what waits for its target, how late each flow is. Nobody is named. *Pure* over a fold. */
import { desk, isClosed } from "../../domain/controls/desk.ts";
import { type Figure, figuresOf } from "../../domain/kpis/figures.ts";
import { dayMs } from "../../domain/kpis/fold.ts";
import type { Waiting } from "../engine/agenda.ts";
import type { Engine } from "../engine/engine.ts";
import { everything, pressing, statusOf } from "./items.ts";
import { serviceStates } from "./service-states.ts";

export interface DeskState {
  readonly overdue: ReadonlyArray<{ readonly priority: string; readonly count: number }>;
  readonly waiting: ReadonlyArray<{ readonly target: string; readonly why: Waiting; readonly count: number }>;
  readonly flows: ReadonlyArray<{
    readonly flow: string;
    readonly state: string;
    readonly open: number;
    readonly breached: number;
    readonly oldestAgeMs: number;
  }>;
  /** Of the last thirty days, but for those that are counted by account. */
  readonly figures: ReadonlyArray<Pick<Figure, "id" | "unit" | "pair" | "spread" | "share" | "count">>;
}

const figuresNow = ({ kpis }: Engine, now: number): DeskState["figures"] => {
  const today = Math.floor(now / dayMs) + 1;
  return figuresOf(kpis.kpis, { from: today - 30, to: today }, null).map(
    ({ id, unit, pair, spread, share, count }) => ({
      id,
      unit,
      pair,
      spread,
      share,
      count,
    }),
  );
};

export const deskState = (engine: Engine, now: number): DeskState => {
  const { core, queues } = engine;
  const overdue = new Map<string, number>();
  for (const item of everything(core)) {
    const record = core.controls.get(desk, item.exception.id);
    if (record?.dueAt == null || isClosed(record) || record.dueAt > core.now) continue;
    if (statusOf(item.exception, record, core.now) !== "open") continue;
    const priority = pressing(core, item, queues);
    overdue.set(priority, (overdue.get(priority) ?? 0) + 1);
  }
  const waiting = new Map<string, { target: string; why: Waiting; count: number }>();
  for (const [id, why] of engine.waiting(now)) {
    const target = core.open.get(id)?.planned.target ?? "";
    const one = waiting.get(`${target} ${why}`) ?? { target, why, count: 0 };
    one.count += 1;
    waiting.set(`${target} ${why}`, one);
  }
  return {
    overdue: [...overdue].map(([priority, count]) => ({ priority, count })),
    waiting: [...waiting.values()],
    figures: figuresNow(engine, now),
    flows: serviceStates(engine, queues, now).map(({ level, measured }) => ({
      flow: level.name,
      state: measured.state,
      open: measured.open,
      breached: measured.breached,
      oldestAgeMs: measured.oldest === null ? 0 : Math.max(0, now - measured.oldest.since),
    })),
  };
};
