/** `tieout kpis`: the figures of the operation, for a person or as JSON. */
import { canonical } from "../../domain/canonical.ts";
import type { Figure } from "../../domain/kpis/figures.ts";
import { textOf, UsageError } from "./arguments.ts";
import { askData } from "./question.ts";
import { settings } from "./settings.ts";

interface Answer {
  readonly items: ReadonlyArray<
    Omit<Figure, "share"> & { readonly share: (Figure["share"] & { readonly ratio: number | null }) | null }
  >;
  readonly behind: number;
}

const instant = (name: string, text: string | null): number | null => {
  if (text === null) return null;
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at))
    throw new UsageError(`--${name} is a day or an instant, 2026-01-31 or 2026-01-31T00:00:00Z`);
  return at;
};

/** The days that are asked for. */
export const stretchOf = (values: Readonly<Record<string, string | boolean | undefined>>) => {
  const [from, to] = [instant("from", textOf(values, "from")), instant("to", textOf(values, "to"))];
  if (from !== null && to !== null && from >= to) throw new UsageError("--to is not after --from");
  return { from, to };
};

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const { from, to } = stretchOf(values);
  const config = await settings(values);
  let answer: Answer;
  // One question reads a bounded part of the journal: it is asked until all of it is read.
  do answer = (await askData(config, { name: "kpis", from, to })) as unknown as Answer;
  while (answer.behind > 0);
  if (values["json"] === true) process.stdout.write(`${canonical(answer as never)}\n`);
  else process.stdout.write(`${answer.items.map(line).join("\n")}\n`);
  return 0;
};

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;
/** In the greatest unit that it fills. */
const span = (ms: number | null): string => {
  if (ms === null) return "-";
  const [unit, length] = units.find(([, least]) => ms >= least) ?? ["ms", 1];
  return `${unit === "ms" ? ms : (ms / length).toFixed(1)} ${unit}`;
};

const line = ({ id, pair, spread, share, count, unit, reason }: Answer["items"][number]): string => {
  const name = pair === null ? id : `${id} ${pair.from} to ${pair.to}`;
  const said =
    spread !== null && spread.count > 0
      ? `p50 ${span(spread.p50Ms)}, p90 ${span(spread.p90Ms)}, p99 ${span(spread.p99Ms)} of ${spread.count}`
      : share !== null && share.ratio !== null
        ? `${(share.ratio * 100).toFixed(2)} % (${share.part} of ${share.whole})`
        : count !== null
          ? `${count} ${unit}`
          : "none";
  return `${name}: ${said}${reason === null ? "" : ` (${reason})`}`;
};
