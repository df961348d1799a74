/** What is chosen in a list, and what may be done with it. */
import { plural } from "../format.ts";
import { type BulkAct, bulkVerbs as verbs } from "./bulk-acts.ts";

/** How many are chosen, and what may be done with them, or with everything that the filter finds. */
export const ChosenBar = (props: {
  readonly chosen: number;
  readonly shown: number;
  readonly total: number | null;
  readonly acts: ReadonlyArray<BulkAct>;
  readonly noun: string;
  readonly isAll: boolean;
  readonly onAll: (all: boolean) => void;
  readonly onAct: (act: BulkAct) => void;
  readonly onNone: () => void;
}) => {
  const { chosen, shown, total, acts, noun, isAll, onAll, onAct, onNone } = props;
  if (chosen === 0 && !isAll) return null;
  return (
    <section class="chosen-bar" aria-label="What is chosen">
      <p role="status">
        <strong>{isAll ? `All ${total === null ? "" : total} of this filter` : plural(chosen, noun)}</strong> chosen
      </p>
      {acts.map((act) => (
        <button key={act} type="button" onClick={() => onAct(act)}>
          {verbs[act]}…
        </button>
      ))}
      {!isAll && chosen === shown && (total === null || total > shown) && (
        <button type="button" class="bare" onClick={() => onAll(true)}>
          Choose all {total === null ? "" : `${total} `}of this filter
        </button>
      )}
      <button type="button" class="bare" onClick={onNone}>
        Choose none
      </button>
    </section>
  );
};
