/** A trace's place in the journal: the `traceparent` on an entry's canonical events. What makes entries the same never looks at it. *Pure.* */
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Span } from "./tracing.ts";

interface Traced {
  readonly events: ReadonlyArray<CanonicalEvent>;
}

/** Of what caused the entry; null where nothing is known of it. */
export const traceparentOf = ({ events }: Traced): string | null => {
  for (const { traceparent } of events) if (traceparent !== null) return traceparent;
  return null;
};

export const stamped = <E extends Traced>(entry: E, traceparent: string): E =>
  entry.events.length === 0 ? entry : { ...entry, events: entry.events.map((event) => ({ ...event, traceparent })) };

export interface Spanned<E> {
  /** Those with a trace carry their new span in place of what caused it. */
  readonly entries: ReadonlyArray<E>;
  readonly spans: ReadonlyArray<Span>;
}

/** One span for each trace among the entries; null when there is none. */
export const spanned = <E extends Traced>(
  entries: ReadonlyArray<E>,
  open: (parent: string, first: E) => Span,
): Spanned<E> | null => {
  const spans = new Map<string, Span>();
  const restamped = entries.map((entry) => {
    const parent = traceparentOf(entry);
    if (parent === null) return entry;
    let span = spans.get(parent);
    if (!span) {
      span = open(parent, entry);
      spans.set(parent, span);
    }
    return stamped(entry, span.traceparent);
  });
  return spans.size === 0 ? null : { entries: restamped, spans: [...spans.values()] };
};
