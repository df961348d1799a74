/** The tie-out matrix: what agrees is quiet; what differs is loud, with both values and whose word counts. */
import { useState } from "preact/hooks";
import type { Account } from "../../../../openapi/answers.ts";
import { get } from "../../api.ts";
import { moneyText, plural, words } from "../../format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Sums } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { type Break, type Cell, type LinesPage, type Row, rowsOf, rowsThen, systemsIn } from "./lines.ts";

type AccountAnswer = typeof Account.Type;

const everyStatus =
  "missing,extra,duplicate,wrong-currency,amount-break,wrong-entity,wrong-period,field-break,timing,matched";
/** Matched rows that are shown before somebody asks for all. */
const quietRows = 12;

const valueText = (value: string | number | null): string => (value === null ? "nothing" : String(value));

const BreakText = ({ found, row }: { readonly found: Break; readonly row: Row }) => {
  const counts = row.authority ?? "the authority";
  if (found.field === null || (found.ours === null && found.theirs === null))
    return <span class="break-word">{words(found.status)}</span>;
  return (
    <span class="break-word">
      {found.field}: {valueText(found.theirs)}
      <span class="break-ours">
        {counts} says {valueText(found.ours)}
      </span>
    </span>
  );
};

/** What the others say it is worth, beside a cell that says something else. */
const elsewhere = (row: Row, system: string): string => {
  const said = Object.entries(row.cells).filter(([other, { breaks }]) => other !== system && breaks.length === 0);
  return said
    .flatMap(([other, { moneyMinor }]) =>
      Object.entries(moneyMinor).map(([currency, minor]) => `${other} says ${moneyText(minor, currency)}`),
    )
    .join(", ");
};

const MatrixCell = ({
  cell,
  row,
  system,
}: {
  readonly cell: Cell | undefined;
  readonly row: Row;
  readonly system: string;
}) => {
  if (cell === undefined)
    return (
      <td class="cell none">
        <span class="soft" aria-hidden="true">
          ·
        </span>
        <span class="visually-hidden">not concerned</span>
      </td>
    );
  const loud = cell.breaks.length > 0;
  const other = loud ? elsewhere(row, system) : "";
  return (
    <td class={`cell ${loud ? "loud" : cell.waits ? "waits" : "quiet"}`} data-loud={loud}>
      <span class="cell-head">
        <Icon name={loud ? "warn" : cell.waits ? "flow" : "check"} />
        <span class="visually-hidden">{loud ? "differs" : cell.waits ? "not there yet" : "agrees"}</span>
        {Object.keys(cell.moneyMinor).length > 0 && <Sums by={cell.moneyMinor} />}
      </span>
      {cell.breaks.map((found) => (
        <BreakText key={`${found.status} ${found.field}`} found={found} row={row} />
      ))}
      {other !== "" && <span class="break-ours">{other}</span>}
      <span class="cell-ids">
        {cell.says !== null && <>{cell.says} </>}
        {cell.ids.slice(0, 2).join(", ")}
        {cell.ids.length > 2 && ` and ${cell.ids.length - 2} more`}
      </span>
    </td>
  );
};

const Rows = ({ rows, account }: { readonly rows: ReadonlyArray<Row>; readonly account: AccountAnswer }) => {
  const [all, setAll] = useState(false);
  const systems = systemsIn(rows, account);
  const loud = rows.filter(({ status }) => status !== "matched");
  const shown = all ? rows : rows.slice(0, Math.max(quietRows, loud.length));
  if (rows.length === 0)
    return (
      <Empty title="Nothing to compare">
        <p>No system has told of an object of this account.</p>
      </Empty>
    );
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys. */}
      <section class="table-scroll" aria-label="The tie-out matrix" tabIndex={0}>
        <table class="matrix">
          <caption class="visually-hidden">One row for each object, one column for each system</caption>
          <thead>
            <tr>
              <th scope="col">Object</th>
              <th scope="col">Word that counts</th>
              {systems.map((system) => (
                <th key={system} scope="col">
                  {system}
                </th>
              ))}
              <th scope="col">Tie-out</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id} class={row.status === "matched" ? "" : "differs"} data-row={row.what}>
                <th scope="row">
                  {row.what}
                  <span class="soft">{row.leg}</span>
                </th>
                <td class="soft">{row.authority ?? "–"}</td>
                {systems.map((system) => (
                  <MatrixCell key={system} cell={row.cells[system]} row={row} system={system} />
                ))}
                <td class="tie">
                  <Badge
                    state={row.status}
                    tone={
                      row.status === "matched"
                        ? "good"
                        : row.status === "timing"
                          ? "moving"
                          : row.cause === null
                            ? "quiet"
                            : "bad"
                    }
                  />
                  {row.cause !== null && <span class="cause">{row.cause}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.length < rows.length && (
        <p class="more">
          <button type="button" onClick={() => setAll(true)}>
            Show {plural(rows.length - shown.length, "more row")} that agree
          </button>
        </p>
      )}
    </>
  );
};

interface MatrixProps {
  readonly account: AccountAnswer;
  /** At an earlier moment. */
  readonly isPast: boolean;
  /** Another one compares again. */
  readonly round: number;
}

const linesOf = async (id: string, signal: AbortSignal): Promise<LinesPage> => {
  const ask = (cursor: string | null): Promise<LinesPage> =>
    get<LinesPage>("/v1/reconciliations/latest", { account: id, status: everyStatus, limit: 200, cursor }, signal);
  const first = await ask(null);
  const items = [...first.items];
  // What differs comes first: a thousand rows are as many as anybody reads.
  for (let next = first.nextCursor; next !== null && items.length < 1000; ) {
    const page = await ask(next);
    items.push(...page.items);
    next = page.nextCursor;
  }
  return { ...first, items };
};

const MatrixNow = ({ account, round }: Omit<MatrixProps, "isPast">) => {
  const loaded = useLoad((signal) => linesOf(account.id, signal), [account.id], round);
  return (
    <Shown loaded={loaded} what="the tie-out">
      {(page) => <Rows rows={rowsOf(page, account)} account={account} />}
    </Shown>
  );
};

export const Matrix = ({ account, isPast, round }: MatrixProps) => (
  <section class="card" aria-labelledby="account-matrix">
    <header>
      <h2 id="account-matrix">Tie-out</h2>
      <span class="soft">
        {isPast
          ? "The invoices and what each system held of them at that moment; the other objects are compared as of now only."
          : "One row for each object, one column for each system. What differs comes first."}
      </span>
    </header>
    {isPast ? <Rows rows={rowsThen(account)} account={account} /> : <MatrixNow account={account} round={round} />}
  </section>
);
