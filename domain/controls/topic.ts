/**
 * A topic of what people decide that is of no one party: who works an exception, which periods are closed, which keys may come in.
 * Its notes are `operator` entries of the journal; its records follow from them in order of position, and from nothing else. *Pure.*
 */

/** In the place of a party. */
export const controlsParty = "@controls";

/** What every note of a topic says. */
export interface ControlNote {
  /** `topic.happened`, past tense. */
  readonly type: string;
  readonly party: typeof controlsParty;
  /** Who, as the API key or the command line names them. */
  readonly by: string;
  readonly reason: string | null;
}

/** When (epoch milliseconds, UTC) and where in the journal a note stands. */
export interface Written {
  readonly at: number;
  readonly position: number;
}

/** `R` is plain JSON: it is kept as a cell of the snapshot. */
export interface Topic<N extends ControlNote, R> {
  /** Of every note type before its dot, and of every cell before its slash. */
  readonly name: string;
  /** Which of the topic's records a note is about. */
  readonly about: (note: N) => string;
  /** The record after the note. The same record: it came too late to change anything. Null: there is none (any more). */
  readonly fold: (before: R | null, note: N, written: Written) => R | null;
}
