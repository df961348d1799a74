/** One act on many while it goes on: how many had their turn, every item that failed and why, stopped and gone on with. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { plural } from "../format.ts";
import { go, withSearch } from "../router.ts";
import { useLoad } from "../use-load.ts";
import { ActDialog } from "./act.tsx";
import { Badge } from "./badge.tsx";
import { type BulkAct, type Filter, type Job, type Plan, bulkVerbs as verbs } from "./bulk-acts.ts";
import { Age } from "./figure.tsx";
import { Icon } from "./icon.tsx";
import { Shown } from "./states.tsx";
import { Pager, Table } from "./table.tsx";

const said: Readonly<Record<Job["state"], string>> = {
  acting: "going on",
  settling: "sent; their outcomes are coming in",
  ended: "at its end",
  stopped: "stopped; the rest was left alone",
};

const isGoing = ({ state }: Job): boolean => state === "acting" || state === "settling";

interface JobProps {
  readonly id: string;
  readonly noun: string;
  /** Where an item is shown. */
  readonly hrefOf: (item: string) => string;
  readonly onPlan: (plan: Plan) => void;
  /** Something may have changed: the list is asked for again. */
  readonly onMoved: () => void;
}

/** One job, as far as it is. */
export const JobProgress = ({ id, noun, hrefOf, onPlan, onMoved }: JobProps) => {
  const [cursor, setCursor] = useState<string | null>(null);
  const [isStopping, setStopping] = useState(false);
  const loaded = useLoad(
    (signal) => get<Job>(`/v1/bulk/${encodeURIComponent(id)}`, { cursor, limit: 20 }, signal),
    [id, cursor],
  );
  const job = loaded.value;
  const going = job !== null && isGoing(job);
  useEffect(() => {
    if (!going) return;
    const timer = setTimeout(loaded.reload, 400);
    return () => clearTimeout(timer);
  }, [going, loaded.value, loaded.failure]);
  useEffect(onMoved, [job?.acted, job?.state]);
  return (
    <section class="card job" aria-label="Bulk act">
      <Shown loaded={loaded} what="the bulk act">
        {(one) => (
          <>
            <header>
              <h2>
                {verbs[one.act]} {plural(one.count, noun)}
              </h2>
              <span class="soft">
                by {one.by}, <Age from={one.startedAt} /> ago{one.reason === null ? "" : `: ${one.reason}`}
              </span>
              <button
                type="button"
                class="bare job-away"
                aria-label="Put the bulk act away"
                onClick={() => go(withSearch({ job: null }))}
              >
                <Icon name="cross" />
              </button>
            </header>
            <div class="job-row">
              <progress max={Math.max(1, one.count)} value={one.acted} aria-label="Items that had their turn" />
              <p role="status">
                <strong>
                  {one.acted} of {one.count}
                </strong>{" "}
                had their turn, <span class={one.failed > 0 ? "bad" : ""}>{one.failed} failed</span>
                {one.succeeded === null ? "" : `, ${one.succeeded} came through`}; it is {said[one.state]}.
              </p>
              {one.state === "acting" && (
                <button type="button" onClick={() => setStopping(true)}>
                  <Icon name="pause" /> Stop…
                </button>
              )}
              {one.state === "stopped" && (
                <button type="button" onClick={() => onPlan({ act: one.act, filter: one.filter })}>
                  <Icon name="flow" /> Go on with what is left…
                </button>
              )}
              {one.state === "ended" && one.failed > 0 && one.failures.length === one.failed && (
                <button
                  type="button"
                  onClick={() =>
                    onPlan({ act: one.act, filter: again(one, one.failures.map(({ item }) => item).join(",")) })
                  }
                >
                  <Icon name="flow" /> Try the failed again…
                </button>
              )}
            </div>
            {one.failures.length > 0 && (
              <>
                <Table
                  caption="What failed, and why"
                  rows={one.failures}
                  keyOf={({ item }) => item}
                  hrefOf={({ item }) => hrefOf(item)}
                  columns={[
                    { head: "Item", cell: ({ item }) => <span class="mono">{item}</span>, tight: true },
                    { head: "Became", cell: ({ state }) => <Badge state={state} tone="bad" />, tight: true },
                    { head: "Why", cell: ({ detail }) => detail },
                  ]}
                />
                <Pager
                  next={one.nextCursor}
                  hasBefore={cursor !== null}
                  onNext={setCursor}
                  onFirst={() => setCursor(null)}
                />
              </>
            )}
            {isStopping && (
              <ActDialog
                title="Stop the bulk act"
                verb="Stop it"
                done="It stops. What had its turn stays done."
                send={async (reason) => {
                  await post(`/v1/bulk/${encodeURIComponent(one.id)}/stop`, { reason });
                  loaded.reload();
                }}
                onClose={() => setStopping(false)}
              >
                <p>What had its turn stays done; the other items are left alone. You can go on with those later.</p>
              </ActDialog>
            )}
          </>
        )}
      </Shown>
    </section>
  );
};

/** The same, of these alone. What is asked for by name may stand anywhere by now. */
const again = ({ act, filter }: Job, items: string): Filter => {
  const isCommand = act === "retry" || act === "cancel" || act === "approve";
  return isCommand ? { ...filter, key: items } : { ...filter, id: items };
};

/** Bulk acts of late, to be looked at again. */
export const RecentJobs = ({ acts, noun }: { readonly acts: ReadonlyArray<BulkAct>; readonly noun: string }) => {
  const loaded = useLoad(
    (signal) => get<{ readonly items: ReadonlyArray<Job> }>("/v1/bulk", { limit: 20 }, signal),
    [],
  );
  const own = loaded.value?.items.filter(({ act }) => acts.includes(act)) ?? [];
  if (own.length === 0) return null;
  return (
    <details class="recent">
      <summary>Bulk acts of late ({own.length})</summary>
      <ul>
        {own.map((job) => (
          <li key={job.id}>
            <a href={withSearch({ job: job.id })}>
              {verbs[job.act]} {plural(job.count, noun)}
            </a>{" "}
            <Badge state={job.state === "ended" && job.failed === 0 ? "finished" : job.state} />{" "}
            {job.failed > 0 && <span class="bad">{job.failed} failed</span>}{" "}
            <span class="soft">
              by {job.by}, <Age from={job.startedAt} /> ago
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
};
