/** The outbox: what is owed to each system, how far it has come, and the dead letters that a person must look at. */
import { useEffect, useState } from "preact/hooks";
import type { CommandPage } from "../../../../operators/answers.ts";
import { get } from "../../api.ts";
import { countText, words } from "../../format.ts";
import { missed, now } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import type { BulkAct, Plan } from "../../ui/bulk-acts.ts";
import { BulkDialog } from "../../ui/bulk-dialog.tsx";
import { JobProgress, RecentJobs } from "../../ui/bulk-job.tsx";
import { ChosenBar } from "../../ui/chosen-bar.tsx";
import type { Command } from "../../ui/command-acts.tsx";
import { Age, Money } from "../../ui/figure.tsx";
import { AddressPager, ChoiceFilter, filtersIn, TextFilter } from "../../ui/filters.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import { CommandDetail } from "./detail.tsx";
import { moneyOf, waitsFor } from "./words.ts";

type Page = typeof CommandPage.Type;

const names = ["state", "target", "account", "waiting"];
const everything = "all";
const rows = 50;
/** A page of the API may be short, or empty, before its end. */
const mostAsks = 20;

/** Where commands stand, as people look for them; the first is where the page begins. */
const places: ReadonlyArray<readonly [states: string, title: string, empty: string]> = [
  ["rejected", "Dead letters", "No system refuses anything"],
  ["held", "Held", "Nothing waits for a person's yes"],
  ["pending,retrying", "Waiting", "Nothing waits to be sent"],
  ["sending,unknown", "In flight", "Nothing is on its way"],
  ["acked", "Done", "Nothing was sent yet"],
  ["cancelled,superseded", "Given up", "Nothing was given up"],
  [everything, "All", "There is no command yet"],
];
const actsIn: Readonly<Record<string, ReadonlyArray<BulkAct>>> = {
  rejected: ["retry", "cancel"],
  held: ["approve", "cancel"],
  "pending,retrying": ["retry", "cancel"],
  "cancelled,superseded": ["retry"],
};
const reasons: ReadonlyArray<readonly [string, string]> = [
  ["any", "its target, for any reason"],
  ["priority", "more urgent rows"],
  ["breaker", "an open breaker"],
  ["limit", "the vendor's limit"],
];
const bulkActs: ReadonlyArray<BulkAct> = ["retry", "cancel", "approve"];

const load = async (filters: object, from: string | null, signal: AbortSignal): Promise<Page> => {
  const items: Command[] = [];
  let cursor = from;
  for (let asked = 0; asked < mostAsks; asked++) {
    const page = await get<Page>("/v1/commands", { ...filters, cursor, limit: rows - items.length }, signal);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null || items.length >= rows) break;
  }
  return { items, nextCursor: cursor };
};

export default function CommandsPage({ search }: PageProps) {
  const given = filtersIn(search, names);
  const key = search.get("key");
  const job = search.get("job");
  const cursor = search.get("cursor");
  const waiting = given["waiting"] ?? "";
  const state = search.get("state") ?? (waiting === "" && key === null ? places[0]![0] : everything);
  const { state: _, ...others } = given;
  const filters = waiting === "" && state !== everything ? { ...others, state } : others;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const [plan, setPlan] = useState<Plan | null>(null);
  const told = now.value;
  const counts = told?.commands.states ?? {};
  const countOf = (states: string): number | null =>
    told === null || states === everything || /acked|cancelled/.test(states)
      ? null
      : states.split(",").reduce((sum, one) => sum + (counts[one] ?? 0), 0);
  const loaded = useLoad((signal) => load(filters, cursor, signal), [JSON.stringify(filters), cursor, missed.value]);
  const acts = waiting === "" ? (actsIn[state] ?? []) : [];
  const none = (): void => {
    setChosen(new Set());
    setAll(false);
  };
  const start = (act: BulkAct): void =>
    setPlan({ act, filter: isAll ? filters : { state, key: [...chosen].join(",") } });
  const place = places.find(([states]) => states === state) ?? places.at(-1)!;
  const isFiltered = Object.keys(others).length > 0;
  const shownTotal = countOf(state);
  const isFree = chosen.size === 0 && !isAll && plan === null;
  const countsText = JSON.stringify(counts);
  // What somebody chooses from stands still.
  useEffect(() => {
    if (isFree && loaded.value !== null) loaded.reload();
  }, [countsText]);
  const isMoved =
    !isFree &&
    !isFiltered &&
    shownTotal !== null &&
    loaded.value?.nextCursor === null &&
    shownTotal !== loaded.value.items.length;

  return (
    <>
      <div class="page-head">
        <h1>Commands</h1>
        <p>What is owed to each system. What can move by itself does.</p>
      </div>
      <nav class="tabs" aria-label="Where they stand">
        {places.map(([states, title]) => {
          const count = countOf(states);
          const isHere = waiting === "" && states === state;
          return (
            <a
              key={states}
              href={withSearch({ state: states, waiting: null, key: null, cursor: null, job: null })}
              {...(isHere ? { "aria-current": "page" as const } : {})}
            >
              {title}
              {count !== null && count > 0 && <span class="tab-count">{countText(count)}</span>}
            </a>
          );
        })}
      </nav>
      <search class="filters" aria-label="Filters">
        <TextFilter name="target" label="Target (connection)" value={given["target"] ?? ""} />
        <TextFilter name="account" label="Account (any id)" value={given["account"] ?? ""} size={18} />
        <ChoiceFilter name="waiting" label="Waits for" value={waiting} values={reasons} any="–" />
      </search>
      {job !== null && (
        <JobProgress
          id={job}
          noun="command"
          hrefOf={(item) => withSearch({ state, key: item })}
          onPlan={setPlan}
          onMoved={() => loaded.reload()}
        />
      )}
      <div class={`split ${key === null ? "" : "open"}`}>
        <div class="card">
          <Shown loaded={loaded} what="commands">
            {({ items, nextCursor }) => (
              <>
                {isMoved && (
                  <p class="totals">
                    <button type="button" onClick={loaded.reload}>
                      Something moved: look again
                    </button>
                  </p>
                )}
                {items.length === 0 ? (
                  <Empty title={isFiltered ? "Nothing fits the filters" : place[2]}>
                    <p>{isFiltered ? "Clear a filter, or look elsewhere." : "What is owed goes by itself."}</p>
                  </Empty>
                ) : (
                  <>
                    {acts.length > 0 && (
                      <ChosenBar
                        chosen={chosen.size}
                        shown={items.length}
                        total={nextCursor === null ? items.length : isFiltered ? null : shownTotal}
                        acts={acts}
                        noun="command"
                        isAll={isAll}
                        onAll={setAll}
                        onAct={start}
                        onNone={none}
                      />
                    )}
                    <Table
                      caption={place[1]}
                      rows={items}
                      keyOf={(command) => command.key}
                      onOpen={(command) => go(withSearch({ state, key: command.key }))}
                      classOf={(command) => (command.key === key ? "shown" : "")}
                      {...(acts.length > 0
                        ? {
                            choice: {
                              chosen,
                              onChange: (next: ReadonlySet<string>) => {
                                setChosen(next);
                                setAll(false);
                              },
                            },
                          }
                        : {})}
                      columns={[
                        { head: "State", cell: (command) => <Badge state={command.state} />, tight: true },
                        {
                          head: "What",
                          cell: (command) => (
                            <a href={withSearch({ state, key: command.key })} tabIndex={-1}>
                              {words(command.verb)} {words(command.document)}
                            </a>
                          ),
                          tight: true,
                        },
                        { head: "To", cell: ({ target }) => target, tight: true },
                        { head: "For", cell: ({ source }) => <span class="mono">{source}</span>, tight: true },
                        {
                          head: "Money",
                          cell: (command) => {
                            const money = moneyOf(command);
                            return money === null ? <span class="soft">–</span> : <Money {...money} />;
                          },
                          figure: true,
                        },
                        { head: "Tried", cell: ({ attempts }) => countText(attempts), figure: true },
                        {
                          head: "Next try",
                          cell: ({ dueAt }) => (dueAt === null ? <span class="soft">–</span> : <Age from={dueAt} />),
                          tight: true,
                        },
                        {
                          head: "Why it stands there",
                          cell: (command) => <span class="cause">{waitsFor(command)}</span>,
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
        {key !== null && <CommandDetail key={key} id={key} onActed={loaded.reload} />}
      </div>
      <RecentJobs acts={bulkActs} noun="command" />
      {plan !== null && <BulkDialog plan={plan} noun="command" onStarted={none} onClose={() => setPlan(null)} />}
    </>
  );
}
