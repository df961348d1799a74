/** Light or dark: what the system says, until somebody says otherwise on this machine. `theme-boot.ts` sets it before the first paint. */
import { signal } from "@preact/signals";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const slot = "tieout.theme";
const stored = localStorage.getItem(slot);

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export const setTheme = (to: Theme): void => {
  theme.value = to;
  if (to === "system") {
    localStorage.removeItem(slot);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(slot, to);
    document.documentElement.dataset["theme"] = to;
  }
};
