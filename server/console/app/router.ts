/** Where the reader is: the address as a signal, and moving within the console without loading it again. */
import { computed, signal } from "@preact/signals";
import { matchPath, type PageName, type PageProps, pagePaths } from "./paths.ts";

const here = (): string => `${location.pathname}${location.search}`;

export const address = signal(here());

export interface Place extends PageProps {
  /** Null: no page is there. */
  readonly page: PageName | null;
  readonly path: string;
}

export const placeOf = (text: string): Place => {
  const { pathname: path, searchParams: search } = new URL(text, location.origin);
  for (const [page, pattern] of Object.entries(pagePaths)) {
    const parameters = matchPath(pattern, path);
    if (parameters !== null) return { page: page as PageName, parameters, search, path };
  }
  return { page: null, parameters: {}, search, path };
};

export const place = computed(() => placeOf(address.value));

/** `replace`: the place before is not gone back to, as for a filter that changes while somebody types. */
export const go = (to: string, { replace = false } = {}): void => {
  if (to === here()) return;
  const moved = new URL(to, location.origin).pathname !== location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.value = here();
  if (moved) scrollTo(0, 0);
};

/** The same page with other words after the question mark; null takes one away. */
export const withSearch = (change: Readonly<Record<string, string | null>>): string => {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return `${url.pathname}${url.search}`;
};

const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;

/** Links to pages of the console move within it; all others are the browser's. */
export const followLinks = (): void => {
  addEventListener("popstate", () => {
    address.value = here();
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest("a");
    if (!link?.href || !isPlain(event) || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || (url.hash !== "" && url.pathname === location.pathname)) return;
    const to = `${url.pathname}${url.search}`;
    if (placeOf(to).page === null) return;
    event.preventDefault();
    go(to);
  });
};

export const accountHref = (id: string): string => `/accounts/${encodeURIComponent(id)}`;
