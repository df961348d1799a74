/** One act on many, before it is done: counted, with its money, and nothing done to what was not looked at. */
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { plural, words } from "../format.ts";
import { go, withSearch } from "../router.ts";
import { useLoad } from "../use-load.ts";
import { ActDialog } from "./act.tsx";
import { type Filter, inHours, instantIn, type Job, type Plan, type Preview, bulkVerbs as verbs } from "./bulk-acts.ts";
import { Sums } from "./figure.tsx";
import { Failure, Loading } from "./states.tsx";

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
