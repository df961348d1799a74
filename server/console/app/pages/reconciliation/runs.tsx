/** Reconciling now: as things stand, or after everything was listed anew from the systems themselves. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../../api.ts";
import { countText, plural, words } from "../../format.ts";
import { go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Age, Instant } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { type Run, toneOfStatus } from "./report.ts";

export const RunNow = () => {
  const [isAsking, setAsking] = useState(false);
  const [pull, setPull] = useState(false);
  return (
    <>
      <button type="button" class="primary" onClick={() => setAsking(true)}>
        <Icon name="scale" /> Reconcile now…
      </button>
      {isAsking && (
        <ActDialog
          title="Reconcile now"
          verb="Begin"
          done="The run has begun."
          send={async (reason) => {
            const run = await post<Run>("/v1/reconciliations", { pull, reason });
            go(withSearch({ run: run.id }));
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            Every account is compared. Small differences are healed where the settings allow it and it is safe; what is
            left becomes an exception.
          </p>
          <label class="check">
            <input type="checkbox" checked={pull} onChange={(event) => setPull(event.currentTarget.checked)} />
            First list everything anew from the systems themselves, within their limits
          </label>
        </ActDialog>
      )}
    </>
  );
};

export const RunProgress = ({ id, onMoved }: { readonly id: string; readonly onMoved: () => void }) => {
  const loaded = useLoad(
    (signal) => get<Run>(`/v1/reconciliations/${encodeURIComponent(id)}`, { limit: 1 }, signal),
    [id],
  );
  const run = loaded.value;
  const isGoing = run !== null && run.state !== "finished";
  useEffect(() => {
    if (!isGoing) return;
    const timer = setTimeout(loaded.reload, 500);
    return () => clearTimeout(timer);
  }, [isGoing, loaded.value, loaded.failure]);
  useEffect(() => {
    if (run?.state === "finished") onMoved();
  }, [run?.state]);
  return (
    <section class="card job" aria-label="Run">
      <Shown loaded={loaded} what="the run">
        {(one) => (
          <>
            <header>
              <h2>Run</h2>
              <Badge state={one.state} tone={one.state === "finished" ? "good" : "moving"} />
              <span class="soft">
                by {one.by}, <Age from={one.requestedAt} /> ago{one.reason === null ? "" : `: ${one.reason}`}
              </span>
              <button
                type="button"
                class="bare job-away"
                aria-label="Put the run away"
                onClick={() => go(withSearch({ run: null }))}
              >
                <Icon name="cross" />
              </button>
            </header>
            {one.pull.length > 0 && (
              <ul class="pulls">
                {one.pull.map((connection) => {
                  const pulled = one.pulled[connection];
                  return (
                    <li key={connection}>
                      {connection}:{" "}
                      {pulled === undefined
                        ? "waits"
                        : `${plural(pulled.objects, "object")}, ${countText(pulled.news)} not known before${pulled.done ? "" : ", going on"}`}
                      {pulled?.failure != null && <span class="bad"> {pulled.failure}</span>}
                    </li>
                  );
                })}
              </ul>
            )}
            <p role="status">
              {one.totals === null ? (
                "Going on."
              ) : (
                <>
                  Finished <Instant at={one.finishedAt} />: {plural(one.totals.lines, "line")},{" "}
                  {countText(one.totals.healed)} healed, {countText(one.totals.escalated)} made an exception.{" "}
                  {Object.entries(one.totals.statuses).map(([status, count]) => (
                    <span key={status}>
                      <Badge state={words(status)} tone={toneOfStatus(status)} /> {countText(count)}{" "}
                    </span>
                  ))}
                </>
              )}
            </p>
          </>
        )}
      </Shown>
    </section>
  );
};
