/** `tieout explain`: how a figure or an object came about, for a person or as JSON. Exit 1 where there is no such thing. */
import { canonical, type Json } from "../../domain/canonical.ts";
import type { Hop } from "../explain/chain.ts";
import { explainKind, explainKinds } from "../explain/kinds.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { stretchOf } from "./kpis.ts";
import { askData } from "./question.ts";
import { settings } from "./settings.ts";

interface Explanation {
  readonly root: string;
  readonly hops: ReadonlyArray<Hop>;
  readonly more: ReadonlyArray<string>;
  readonly nextCursor: string | null;
  readonly behind: number;
}

/** Contributions to a page. */
const limit = 200;

/** All pages of what a figure is made of, as one. */
const wholeKpi = async (
  config: Awaited<ReturnType<typeof settings>>,
  id: string,
  stretch: { readonly from: number | null; readonly to: number | null },
): Promise<Explanation | null> => {
  let whole: Explanation | null = null;
  for (let cursor: string | null = null; ; ) {
    const kpi = { ...stretch, limit, cursor };
    const page = (await askData(config, { name: "explain", kind: "kpi", id, kpi })) as unknown as Explanation | null;
    if (page === null) return whole;
    // One question reads a bounded part of the journal: it is asked until all of it is read.
    if (page.behind > 0) continue;
    whole = whole === null ? page : together(whole, page);
    cursor = page.nextCursor;
    if (cursor === null) return whole;
  }
};

const together = (before: Explanation, page: Explanation): Explanation => {
  const hops = new Map([...before.hops, ...page.hops].map((hop) => [hop.id, hop]));
  const because = [before, page].flatMap(({ root, hops }) => hops.find(({ id }) => id === root)?.because ?? []);
  hops.set(page.root, { ...hops.get(page.root)!, because });
  return { ...page, hops: [...hops.values()] };
};

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const word = textOf(values, "KIND");
  const id = textOf(values, "ID");
  if (word === null || id === null)
    throw new UsageError("explain needs KIND and ID, as in: explain invoice stripe:in_1");
  const kind = explainKind(word);
  if (kind === null)
    throw new UsageError(`there is no kind ${JSON.stringify(word)}; one of ${explainKinds.join(", ")}`);
  const stretch = stretchOf(values);
  if (kind !== "kpi" && (stretch.from ?? stretch.to) !== null)
    throw new UsageError(`--from and --to are for explain kpi, not for explain ${kind}`);
  const config = await settings(values);
  const answer =
    kind === "kpi"
      ? ((await wholeKpi(config, id, stretch)) as unknown as Json)
      : await askData(config, { name: "explain", kind, id });
  if (answer === null)
    throw new Failure(
      `no ${kind} is known as ${JSON.stringify(id)}; ${kind === "kpi" ? "tieout kpis --json has ids as explain" : "ids are written connection:id"}`,
    );
  if (values["json"] === true) process.stdout.write(`${canonical(answer)}\n`);
  else process.stdout.write(`${tree(answer as unknown as Explanation)}\n`);
  return 0;
};

/** Characters of one line that are said of a hop. */
const widest = 160;

const line = ({ hop, ids, says }: Hop): string => {
  const known = Object.entries(ids)
    .map(([system, id]) => `${system} ${id}`)
    .join(", ");
  const text = hop === "raw" ? rawText(says) : canonical(says);
  return `${hop}${known === "" ? "" : ` [${known}]`} ${text.length > widest ? `${text.slice(0, widest)}…` : text}`;
};
const rawText = (says: Json): string => {
  const { bytes, sha256 } = says as { readonly bytes: number; readonly sha256: string };
  return `${bytes} bytes, sha256 ${sha256}`;
};

/** Each hop once; where it is met again its place is named. */
const tree = ({ root, hops, more }: Explanation): string => {
  const byId = new Map(hops.map((hop) => [hop.id, hop]));
  const seen = new Set<string>();
  const lines: string[] = [];
  const show = (id: string, depth: number): void => {
    const hop = byId.get(id);
    if (hop === undefined) return;
    const indent = "  ".repeat(depth);
    if (seen.has(id)) {
      lines.push(`${indent}${hop.hop} ${id}: see above`);
      return;
    }
    seen.add(id);
    lines.push(`${indent}${line(hop)}`);
    for (const under of hop.because) show(under, depth + 1);
  };
  show(root, 0);
  if (more.length > 0) lines.push(`left out, to be asked for apart: ${more.join("; ")}`);
  return lines.join("\n");
};
