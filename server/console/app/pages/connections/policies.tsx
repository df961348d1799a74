/** The policy in force, and what would be different under another: looked at first, switched from a date on. */
import { useState } from "preact/hooks";
import { get, post } from "../../api.ts";
import { countText, plural, words } from "../../format.ts";
import { missed } from "../../live.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { Badge } from "../../ui/badge.tsx";
import { instantIn } from "../../ui/bulk-acts.ts";
import { Instant, Sums } from "../../ui/figure.tsx";
import { Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import type { PolicyList, WhatIf } from "./told.ts";

const looking = "a look at what would be different";

const Difference = ({ answer }: { readonly answer: WhatIf }) => {
  const { totals, accounts } = answer;
  const regions = Object.entries(totals.regions).sort(([, a], [, b]) => b - a);
  if (answer.differ === 0)
    return (
      <p>
        Nothing would be different: {plural(answer.compared, "account")} compared under {answer.policy.before} and{" "}
        {answer.policy.after}.
      </p>
    );
  return (
    <>
      <p>
        <strong>{plural(answer.differ, "account")}</strong> of {countText(answer.compared)} would stand otherwise.
      </p>
      <dl class="said">
        <div>
          <dt>Moves</dt>
          <dd>
            {regions.map(([move, count]) => (
              <span key={move} class="tag">
                {words(move)} ×{count}
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Commands</dt>
          <dd>
            {totals.commands.new} new, {totals.commands.gone} gone, {totals.commands.changed} changed; {totals.inverses}{" "}
            take something back
          </dd>
        </div>
        <div>
          <dt>Exceptions</dt>
          <dd>
            {totals.exceptions.opened} opened, {totals.exceptions.closed} closed
          </dd>
        </div>
        {Object.entries(totals.moneyMinor).map(([target, by]) => (
          <div key={target}>
            <dt>Money to {target}</dt>
            <dd>
              <Sums by={by} />
            </dd>
          </div>
        ))}
      </dl>
      <Table
        caption="Accounts that would stand otherwise"
        rows={accounts}
        keyOf={({ account }) => account}
        hrefOf={({ account }) => accountHref(account)}
        columns={[
          { head: "Account", cell: ({ account }) => <span class="mono">{account}</span>, tight: true },
          {
            head: "Where it would stand",
            cell: ({ regions: moved }) =>
              Object.entries(moved).map(([region, { before, after }]) => (
                <span key={region} class="moved">
                  {region}: <Badge state={before ?? "none"} /> → <Badge state={after ?? "none"} />
                </span>
              )),
          },
          {
            head: "Commands",
            cell: ({ commands }) =>
              commands.slice(0, 3).map(({ change, before, after }) => {
                const one = (after ?? before)!;
                return (
                  <span key={`${change} ${one.row} ${one.source}`} class="moved">
                    {change}: {one.row} in {one.target}
                  </span>
                );
              }),
          },
        ]}
      />
      {!answer.complete && <p class="soft">The totals have all of them; the list has the first {accounts.length}.</p>}
    </>
  );
};

const Switch = ({ policy, onDone }: { readonly policy: string; readonly onDone: () => void }) => {
  const [isAsking, setAsking] = useState(false);
  const [from, setFrom] = useState("");
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Switch to {policy}…
      </button>
      {isAsking && (
        <ActDialog
          title={`Switch to ${policy}`}
          verb="Switch"
          done={`The policy ${policy} is set.`}
          send={async (reason) => {
            const at = from === "" ? {} : { effectiveAt: instantIn(from) };
            await post("/v1/policies", { policy, ...at, reason });
            onDone();
          }}
          onClose={() => setAsking(false)}
        >
          <p>It holds from its date on, and takes nothing back that was done.</p>
          <label>
            From when
            <input type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
            <span class="soft">Left empty: from now on.</span>
          </label>
        </ActDialog>
      )}
    </>
  );
};

export const Policies = ({ search }: { readonly search: URLSearchParams }) => {
  const wanted = search.get("policy");
  const loaded = useLoad((signal) => get<PolicyList>("/v1/policies", {}, signal), [missed.value]);
  const tried = useLoad(
    () =>
      wanted === null
        ? Promise.resolve(null)
        : post<WhatIf>("/v1/policies", { policy: wanted, dryRun: true, reason: looking }),
    [wanted],
  );
  return (
    <section class="card policies" aria-labelledby="policy">
      <Shown loaded={loaded} what="the policy">
        {({ inForce, configured, switches, known }) => (
          <>
            <header>
              <h2 id="policy">Policy: {inForce}</h2>
              <span class="soft">
                {inForce === configured ? "as configured" : `the configuration says ${configured}; it was switched`}
              </span>
            </header>
            {switches.length > 0 && (
              <ol class="changes">
                {switches.toReversed().map((one) => (
                  <li key={one.position}>
                    <Instant at={one.effectiveAt} /> → {one.policy}{" "}
                    <span class="soft">
                      by {one.by}
                      {one.reason === null ? "" : `: ${one.reason}`}
                    </span>
                  </li>
                ))}
              </ol>
            )}
            <label class="what-if">
              What if it were
              <select
                value={wanted ?? ""}
                onChange={(event) => go(withSearch({ policy: event.currentTarget.value || null }))}
              >
                <option value="">…</option>
                {known
                  .map((one) => String(one["name"]))
                  .filter((name) => name !== inForce)
                  .map((name) => (
                    <option key={name}>{name}</option>
                  ))}
              </select>
            </label>
            {wanted !== null && (
              <Shown loaded={tried} what={`the journal under ${wanted}`}>
                {(answer) =>
                  answer === null ? null : (
                    <>
                      <Difference answer={answer} />
                      <p>
                        <Switch policy={wanted} onDone={loaded.reload} />
                      </p>
                    </>
                  )
                }
              </Shown>
            )}
          </>
        )}
      </Shown>
    </section>
  );
};
