/** The way from one state of a region to another, neighbour to neighbour along the chart's edges: the last transition, made visible. *Pure.* */
import type { RegionDrawing } from "../../chart.ts";

/** The states walked through, the first and the last among them; empty where no way leads. The shortest: the machine makes no detours. */
export const walkOf = ({ edges }: Pick<RegionDrawing, "edges">, from: string, to: string): ReadonlyArray<string> => {
  if (from === to) return [];
  const cameFrom = new Map<string, string>([[from, from]]);
  for (const state of cameFrom.keys()) {
    if (state === to) break;
    for (const edge of edges) if (edge.from === state && !cameFrom.has(edge.to)) cameFrom.set(edge.to, state);
  }
  if (!cameFrom.has(to)) return [];
  const way = [to];
  while (way[0] !== from) way.unshift(cameFrom.get(way[0]!)!);
  return way;
};

/** `from→to` of every edge on the way. */
export const edgesOf = (way: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(way.slice(1).map((state, at) => `${way[at]}→${state}`));
