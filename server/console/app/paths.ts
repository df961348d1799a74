/** Where each page of the console is. One list for the server, which answers them, and for the app, which shows them. *Pure.* */

/** `:name` stands for one part of the address. */
export const pagePaths = {
  now: "/",
  search: "/search",
  account: "/accounts/:id",
  exceptions: "/exceptions",
  commands: "/commands",
  reconciliation: "/reconciliation",
  revenue: "/revenue",
  connections: "/connections",
  explain: "/explain",
  shuffle: "/shuffle/:account",
} as const;

export type PageName = keyof typeof pagePaths;

/** What stands for the `:names` of a page's path, decoded. */
export type PageParameters = Readonly<Record<string, string>>;

/** What every page is given. */
export interface PageProps {
  readonly parameters: PageParameters;
  /** Of the address, after the question mark. */
  readonly search: URLSearchParams;
}

const partsOf = (path: string): ReadonlyArray<string> => path.split("/").filter((part) => part !== "");

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Null: the address is not of that page. */
export const matchPath = (pattern: string, path: string): PageParameters | null => {
  const [wanted, given] = [partsOf(pattern), partsOf(path)];
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith(":")) found[part.slice(1)] = decoded(given[at]!);
    else if (part !== given[at]) return null;
  }
  return found;
};
