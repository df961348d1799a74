/** Engineers' queue: what is wrong with the pipes, where, and what to do. */
import { get } from "../../api.ts";
import { words } from "../../format.ts";
import { missed, type NowAnswer } from "../../live.ts";
import { Age } from "../../ui/figure.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly connection: string | null;
  readonly what: string;
  readonly todo: string;
  readonly at: number | null;
}
interface Page {
  readonly items: ReadonlyArray<Item>;
}
const shown = 8;

export const FaultsCard = ({ told }: { readonly told: NowAnswer["faults"] }) => {
  const loaded = useLoad(
    (signal) => get<Page>("/v1/faults", { limit: shown }, signal),
    [JSON.stringify(told), missed.value],
  );
  return (
    <section class="card" aria-labelledby="now-faults">
      <header>
        <h2 id="now-faults">Faults, for engineers</h2>
        <span class="soft">
          {told.total} open
          {told.oldestAt !== null && (
            <>
              {" · oldest "}
              <Age from={told.oldestAt} />
            </>
          )}
        </span>
      </header>
      {told.total === 0 ? (
        <Empty title="No fault is open">
          <p>Breakers, undecodable bodies, bad signatures and stalls are told here.</p>
        </Empty>
      ) : (
        <Shown loaded={loaded} what="faults">
          {({ items }) => (
            <Table
              caption="Faults, those that last first"
              rows={items.slice(0, shown)}
              keyOf={({ id }) => id}
              columns={[
                { head: "What", cell: ({ kind }) => words(kind), tight: true },
                { head: "Where", cell: ({ connection }) => connection ?? "here", tight: true },
                {
                  head: "Why, and what to do",
                  cell: ({ what, todo }) => (
                    <>
                      {what}
                      <br />
                      <span class="soft">{todo}</span>
                    </>
                  ),
                },
                { head: "Age", cell: ({ at }) => <Age from={at} />, figure: true },
              ]}
            />
          )}
        </Shown>
      )}
    </section>
  );
};
