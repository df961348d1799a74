/** The report by leg: what was laid beside what, how much of it matches, and what is open by kind and money. */
import { countText, words } from "../../format.ts";
import { go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { Sums } from "../../ui/figure.tsx";
import { Table } from "../../ui/table.tsx";
import { type Leg, toneOfStatus } from "./report.ts";

const itemsIn = ({ systems }: Leg) => Object.entries(systems).sort(([a], [b]) => (a < b ? -1 : 1));

export const Legs = ({ legs, chosen }: { readonly legs: ReadonlyArray<Leg>; readonly chosen: string }) => {
  const compared = legs.filter((leg) => leg.total > 0 || (leg.matched ?? 0) > 0 || itemsIn(leg).length > 0);
  const idle = legs.filter((leg) => !compared.includes(leg));
  const to = (leg: string): string => withSearch({ leg: leg === chosen ? null : leg, cursor: null, line: null });
  return (
    <div class="card legs-card">
      <Table
        caption="Legs"
        rows={compared}
        keyOf={({ leg }) => leg}
        onOpen={({ leg }) => go(to(leg))}
        classOf={({ leg }) => (leg === chosen ? "shown" : "")}
        columns={[
          {
            head: "Leg",
            cell: (leg) => (
              <a href={to(leg.leg)} tabIndex={-1} title={leg.what}>
                {words(leg.leg)}
              </a>
            ),
            tight: true,
          },
          { head: "What", cell: ({ what }) => <span class="soft">{what}</span> },
          {
            head: "Items and money by system",
            cell: (leg) => (
              <span class="leg-systems">
                {itemsIn(leg).map(([system, { items, moneyMinor }]) => (
                  <span key={system}>
                    {system}: {countText(items)}
                    {Object.keys(moneyMinor).length > 0 && (
                      <>
                        , <Sums by={moneyMinor} />
                      </>
                    )}
                  </span>
                ))}
              </span>
            ),
          },
          {
            head: "Matched",
            cell: ({ matched }) => (matched === null ? <span class="soft">–</span> : countText(matched)),
            figure: true,
          },
          {
            head: "Open",
            cell: ({ statuses }) => {
              const open = Object.entries(statuses).filter(([status, count]) => status !== "matched" && count > 0);
              return open.length === 0 ? (
                <Badge state="ties out" tone="good" />
              ) : (
                <span class="leg-open">
                  {open.map(([status, count]) => (
                    <span key={status}>
                      <Badge state={status} tone={toneOfStatus(status)} /> {countText(count)}
                    </span>
                  ))}
                </span>
              );
            },
          },
          { head: "At risk", cell: ({ atRiskMinor }) => <Sums by={atRiskMinor} />, figure: true },
        ]}
      />
      {idle.length > 0 && (
        <p class="soft legs-idle">Nothing to compare: {idle.map(({ leg }) => words(leg)).join(", ")}.</p>
      )}
    </div>
  );
};
