/** Engineers' queue: what, where, and what to do; seen, assigned and settled by a person, or gone by itself. */
import { useState } from "preact/hooks";
import type { FaultItem, FaultPage } from "../../../../operators/answers.ts";
import { get, post } from "../../api.ts";
import { plural, words } from "../../format.ts";
import { missed, now } from "../../live.ts";
import { go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Age, Instant } from "../../ui/figure.tsx";
import { AddressPager, ChoiceFilter, filtersIn, TextFilter, withChosen } from "../../ui/filters.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import { Assignee } from "./assignee.tsx";

type Item = typeof FaultItem.Type;
type Page = typeof FaultPage.Type;
type Verb = "acknowledge" | "assign" | "resolve" | "reopen";

const names = ["kind", "connection", "status"];
const told: Readonly<Record<Verb, { readonly verb: string; readonly title: string; readonly done: string }>> = {
  acknowledge: { verb: "Seen", title: "Say that it was seen", done: "It is noted as seen." },
  assign: { verb: "Assign", title: "Who works it?", done: "It is assigned." },
  resolve: { verb: "Resolve", title: "Is it settled?", done: "It is listed as resolved." },
  reopen: { verb: "Open again", title: "Open it again", done: "It is open again." },
};

const Detail = ({ item, onActed }: { readonly item: Item; readonly onActed: () => void }) => {
  const [act, setAct] = useState<Verb | null>(null);
  const [assignee, setAssignee] = useState("");
  const verbs: ReadonlyArray<Verb> =
    item.status === "resolved"
      ? ["reopen"]
      : [
          ...(item.acknowledged === null ? (["acknowledge"] as const) : []),
          "assign",
          ...(item.live ? [] : (["resolve"] as const)),
        ];
  return (
    <aside class="card beside" aria-label="The fault">
      <header>
        <h2>{words(item.kind)}</h2>
        <Badge state={item.live ? "live" : item.status} tone={item.status === "open" ? "bad" : "quiet"} />
        <button type="button" class="bare beside-away" aria-label="Close" onClick={() => go(withSearch({ id: null }))}>
          <Icon name="cross" />
        </button>
      </header>
      <p>{item.what}</p>
      <div class="act-row">
        {verbs.map((verb) => (
          <button key={verb} type="button" onClick={() => setAct(verb)}>
            {told[verb].verb}…
          </button>
        ))}
      </div>
      <h3>What to do</h3>
      <p>{item.todo}</p>
      <dl class="said">
        <div>
          <dt>Where</dt>
          <dd>{item.where}</dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>
            <Instant at={item.at} />
          </dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>{item.live ? "by itself, when what it tells of does" : "when a person or a replay says so"}</dd>
        </div>
        {item.position !== null && (
          <div>
            <dt>Entry</dt>
            <dd>{item.position} of the journal</dd>
          </div>
        )}
        {item.event !== null && (
          <div>
            <dt>Event</dt>
            <dd class="mono">{item.event}</dd>
          </div>
        )}
        <div>
          <dt>Assigned to</dt>
          <dd>
            {item.assignee ?? "nobody"}
            {item.team === null ? "" : `, ${item.team}`}
          </dd>
        </div>
        {item.acknowledged !== null && (
          <div>
            <dt>Seen</dt>
            <dd>
              by {item.acknowledged.by}, <Instant at={item.acknowledged.at} />: {item.acknowledged.reason}
            </dd>
          </div>
        )}
        {item.resolved !== null && (
          <div>
            <dt>Resolved</dt>
            <dd>
              by {item.resolved.by}, <Instant at={item.resolved.at} />: {item.resolved.reason}
            </dd>
          </div>
        )}
      </dl>
      {act !== null && (
        <ActDialog
          title={told[act].title}
          verb={told[act].verb}
          done={told[act].done}
          onClose={() => setAct(null)}
          send={async (reason) => {
            const more = act === "assign" ? { assignee: assignee.trim() || null } : {};
            await post(`/v1/faults/${encodeURIComponent(item.id)}/${act}`, { ...more, reason });
            onActed();
          }}
        >
          {act === "assign" && <Assignee value={assignee} onChange={setAssignee} />}
        </ActDialog>
      )}
    </aside>
  );
};

export const Faults = ({ search }: { readonly search: URLSearchParams }) => {
  const filters = filtersIn(search, names);
  const cursor = search.get("cursor");
  const id = search.get("id");
  const value = (name: string): string => filters[name] ?? "";
  const told = now.value;
  const loaded = useLoad(
    (signal) => get<Page>("/v1/faults", { ...filters, cursor, limit: 50 }, signal),
    [JSON.stringify(filters), cursor, missed.value, told?.faults.total],
  );
  const shown = loaded.value?.items.find((item) => item.id === id) ?? null;
  return (
    <>
      <search class="filters" aria-label="Filters">
        <ChoiceFilter
          name="kind"
          label="Kind"
          value={value("kind")}
          values={withChosen(told?.faults.kinds.map(({ kind }) => kind) ?? [], value("kind"))}
        />
        <ChoiceFilter name="status" label="Status" value={value("status")} values={["resolved"]} any="open" />
        <TextFilter name="connection" label="Connection" value={value("connection")} />
      </search>
      <div class={`split ${shown === null ? "" : "open"}`}>
        <div class="card">
          <Shown loaded={loaded} what="faults">
            {({ items, total, nextCursor }) =>
              items.length === 0 ? (
                <Empty
                  title={
                    Object.keys(filters).length === 0 ? "Nothing is wrong with the pipes" : "Nothing fits the filters"
                  }
                >
                  <p>Everything that came was understood, and every system answers.</p>
                </Empty>
              ) : (
                <>
                  <p class="totals">
                    <strong>{plural(total, "fault")}</strong>
                  </p>
                  <Table
                    caption="Faults"
                    rows={items}
                    keyOf={(item) => item.id}
                    onOpen={(item) => go(withSearch({ id: item.id }))}
                    classOf={(item) => (item.id === id ? "shown" : "")}
                    columns={[
                      { head: "Kind", cell: ({ kind }) => words(kind), tight: true },
                      {
                        head: "Ends",
                        cell: ({ live }) => (
                          <Badge state={live ? "by itself" : "by hand"} tone={live ? "moving" : "warn"} />
                        ),
                        tight: true,
                      },
                      { head: "Connection", cell: ({ connection }) => connection ?? "–", tight: true },
                      { head: "Age", cell: ({ at }) => <Age from={at} />, figure: true },
                      {
                        head: "What",
                        cell: (item) => (
                          <a href={withSearch({ id: item.id })} tabIndex={-1} class="cause">
                            {item.what}
                          </a>
                        ),
                      },
                      { head: "Assigned", cell: ({ assignee }) => assignee ?? <span class="soft">nobody</span> },
                    ]}
                  />
                  <AddressPager next={nextCursor} cursor={cursor} />
                </>
              )
            }
          </Shown>
        </div>
        {shown !== null && <Detail key={shown.id} item={shown} onActed={loaded.reload} />}
      </div>
    </>
  );
};
