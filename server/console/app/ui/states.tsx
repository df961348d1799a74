/** What a place shows while it loads, when there is nothing, and when something went wrong. */
import type { ComponentChildren } from "preact";
import type { ApiFailure } from "../api.ts";
import type { Loaded } from "../use-load.ts";
import { Icon } from "./icon.tsx";

export const Loading = ({ what, rows = 3 }: { readonly what: string; readonly rows?: number }) => (
  <div class="loading" role="status">
    <span class="visually-hidden">Loading {what}</span>
    {Array.from({ length: rows }, (_, at) => (
      <span key={at} class="bone" aria-hidden="true" />
    ))}
  </div>
);

export const Empty = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

export const Failure = ({ failure, retry }: { readonly failure: ApiFailure; readonly retry?: () => void }) => (
  <div class="failure" role="alert">
    <Icon name="warn" />
    <div>
      <p class="failure-title">{failure.title}</p>
      <p>{failure.message}</p>
      {failure.reasons.length > 0 && (
        <ul>
          {failure.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {failure.requestId !== null && <p class="soft">request {failure.requestId}</p>}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  </div>
);

interface ShownProps<A> {
  readonly loaded: Loaded<A>;
  readonly what: string;
  readonly children: (value: A) => ComponentChildren;
}

/** The answer where there is one, with a word where it is from before; else loading or the failure. */
export const Shown = <A,>({ loaded, what, children }: ShownProps<A>) => {
  const { value, failure, reload } = loaded;
  if (value === null) return failure === null ? <Loading what={what} /> : <Failure failure={failure} retry={reload} />;
  return (
    <>
      {failure !== null && <Failure failure={failure} retry={reload} />}
      {children(value)}
    </>
  );
};
