export const root: string;
export const build: (
  entries: Readonly<Record<string, string>>,
  outdir: string,
  options?: { readonly sourcemap?: boolean; readonly engine?: boolean },
) => Promise<void>;
