/** Every topic, in one place. */
import { type DeskNotes, desk } from "./desk.ts";

export const topics = [desk] as const;
/** Every note of a topic. */
export type TopicNote = DeskNotes;
