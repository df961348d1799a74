/** The account's entries, newest first. Only the rows in view are drawn, so that five thousand are as quick as fifty. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { countText, instantText } from "../../format.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import type { History } from "./history.ts";
import { type Entry, type EntryKind, kindOf, movesOf, sentenceOf, type Transition, whoOf, whyOf } from "./story.ts";

/** Pixels; the stylesheet has the same. */
const rowHeight = 44;
const viewHeight = 528;
const spare = 6;

const icons: Readonly<Record<EntryKind, IconName>> = { event: "inbox", command: "send", person: "person", own: "dot" };
const kindNames: Readonly<Record<EntryKind, string>> = {
  event: "events",
  command: "commands",
  person: "people",
  own: "decisions",
};

interface RowProps {
  readonly entry: Entry;
  readonly move: Transition | undefined;
  readonly chosen: boolean;
  readonly index: number;
  readonly onChoose: (position: number) => void;
}

const Row = ({ entry, move, chosen, index, onChoose }: RowProps) => {
  const kind = kindOf(entry);
  const why = whyOf(entry);
  return (
    <li class={`entry ${kind} ${chosen ? "chosen" : ""}`} style={{ top: `${index * rowHeight}px` }}>
      <button
        type="button"
        aria-pressed={chosen}
        data-position={entry.position}
        onClick={() => onChoose(entry.position)}
      >
        <Icon name={icons[kind]} />
        <span class="entry-time">{instantText(entry.at).slice(5)}</span>
        <span class="entry-text">
          <span class="entry-what" title={sentenceOf(entry)}>
            {sentenceOf(entry)}
          </span>
          <span class="entry-who">
            {move !== undefined && <span class="entry-moves">{movesOf(move).join(" · ")}</span>}
            <span class="visually-hidden">{kindNames[kind]}, by </span>
            {whoOf(entry)}
            {why !== null && ` · “${why}”`} · entry {entry.position}
          </span>
        </span>
      </button>
    </li>
  );
};

interface TimelineProps {
  readonly history: History;
  /** The entry that the page shows the account at; null: now. */
  readonly chosen: number | null;
  readonly onChoose: (position: number) => void;
}

export const TimelineList = ({ history, chosen, onChoose }: TimelineProps) => {
  const { entries, transitions, complete, loading, failure, earlier, reload } = history;
  const [hidden, setHidden] = useState<ReadonlySet<EntryKind>>(new Set());
  const [top, setTop] = useState(0);
  const box = useRef<HTMLElement>(null);
  const rows = useMemo(() => entries.filter((entry) => !hidden.has(kindOf(entry))).reverse(), [entries, hidden]);
  const moves = useMemo(() => new Map(transitions.map((one) => [one.position, one])), [transitions]);
  const chosenAt = chosen === null ? -1 : rows.findIndex(({ position }) => position === chosen);

  useEffect(() => {
    const list = box.current;
    if (list === null) return;
    if (chosen === null) list.scrollTop = 0;
    if (chosenAt < 0) return;
    const at = chosenAt * rowHeight;
    if (at < list.scrollTop || at > list.scrollTop + viewHeight - rowHeight) list.scrollTop = at - viewHeight / 2;
  }, [chosenAt, chosen]);

  if (entries.length === 0) {
    if (failure !== null) return <Failure failure={failure} retry={reload} />;
    return loading ? <Loading what="the timeline" rows={6} /> : <Empty title="Nothing has happened yet" />;
  }
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(rows.length, Math.ceil((top + viewHeight) / rowHeight) + spare);
  const toggle = (kind: EntryKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  const pressed = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const next = rows[Math.max(0, chosenAt + by)];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    onChoose(next.position);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-position="${next.position}"]`)?.focus());
  };
  return (
    <>
      {failure !== null && <Failure failure={failure} retry={reload} />}
      <fieldset class="entry-filter">
        <legend class="visually-hidden">What to show</legend>
        {(Object.keys(kindNames) as ReadonlyArray<EntryKind>).map((kind) => (
          <label key={kind}>
            <input type="checkbox" checked={!hidden.has(kind)} onChange={() => toggle(kind)} />
            <Icon name={icons[kind]} /> {kindNames[kind]}
          </label>
        ))}
        <span class="soft">
          {countText(rows.length)} {complete ? "entries, all there are" : "entries, the newest"}
        </span>
      </fieldset>
      <section
        class="entries"
        aria-label="Timeline, newest first"
        ref={box}
        onKeyDown={pressed}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <ol style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((entry, at) => (
            <Row
              key={entry.position}
              entry={entry}
              move={moves.get(entry.position)}
              chosen={entry.position === chosen}
              index={first + at}
              onChoose={onChoose}
            />
          ))}
        </ol>
      </section>
      {!complete && (
        <p class="more">
          <button type="button" disabled={loading} onClick={earlier}>
            {loading ? "Loading…" : "Load earlier entries"}
          </button>
        </p>
      )}
    </>
  );
};
