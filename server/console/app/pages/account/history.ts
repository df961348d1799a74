/** The account's entries as far as they were asked for: the newest page at first, earlier ones on demand, and what is new as it comes. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Timeline } from "../../../../openapi/answers.ts";
import { ApiFailure, get } from "../../api.ts";
import type { Entry, Transition } from "./story.ts";

type Page = typeof Timeline.Type;

export interface History {
  /** Oldest first. */
  readonly entries: ReadonlyArray<Entry>;
  readonly transitions: ReadonlyArray<Transition>;
  /** Nothing comes before. */
  readonly complete: boolean;
  readonly loading: boolean;
  readonly failure: ApiFailure | null;
  readonly earlier: () => void;
  readonly reload: () => void;
}

export const pageSize = 500;

interface Known {
  readonly id: string;
  readonly entries: ReadonlyArray<Entry>;
  readonly transitions: ReadonlyArray<Transition>;
  /** Where the entries before begin; null: there are none. */
  readonly before: string | null;
}

const byPosition = (a: { readonly position: number }, b: { readonly position: number }): number =>
  a.position - b.position;

const merged = (known: Known | null, id: string, page: Page): Known => {
  const fresh = { id, entries: page.items, transitions: page.transitions ?? [], before: page.nextCursor };
  const [first, last] = [page.items[0]?.position ?? 0, page.items.at(-1)?.position ?? 0];
  if (known === null || known.id !== id || known.entries.length === 0) return fresh;
  const [oldest, newest] = [known.entries[0]!.position, known.entries.at(-1)!.position];
  // More came than a page holds: what was known before is asked for again when somebody wants it.
  if (first > newest && page.nextCursor !== null) return fresh;
  const outside = ({ position }: { readonly position: number }): boolean => position < first || position > last;
  return {
    id,
    entries: [...known.entries.filter(outside), ...page.items].sort(byPosition),
    transitions: [...known.transitions.filter(outside), ...(page.transitions ?? [])].sort(byPosition),
    before: first <= oldest ? page.nextCursor : known.before,
  };
};

/** `round`: another one asks for what is new. */
export const useHistory = (id: string, round: number): History => {
  const [known, setKnown] = useState<Known | null>(null);
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [again, setAgain] = useState(0);
  const stop = useRef(new AbortController());

  const ask = useCallback(
    (cursor: string | null): void => {
      const { signal } = stop.current;
      setLoading(true);
      get<Page>(`/v1/accounts/${encodeURIComponent(id)}/timeline`, { limit: pageSize, cursor }, signal).then(
        (page) => {
          if (signal.aborted) return;
          setKnown((before) => merged(before, id, page));
          setFailure(null);
          setLoading(false);
        },
        (error) => {
          if (signal.aborted) return;
          setFailure(error instanceof ApiFailure ? error : null);
          setLoading(false);
        },
      );
    },
    [id],
  );
  // Another round asks anew.
  useEffect(() => ask(null), [ask, round, again]);
  useEffect(() => {
    stop.current = new AbortController();
    return () => stop.current.abort();
  }, [id]);

  const of = known?.id === id ? known : null;
  return {
    entries: of?.entries ?? [],
    transitions: of?.transitions ?? [],
    complete: of !== null && of.before === null,
    loading,
    failure,
    earlier: () => of?.before != null && ask(of.before),
    reload: () => setAgain((before) => before + 1),
  };
};
