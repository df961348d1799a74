/** `GET /v1/kpis`: the figures of a stretch of days, as of the journal position that they are folded through. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type Figure, figureName, figuresOf, type Stretch, varianceFigure } from "../../domain/kpis/figures.ts";
import { dayMs } from "../../domain/kpis/fold.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { atRate } from "../../domain/priority.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { reconciliation } from "../reconciliation/latest.ts";

/** One question may read the journal for so long; the rest is read behind. Milliseconds. */
export const budgetMs = 500;

interface Compared {
  readonly total: number;
  /** By currency; a sum past what a number holds exactly is its digits. */
  readonly atRiskMinor: Readonly<Record<string, number | string>>;
  readonly complete: boolean;
}

/** What the live reconciliation has open, all currencies at the stated rates. */
export const reconciliationVariance = (engine: Engine) =>
  Effect.map(
    reconciliation(engine, {
      name: "reconciliation",
      leg: null,
      statuses: null,
      account: null,
      currency: null,
      owner: null,
      limit: 1,
      cursor: null,
    }),
    (answer) => {
      const { total, atRiskMinor, complete } = answer as unknown as Compared;
      const rates = engine.queues.priorities;
      const sum = Object.entries(atRiskMinor).reduce(
        (all, [currency, minor]) => all + (atRate({ moneyMinor: Number(minor), currency }, rates) ?? 0n),
        0n,
      );
      const said = `${total} lines are open, in ${rates.currency} at the stated rates`;
      return {
        sumMinor: Number(sum),
        reason: complete ? said : `${said}; not every account is compared yet, ask again`,
      };
    },
  );

const ratioOf = ({ share }: Figure): Json =>
  share === null
    ? null
    : { part: share.part, whole: share.whole, ratio: share.whole === 0 ? null : share.part / share.whole };

export const figureJson = (figure: Figure): Json => ({
  id: figure.id,
  unit: figure.unit,
  how: figure.how,
  pair: figure.pair as unknown as Json,
  spread: figure.spread as unknown as Json,
  share: ratioOf(figure),
  count: figure.count,
  reason: figure.reason,
  explain: figureName(figure),
});

/** Days that are shown where nothing is asked for. */
export const usualDays = 30;

/** Whole days; epoch milliseconds. */
export const stretchOf = (from: number | null, to: number | null, now: number): Stretch => {
  const last = to === null ? Math.floor(now / dayMs) + 1 : Math.ceil(to / dayMs);
  return { from: from === null ? last - usualDays : Math.floor(from / dayMs), to: last };
};

export const kpis = (
  engine: Engine,
  { from, to }: Extract<Query, { readonly name: "kpis" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const behind = yield* engine.kpis.advance(budgetMs);
    const stretch = stretchOf(from, to, yield* Clock.currentTimeMillis);
    const figures = figuresOf(engine.kpis.kpis, stretch, (party) => engine.core.root(party));
    const all = [...figures, varianceFigure(yield* reconciliationVariance(engine))];
    return {
      from: stretch.from * dayMs,
      to: stretch.to * dayMs,
      items: all.map(figureJson),
      behind,
      seq: engine.kpis.kpis.position,
    };
  });
