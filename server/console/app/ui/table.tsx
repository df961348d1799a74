/**
 * A table that is worked by keys: arrows, Home and End move between its rows, Enter opens one, Space chooses it where rows can be
 * chosen. Rows are links where they lead somewhere, so that everything a browser does with links works.
 */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { go } from "../router.ts";
import { Icon } from "./icon.tsx";

export interface Column<R> {
  readonly head: string;
  readonly cell: (row: R) => ComponentChildren;
  /** Figures stand to the right. */
  readonly figure?: boolean;
  /** Of the narrow kind that never breaks its line. */
  readonly tight?: boolean;
  /** Says `sort` is by this column. */
  readonly sorted?: "ascending" | "descending";
}

export interface Choice {
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

interface TableProps<R> {
  /** Read out before the table; shown to nobody. */
  readonly caption: string;
  readonly columns: ReadonlyArray<Column<R>>;
  readonly rows: ReadonlyArray<R>;
  readonly keyOf: (row: R) => string;
  /** Where Enter or a click leads. */
  readonly hrefOf?: (row: R) => string;
  /** In its place: opened here. */
  readonly onOpen?: (row: R) => void;
  readonly choice?: Choice;
  /** Another class of a row. */
  readonly classOf?: (row: R) => string;
}

const toggled = (set: ReadonlySet<string>, key: string): ReadonlySet<string> => {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
};

export const Table = <R,>(props: TableProps<R>) => {
  const { caption, columns, rows, keyOf, hrefOf, onOpen, choice, classOf } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [active, setActive] = useState(0);
  const at = Math.min(active, Math.max(0, rows.length - 1));
  const opens = hrefOf !== undefined || onOpen !== undefined;

  const open = (row: R): void => {
    if (onOpen !== undefined) onOpen(row);
    else if (hrefOf !== undefined) go(hrefOf(row));
  };
  const focus = (index: number): void => {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setActive(to);
    const row = body.current?.rows[to];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  const steps: Readonly<Record<string, (from: number) => number>> = {
    ArrowDown: (from) => from + 1,
    ArrowUp: (from) => from - 1,
    PageDown: (from) => from + 10,
    PageUp: (from) => from - 10,
    Home: () => 0,
    End: () => rows.length - 1,
  };
  const pressed = (event: KeyboardEvent, index: number): void => {
    const row = rows[index];
    // Keys on something inside a row are that thing's own.
    if (row === undefined || event.target !== event.currentTarget) return;
    const step = steps[event.key];
    if (step !== undefined) focus(step(index));
    else if (event.key === "Enter" && opens) open(row);
    else if (event.key === " " && choice !== undefined) choice.onChange(toggled(choice.chosen, keyOf(row)));
    else return;
    event.preventDefault();
  };
  const clicked = (event: MouseEvent, row: R): void => {
    if ((event.target as Element).closest("a, button, input, label, summary") !== null) return;
    if (getSelection()?.type === "Range") return;
    open(row);
  };
  const all = rows.length > 0 && choice !== undefined && rows.every((row) => choice.chosen.has(keyOf(row)));

  return (
    <section class="table-scroll" tabIndex={rows.length === 0 ? 0 : -1} aria-label={caption}>
      <table class={opens ? "opens" : ""}>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {choice !== undefined && (
              <th class="tight">
                <input
                  type="checkbox"
                  aria-label="Choose all rows shown"
                  checked={all}
                  onChange={() => choice.onChange(new Set(all ? [] : rows.map(keyOf)))}
                />
              </th>
            )}
            {columns.map(({ head, figure, tight, sorted }) => (
              <th
                key={head}
                scope="col"
                class={`${figure ? "figure" : ""} ${tight ? "tight" : ""}`}
                {...(sorted === undefined ? {} : { "aria-sort": sorted })}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => {
            const key = keyOf(row);
            const chosen = choice?.chosen.has(key) === true;
            return (
              <tr
                key={key}
                tabIndex={index === at ? 0 : -1}
                class={`${chosen ? "chosen" : ""} ${classOf?.(row) ?? ""}`}
                onFocus={() => setActive(index)}
                onKeyDown={(event) => pressed(event, index)}
                onClick={(event) => opens && clicked(event, row)}
              >
                {choice !== undefined && (
                  <td class="tight">
                    <input
                      type="checkbox"
                      tabIndex={-1}
                      aria-label={`Choose ${key}`}
                      checked={chosen}
                      onChange={() => choice.onChange(toggled(choice.chosen, key))}
                    />
                  </td>
                )}
                {columns.map(({ head, cell, figure, tight }, column) => (
                  <td key={head} class={`${figure ? "figure" : ""} ${tight ? "tight" : ""}`}>
                    {column === 0 && hrefOf !== undefined ? (
                      <a href={hrefOf(row)} tabIndex={-1}>
                        {cell(row)}
                      </a>
                    ) : (
                      cell(row)
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
};

interface PagerProps {
  /** Where the page after this one begins; null: it is the last. */
  readonly next: string | null;
  /** Whether there is one before it. */
  readonly hasBefore: boolean;
  readonly onNext: (cursor: string) => void;
  readonly onFirst: () => void;
}

/** Lists of the API go forward by a cursor, and back to the beginning. */
export const Pager = ({ next, hasBefore, onNext, onFirst }: PagerProps) =>
  next === null && !hasBefore ? null : (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={!hasBefore} onClick={onFirst}>
        First page
      </button>
      <button type="button" disabled={next === null} onClick={() => next !== null && onNext(next)}>
        Next page <Icon name="flow" />
      </button>
    </nav>
  );
