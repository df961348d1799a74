/** What a vendor said, in plain words: what it means, and what happens next. *Pure.* */

/** `Transient: 503 Service Unavailable` → its tag and the rest. */
const parts = (error: string): readonly [tag: string, detail: string] => {
  const colon = error.indexOf(": ");
  return colon < 0 ? ["", error] : [error.slice(0, colon), error.slice(colon + 2)];
};

export interface Plain {
  readonly what: string;
  readonly next: string;
  /** In the vendor's own words; null: it said nothing. */
  readonly said: string | null;
}

/** `state`: of the command. Null where nothing went wrong. */
export const plainError = (target: string, state: string, error: string | null): Plain | null => {
  if (error === null && state !== "unknown") return null;
  const [tag, detail] = error === null ? ["", ""] : parts(error);
  const said = detail === "" ? null : detail;
  if (state === "unknown")
    return {
      what: `It is not known whether ${target} did it: no clear answer came.`,
      next: "It is read back before anything is sent again, so that nothing is there twice.",
      said,
    };
  if (state === "rejected")
    return {
      what: `${target} refused it.`,
      next: "Put right what it names; it is tried again when what it lacked arrives, or when somebody retries it.",
      said: error,
    };
  if (tag === "Throttled")
    return {
      what: `${target} asked us to slow down.`,
      next: "It is sent again when the time it named has passed.",
      said,
    };
  if (state === "acked")
    return { what: `${target} took it, after an attempt that failed.`, next: "Nothing is left to do.", said };
  return { what: `${target} could not take it just now.`, next: "It is tried again by itself, later each time.", said };
};

const holds: Readonly<Record<string, string>> = {
  observe: "the connection only watches",
  approval: "waits for somebody's approval",
  parked: "is parked",
  cancelled: "was taken back by a person",
};
const waits: Readonly<Record<string, string>> = {
  priority: "more urgent commands go first",
  breaker: "the target does not answer, and is left alone for a while",
  limit: "the target's limit is reached",
};

/** Why it does not go; null: nothing keeps it. */
export const keptBy = (command: {
  readonly hold: string | null;
  readonly blockedBy: string | null;
  readonly waiting: string | null;
}): string | null => {
  if (command.blockedBy !== null) return command.blockedBy;
  if (command.hold !== null) return holds[command.hold] ?? `held: ${command.hold}`;
  return command.waiting === null ? null : (waits[command.waiting] ?? command.waiting);
};
