/** When runs begin by themselves. *Pure data.* */
export interface RunSchedule {
  /** Null: only when somebody asks. */
  readonly everyMs: number | null;
  /** Connections that a scheduled run pulls; null: every one that can be listed. */
  readonly pull: ReadonlyArray<string> | null;
}
export const neverByItself: RunSchedule = { everyMs: null, pull: null };
