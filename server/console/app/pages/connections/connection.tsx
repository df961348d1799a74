/** One connection at a glance, and a button that asks the system itself. */
import { useState } from "preact/hooks";
import { addressOf, post } from "../../api.ts";
import { countText, plural, words } from "../../format.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Age } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { say } from "../../ui/toast.tsx";
import type { Connection } from "./told.ts";

const tones: Readonly<Record<Connection["health"], Tone>> = {
  ok: "good",
  listening: "good",
  limited: "moving",
  failing: "warn",
  down: "bad",
};
const healthWords: Readonly<Record<Connection["health"], string>> = {
  ok: "answers",
  listening: "listened to",
  limited: "asked for patience",
  failing: "failing",
  down: "down: breaker open",
};
const outcomes: Readonly<Record<NonNullable<Connection["lastTest"]>["outcome"], readonly [words: string, tone: Tone]>> =
  {
    answered: ["it answered", "good"],
    absent: ["it answered", "good"],
    throttled: ["it asked for patience", "warn"],
    refused: ["it refused", "bad"],
    "no-answer": ["no answer", "bad"],
  };
const waits: Readonly<Record<string, string>> = {
  priority: "behind more urgent rows",
  breaker: "for the breaker",
  limit: "for the limit",
};

const placeWords = (place: string): string =>
  place.replace(
    /^webhookSecrets\.(\d+)$/,
    (_, at: string) => `webhook secret${at === "0" ? "" : ` ${Number(at) + 1}`}`,
  );

export const ConnectionCard = ({
  connection: one,
  onTested,
}: {
  readonly connection: Connection;
  readonly onTested: () => void;
}) => {
  const [isAsking, setAsking] = useState(false);
  const { breaker, limits, lastEntry, lastTest, pollFailure } = one;
  const states = Object.entries(one.commands).sort();
  const waiting = Object.entries(one.waiting);
  return (
    <li class="card connection">
      <header>
        <h2>{one.name}</h2>
        <Badge state={healthWords[one.health]} tone={tones[one.health]} />
        <span class="soft">
          {one.vendor} · {one.roles.map(words).join(", ")} · {one.entity}
          {one.team === null ? "" : ` · ${one.team}`}
        </span>
      </header>
      <dl class="said">
        <div>
          <dt>Last heard</dt>
          <dd>
            {lastEntry === null ? (
              <span class="soft">nothing of late</span>
            ) : (
              <>
                <Age from={lastEntry.at} /> ago, by {lastEntry.kind}
                {lastEntry.type === null ? "" : `: ${lastEntry.type}`}
              </>
            )}
          </dd>
        </div>
        {one.health !== "listening" && (
          <>
            <div>
              <dt>Owed to it</dt>
              <dd>
                {states.length === 0
                  ? "nothing"
                  : states.map(([state, count]) => (
                      <a key={state} href={addressOf("/commands", { state, target: one.name })} class="owed">
                        <Badge state={state} /> {countText(count)}
                      </a>
                    ))}
                {one.oldestOwedAt !== null && (
                  <span class="soft">
                    , the oldest for <Age from={one.oldestOwedAt} />
                  </span>
                )}
                {waiting.length > 0 && (
                  <span class="soft">
                    ; {waiting.map(([why, count]) => `${count} ${waits[why] ?? why}`).join(", ")}
                  </span>
                )}
              </dd>
            </div>
            <div>
              <dt>Limits</dt>
              <dd>
                <meter
                  min={0}
                  max={Math.max(1, limits.concurrency)}
                  value={limits.inFlight}
                  aria-label={`Calls in flight to ${one.name}`}
                />{" "}
                {limits.inFlight} of {limits.concurrency} in flight
                {limits.ratePerSecond === null ? "" : `, at most ${limits.ratePerSecond} a second`}
              </dd>
            </div>
            <div>
              <dt>Breaker</dt>
              <dd class={breaker.state === "closed" ? "" : "bad"}>
                {breaker.state}
                {breaker.failures > 0 && `, ${plural(breaker.failures, "failure")} in a row`}
                {breaker.until !== null && (
                  <>
                    , tried again <Age from={breaker.until} />
                  </>
                )}
              </dd>
            </div>
            <div>
              <dt>Goes out</dt>
              <dd>
                {one.mode}
                {Object.entries(one.rows).map(([row, mode]) => (
                  <span key={row} class="tag row-mode">
                    {row}: {mode}
                  </span>
                ))}
              </dd>
            </div>
          </>
        )}
        {pollFailure !== null && (
          <div>
            <dt>Poll</dt>
            <dd class="bad">
              {plural(pollFailure.attempts, "time")} without an answer: {pollFailure.error}
            </dd>
          </div>
        )}
        {one.signatureFailures > 0 && (
          <div>
            <dt>Bad signatures</dt>
            <dd class="bad">{countText(one.signatureFailures)} since the start</dd>
          </div>
        )}
        <div>
          <dt>Secrets</dt>
          <dd>
            {one.secrets.length === 0 ? (
              <span class="soft">fixed ones of the sandbox</span>
            ) : (
              one.secrets.map(({ place, since }) => (
                <span key={place} class="secret">
                  {placeWords(place)} for <Age from={since} />
                </span>
              ))
            )}
          </dd>
        </div>
        <div>
          <dt>Last try</dt>
          <dd>
            {lastTest === null ? (
              <span class="soft">never</span>
            ) : (
              <>
                <Badge state={outcomes[lastTest.outcome][0]} tone={outcomes[lastTest.outcome][1]} />{" "}
                <Age from={lastTest.at} /> ago, {countText(lastTest.tookMs)} ms, by {lastTest.by}
                {lastTest.detail !== null && <span class="bad"> {lastTest.detail}</span>}
              </>
            )}
          </dd>
        </div>
      </dl>
      {one.health !== "listening" && (
        <button type="button" onClick={() => setAsking(true)}>
          <Icon name="plug" /> Test…
        </button>
      )}
      {isAsking && (
        <ActDialog
          title={`Try ${one.name}`}
          verb="Ask it"
          done={null}
          send={async (reason) => {
            const after = await post<Connection>(`/v1/connections/${encodeURIComponent(one.name)}/test`, { reason });
            const test = after.lastTest!;
            const [said, tone] = outcomes[test.outcome];
            say(
              `${one.name}: ${said} in ${test.tookMs} ms${test.detail === null ? "" : `: ${test.detail}`}`,
              tone === "good" ? "good" : "bad",
            );
            onTested();
          }}
          onClose={() => setAsking(false)}
        >
          <p>
            One harmless question to the system itself: {one.isPolled ? "what changed lately" : "one object"}. Nothing
            changes there, and nothing is taken in.
          </p>
        </ActDialog>
      )}
    </li>
  );
};
