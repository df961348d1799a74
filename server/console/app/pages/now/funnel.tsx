/** The stages in order: how many accounts stand at each, with what they were billed and still owe. */
import { countText, type Minor, plural, words } from "../../format.ts";
import type { NowAnswer } from "../../live.ts";
import { Badge } from "../../ui/badge.tsx";
import { Sums } from "../../ui/figure.tsx";

const sumsOf = (
  money: NowAnswer["stages"][number]["money"],
  field: "billedMinor" | "dueMinor",
): Readonly<Record<string, Minor>> =>
  Object.fromEntries(
    money.map((one) => [one.currency, one[field]] as const).filter(([, minor]) => Number(minor) !== 0),
  );

export const Funnel = ({ told }: { readonly told: NowAnswer }) => {
  const most = Math.max(1, ...told.stages.map(({ accounts }) => accounts));
  return (
    <section class="card" aria-labelledby="now-funnel">
      <header>
        <h2 id="now-funnel">Accounts by stage</h2>
        <span class="soft">
          {Object.entries(told.syncs)
            .map(([sync, count]) => `${countText(count)} ${sync}`)
            .join(" · ")}
        </span>
      </header>
      <section class="table-scroll" aria-label="Accounts by stage">
        <table class="funnel">
          <caption class="visually-hidden">Accounts by stage, with their money by currency</caption>
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col" class="figure">
                Accounts
              </th>
              <th scope="col" class="funnel-bar">
                <span class="visually-hidden">Share</span>
              </th>
              <th scope="col" class="figure">
                Billed
              </th>
              <th scope="col" class="figure">
                Due
              </th>
            </tr>
          </thead>
          <tbody>
            {told.stages.map(({ stage, accounts, money }) => (
              <tr key={stage} class={accounts === 0 ? "none" : ""}>
                <th scope="row">
                  {accounts === 0 ? (
                    words(stage)
                  ) : (
                    <a href={`/search?stage=${stage}`} aria-label={`${words(stage)}: ${plural(accounts, "account")}`}>
                      {words(stage)}
                    </a>
                  )}
                </th>
                <td class="figure" data-stage={stage}>
                  {countText(accounts)}
                </td>
                <td class="funnel-bar">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={(accounts / most) * 100} height="10" />
                  </svg>
                </td>
                <td class="figure">
                  <Sums by={sumsOf(money, "billedMinor")} />
                </td>
                <td class="figure">
                  <Sums by={sumsOf(money, "dueMinor")} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="soft funnel-foot">
        <Badge state="billed" tone="quiet" /> all finalized invoices that are not void ·{" "}
        <Badge state="due" tone="quiet" /> what of them is neither settled nor credited. Two currencies are never added.
      </p>
    </section>
  );
};
