/** The account's statechart: its regions side by side, where it stands lit, and the way of the last transition. */
import type { Regions } from "../../../../openapi/answers.ts";
import { chart, type Edge, type Point, type RegionDrawing, type StateBox } from "../../chart.ts";
import { words } from "../../format.ts";
import { edgesOf, walkOf } from "./walk.ts";

export type RegionStates = typeof Regions.Type;

const at = ({ x, y }: Point): string => `${x} ${y}`;

/** Cubic curves; what ELK leaves straight is a line. */
const pathOf = ({ points }: Edge): string => {
  const [start, ...rest] = points;
  if (start === undefined) return "";
  const parts = [`M${at(start)}`];
  for (let i = 0; i < rest.length; ) {
    const [a, b, c] = [rest[i], rest[i + 1], rest[i + 2]];
    if (a !== undefined && b !== undefined && c !== undefined) {
      parts.push(`C${at(a)} ${at(b)} ${at(c)}`);
      i += 3;
    } else if (a !== undefined && b !== undefined) {
      parts.push(`Q${at(a)} ${at(b)}`);
      i += 2;
    } else {
      parts.push(`L${at(a!)}`);
      i += 1;
    }
  }
  return parts.join("");
};

const State = ({ box, lit, walked }: { readonly box: StateBox; readonly lit: boolean; readonly walked: boolean }) => (
  <g class={`state ${lit ? "lit" : ""} ${walked ? "walked" : ""}`} data-state={box.name} data-lit={lit}>
    <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" />
    {lit && <circle cx={box.x + 11} cy={box.y + box.height / 2} r="3.5" />}
    {box.initial && !lit && <path d={`M${box.x + 8} ${box.y + 8}v${box.height - 16}`} />}
    <text x={box.x + box.width / 2 + (lit ? 5 : 0)} y={box.y + box.height / 2}>
      {words(box.name)}
    </text>
  </g>
);

interface RegionProps {
  readonly region: RegionDrawing;
  readonly state: string;
  /** Where it stood before the last transition; null: it did not move with it. */
  readonly before: string | null;
}

const Region = ({ region, state, before }: RegionProps) => {
  const way = before === null ? [] : walkOf(region, before, state);
  const walked = edgesOf(way);
  const says =
    way.length > 1
      ? `${region.name}: ${words(state)}, by way of ${way.map(words).join(", ")}`
      : `${region.name}: ${words(state)}`;
  return (
    <figure class="region" data-region={region.name}>
      <figcaption>
        {region.name} <b>{words(state)}</b>
      </figcaption>
      <svg
        viewBox={`0 0 ${region.width} ${region.height}`}
        width={region.width}
        height={region.height}
        role="img"
        aria-label={says}
      >
        <defs>
          <marker
            id={`tip-${region.name}`}
            viewBox="0 0 6 6"
            refX="5.5"
            refY="3"
            markerWidth="6"
            markerHeight="6"
            orient="auto"
          >
            <path d="M0 0 6 3 0 6z" class="tip" />
          </marker>
          <marker
            id={`tip-walked-${region.name}`}
            viewBox="0 0 6 6"
            refX="5"
            refY="3"
            markerWidth="4"
            markerHeight="4"
            orient="auto"
          >
            <path d="M0 0 6 3 0 6z" class="tip walked" />
          </marker>
        </defs>
        {[...region.edges]
          .sort((a, b) => Number(walked.has(`${a.from}→${a.to}`)) - Number(walked.has(`${b.from}→${b.to}`)))
          .map((edge) => {
            const on = walked.has(`${edge.from}→${edge.to}`);
            return (
              <path
                key={`${edge.from}→${edge.to}`}
                class={`edge ${on ? "walked" : ""}`}
                data-edge={`${edge.from}→${edge.to}`}
                d={pathOf(edge)}
                marker-end={`url(#tip-${on ? "walked-" : ""}${region.name})`}
              >
                <title>
                  {edge.guard === null
                    ? `${edge.from} → ${edge.to}`
                    : `${edge.from} → ${edge.to}, when ${words(edge.guard)}`}
                </title>
              </path>
            );
          })}
        {region.states.map((box) => (
          <State key={box.name} box={box} lit={box.name === state} walked={way.includes(box.name)} />
        ))}
      </svg>
    </figure>
  );
};

interface ChartProps {
  readonly regions: RegionStates;
  /** Before the last transition; null: none is known. */
  readonly before: RegionStates | null;
}

export const ChartView = ({ regions, before }: ChartProps) => (
  <section class="chart-frame" aria-label="The statechart, region by region">
    <div class="chart">
      {chart.regions.map((region) => {
        const name = region.name as keyof RegionStates;
        const moved = before !== null && before[name] !== regions[name];
        return <Region key={region.name} region={region} state={regions[name]} before={moved ? before[name] : null} />;
      })}
    </div>
  </section>
);
