/** Something that a page asks the server for: loading, there, or failed; asked again when what it depends on changes. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure } from "./api.ts";
import { connection } from "./live.ts";
import { apiKey } from "./session.ts";

export interface Loaded<A> {
  /** The last answer that came; kept while a new one is on its way, and when that fails. */
  readonly value: A | null;
  readonly failure: ApiFailure | null;
  readonly loading: boolean;
  readonly reload: () => void;
}

const asFailure = (error: unknown): ApiFailure =>
  error instanceof ApiFailure
    ? error
    : new ApiFailure({ type: "page", status: 0, title: "This page broke", detail: String(error) });

/**
 * `on`: another value of any of them asks again, and forgets the old answer. With another `round`, after `reload`, or when the server is
 * back, the old one stays until the new one is there.
 */
export const useLoad = <A>(
  load: (signal: AbortSignal) => Promise<A>,
  on: ReadonlyArray<unknown>,
  round: unknown = null,
): Loaded<A> => {
  const [state, setState] = useState<Omit<Loaded<A>, "reload">>({ value: null, failure: null, loading: true });
  const [again, setAgain] = useState(0);
  const asked = useRef(on);
  const reload = useCallback(() => setAgain((before) => before + 1), []);
  const key = apiKey.value;
  const isBack = connection.value.state === "live" && state.failure?.status === 0;

  useEffect(() => {
    if (isBack) reload();
  }, [isBack, reload]);

  useEffect(() => {
    const same = asked.current.every((one, at) => Object.is(one, on[at]));
    asked.current = on;
    setState((before) => ({ value: same ? before.value : null, failure: null, loading: true }));
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setState({ value, failure: null, loading: false });
      },
      (error) => {
        if (!stop.signal.aborted) setState(({ value }) => ({ value, failure: asFailure(error), loading: false }));
      },
    );
    return () => stop.abort();
  }, [...on, round, again, key]);

  return { ...state, reload };
};
