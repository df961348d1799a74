/** A drawing by chart.js, in the colours of the page; what it shows stands in the table beside it. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartDataset,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { useEffect, useRef, useState } from "preact/hooks";
import { moneyText } from "../../format.ts";
import { theme } from "../../ui/theme.ts";
import type { Drawn } from "./series.ts";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

/** Of the page's tokens: told apart in light and dark, and by most who see few colours. */
const inks = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6"];

const ink = (name: string): string => {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

/** Counts up when light becomes dark or back. */
const useShade = (): number => {
  const [shade, setShade] = useState(0);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const changed = (): void => setShade((before) => before + 1);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return shade;
};

interface FigureProps {
  readonly drawn: Drawn;
  readonly title: string;
  readonly currency: string;
}

export const ChartFigure = ({ drawn, title, currency }: FigureProps) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shade = useShade();
  const chosen = theme.value;
  useEffect(() => {
    if (canvas.current === null) return;
    const [text, grid] = [ink("--soft"), ink("--line")];
    const colours = inks.map(ink);
    const datasets = drawn.series.map(({ label, kind, values }, at): ChartDataset<"bar" | "line"> => {
      const colour = kind === "line" ? ink("--ink") : colours[at % colours.length]!;
      const common = { label, data: [...values], backgroundColor: colour, borderColor: colour };
      return kind === "line"
        ? { ...common, type: "line", borderWidth: 2, pointRadius: 3, order: -1 }
        : { ...common, type: "bar", stack: "one", maxBarThickness: 56 };
    });
    const chart = new Chart(canvas.current, {
      type: "bar",
      data: { labels: [...drawn.labels], datasets },
      options: {
        maintainAspectRatio: false,
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 250 },
        interaction: { mode: "index", intersect: false },
        scales: {
          x: { stacked: true, ticks: { color: text }, grid: { display: false } },
          y: {
            stacked: true,
            ticks: { color: text, callback: (value) => moneyText(Math.round(Number(value)), currency) },
            grid: { color: grid },
          },
        },
        plugins: {
          legend: { display: drawn.series.length > 1, labels: { color: text, boxWidth: 12 } },
          tooltip: {
            callbacks: {
              label: ({ dataset, raw }) => ` ${dataset.label ?? ""}: ${moneyText(Number(raw), currency)}`,
            },
          },
        },
      },
    });
    return () => chart.destroy();
  }, [drawn, currency, shade, chosen]);
  return (
    <figure class="drawing">
      <div class="drawing-room">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${title}, ${currency}. ${drawn.says} The table has the figures.`}
        />
      </div>
      <figcaption class="soft">{drawn.says}</figcaption>
    </figure>
  );
};
