/** Entries of the journal as sentences: what came in, what we did, what the machine made of it, and what people decided. *Pure.* */
import type { Timeline } from "../../../../openapi/answers.ts";
import { words } from "../../format.ts";

export type Entry = (typeof Timeline.Type)["items"][number];
export type Transition = NonNullable<(typeof Timeline.Type)["transitions"]>[number];

export type EntryKind = "event" | "command" | "person" | "own";

const kinds: Readonly<Record<string, EntryKind>> = {
  command: "command",
  operator: "person",
  decision: "own",
  time: "own",
};
export const kindOf = ({ kind }: Pick<Entry, "kind">): EntryKind => kinds[kind] ?? "event";

interface Note {
  readonly type?: string;
  readonly slot?: string;
  readonly detail?: string;
  readonly by?: string;
  readonly reason?: string | null;
  readonly subject?: string;
  readonly state?: string;
  readonly command?: { readonly verb: string; readonly kind: string; readonly target: string; readonly source: string };
  readonly receipt?: { readonly foreignId: string };
}

const noteOf = ({ note }: Entry): Note => (typeof note === "object" && note !== null ? (note as Note) : {});

/** `netsuite|invoice/in_8|receivable` → what, of what, where. */
const slotWords = (slot: string | undefined): string => {
  const [target = "", source = "", part = ""] = (slot ?? "").split("|");
  return `${words(part.split(":")[0]!)} of ${source.replace("/", " ")} in ${target}`;
};

const commandWords = (note: Note): string => {
  switch (note.type) {
    case "command.claimed": {
      const { verb, kind, source, target } = note.command!;
      return `${words(verb)} ${words(kind)} of ${source.replace("/", " ")}: sent to ${target}`;
    }
    case "command.acked":
      return `${slotWords(note.slot)}: taken, its id there is ${note.receipt?.foreignId}`;
    case "command.retrying":
      return `${slotWords(note.slot)}: not now, it is tried again. ${note.detail ?? ""}`;
    case "command.unknown":
      return `${slotWords(note.slot)}: not known whether it was done, it is read back. ${note.detail ?? ""}`;
    case "command.rejected":
      return `${slotWords(note.slot)}: refused. ${note.detail ?? ""}`;
    case "command.absent":
      return `${slotWords(note.slot)}: read back, and not there`;
    default:
      return words((note.type ?? "a command").replace(".", " "));
  }
};

const eventWords = ({ events, kind }: Entry): string =>
  events.length === 0
    ? words(kind)
    : events
        .map(({ type, subject }) => `${words(type.slice(type.indexOf(".") + 1))} ${subject.replace("/", " ")}`)
        .join(", ");

export const sentenceOf = (entry: Entry): string => {
  const note = noteOf(entry);
  switch (kindOf(entry)) {
    case "event":
      return eventWords(entry);
    case "command":
      return commandWords(note);
    case "person":
      return `${words((note.type ?? "an act").replace(".", " "))}${note.subject === undefined ? "" : ` ${note.subject}`}`;
    case "own":
      return entry.kind === "time" ? "time passed" : words((note.type ?? entry.kind).replace(".", " "));
  }
};

/** Who did it; for events the system that told it. */
export const whoOf = (entry: Entry): string => {
  const { by, slot, command } = noteOf(entry);
  if (kindOf(entry) === "command") return command?.target ?? slot?.split("|")[0] ?? entry.connection;
  return kindOf(entry) === "person" ? (by ?? entry.connection) : entry.connection;
};
export const whyOf = (entry: Entry): string | null => noteOf(entry).reason ?? null;

/** `cash: due → settled`, region by region. */
export const movesOf = ({ from, to }: Transition): ReadonlyArray<string> =>
  Object.entries(to).flatMap(([region, state]) => {
    const before = from?.[region as keyof typeof to];
    return before === state ? [] : [`${region}: ${before === undefined ? "" : `${words(before)} → `}${words(state)}`];
  });

/** What the machine did last, at or before a position; null: nothing that is known here. */
export const lastMove = (transitions: ReadonlyArray<Transition>, position: number): Transition | null =>
  transitions.findLast((one) => one.position <= position) ?? null;
