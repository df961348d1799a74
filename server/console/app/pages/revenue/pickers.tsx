/** Which figures: of which legal entity, currency, account and months, as of which day, and as it was known when. */
import type { ComponentChildren } from "preact";
import { go, withSearch } from "../../router.ts";
import { ChoiceFilter, TextFilter } from "../../ui/filters.tsx";
import type { Row } from "./told.ts";

interface DateProps {
  readonly name: string;
  readonly label: string;
  readonly type: "month" | "date";
  readonly value: string;
}

/** A browser without a picker of months takes it as text. */
const DateFilter = ({ name, label, type, value }: DateProps) => (
  <label class="filter">
    {label}
    <input
      type={type}
      value={value}
      placeholder={type === "month" ? "2026-01" : "2026-01-31"}
      onChange={(event) => go(withSearch({ [name]: event.currentTarget.value, cell: null }), { replace: true })}
    />
  </label>
);

interface PickersProps {
  readonly search: URLSearchParams;
  /** What the report may be asked for. */
  readonly taken: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<Row>;
  readonly children: ComponentChildren;
}

export const Pickers = ({ search, taken, rows, children }: PickersProps) => {
  const value = (name: string): string => search.get(name) ?? "";
  const seen = (column: string): ReadonlyArray<string> =>
    [...new Set([...rows.map((row) => row[column]), value(column)])]
      .filter((one): one is string => typeof one === "string" && one !== "")
      .sort();
  const has = (name: string): boolean => taken.includes(name);
  return (
    <search class="filters" aria-label="Which figures">
      {has("entity") && (
        <ChoiceFilter
          name="entity"
          label="Legal entity"
          value={value("entity")}
          values={seen("entity").map(asItIs)}
          any="all"
        />
      )}
      {has("currency") && (
        <ChoiceFilter
          name="currency"
          label="Currency"
          value={value("currency")}
          values={seen("currency").map(asItIs)}
          any="each"
        />
      )}
      {has("from") && <DateFilter name="from" label="From" type="month" value={value("from")} />}
      {has("to") && <DateFilter name="to" label="To" type="month" value={value("to")} />}
      {has("asOf") && <DateFilter name="asOf" label="As of" type="date" value={value("asOf")} />}
      {has("measure") && (
        <ChoiceFilter
          name="measure"
          label="Counted in"
          value={value("measure")}
          values={[["functional", "each entity's own currency"]]}
          any="the documents' currency"
        />
      )}
      <TextFilter name="account" label="Account (any id)" value={value("account")} size={16} />
      {children}
    </search>
  );
};

const asItIs = (name: string): readonly [string, string] => [name, name];
