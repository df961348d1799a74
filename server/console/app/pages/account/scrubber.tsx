/** Back and forth through what happened: the account as it stood after any of its entries. */
import { useEffect } from "preact/hooks";
import { instantText } from "../../format.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Entry } from "./story.ts";
import { sentenceOf } from "./story.ts";

export type Meaning = "known" | "effective";

interface ScrubberProps {
  /** Oldest first. */
  readonly entries: ReadonlyArray<Entry>;
  /** Null: now. */
  readonly chosen: number | null;
  readonly meaning: Meaning;
  readonly onChoose: (position: number | null) => void;
  readonly onMeaning: (meaning: Meaning) => void;
}

export const Scrubber = ({ entries, chosen, meaning, onChoose, onMeaning }: ScrubberProps) => {
  const end = entries.length;
  const found = chosen === null ? -1 : entries.findIndex(({ position }) => position === chosen);
  const at = found < 0 ? end : found;
  const move = (to: number): void => {
    const entry = entries[Math.max(0, to)];
    onChoose(to >= end || entry === undefined ? null : entry.position);
  };
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const target = event.target as Element;
      if (
        target.closest("input:not([type=range]), select, textarea, dialog") !== null ||
        event.ctrlKey ||
        event.metaKey
      )
        return;
      if (event.key === "[") move(at - 1);
      else if (event.key === "]") move(at + 1);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  });
  const entry = entries[at];
  const says =
    entry === undefined ? "now" : `after entry ${entry.position}, ${instantText(entry.at)} UTC: ${sentenceOf(entry)}`;
  return (
    <section class={`scrubber ${entry === undefined ? "" : "past"}`} aria-label="As it stood">
      <button
        type="button"
        aria-label="One entry back"
        aria-keyshortcuts="["
        disabled={at === 0}
        onClick={() => move(at - 1)}
      >
        ‹
      </button>
      <input
        type="range"
        min={0}
        max={end}
        value={at}
        aria-label="Moment"
        aria-valuetext={says}
        onInput={(event) => move(Number(event.currentTarget.value))}
      />
      <button
        type="button"
        aria-label="One entry forward"
        aria-keyshortcuts="]"
        disabled={at === end}
        onClick={() => move(at + 1)}
      >
        ›
      </button>
      <p class="scrubber-says" aria-live="polite">
        {entry === undefined ? (
          <>
            <Icon name="pulse" /> As it stands now
          </>
        ) : (
          <>
            <Icon name="clock" /> <b>{instantText(entry.at)}</b> {sentenceOf(entry)}
          </>
        )}
      </p>
      {entry !== undefined && (
        <>
          <label>
            <span class="visually-hidden">What of the time</span>
            <select value={meaning} onChange={(event) => onMeaning(event.currentTarget.value as Meaning)}>
              <option value="known">as known then</option>
              <option value="effective">as effective then</option>
            </select>
          </label>
          <button type="button" class="primary" onClick={() => onChoose(null)}>
            Back to now
          </button>
        </>
      )}
    </section>
  );
};
