/** The configuration that each start found, without its secrets: written down when it changed. *Pure.* */
import type { Json } from "../canonical.ts";
import type { ControlNote, Topic } from "./topic.ts";

export interface ConfigurationNotes extends ControlNote {
  readonly type: "configuration.loaded";
  /** SHA-256 of the content's canonical encoding. */
  readonly hash: string;
  readonly content: Json;
}

export interface ConfigurationRecord {
  readonly hash: string;
  readonly content: Json;
  readonly at: number;
  readonly position: number;
}

/** There is one record: the last. Earlier ones are in the journal. */
export const lastLoaded = "last";

export const configuration: Topic<ConfigurationNotes, ConfigurationRecord> = {
  name: "configuration",
  about: () => lastLoaded,
  fold: (before, { hash, content }, { at, position }) =>
    before?.hash === hash ? before : { hash, content, at, position },
};
