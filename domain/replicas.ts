/** What targets report of documents of ours, by the outside id that they carry: an index of a party's evidence. */
import { foreignIdOf, type PostingData } from "./event.ts";
import type { Evidence } from "./evidence.ts";

export interface Replica {
  readonly foreignId: string;
  /** Its clock, epoch ms. */
  readonly at: number;
  readonly data: PostingData;
}

export class Replicas {
  private readonly evidence: Evidence;
  private readonly subjects = new Map<string, Set<string>>();

  constructor(evidence: Evidence) {
    this.evidence = evidence;
  }

  /** Answers the outside id that the report carries; null: it says nothing any more. */
  add(subject: string): string | null {
    const data = this.evidence.data(subject) as unknown as { readonly externalId: string } | undefined;
    if (!data) return null;
    const set = this.subjects.get(data.externalId) ?? new Set();
    this.subjects.set(data.externalId, set.add(subject));
    return data.externalId;
  }

  of(outsideId: string): ReadonlyArray<Replica> {
    return [...(this.subjects.get(outsideId) ?? [])].map((subject) => {
      const { observation } = this.evidence.shown(subject)!;
      const foreign = foreignIdOf(subject.slice(subject.indexOf(":") + 1));
      return {
        foreignId: foreign.slice(foreign.indexOf(":") + 1),
        at: observation.at,
        data: observation.data as PostingData,
      };
    });
  }
}
