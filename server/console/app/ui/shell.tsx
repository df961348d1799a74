/** What stands around every page: the menu, the search box, whether it is live, light or dark, and the words about keys. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { addressOf } from "../api.ts";
import { instantText, spanText } from "../format.ts";
import { connection, now, reconnect } from "../live.ts";
import { pages } from "../pages.ts";
import { go, place } from "../router.ts";
import { apiKey, setKey } from "../session.ts";
import { Dialog } from "./dialog.tsx";
import { useClock } from "./figure.tsx";
import { Icon } from "./icon.tsx";
import { setTheme, type Theme, theme, themes } from "./theme.ts";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest("input:not([type=checkbox], [type=range]), textarea, select, dialog") !== null;

const keys: ReadonlyArray<readonly [string, string]> = [
  ["/", "go to the search box"],
  ["↑ ↓ Home End", "move between the rows of a table"],
  ["Enter", "open the row"],
  ["Space", "choose the row, where rows can be chosen"],
  ["[ ]", "on an account: one moment back, one forward"],
  ["?", "this list"],
];

const SearchBox = () => {
  const box = useRef<HTMLInputElement>(null);
  const asked = place.value.page === "search" ? (place.value.search.get("q") ?? "") : "";
  const [typed, setTyped] = useState(asked);
  useEffect(() => setTyped(asked), [asked]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key !== "/" || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  const find = (event: Event): void => {
    event.preventDefault();
    go(addressOf("/search", { q: typed.trim() }));
  };
  return (
    <search class="search-box">
      <form onSubmit={find}>
        <Icon name="search" />
        <input
          ref={box}
          type="search"
          name="q"
          value={typed}
          placeholder="Any id, number, name, email, amount…"
          aria-label="Search accounts"
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <kbd>/</kbd>
      </form>
    </search>
  );
};

const LiveState = () => {
  const { state } = connection.value;
  const text = { connecting: "connecting", live: "live", lost: "not connected", refused: "no stream" }[state];
  return (
    <span
      class="live"
      data-state={state}
      title={now.value === null ? undefined : `entry ${now.value.seq} of the journal`}
    >
      <span class="live-dot" aria-hidden="true" />
      {text}
    </span>
  );
};

const LostNotice = () => {
  const { state, since } = connection.value;
  const at = useClock();
  if (state === "refused")
    return (
      <div class="notice warn" role="status">
        <Icon name="warn" /> This key may not follow live changes: figures are those of when a page was opened.
      </div>
    );
  if (state !== "lost") return null;
  const told = now.value;
  return (
    <div class="notice bad" role="alert">
      <Icon name="warn" />
      <span>
        The server does not answer (for {spanText(Date.now() - since)}).
        {told !== null &&
          ` What is shown is from ${instantText(told.at).slice(11)} UTC, ${spanText(at - told.at)} ago.`}{" "}
        It is asked again by itself.
      </span>
      <button type="button" onClick={reconnect}>
        Ask now
      </button>
    </div>
  );
};

const Menu = () => (
  <nav class="menu" aria-label="Pages">
    <a class="brand" href="/">
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <path d="M3 6h14M3 14h14" />
        <circle cx="7" cy="6" r="2.2" />
        <circle cx="13" cy="14" r="2.2" />
      </svg>
      tieout
    </a>
    <ul>
      {pages.map(({ name, path, title, icon }) =>
        icon === null ? null : (
          <li key={name}>
            <a href={path} {...(place.value.page === name ? { "aria-current": "page" as const } : {})}>
              <Icon name={icon} />
              {title}
            </a>
          </li>
        ),
      )}
    </ul>
    <ul class="menu-foot">
      <li>
        <a href="/docs">API reference</a>
      </li>
      <li>
        <a href="/inspect">Watch machines</a>
      </li>
    </ul>
  </nav>
);

const ThemeChoice = () => (
  <label class="theme-choice">
    <span class="visually-hidden">Light or dark</span>
    <Icon name="sun" />
    <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
      {themes.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  </label>
);

const Help = () => {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === "?" && !isTyping(event.target)) setShown(true);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return (
    <>
      <button type="button" class="bare" aria-label="Keys" aria-keyshortcuts="?" onClick={() => setShown(true)}>
        ?
      </button>
      {shown && (
        <Dialog title="Keys" onClose={() => setShown(false)}>
          <dl class="keys">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <form method="dialog">
            <button type="submit">Close</button>
          </form>
        </Dialog>
      )}
    </>
  );
};

export const Shell = ({ sandbox, children }: { readonly sandbox: boolean; readonly children: ComponentChildren }) => (
  <div class="shell">
    <a class="skip" href="#main">
      Skip to the page
    </a>
    <Menu />
    <header class="top">
      <SearchBox />
      <div class="top-end">
        {sandbox && <span class="tag">sandbox</span>}
        <LiveState />
        <ThemeChoice />
        {apiKey.value !== null && (
          <button type="button" class="bare" onClick={() => setKey(null)}>
            Forget key
          </button>
        )}
        <Help />
      </div>
    </header>
    <main id="main" tabIndex={-1}>
      <LostNotice />
      {children}
    </main>
  </div>
);
