/** One line: the items of every system, what is wrong between them, why, and the act that would put it right. */
import { useState } from "preact/hooks";
import { addressOf, post } from "../../api.ts";
import { spanText, words } from "../../format.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Evidence } from "../../ui/evidence.tsx";
import { Age, Instant, Sums, useClock } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { type Line, toneOfStatus } from "./report.ts";

const Timing = ({ until, lasting }: { readonly until: number; readonly lasting: string }) => {
  const at = useClock();
  return (
    <p class="soft">
      It may still be on its way for {spanText(until - at)}; after that it is {words(lasting)}.
    </p>
  );
};

const MatchByHand = ({
  line,
  onActed,
  onClose,
}: {
  readonly line: Line;
  readonly onActed: () => void;
  readonly onClose: () => void;
}) => {
  const own = Object.values(line.systems).flatMap(({ ids }) => ids);
  const [text, setText] = useState(own.join("\n"));
  const items = text.split(/\s+/).filter((item) => item !== "");
  return (
    <ActDialog
      title="Say that items are the same thing"
      verb="Match them"
      done="They are matched."
      isIncomplete={items.length < 2}
      send={async (reason) => {
        await post("/v1/reconciliations/matches", { leg: line.leg, items, reason });
        onActed();
      }}
      onClose={onClose}
    >
      <p>Of one leg and one account. Their amounts are compared as ever; nothing is written to any system.</p>
      <label>
        Items, one to a line
        <textarea rows={4} class="mono" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
    </ActDialog>
  );
};

export const LineDetail = ({ line, onActed }: { readonly line: Line; readonly onActed: () => void }) => {
  const [act, setAct] = useState<"heal" | "match" | null>(null);
  const { breaks, systems, act: would } = line;
  return (
    <aside class="card beside" aria-label="The line">
      <header>
        <h2>{words(line.leg)}</h2>
        <Badge state={line.status} tone={toneOfStatus(line.status)} />
        <button
          type="button"
          class="bare beside-away"
          aria-label="Close"
          onClick={() => go(withSearch({ line: null }))}
        >
          <Icon name="cross" />
        </button>
      </header>
      <p>{line.cause}</p>
      {line.timingUntil !== null && line.status === "timing" && (
        <Timing until={line.timingUntil} lasting={line.lasting} />
      )}
      {would !== null && (
        <p>
          <strong>What would put it right:</strong> {would.says}
        </p>
      )}
      <div class="act-row">
        {would !== null && would.method === "POST" && would.path !== null && (
          <button type="button" class="primary" onClick={() => setAct("heal")}>
            Heal: {would.says}…
          </button>
        )}
        {line.status !== "matched" && (
          <button type="button" onClick={() => setAct("match")}>
            Match by hand…
          </button>
        )}
      </div>
      <h3>Side by side</h3>
      <table>
        <caption class="visually-hidden">Items of each system</caption>
        <thead>
          <tr>
            <th scope="col">System</th>
            <th scope="col">Items</th>
            <th scope="col" class="figure">
              Money
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(systems).map(([system, { ids, count, moneyMinor }]) => (
            <tr key={system}>
              <th scope="row">{system}</th>
              <td>
                {count === 0 ? <span class="soft">none</span> : <Evidence ids={ids} />}
                {count > ids.length && <span class="soft">and {count - ids.length} more</span>}
              </td>
              <td class="figure">
                <Sums by={moneyMinor} />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">difference</th>
            <td />
            <td class="figure">
              <Sums by={line.differenceMinor} />
            </td>
          </tr>
        </tbody>
      </table>
      {breaks.length > 0 && (
        <>
          <h3>What is wrong</h3>
          <ul>
            {breaks.map((one) => (
              <li key={`${one.system} ${one.status} ${one.field}`}>
                <Badge state={one.status} tone={toneOfStatus(one.status)} /> in {one.system}
                {one.field !== null && (
                  <>
                    : {words(one.field)} is <span class="mono">{String(one.theirs ?? "–")}</span>, and should be{" "}
                    <span class="mono">{String(one.ours ?? "–")}</span>
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Evidence</h3>
      <Evidence ids={line.evidence} />
      <dl class="said">
        <div>
          <dt>At risk</dt>
          <dd>
            <Sums by={line.atRiskMinor} />
          </dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>
            <Instant at={line.ageFrom} />, <Age from={line.ageFrom} />
          </dd>
        </div>
        <div>
          <dt>Whose turn</dt>
          <dd>
            {line.owner.connection}
            {line.owner.role === null ? "" : `, ${line.owner.role}`}
            {line.owner.team === null ? "" : `, ${line.owner.team}`}
          </dd>
        </div>
        <div>
          <dt>Matched by</dt>
          <dd>{line.matchedBy.length === 0 ? "nothing" : line.matchedBy.map(words).join(", ")}</dd>
        </div>
        {line.roundingAccount !== null && (
          <div>
            <dt>Rounding</dt>
            <dd>
              <Sums by={line.roundingMinor} /> to {line.roundingAccount}
            </dd>
          </div>
        )}
        <div>
          <dt>Account</dt>
          <dd>
            {line.account === null ? (
              "the company's own"
            ) : (
              <a href={accountHref(line.account)} class="mono">
                {line.party}
              </a>
            )}
          </dd>
        </div>
        {line.exception !== null && (
          <div>
            <dt>Exception</dt>
            <dd>
              <a href={addressOf("/exceptions", { id: line.exception })} class="mono">
                {line.exception}
              </a>
            </dd>
          </div>
        )}
      </dl>
      {act === "heal" && would !== null && would.path !== null && (
        <ActDialog
          title={`Heal: ${would.says}`}
          verb="Do it"
          done="It is done; the line goes when the systems agree."
          send={async (reason) => {
            await post(would.path!, { ...(would.body as object | null), reason });
            onActed();
          }}
          onClose={() => setAct(null)}
        >
          <p>{line.cause}</p>
        </ActDialog>
      )}
      {act === "match" && <MatchByHand line={line} onActed={onActed} onClose={() => setAct(null)} />}
    </aside>
  );
};
