/** The records of all topics as folded so far. Each is one cell, `topic/id`. */
import { canonical, type Json } from "../canonical.ts";
import { type ControlNote, controlsParty, type Topic, type Written } from "./topic.ts";
import { topics } from "./topics.ts";

type AnyTopic = Topic<ControlNote, unknown>;

const byName = new Map<string, AnyTopic>(topics.map((topic) => [topic.name, topic as unknown as AnyTopic]));
const topicOf = (type: string): AnyTopic => {
  const found = byName.get(type.slice(0, type.indexOf(".")));
  if (found === undefined) throw new Error(`no topic takes notes of type ${JSON.stringify(type)}`);
  return found;
};

export const isControl = (note: { readonly party: string }): note is ControlNote => note.party === controlsParty;

/** Which record a note is about. */
export const recordOf = (note: ControlNote): { readonly topic: string; readonly id: string } => {
  const topic = topicOf(note.type);
  return { topic: topic.name, id: topic.about(note) };
};
export const cellOf = (note: ControlNote): string => {
  const { topic, id } = recordOf(note);
  return `${topic}/${id}`;
};

export class Controls {
  private readonly records = new Map<string, Map<string, unknown>>();

  /** Null: there is none. */
  get<N extends ControlNote, R>(topic: Topic<N, R>, id: string): R | null {
    return (this.records.get(topic.name)?.get(id) as R | undefined) ?? null;
  }

  /** By id, in order of when each first came. */
  all<N extends ControlNote, R>(topic: Topic<N, R>): ReadonlyMap<string, R> {
    return (this.records.get(topic.name) ?? new Map()) as ReadonlyMap<string, R>;
  }

  /** False: the note changed nothing. */
  apply(note: ControlNote, written: Written): boolean {
    const topic = topicOf(note.type);
    const id = topic.about(note);
    const before = this.records.get(topic.name)?.get(id) ?? null;
    const after = topic.fold(before, note, written);
    if (after === before) return false;
    this.put(topic.name, id, after);
    return true;
  }

  /** The text of a cell; null: it is gone. */
  cell(name: string): string | null {
    const record = this.records.get(name.slice(0, name.indexOf("/")))?.get(name.slice(name.indexOf("/") + 1));
    return record === undefined ? null : canonical(record as Json);
  }

  restore(name: string, body: string): void {
    this.put(name.slice(0, name.indexOf("/")), name.slice(name.indexOf("/") + 1), JSON.parse(body));
  }

  get cellNames(): ReadonlyArray<string> {
    return [...this.records].flatMap(([topic, records]) => [...records.keys()].map((id) => `${topic}/${id}`));
  }

  private put(topic: string, id: string, record: unknown): void {
    const records = this.records.get(topic) ?? new Map<string, unknown>();
    if (record === null) records.delete(id);
    else records.set(id, record);
    this.records.set(topic, records);
  }
}
