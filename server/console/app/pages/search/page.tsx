/** One box over everything: any id of any system, number, name, email, amount or correlation id, narrowed by where accounts stand. */
import type { AccountPage } from "../../../../openapi/answers.ts";
import { get } from "../../api.ts";
import { missed, touched } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { Sums } from "../../ui/figure.tsx";
import { AddressPager } from "../../ui/filters.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";

type Page = typeof AccountPage.Type;
type Row = Page["items"][number];

const stages = ["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"];
const syncs = ["agreed", "propagating", "drifting", "parked"];

const Filter = (props: { readonly name: string; readonly value: string; readonly values: ReadonlyArray<string> }) => (
  <label class="search-filter">
    {props.name}
    <select
      value={props.value}
      onChange={(event) => go(withSearch({ [props.name]: event.currentTarget.value, cursor: null }))}
    >
      <option value="">any</option>
      {props.values.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  </label>
);

const sumsOf = (billed: Row["billed"], field: "billedMinor" | "dueMinor") =>
  Object.fromEntries(
    (billed ?? []).map((one) => [one.currency, one[field]] as const).filter(([, minor]) => minor !== 0),
  );

/** What changed meanwhile is shown in its row at once. */
const asTold = (row: Row): Row => touched.value?.items.find(({ id }) => id === row.id) ?? row;

export default function SearchPage({ search }: PageProps) {
  const [q, stage, sync, cursor] = ["q", "stage", "sync", "cursor"].map((name) => search.get(name) ?? "") as [
    string,
    string,
    string,
    string,
  ];
  const loaded = useLoad(
    (signal) => get<Page>("/v1/accounts", { q: q.trim(), stage, sync, cursor, limit: 50 }, signal),
    [q, stage, sync, cursor, missed.value],
  );
  return (
    <>
      <div class="page-head">
        <h1>{q === "" ? "Accounts" : `“${q}”`}</h1>
        <div class="search-filters">
          <Filter name="stage" value={stage} values={stages} />
          <Filter name="sync" value={sync} values={syncs} />
        </div>
      </div>
      <Shown loaded={loaded} what="accounts">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title={q === "" ? "No account stands there" : "Nothing is known by that"}>
              <p>
                Looked for among the ids of every system, numbers of documents, names, email addresses, amounts and
                correlation ids: the whole of one, or how it begins.
              </p>
            </Empty>
          ) : (
            <>
              <Table
                caption="Accounts"
                rows={items.map(asTold)}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => accountHref(id)}
                columns={[
                  { head: "Account", cell: ({ name, id }) => name || id },
                  { head: "Stage", cell: ({ stage: at }) => <Badge state={at} />, tight: true },
                  { head: "Subscription", cell: ({ regions }) => <Badge state={regions.subscription} />, tight: true },
                  { head: "Ledger", cell: ({ regions }) => <Badge state={regions.ledger} />, tight: true },
                  { head: "Cash", cell: ({ regions }) => <Badge state={regions.cash} />, tight: true },
                  { head: "Billed", cell: ({ billed }) => <Sums by={sumsOf(billed, "billedMinor")} />, figure: true },
                  { head: "Due", cell: ({ billed }) => <Sums by={sumsOf(billed, "dueMinor")} />, figure: true },
                  { head: "Sync", cell: ({ regions }) => <Badge state={regions.sync} />, tight: true },
                ]}
              />
              <AddressPager next={nextCursor} cursor={cursor === "" ? null : cursor} />
            </>
          )
        }
      </Shown>
    </>
  );
}
