/** One act on many: counted and shown before, followed while it goes on, and every item that failed told afterwards. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { type Minor, plural, words } from "../format.ts";
import { go, withSearch } from "../router.ts";
import { useLoad } from "../use-load.ts";
import { ActDialog } from "./act.tsx";
import { Badge } from "./badge.tsx";
import { Age, Sums } from "./figure.tsx";
import { Icon } from "./icon.tsx";
import { Failure, Loading, Shown } from "./states.tsx";
import { Pager, Table } from "./table.tsx";

export type BulkAct = "retry" | "cancel" | "approve" | "release" | "resolve" | "assign" | "snooze";
export type Filter = Readonly<Record<string, string>>;

export interface Plan {
  readonly act: BulkAct;
  readonly filter: Filter;
}

interface Preview {
  readonly count: number;
  readonly moneyMinor: Readonly<Record<string, Minor>>;
  readonly previewToken: string;
}
interface Job {
  readonly id: string;
  readonly act: BulkAct;
  readonly filter: Filter;
  readonly state: "acting" | "settling" | "ended" | "stopped";
  readonly count: number;
  readonly moneyMinor: Readonly<Record<string, Minor>>;
  readonly acted: number;
  readonly succeeded: number | null;
  readonly failed: number;
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly failures: ReadonlyArray<{ readonly item: string; readonly state: string; readonly detail: string }>;
  readonly nextCursor: string | null;
}

const verbs: Readonly<Record<BulkAct, string>> = {
  retry: "Send again",
  cancel: "Take back",
  approve: "Approve",
  release: "Release",
  resolve: "Resolve",
  assign: "Assign",
  snooze: "Snooze",
};

/** In an hour, tomorrow, in a week: ISO 8601 with its zone. */
export const inHours = (hours: number): string =>
  new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+/, "");
/** Of an input of the kind datetime-local, in this browser's zone; empty: none. */
export const instantIn = (local: string): string =>
  local === "" ? "" : new Date(local).toISOString().replace(/\.\d+/, "");

const looking = "a look before";

export const BulkDialog = ({
  plan: { act, filter },
  noun,
  onStarted,
  onClose,
}: {
  readonly plan: Plan;
  /** Of the items: `exception`. */
  readonly noun: string;
  readonly onStarted: () => void;
  readonly onClose: () => void;
}) => {
  const [assignee, setAssignee] = useState("");
  const [until, setUntil] = useState("");
  const [changed, setChanged] = useState<Preview | null>(null);
  const fields = (isLook: boolean): object => ({
    act,
    filter,
    ...(act === "assign" ? { assignee: isLook ? "nobody yet" : assignee.trim() } : {}),
    ...(act === "snooze" ? { until: isLook ? inHours(24) : instantIn(until) } : {}),
  });
  const loaded = useLoad(
    () => post<Preview>("/v1/bulk", { ...fields(true), dryRun: true, reason: looking }),
    [act, JSON.stringify(filter)],
  );
  const shown = changed ?? loaded.value;
  const send = async (reason: string): Promise<void> => {
    const preview = await post<Preview>("/v1/bulk", { ...fields(false), dryRun: true, reason });
    // It is done to what was looked at, or looked at again.
    if (
      shown === null ||
      preview.count !== shown.count ||
      JSON.stringify(preview.moneyMinor) !== JSON.stringify(shown.moneyMinor)
    ) {
      setChanged(preview);
      throw new Error("What it is about changed meanwhile: look at the count again.");
    }
    const job = await post<Job>("/v1/bulk", { ...fields(false), previewToken: preview.previewToken, reason });
    onStarted();
    go(withSearch({ job: job.id }));
  };
  return (
    <ActDialog
      title={`${verbs[act]}: ${shown === null ? `${noun}s` : plural(shown.count, noun)}`}
      verb={shown === null ? verbs[act] : `${verbs[act]} ${shown.count}`}
      done={null}
      send={send}
      onClose={onClose}
      isIncomplete={
        shown === null ||
        shown.count === 0 ||
        (act === "assign" && assignee.trim() === "") ||
        (act === "snooze" && until === "")
      }
    >
      {loaded.failure !== null && <Failure failure={loaded.failure} retry={loaded.reload} />}
      {shown === null && loaded.failure === null && <Loading what="the preview" rows={1} />}
      {shown !== null && (
        <dl class="preview">
          <div>
            <dt>Found by the filter</dt>
            <dd>{plural(shown.count, noun)}</dd>
          </div>
          <div>
            <dt>Money</dt>
            <dd>
              <Sums by={shown.moneyMinor} />
            </dd>
          </div>
          <div>
            <dt>Filter</dt>
            <dd>
              <FilterWords filter={filter} />
            </dd>
          </div>
        </dl>
      )}
      {act === "assign" && (
        <label>
          To whom
          <input value={assignee} onInput={(event) => setAssignee(event.currentTarget.value)} />
        </label>
      )}
      {act === "snooze" && (
        <label>
          Until
          <input type="datetime-local" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
        </label>
      )}
    </ActDialog>
  );
};

const FilterWords = ({ filter }: { readonly filter: Filter }) => {
  const all = Object.entries(filter);
  if (all.length === 0) return <span>everything that it may be done to</span>;
  return (
    <span>
      {all.map(([name, value]) => {
        const several = value.split(",").length;
        const chosen = name === "id" || name === "key";
        return (
          <span key={name} class="tag">
            {chosen ? `${several} chosen` : `${words(name)}: ${words(value)}`}
          </span>
        );
      })}
    </span>
  );
};

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

/** How many are chosen, and what may be done with them, or with everything that the filter finds. */
export const ChosenBar = (props: {
  readonly chosen: number;
  readonly shown: number;
  readonly total: number | null;
  readonly acts: ReadonlyArray<BulkAct>;
  readonly noun: string;
  readonly isAll: boolean;
  readonly onAll: (all: boolean) => void;
  readonly onAct: (act: BulkAct) => void;
  readonly onNone: () => void;
}) => {
  const { chosen, shown, total, acts, noun, isAll, onAll, onAct, onNone } = props;
  if (chosen === 0 && !isAll) return null;
  return (
    <section class="chosen-bar" aria-label="What is chosen">
      <p role="status">
        <strong>{isAll ? `All ${total === null ? "" : total} of this filter` : plural(chosen, noun)}</strong> chosen
      </p>
      {acts.map((act) => (
        <button key={act} type="button" onClick={() => onAct(act)}>
          {verbs[act]}…
        </button>
      ))}
      {!isAll && chosen === shown && (total === null || total > shown) && (
        <button type="button" class="bare" onClick={() => onAll(true)}>
          Choose all {total === null ? "" : `${total} `}of this filter
        </button>
      )}
      <button type="button" class="bare" onClick={onNone}>
        Choose none
      </button>
    </section>
  );
};
