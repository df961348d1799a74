/** Finance's queue: how much by type, and the ones that press most, by money at risk or by age. */
import { useState } from "preact/hooks";
import type { ExceptionItem } from "../../../../openapi/answers.ts";
import { addressOf, get } from "../../api.ts";
import { words } from "../../format.ts";
import { missed, type NowAnswer } from "../../live.ts";
import { accountHref } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { Age, Money, Sums } from "../../ui/figure.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";

type Item = typeof ExceptionItem.Type;
interface Page {
  readonly items: ReadonlyArray<Item>;
}

const sorts = { money: "money at risk", age: "age", priority: "priority" } as const;
type Sort = keyof typeof sorts;
const shown = 8;

const hrefOf = ({ account }: Item): string => (account === null ? "/exceptions" : accountHref(account));

export const ExceptionsCard = ({ told }: { readonly told: NowAnswer["exceptions"] }) => {
  const [sort, setSort] = useState<Sort>("money");
  const loaded = useLoad(
    (signal) => get<Page>("/v1/exceptions", { sort, limit: shown }, signal),
    [sort, JSON.stringify(told), missed.value],
  );
  return (
    <section class="card" aria-labelledby="now-exceptions">
      <header>
        <h2 id="now-exceptions">Exceptions, for finance</h2>
        <span class="soft">
          {told.total} open{told.overdue > 0 && `, ${told.overdue} overdue`}
          {told.oldestFrom !== null && (
            <>
              {" · oldest "}
              <Age from={told.oldestFrom} />
            </>
          )}
        </span>
        <label class="card-choice">
          by{" "}
          <select value={sort} onChange={(event) => setSort(event.currentTarget.value as Sort)}>
            {Object.entries(sorts).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </header>
      {told.total === 0 ? (
        <Empty title="No exception is open">
          <p>Where the systems cannot agree by themselves, it is told here, with its money.</p>
        </Empty>
      ) : (
        <>
          <ul class="kinds" aria-label="By type">
            {told.types.map(({ type, count, moneyMinor }) => (
              <li key={type}>
                <a href={addressOf("/exceptions", { type })}>{words(type)}</a> <b>{count}</b> <Sums by={moneyMinor} />
              </li>
            ))}
          </ul>
          <Shown loaded={loaded} what="exceptions">
            {({ items }) => (
              <Table
                caption={`Exceptions by ${sorts[sort]}`}
                rows={items}
                keyOf={({ id }) => id}
                hrefOf={hrefOf}
                columns={[
                  { head: "What", cell: ({ type }) => words(type), tight: true },
                  { head: "Cause", cell: ({ cause }) => cause },
                  {
                    head: "At risk",
                    cell: ({ moneyMinor, currency }) =>
                      moneyMinor === null ? (
                        <span class="soft">–</span>
                      ) : (
                        <Money minor={moneyMinor} currency={currency} />
                      ),
                    figure: true,
                  },
                  { head: "Age", cell: ({ ageFrom }) => <Age from={ageFrom} />, figure: true },
                  { head: "Whose turn", cell: ({ owner, team }) => team ?? owner, tight: true },
                  {
                    head: "Presses",
                    cell: ({ priority, overdue }) => (
                      <Badge
                        state={overdue ? `${priority}, overdue` : priority}
                        tone={overdue || priority === "urgent" ? "bad" : priority === "high" ? "warn" : "quiet"}
                      />
                    ),
                    tight: true,
                  },
                ]}
              />
            )}
          </Shown>
        </>
      )}
    </section>
  );
};
