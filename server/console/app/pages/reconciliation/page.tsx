/** What the systems say, laid beside each other: leg by leg, line by line, down to the evidence, and what would put each right. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.ts";
import { download } from "../../download.ts";
import { dayText, plural, words } from "../../format.ts";
import { missed, touched } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { Age, Sums } from "../../ui/figure.tsx";
import { AddressPager, ChoiceFilter, filtersIn, TextFilter } from "../../ui/filters.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { say } from "../../ui/toast.tsx";
import { useLoad } from "../../use-load.ts";
import { LineDetail } from "./detail.tsx";
import { Legs } from "./legs.tsx";
import { linesCsv } from "./lines-csv.ts";
import { type Latest, type Line, statuses, toneOfStatus } from "./report.ts";
import { RunNow, RunProgress } from "./runs.tsx";

const names = ["leg", "status", "account", "currency", "owner"];
/** A file has at most so many lines. */
const mostLines = 20_000;

const exported = async (filters: object): Promise<void> => {
  const lines: Line[] = [];
  let cursor: string | null = null;
  do {
    const page: Latest = await get<Latest>("/v1/reconciliations/latest", { ...filters, cursor, limit: 200 });
    lines.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && lines.length < mostLines);
  download(`reconciliation-${dayText(Date.now())}.csv`, linesCsv(lines));
  say(`${plural(lines.length, "line")} saved${cursor === null ? "" : "; there are more: narrow the filter"}.`);
};

export default function ReconciliationPage({ search }: PageProps) {
  const filters = filtersIn(search, names);
  const cursor = search.get("cursor");
  const id = search.get("line");
  const run = search.get("run");
  const value = (name: string): string => filters[name] ?? "";
  const [isExporting, setExporting] = useState(false);
  const [round, setRound] = useState(0);
  const loaded = useLoad(
    (signal) => get<Latest>("/v1/reconciliations/latest", { ...filters, cursor, limit: 50 }, signal),
    [JSON.stringify(filters), cursor, missed.value, round],
  );
  const report = useLoad(
    (signal) => get<Latest>("/v1/reconciliations/latest", { limit: 1 }, signal),
    [missed.value, round],
  );
  const isWhole = report.value?.complete !== false;
  // Accounts are compared a stretch with each question.
  useEffect(() => {
    if (isWhole) return;
    const timer = setTimeout(() => setRound(round + 1), 500);
    return () => clearTimeout(timer);
  }, [isWhole, round]);
  const isBehind = touched.value !== null && report.value !== null && touched.value.seq > report.value.seq;
  const shown = loaded.value?.items.find((line) => line.id === id) ?? null;
  const again = (): void => setRound(round + 1);
  const save = async (): Promise<void> => {
    setExporting(true);
    try {
      await exported(filters);
    } catch (error) {
      say(String((error as Error).message), "bad");
    }
    setExporting(false);
  };

  return (
    <>
      <div class="page-head">
        <h1>Reconciliation</h1>
        <p>What the systems say, laid beside each other. Every item is in exactly one line.</p>
        <RunNow />
      </div>
      {run !== null && <RunProgress id={run} onMoved={again} />}
      <Shown loaded={report} what="the report">
        {(latest) => (
          <>
            {!latest.complete && (
              <div class="notice warn" role="status">
                <Icon name="clock" /> {plural(latest.waiting, "account")} still to be compared since the start. It is
                asked again by itself.
              </div>
            )}
            {isBehind && (
              <div class="notice warn" role="status">
                <Icon name="flow" /> Accounts have moved on since.
                <button type="button" onClick={again}>
                  Compare again
                </button>
              </div>
            )}
            <Legs legs={latest.legs} chosen={value("leg")} />
          </>
        )}
      </Shown>
      <search class="filters" aria-label="Filters of the lines">
        <ChoiceFilter
          name="leg"
          label="Leg"
          value={value("leg")}
          values={report.value?.legs.map(({ leg }) => leg) ?? (value("leg") === "" ? [] : [value("leg")])}
        />
        <ChoiceFilter name="status" label="Status" value={value("status")} values={statuses} any="all but matched" />
        <TextFilter name="account" label="Account (any id)" value={value("account")} size={18} />
        <TextFilter name="owner" label="Whose turn" value={value("owner")} />
        <TextFilter name="currency" label="Currency" value={value("currency")} size={5} placeholder="EUR" />
        <button type="button" onClick={() => void save()} disabled={isExporting}>
          <Icon name="inbox" /> {isExporting ? "Saving…" : "Save as CSV"}
        </button>
      </search>
      <div class={`split ${shown === null ? "" : "open"}`}>
        <div class="card">
          <Shown loaded={loaded} what="lines">
            {({ items, total, atRiskMinor, nextCursor }) => (
              <>
                <p class="totals">
                  <strong>{plural(total, "line")}</strong>
                  <Sums by={atRiskMinor} />
                  <span class="soft">at risk</span>
                </p>
                {items.length === 0 ? (
                  <Empty title={value("status") === "matched" ? "Nothing is matched here" : "Everything ties out"}>
                    <p>No line of these filters is open.</p>
                  </Empty>
                ) : (
                  <>
                    <Table
                      caption="Lines"
                      rows={items}
                      keyOf={(line) => line.id}
                      onOpen={(line) => go(withSearch({ line: line.id }))}
                      classOf={(line) => (line.id === id ? "shown" : "")}
                      columns={[
                        {
                          head: "Status",
                          cell: ({ status }) => <Badge state={status} tone={toneOfStatus(status)} />,
                          tight: true,
                        },
                        { head: "Leg", cell: ({ leg }) => words(leg), tight: true },
                        { head: "At risk", cell: ({ atRiskMinor: by }) => <Sums by={by} />, figure: true },
                        { head: "Difference", cell: ({ differenceMinor: by }) => <Sums by={by} />, figure: true },
                        { head: "Age", cell: ({ ageFrom }) => <Age from={ageFrom} />, figure: true },
                        {
                          head: "What differs",
                          cell: (line) => (
                            <a href={withSearch({ line: line.id })} tabIndex={-1} class="cause">
                              {line.cause}
                            </a>
                          ),
                        },
                        { head: "Whose turn", cell: ({ owner }) => owner.team ?? owner.connection, tight: true },
                      ]}
                    />
                    <AddressPager next={nextCursor} cursor={cursor} />
                  </>
                )}
              </>
            )}
          </Shown>
        </div>
        {shown !== null && <LineDetail key={shown.id} line={shown} onActed={again} />}
      </div>
    </>
  );
}
