/** How the account's chart is drawn: `chart.json`, which `scripts/chart.ts` writes from the machine, laid out by ELK. *Pure.* */
import drawing from "./chart.json" with { type: "json" };

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface StateBox extends Point {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly initial: boolean;
}
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly guard: string | null;
  /** A start, then three points for each cubic curve; where it is straight, two in all. */
  readonly points: ReadonlyArray<Point>;
}
export interface RegionDrawing {
  readonly name: string;
  /** Pixels, as everything here. */
  readonly width: number;
  readonly height: number;
  readonly states: ReadonlyArray<StateBox>;
  readonly edges: ReadonlyArray<Edge>;
}
export interface ChartDrawing {
  /** Of the machine. */
  readonly version: number;
  readonly regions: ReadonlyArray<RegionDrawing>;
}

export const chart: ChartDrawing = drawing;
