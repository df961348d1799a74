/** One figure taken apart: the entries, contracts or uses that sum to it, each leading to its chain of custody. */
import { addressOf, get } from "../../api.ts";
import { plural, words } from "../../format.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Money } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import { headOf, type Parts } from "./told.ts";

/** `/v1/explain/invoice/stripe%3Ain_1` → the page that shows it. */
const explainHref = (path: string): string | null => {
  const match = /^\/v1\/explain\/([^/?]+)\/([^?]+)/.exec(path);
  return match === null
    ? null
    : addressOf("/explain", { kind: match[1]!.replaceAll("-", "_"), id: decodeURIComponent(match[2]!) });
};

const shownAtOnce = 100;

export const CellParts = ({ report, cell }: { readonly report: string; readonly cell: string }) => {
  const loaded = useLoad(
    (signal) => get<Parts>(`/v1/reports/${encodeURIComponent(report)}/entries?${cell}`, {}, signal),
    [report, cell],
  );
  return (
    <aside class="card beside" aria-label="What the figure is made of">
      <Shown loaded={loaded} what="what the figure is made of">
        {({ column, row, amountMinor, total, items }) => {
          const currency = typeof row["currency"] === "string" ? row["currency"] : null;
          return (
            <>
              <header>
                <h2>
                  {headOf(column)}: <Money minor={amountMinor} currency={currency} />
                </h2>
                <button
                  type="button"
                  class="bare beside-away"
                  aria-label="Close"
                  onClick={() => go(withSearch({ cell: null }))}
                >
                  <Icon name="cross" />
                </button>
              </header>
              <p class="soft">
                {Object.entries(row)
                  .filter(([, value]) => value !== null)
                  .map(([name, value]) => `${words(name)} ${String(value)}`)
                  .join(", ")}
              </p>
              <p>Exactly the sum of {plural(total, "part")}:</p>
              <Table
                caption="Parts of the figure"
                rows={items.slice(0, shownAtOnce)}
                keyOf={({ of, account, amountMinor: minor }) => `${account} ${of.id} ${of.date} ${minor}`}
                columns={[
                  {
                    head: "Of",
                    cell: ({ of }) => {
                      const href = of.explain === null ? null : explainHref(of.explain);
                      return href === null ? (
                        <span class="mono">{of.id}</span>
                      ) : (
                        <a href={href} class="mono part">
                          {of.id}
                        </a>
                      );
                    },
                  },
                  { head: "Kind", cell: ({ of }) => words(of.kind) },
                  { head: "Date", cell: ({ of }) => of.date ?? of.period ?? "–", tight: true },
                  {
                    head: "Amount",
                    cell: ({ amountMinor: minor }) => <Money minor={minor} currency={currency} />,
                    figure: true,
                  },
                  {
                    head: "Account",
                    cell: ({ account }) => (
                      <a href={accountHref(account)} aria-label={`Account ${account}`}>
                        <Icon name="person" />
                      </a>
                    ),
                    tight: true,
                  },
                ]}
              />
              {total > shownAtOnce && <p class="soft">The first {shownAtOnce} are shown; the API has all of them.</p>}
            </>
          );
        }}
      </Shown>
    </aside>
  );
};
