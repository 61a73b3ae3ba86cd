/** The plot: a panel per question, a row per series, a dot per sample, a bar at the median, a dashed line at the aim. */
import { CATALOGUE, FUNCTIONS, type Row } from "./catalogue";
import { number } from "./benchmark-page";
import type { Samples } from "./results";
import { median } from "./statistics";

interface Panel {
  title: string;
  unit: string;
  /** Converts the catalogue's ms where seconds are easier to read. */
  divisor?: number;
  scale: "linear" | "log";
  ids: string[];
  aim?: number;
}

const PANELS: readonly Panel[] = [
  { title: "Job-started hook, time added to a job (log scale)", unit: "ms", scale: "log", ids: ["hook.ours", "hook.cli"] },
  { title: "A termination is detected", unit: "s", divisor: 1000, scale: "linear", ids: ["drain.detect"], aim: 2 },
  { title: "Drain (the aim is for the tail)", unit: "s", divisor: 1000, scale: "linear", ids: ["drain.tail", "drain.idle"], aim: 10 },
  { title: "Boot to ready, real systemd", unit: "s", divisor: 1000, scale: "linear", ids: ["boot.cold", "boot.pool", "boot.warm"] },
  {
    title: "Functions, cold start until ready and one event when warm (the aim is for cold starts)",
    unit: "ms",
    scale: "linear",
    ids: FUNCTIONS.flatMap((name) => [`functions.${name}.cold`, `functions.${name}.warm`]),
    aim: 250,
  },
  { title: "Agent when idle: memory", unit: "MiB", scale: "linear", ids: ["agent.memory"], aim: 60 },
  { title: "Agent when idle: CPU", unit: "% of a core", scale: "linear", ids: ["agent.cpu"], aim: 0.5 },
];

/** Geometry in SVG user units. */
const WIDTH = 880;
const LEFT = 190;
const RIGHT = 130;
const ROW = 24;
const HEAD = 34;
const AXIS = 30;
const MARGIN = 16;

/** Text has a contrast of at least 4.5 to its background in both colour schemes. */
const STYLE = `
  .ground { fill: #fbfbfa; } text { fill: #1d2125; font: 13px system-ui, sans-serif; } .title { font-weight: 600; }
  .soft { fill: #5c646d; font-size: 12px; } .grid { stroke: #e2e4e6; } .aim { stroke: #b3202a; stroke-dasharray: 5 4; stroke-width: 1.5; }
  .aim-text { fill: #b3202a; font-size: 12px; } .dot { fill: #2f7ec2; fill-opacity: .38; } .median { stroke: #1d2125; stroke-width: 3; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #14171a; } text { fill: #e8eaec; } .soft { fill: #9ba4ad; } .grid { stroke: #2b3036; } .aim { stroke: #ff7a80; }
    .aim-text { fill: #ff7a80; } .dot { fill: #4a97da; fill-opacity: .5; } .median { stroke: #e8eaec; }
  }`;

/** One self-contained image; series without samples are left out. */
export function plotSvg(samples: Samples): string {
  const parts: string[] = [];
  let top = MARGIN;
  for (const panel of PANELS) {
    const ids = panel.ids.filter((id) => (samples[id]?.length ?? 0) > 0);
    if (ids.length === 0) continue;
    parts.push(drawPanel({ ...panel, ids }, samples, top));
    top += HEAD + ids.length * ROW + AXIS;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + MARGIN}" role="img">
<title>Samples, medians and aims of the benchmarks</title>
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${top + MARGIN}" rx="8"/>
${parts.join("\n")}
</svg>
`;
}

function drawPanel(panel: Panel, samples: Samples, top: number): string {
  const values = (id: string) => samples[id]!.map((value) => value / (panel.divisor ?? 1));
  const all = panel.ids.flatMap(values);
  const axis = panel.scale === "log" ? logAxis(all) : linearAxis(Math.max(...all, panel.aim ?? 0));
  const x = (value: number) => (LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const first = top + HEAD;
  const bottom = first + panel.ids.length * ROW;
  const ticks = axis.ticks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${first - 4}" y2="${bottom}"/>` +
      `<text class="soft" x="${x(tick)}" y="${bottom + 15}" text-anchor="middle">${number(tick)}</text>`,
  );
  const aim =
    panel.aim === undefined
      ? []
      : [
          `<line class="aim" x1="${x(panel.aim)}" x2="${x(panel.aim)}" y1="${first - 6}" y2="${bottom}"/>`,
          `<text class="aim-text" x="${x(panel.aim)}" y="${first - 10}" text-anchor="middle">aim</text>`,
        ];
  const rows = panel.ids.map((id, row) => drawRow(id, values(id), panel.unit, first + row * ROW + ROW / 2, x));
  return [`<text class="title" x="${MARGIN}" y="${top + 16}">${panel.title}</text>`, ...ticks, ...aim, ...rows].join("\n");
}

function drawRow(id: string, values: number[], unit: string, y: number, x: (value: number) => string): string {
  const middle = median(values);
  // Spread vertically by their order, so that equal samples are distinguishable and the same results give the same plot.
  const dots = values.map(
    (value, index) => `<circle class="dot" cx="${x(value)}" cy="${(y + ((index * 5) % 9) - 4).toFixed(0)}" r="3.2"/>`,
  );
  return `<text x="${MARGIN}" y="${y + 4}">${nameOf(id)}</text>
${dots.join("")}
<line class="median" x1="${x(middle)}" x2="${x(middle)}" y1="${y - 9}" y2="${y + 9}"/>
<text class="soft" x="${WIDTH - MARGIN}" y="${y + 4}" text-anchor="end">${number(middle)} ${unit}</text>`;
}

interface Axis {
  ticks: number[];
  /** Position between 0 and 1. */
  share(value: number): number;
}

/** From 0 to slightly more than the largest value, with about five ticks at round steps. */
function linearAxis(largest: number): Axis {
  const end = largest * 1.04;
  const rough = end / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  return { ticks, share: (value) => value / end };
}

/** Whole powers of ten around all values. */
function logAxis(values: number[]): Axis {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return { ticks, share: (value) => (Math.log10(value) - from) / (to - from) };
}

function nameOf(id: string): string {
  const row: Row | undefined = CATALOGUE.flatMap(({ rows }) => rows).find((candidate) => candidate.id === id);
  return row?.short ?? id;
}
