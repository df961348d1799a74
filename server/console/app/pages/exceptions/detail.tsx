/** One exception: its cause in words, its evidence to follow, what would resolve it, and the acts of a person. */
import { useState } from "preact/hooks";
import { get, post } from "../../api.ts";
import { words } from "../../format.ts";
import { go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge } from "../../ui/badge.tsx";
import { inHours, instantIn } from "../../ui/bulk-acts.ts";
import { CommandActs } from "../../ui/command-acts.tsx";
import { Evidence, MappingHint } from "../../ui/evidence.tsx";
import { Age, Instant, Money } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { Assignee } from "./assignee.tsx";
import { type Item, pressing } from "./item.ts";

type Verb = "assign" | "snooze" | "resolve" | "reopen";

const told: Readonly<Record<Verb, { readonly verb: string; readonly title: string; readonly done: string }>> = {
  assign: { verb: "Assign", title: "Who works it?", done: "It is assigned." },
  snooze: { verb: "Snooze", title: "Put it off", done: "It is put off." },
  resolve: { verb: "Resolve", title: "Settled outside the systems?", done: "It is listed as resolved." },
  reopen: { verb: "Open again", title: "Open it again", done: "It is open again." },
};

interface DetailProps {
  readonly id: string;
  readonly accountHref: (id: string) => string;
  readonly onActed: () => void;
}

export const ExceptionDetail = ({ id, accountHref, onActed }: DetailProps) => {
  const loaded = useLoad((signal) => get<Item>(`/v1/exceptions/${encodeURIComponent(id)}`, {}, signal), [id]);
  const [act, setAct] = useState<Verb | null>(null);
  const [assignee, setAssignee] = useState("");
  const [until, setUntil] = useState("");
  const send = async (reason: string): Promise<void> => {
    const more = act === "assign" ? { assignee: assignee.trim() || null } : act === "snooze" ? { until } : {};
    const body = "until" in more ? { until: instantIn(until) || inHours(24) } : more;
    await post<Item>(`/v1/exceptions/${encodeURIComponent(id)}/${act}`, { ...body, reason });
    loaded.reload();
    onActed();
  };
  return (
    <aside class="card beside" aria-label="The exception">
      <Shown loaded={loaded} what="the exception">
        {(item) => {
          const possible: ReadonlyArray<Verb> =
            item.status === "closed"
              ? []
              : item.status === "open"
                ? ["assign", "snooze", "resolve"]
                : ["reopen", "assign"];
          const commands = item.evidence.filter((one) => /^cmd_[0-9a-f]{32}$/.test(one));
          return (
            <>
              <header>
                <h2>{words(item.type)}</h2>
                <Badge state={item.priority} tone={pressing[item.priority]} />
                <Badge state={item.status} tone={item.status === "open" ? "warn" : "quiet"} />
                <button
                  type="button"
                  class="bare beside-away"
                  aria-label="Close"
                  onClick={() => go(withSearch({ id: null }))}
                >
                  <Icon name="cross" />
                </button>
              </header>
              <p class="cause-whole">{item.cause}</p>
              <div class="act-row">
                {possible.map((verb) => (
                  <button key={verb} type="button" onClick={() => setAct(verb)}>
                    {told[verb].verb}…
                  </button>
                ))}
              </div>
              {item.acts.length > 0 && (
                <>
                  <h3>What would resolve it</h3>
                  <ul>
                    {item.acts.map((one) => (
                      <li key={one}>{one}</li>
                    ))}
                  </ul>
                </>
              )}
              {item.type === "rejected" && <MappingHint target={item.owner} />}
              {commands.map((key) => (
                <CommandActs
                  key={key}
                  command={key}
                  onActed={() => {
                    // With the command the exception goes, or comes back by itself.
                    go(withSearch({ id: null }));
                    onActed();
                  }}
                />
              ))}
              <h3>Evidence</h3>
              <Evidence ids={[...new Set([item.source, ...item.evidence])]} />
              <h3>How it stands</h3>
              <dl class="said">
                <div>
                  <dt>Money at risk</dt>
                  <dd>
                    {item.moneyMinor === null ? (
                      "none named"
                    ) : (
                      <Money minor={item.moneyMinor} currency={item.currency} />
                    )}
                  </dd>
                </div>
                <div>
                  <dt>Since</dt>
                  <dd>
                    <Instant at={item.ageFrom} />, <Age from={item.ageFrom} />
                  </dd>
                </div>
                <div>
                  <dt>Whose turn</dt>
                  <dd>
                    {item.owner}
                    {item.team === null ? "" : `, ${item.team}`}
                  </dd>
                </div>
                <div>
                  <dt>Assigned to</dt>
                  <dd>{item.assignee ?? "nobody"}</dd>
                </div>
                {item.dueAt !== null && (
                  <div>
                    <dt>Due</dt>
                    <dd class={item.overdue ? "bad" : ""}>
                      <Instant at={item.dueAt} />
                      {item.overdue && ", overdue"}
                    </dd>
                  </div>
                )}
                {item.snoozedUntil !== null && (
                  <div>
                    <dt>Put off until</dt>
                    <dd>
                      <Instant at={item.snoozedUntil} />
                    </dd>
                  </div>
                )}
                <div>
                  <dt>Account</dt>
                  <dd>
                    {item.account === null ? (
                      "nobody's yet"
                    ) : (
                      <a href={accountHref(item.account)} class="mono">
                        {item.party ?? item.account}
                      </a>
                    )}
                  </dd>
                </div>
                {item.closed !== null && (
                  <div>
                    <dt>Closed</dt>
                    <dd>
                      <Instant at={item.closed.at} />, by entry {item.closed.evidence} of the journal
                    </dd>
                  </div>
                )}
                {item.history.map((before) => (
                  <div key={before.openedAt}>
                    <dt>Before</dt>
                    <dd>
                      open from <Instant at={before.openedAt} /> to <Instant at={before.at} />
                    </dd>
                  </div>
                ))}
              </dl>
              {act !== null && (
                <ActDialog
                  title={told[act].title}
                  verb={told[act].verb}
                  done={told[act].done}
                  send={send}
                  onClose={() => setAct(null)}
                  isIncomplete={act === "snooze" && until === ""}
                >
                  {act === "assign" && <Assignee value={assignee} onChange={setAssignee} />}
                  {act === "snooze" && (
                    <label>
                      Until
                      <input
                        type="datetime-local"
                        value={until}
                        onInput={(event) => setUntil(event.currentTarget.value)}
                      />
                    </label>
                  )}
                  {act === "resolve" && (
                    <p>
                      Nothing is changed in any system. It is open again when its money becomes another amount, and it
                      closes by itself when its cause goes away.
                    </p>
                  )}
                </ActDialog>
              )}
            </>
          );
        }}
      </Shown>
    </aside>
  );
};
