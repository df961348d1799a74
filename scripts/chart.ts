/**
 * The picture of the account's chart: `node --import tsx scripts/chart.ts` lays its regions out with ELK and writes
 * `server/console/app/chart.json`, to be done when the machine changes. So neither the server nor a browser needs ELK.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ELK, ELKConstructorArguments, ElkNode } from "elkjs/lib/elk-api.js";
import type { ChartDrawing, RegionDrawing } from "../server/console/app/chart.ts";
import { definition } from "../server/views/machine.ts";

/** Pixels. */
const height = 26;
const widthOf = (name: string): number => Math.round(name.length * 6.9 + 32);

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "SPLINES",
  "elk.spacing.nodeNode": "12",
  "elk.layered.spacing.nodeNodeBetweenLayers": "28",
  "elk.spacing.edgeNode": "8",
  "elk.spacing.edgeEdge": "5",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.cycleBreaking.strategy": "MODEL_ORDER",
  "elk.padding": "[top=4,left=4,bottom=4,right=4]",
};

interface Region {
  readonly initial: string;
  readonly states: Readonly<
    Record<string, { readonly always: ReadonlyArray<{ readonly guard: string | null; readonly target: string }> }>
  >;
}
interface Definition {
  readonly version: number;
  readonly regions: Readonly<Record<string, Region>>;
}

const tenth = (n: number): number => Math.round(n * 10) / 10;

const drawRegion = async (elk: ELK, name: string, { initial, states }: Region): Promise<RegionDrawing> => {
  const edges = Object.entries(states).flatMap(([from, { always }]) =>
    always.map(({ guard, target }, at) => ({ id: `${from}/${at}`, from, to: target, guard })),
  );
  const graph: ElkNode = await elk.layout({
    id: name,
    layoutOptions: options,
    children: Object.keys(states).map((state) => ({ id: state, width: widthOf(state), height })),
    edges: edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
  });
  const routes = new Map(
    (graph.edges ?? []).map(({ id, sections = [] }) => [
      id,
      sections
        .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
        .map(({ x, y }) => ({ x: tenth(x), y: tenth(y) })),
    ]),
  );
  return {
    name,
    width: Math.ceil(graph.width ?? 0),
    height: Math.ceil(graph.height ?? 0),
    states: (graph.children ?? []).map(({ id, x = 0, y = 0, width = 0, height: tall = 0 }) => ({
      name: id,
      x: tenth(x),
      y: tenth(y),
      width,
      height: tall,
      initial: id === initial,
    })),
    edges: edges.map(({ id, from, to, guard }) => ({ from, to, guard, points: routes.get(id) ?? [] })),
  };
};

export const drawChart = async (): Promise<ChartDrawing> => {
  // Its types speak of a class that its script does not have by that name.
  const { default: Elk } = (await import("elkjs/lib/elk.bundled.js")) as unknown as {
    readonly default: new (args?: ELKConstructorArguments) => ELK;
  };
  const elk = new Elk();
  const { version, regions } = definition as unknown as Definition;
  const drawn: RegionDrawing[] = [];
  for (const [name, region] of Object.entries(regions)) drawn.push(await drawRegion(elk, name, region));
  return { version, regions: drawn };
};

export const chartText = async (): Promise<string> => `${JSON.stringify(await drawChart())}\n`;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(fileURLToPath(new URL("../server/console/app/chart.json", import.meta.url)), await chartText());
