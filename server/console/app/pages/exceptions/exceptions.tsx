/** Finance's queue: found by filters, worked one by one or many at once. */
import { useEffect, useState } from "preact/hooks";
import type { ExceptionPage } from "../../../../operators/answers.ts";
import { get } from "../../api.ts";
import { plural, words } from "../../format.ts";
import { missed, now } from "../../live.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import type { BulkAct, Plan } from "../../ui/bulk-acts.ts";
import { BulkDialog } from "../../ui/bulk-dialog.tsx";
import { JobProgress, RecentJobs } from "../../ui/bulk-job.tsx";
import { ChosenBar } from "../../ui/chosen-bar.tsx";
import { Age, Money, Sums } from "../../ui/figure.tsx";
import { AddressPager, ChoiceFilter, filtersIn, TextFilter, withChosen } from "../../ui/filters.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import { ExceptionDetail } from "./detail.tsx";
import { pressing } from "./item.ts";

type Page = typeof ExceptionPage.Type;

const acts: ReadonlyArray<BulkAct> = ["assign", "snooze", "resolve"];
const statuses = ["open", "snoozed", "resolved", "closed"];
const names = [
  ...["type", "owner", "team", "entity", "status", "priority", "assignee", "overdue", "account"],
  ...["currency", "amountOverMinor", "olderThanMinutes", "q", "sort"],
];
const ages: ReadonlyArray<readonly [string, string]> = [
  ["60", "an hour"],
  ["1440", "a day"],
  ["10080", "a week"],
  ["43200", "30 days"],
];
const sorts: ReadonlyArray<readonly [string, string]> = [
  ["age", "oldest first"],
  ["priority", "most pressing first"],
];

export const exceptionHref = (id: string): string => withSearch({ id });

export const Exceptions = ({ search }: { readonly search: URLSearchParams }) => {
  const filters = filtersIn(search, names);
  const cursor = search.get("cursor");
  const id = search.get("id");
  const job = search.get("job");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const [plan, setPlan] = useState<Plan | null>(null);
  const told = now.value;
  const loaded = useLoad(
    (signal) => get<Page>("/v1/exceptions", { ...filters, cursor, limit: 50 }, signal),
    [JSON.stringify(filters), cursor, missed.value],
  );
  const total = told?.exceptions.total;
  const isFree = chosen.size === 0 && !isAll && plan === null;
  // What somebody chooses from stands still.
  useEffect(() => {
    if (isFree && loaded.value !== null) loaded.reload();
  }, [total]);
  const none = (): void => {
    setChosen(new Set());
    setAll(false);
  };
  const choose = (next: ReadonlySet<string>): void => {
    setChosen(next);
    setAll(false);
  };
  const planFor = (act: BulkAct): Plan => {
    const { sort: _, ...rest } = filters;
    return { act, filter: isAll ? rest : { id: [...chosen].join(",") } };
  };
  const value = (name: string): string => filters[name] ?? "";
  const isOpen = value("status") === "" || value("status") === "open" || value("status") === "snoozed";
  const page = loaded.value;
  const isMoved = !isFree && page !== null && Object.keys(filters).length === 0 && total !== page.total;

  return (
    <>
      <search class="filters" aria-label="Filters">
        <ChoiceFilter
          name="type"
          label="Type"
          value={value("type")}
          values={withChosen(told?.exceptions.types.map(({ type }) => type) ?? [], value("type"))}
        />
        <ChoiceFilter name="status" label="Status" value={value("status")} values={statuses} any="open" />
        <ChoiceFilter
          name="priority"
          label="Priority"
          value={value("priority")}
          values={["urgent", "high", "normal", "low"]}
        />
        <TextFilter name="owner" label="Whose turn (connection)" value={value("owner")} />
        <TextFilter name="entity" label="Legal entity" value={value("entity")} size={9} />
        <TextFilter name="assignee" label="Assigned to" value={value("assignee")} placeholder="or nobody" />
        <ChoiceFilter name="olderThanMinutes" label="Older than" value={value("olderThanMinutes")} values={ages} />
        <TextFilter name="currency" label="Currency" value={value("currency")} size={5} placeholder="EUR" />
        {value("currency") !== "" && (
          <TextFilter name="amountOverMinor" label="More than (minor units)" value={value("amountOverMinor")} />
        )}
        <TextFilter name="q" label="Words" value={value("q")} placeholder="in cause, ids, acts" size={16} />
        <ChoiceFilter name="sort" label="Order" value={value("sort")} values={sorts} any="most money first" />
        {Object.keys(filters).length > 0 && (
          <a href={withSearch(Object.fromEntries([...names, "cursor"].map((name) => [name, null])))}>Clear</a>
        )}
      </search>
      {job !== null && (
        <JobProgress
          id={job}
          noun="exception"
          hrefOf={exceptionHref}
          onPlan={setPlan}
          onMoved={() => loaded.reload()}
        />
      )}
      <div class={`split ${id === null ? "" : "open"}`}>
        <div class="card">
          <Shown loaded={loaded} what="exceptions">
            {({ items, total, moneyMinor, nextCursor }) => (
              <>
                <p class="totals">
                  <strong>{plural(total, "exception")}</strong>
                  <Sums by={moneyMinor} />
                  <span class="soft">at risk</span>
                  {isMoved && (
                    <button type="button" onClick={loaded.reload}>
                      Something changed: look again
                    </button>
                  )}
                </p>
                {items.length === 0 ? (
                  <Empty title={Object.keys(filters).length === 0 ? "Nothing is open" : "Nothing fits the filters"}>
                    <p>
                      {Object.keys(filters).length === 0
                        ? "The systems agree, or what differs is still on its way."
                        : "Clear a filter, or look among those that are snoozed, resolved or closed."}
                    </p>
                  </Empty>
                ) : (
                  <>
                    {isOpen && (
                      <ChosenBar
                        chosen={chosen.size}
                        shown={items.length}
                        total={total}
                        acts={acts}
                        noun="exception"
                        isAll={isAll}
                        onAll={setAll}
                        onAct={(act) => setPlan(planFor(act))}
                        onNone={none}
                      />
                    )}
                    <Table
                      caption="Exceptions"
                      rows={items}
                      keyOf={(item) => item.id}
                      onOpen={(item) => go(withSearch({ id: item.id }))}
                      classOf={(item) => (item.id === id ? "shown" : "")}
                      {...(isOpen ? { choice: { chosen, onChange: choose } } : {})}
                      columns={[
                        {
                          head: "Priority",
                          cell: ({ priority, overdue }) => (
                            <>
                              <Badge state={priority} tone={pressing[priority]} />
                              {overdue && <span class="bad small"> overdue</span>}
                            </>
                          ),
                          tight: true,
                        },
                        { head: "Type", cell: ({ type }) => words(type), tight: true },
                        {
                          head: "At risk",
                          cell: ({ moneyMinor: minor, currency }) =>
                            minor === null ? <span class="soft">–</span> : <Money minor={minor} currency={currency} />,
                          figure: true,
                        },
                        { head: "Age", cell: ({ ageFrom }) => <Age from={ageFrom} />, figure: true },
                        {
                          head: "What is wrong",
                          cell: (item) => (
                            <a href={exceptionHref(item.id)} tabIndex={-1} class="cause">
                              {item.cause}
                            </a>
                          ),
                        },
                        {
                          head: "Whose turn",
                          cell: ({ owner, team, assignee }) => (
                            <>
                              {owner}
                              {team !== null && <span class="soft">, {team}</span>}
                              {assignee !== null && <span class="assignee"> {assignee}</span>}
                            </>
                          ),
                        },
                      ]}
                    />
                    <AddressPager next={nextCursor} cursor={cursor} />
                  </>
                )}
              </>
            )}
          </Shown>
        </div>
        {id !== null && <ExceptionDetail key={id} id={id} accountHref={accountHref} onActed={loaded.reload} />}
      </div>
      <RecentJobs acts={acts} noun="exception" />
      {plan !== null && <BulkDialog plan={plan} noun="exception" onStarted={none} onClose={() => setPlan(null)} />}
    </>
  );
};
