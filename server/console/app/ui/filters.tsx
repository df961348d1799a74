/** Filters of a list: each is a word of the address, so that a link shows the same. */
import { useEffect, useState } from "preact/hooks";
import { words } from "../format.ts";
import { go, withSearch } from "../router.ts";
import { Pager } from "./table.tsx";

const put = (name: string, value: string): void => go(withSearch({ [name]: value, cursor: null }), { replace: true });

interface ChoiceFilterProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** Each a word of the API, or with other words for people. */
  readonly values: ReadonlyArray<string | readonly [value: string, words: string]>;
  /** What no choice is called. */
  readonly any?: string;
}

export const ChoiceFilter = ({ name, label, value, values, any = "any" }: ChoiceFilterProps) => (
  <label class="filter">
    {label}
    <select value={value} onChange={(event) => put(name, event.currentTarget.value)}>
      <option value="">{any}</option>
      {values.map((one) => {
        const [id, text] = typeof one === "string" ? [one, words(one)] : one;
        return (
          <option key={id} value={id}>
            {text}
          </option>
        );
      })}
    </select>
  </label>
);

interface TextFilterProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  /** Characters that fit. */
  readonly size?: number;
}

/** It takes effect when somebody rests, leaves it or presses Enter. */
export const TextFilter = ({ name, label, value, placeholder, size = 12 }: TextFilterProps) => {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => put(name, typed.trim()), 400);
    return () => clearTimeout(timer);
  }, [typed, value, name]);
  return (
    <label class="filter">
      {label}
      <input
        type="search"
        size={size}
        value={typed}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && put(name, typed.trim())}
      />
    </label>
  );
};

/** Of a list whose place is in the address. */
export const AddressPager = ({ next, cursor }: { readonly next: string | null; readonly cursor: string | null }) => (
  <Pager
    next={next}
    hasBefore={cursor !== null}
    onNext={(to) => go(withSearch({ cursor: to }))}
    onFirst={() => go(withSearch({ cursor: null }))}
  />
);

/** What there is to choose, and what is chosen though it is not there now; in order. */
export const withChosen = (values: ReadonlyArray<string>, chosen: string): ReadonlyArray<string> =>
  [...new Set(chosen === "" ? values : [...values, chosen])].sort();

/** Words after the question mark that are filters; none that is not given. */
export const filtersIn = (search: URLSearchParams, names: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(names.flatMap((name) => (search.get(name) ? [[name, search.get(name)!.trim()]] : [])));
