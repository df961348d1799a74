/** The revenue books: what is deferred, earned, recurring and owed, as charts and figures, each figure down to the bytes behind it. */
import { lazy, Suspense } from "preact/compat";
import { useMemo, useState } from "preact/hooks";
import { ApiFailure, addressOf, get, request } from "../../api.ts";
import { download } from "../../download.ts";
import { plural, words } from "../../format.ts";
import { missed, touched } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Sums } from "../../ui/figure.tsx";
import { filtersIn } from "../../ui/filters.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Loading, Shown } from "../../ui/states.tsx";
import { say } from "../../ui/toast.tsx";
import { useLoad } from "../../use-load.ts";
import { CellParts } from "./parts.tsx";
import { Pickers } from "./pickers.tsx";
import { ReportTable } from "./report-table.tsx";
import { drawn } from "./series.ts";
import { isCharted, type Report, type Row, type Scope, scopeName, scopeOf, scopesIn } from "./told.ts";

const ChartFigure = lazy(() => import("./figure.tsx").then((module) => module.ChartFigure));

interface Known {
  readonly items: ReadonlyArray<{
    readonly name: string;
    readonly title: string;
    readonly what: string;
    readonly parameters: ReadonlyArray<{ readonly name: string }>;
  }>;
}

const tabs: Readonly<Record<string, string>> = {
  "deferred-revenue": "Roll-forward",
  "revenue-waterfall": "Waterfall",
  arr: "ARR movement",
  aging: "Aging",
};
const names = ["entity", "currency", "account", "from", "to", "asOf", "knownAt", "measure", "within"];

const isOf =
  ({ entity, currency }: Scope) =>
  (row: Row): boolean => {
    const own = scopeOf(row);
    return own.entity === entity && own.currency === currency;
  };

const Unstated = ({ unstated }: Pick<Report, "unstated">) =>
  unstated.total === 0 ? null : (
    <details class="notice warn unstated">
      <summary>
        <Icon name="warn" /> {plural(unstated.total, "thing")} left out of every figure here{" "}
        <Sums by={unstated.moneyMinor} />
      </summary>
      <ul>
        {unstated.items.map((item) => (
          <li key={`${item.about} ${item.reason}`}>
            <a href={accountHref(item.account)}>{item.about}</a>: {item.reason}
          </li>
        ))}
      </ul>
    </details>
  );

const OneReport = ({
  report,
  name,
  search,
}: {
  readonly report: Report;
  readonly name: string;
  readonly search: URLSearchParams;
}) => {
  const scopes = scopesIn(report.rows);
  const wanted = search.get("scope");
  const scope = scopes.find((one) => scopeName(one) === wanted) ?? scopes[0];
  const rows = useMemo(() => (scope === undefined ? [] : report.rows.filter(isOf(scope))), [report, scope]);
  const figure = useMemo(
    () => (isCharted(name) && rows.length > 0 ? drawn(name, report.columns, rows) : null),
    [name, report, rows],
  );
  const cell = search.get("cell");
  if (scope === undefined)
    return (
      <Empty title="No figure fits">
        <p>Nothing was billed, sold or owed there. Clear a filter, or look at another month.</p>
      </Empty>
    );
  return (
    <>
      {scopes.length > 1 && (
        <nav class="scopes" aria-label="Currency and legal entity">
          {scopes.map((one) => (
            <a
              key={scopeName(one)}
              href={withSearch({ scope: scopeName(one), cell: null })}
              class="tag"
              {...(one === scope ? { "aria-current": "true" as const } : {})}
            >
              {scopeName(one)}
            </a>
          ))}
        </nav>
      )}
      {figure !== null && (
        <div class="card">
          <Suspense fallback={<Loading what="the chart" rows={4} />}>
            <ChartFigure drawn={figure} title={report.title} currency={scope.currency} />
          </Suspense>
        </div>
      )}
      <div class={`split ${cell === null ? "" : "open"}`}>
        <div class="card">
          <ReportTable report={report} rows={rows} chosen={cell} />
        </div>
        {cell !== null && <CellParts report={name} cell={cell} />}
      </div>
    </>
  );
};

export default function RevenuePage({ search }: PageProps) {
  const name = search.get("report") ?? "deferred-revenue";
  const [isSaving, setSaving] = useState(false);
  const known = useLoad((signal) => get<Known>("/v1/reports", {}, signal), []);
  const kind = known.value?.items.find((one) => one.name === name);
  const taken = kind?.parameters.map((one) => one.name) ?? names;
  const filters = filtersIn(
    search,
    names.filter((one) => taken.includes(one)),
  );
  const path = `/v1/reports/${encodeURIComponent(name)}`;
  const loaded = useLoad((signal) => get<Report>(path, filters, signal), [path, JSON.stringify(filters), missed.value]);
  const moved = loaded.value !== null && touched.value !== null && touched.value.seq > loaded.value.seq;
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      const answer = await request(addressOf(path, filters), { headers: { accept: "text/csv" } });
      download(`${name}.csv`, await answer.text());
    } catch (error) {
      say(error instanceof ApiFailure ? error.message : String(error), "bad");
    }
    setSaving(false);
  };
  const to = (report: string): string => withSearch({ report, cell: null, scope: null });
  const others = known.value?.items.filter((one) => !(one.name in tabs)) ?? [];

  return (
    <>
      <div class="page-head">
        <h1>Revenue</h1>
        <p>{kind?.what ?? "What is deferred, earned, recurring and owed."}</p>
      </div>
      <nav class="tabs" aria-label="Reports">
        {Object.entries(tabs).map(([report, title]) => (
          <a key={report} href={to(report)} {...(report === name ? { "aria-current": "page" as const } : {})}>
            {title}
          </a>
        ))}
        {others.length > 0 && (
          <label class="tabs-more">
            <span class="visually-hidden">Other reports</span>
            <select
              value={name in tabs ? "" : name}
              onChange={(event) => event.currentTarget.value !== "" && go(to(event.currentTarget.value))}
            >
              <option value="">Other reports…</option>
              {others.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title}
                </option>
              ))}
            </select>
          </label>
        )}
      </nav>
      <Pickers search={search} taken={taken} rows={loaded.value?.rows ?? []}>
        <button type="button" onClick={() => void save()} disabled={isSaving || loaded.value === null}>
          <Icon name="inbox" /> {isSaving ? "Saving…" : "Save as CSV"}
        </button>
      </Pickers>
      <Shown loaded={loaded} what="the report">
        {(report) => (
          <>
            <p class="basis">
              <span class={`badge ${report.basis === "authoritative" ? "good" : "moving"}`}>
                <Icon name={report.basis === "authoritative" ? "check" : "scale"} />
                {report.basis}
              </span>{" "}
              <span class="soft">
                {report.basis === "expected"
                  ? `it checks the system of record, which is ${words(report.owner)}'s`
                  : "the company has no other figure"}
                ; as of {report.asOf}
                {report.knownAt === null ? "" : ", as it was known then"}; {plural(report.accounts, "account")}, entry{" "}
                {report.seq}
              </span>
              {moved && (
                <button type="button" onClick={loaded.reload}>
                  Accounts moved since: count again
                </button>
              )}
            </p>
            <Unstated unstated={report.unstated} />
            <OneReport report={report} name={name} search={search} />
            {report.notes.length > 0 && (
              <ul class="soft notes">
                {report.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </Shown>
    </>
  );
}
