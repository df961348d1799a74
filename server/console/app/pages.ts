/** The pages, in the order of the menu. A page is a folder under `pages/`, a line here, one in `paths.ts` and one in `styles/main.css`. */
import type { ComponentType } from "preact";
import { type PageName, type PageProps, pagePaths } from "./paths.ts";
import type { IconName } from "./ui/icon.tsx";

export interface PageEntry {
  readonly name: PageName;
  readonly path: string;
  /** In the browser's tab, and in the menu. */
  readonly title: string;
  /** In the menu; null: reached from elsewhere. */
  readonly icon: IconName | null;
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
}

const page = (name: PageName, title: string, icon: IconName | null, load: PageEntry["load"]): PageEntry => ({
  name,
  path: pagePaths[name],
  title,
  icon,
  load,
});

export const pages: ReadonlyArray<PageEntry> = [
  page("now", "Now", "pulse", () => import("./pages/now/page.tsx")),
  page("search", "Accounts", "search", () => import("./pages/search/page.tsx")),
  page("account", "Account", null, () => import("./pages/account/page.tsx")),
  page("exceptions", "Exceptions", "inbox", () => import("./pages/exceptions/page.tsx")),
  page("commands", "Commands", "send", () => import("./pages/commands/page.tsx")),
  page("reconciliation", "Reconciliation", "scale", () => import("./pages/reconciliation/page.tsx")),
  page("revenue", "Revenue", "chart", () => import("./pages/revenue/page.tsx")),
  page("connections", "Connections", "plug", () => import("./pages/connections/page.tsx")),
  page("explain", "Why", null, () => import("./pages/explain/page.tsx")),
  page("shuffle", "Shuffle", null, () => import("./pages/shuffle/page.tsx")),
];
