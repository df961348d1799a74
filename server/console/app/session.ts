/** The API key of this tab: asked for once, kept until the tab is closed, sent to this server alone. */
import { signal } from "@preact/signals";

const slot = "tieout.key";

/** Null: none was given; the sandbox wants none. */
export const apiKey = signal<string | null>(sessionStorage.getItem(slot));

/** Why a key is asked for now; null: it is not. */
export const keyWanted = signal<string | null>(null);

/** `refused`: why, in the server's words. Where no key was sent those are for programs. */
export const wantKey = (refused: string): void => {
  keyWanted.value =
    apiKey.peek() === null
      ? "This server asks for an API key. Whoever administers it makes one: tieout keys make."
      : `This key does not open: ${refused}`;
};

export const setKey = (key: string | null): void => {
  if (key === null) sessionStorage.removeItem(slot);
  else sessionStorage.setItem(slot, key);
  apiKey.value = key;
  keyWanted.value = null;
};

export const authorization = (): Readonly<Record<string, string>> =>
  apiKey.value === null ? {} : { authorization: `Bearer ${apiKey.value}` };
