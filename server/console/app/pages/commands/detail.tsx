/** One command: how it stands and why, its content, what was said to the vendor and what it answered, and what a person may do. */
import { addressOf, get } from "../../api.ts";
import { plural, words } from "../../format.ts";
import { touched } from "../../live.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { type Command, CommandButtons } from "../../ui/command-acts.tsx";
import { Evidence, MappingHint } from "../../ui/evidence.tsx";
import { ExchangeList } from "../../ui/exchanges.tsx";
import { Age, Instant, Money } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { moneyOf, stateWords } from "./words.ts";

export const CommandDetail = ({ id, onActed }: { readonly id: string; readonly onActed: () => void }) => {
  const loaded = useLoad(
    (signal) => get<Command>(`/v1/commands/${encodeURIComponent(id)}`, {}, signal),
    [id, touched.value?.seq],
  );
  return (
    <aside class="card beside" aria-label="The command">
      <Shown loaded={loaded} what="the command">
        {(command) => {
          const money = moneyOf(command);
          const { lastError, booking, approvals } = command;
          return (
            <>
              <header>
                <h2>
                  {words(command.verb)} {words(command.document)}
                </h2>
                <Badge state={command.state} />
                <button
                  type="button"
                  class="bare beside-away"
                  aria-label="Close"
                  onClick={() => go(withSearch({ key: null }))}
                >
                  <Icon name="cross" />
                </button>
              </header>
              <p>
                To <strong>{command.target}</strong>
                {money !== null && (
                  <>
                    , <Money {...money} />
                  </>
                )}
                : {stateWords(command)}.
              </p>
              {lastError !== null && command.state !== "acked" && (
                <div class={`notice ${command.state === "rejected" ? "bad" : "warn"}`}>
                  <Icon name="warn" />
                  <span>
                    {command.target} said: {lastError}
                  </span>
                </div>
              )}
              {command.state === "rejected" && <MappingHint target={command.target} />}
              <CommandButtons
                command={command}
                onActed={() => {
                  loaded.reload();
                  onActed();
                }}
              />
              <dl class="said">
                <div>
                  <dt>Asked for by</dt>
                  <dd>
                    the row {command.row}, for <Evidence ids={[command.source]} />
                  </dd>
                </div>
                <div>
                  <dt>Account</dt>
                  <dd>
                    <a href={accountHref(command.account)} class="mono">
                      {command.party}
                    </a>
                  </dd>
                </div>
                <div>
                  <dt>Tried</dt>
                  <dd>{command.attempts === 0 ? "not yet" : plural(command.attempts, "time")}</dd>
                </div>
                <div>
                  <dt>Next try</dt>
                  <dd>
                    {command.dueAt === null ? (
                      command.acts.includes("retry") ? (
                        "not by itself"
                      ) : (
                        "–"
                      )
                    ) : (
                      <>
                        <Instant at={command.dueAt} /> (<Age from={command.dueAt} />)
                      </>
                    )}
                  </dd>
                </div>
                {booking !== null && (
                  <div>
                    <dt>Booked in</dt>
                    <dd>
                      {booking.period} of {booking.entity}, effective <Instant at={booking.effectiveAt} />
                    </dd>
                  </div>
                )}
                {approvals !== null && (
                  <div>
                    <dt>Approved by</dt>
                    <dd>
                      {approvals.given.map(({ by }) => by).join(", ")}: {approvals.given.length} of {approvals.needed}
                    </dd>
                  </div>
                )}
                <div>
                  <dt>Outside id</dt>
                  <dd class="mono">{command.outsideId}</dd>
                </div>
                <div>
                  <dt>Key</dt>
                  <dd class="mono">
                    {command.key}{" "}
                    <a href={addressOf("/explain", { kind: "command", id: command.key })} class="why">
                      <Icon name="link" /> why
                    </a>
                  </dd>
                </div>
              </dl>
              <h3>What it says</h3>
              <dl class="said">
                {Object.entries(command.content).map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd class="mono">{value === null ? "–" : String(value)}</dd>
                  </div>
                ))}
              </dl>
              <h3>Requests and answers</h3>
              <ExchangeList id={id} attempts={command.attempts} />
            </>
          );
        }}
      </Shown>
    </aside>
  );
};
