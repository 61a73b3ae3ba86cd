import type { CommonFigures, Spread } from "./common-figures";
import type { TimelineEvent } from "../timeline";
import { type Bar, type DrainMarks, type Lane, lanes } from "./lanes";
import { waitingSteps } from "./queue";
import { STYLE } from "./style";

/** Geometry in SVG user units (CSS pixels at full width). */
const WIDTH = 1180;
const LABEL = 176;
const LANE = 46;
const AXIS = 30;

/** Content of a scenario's report besides instances, engine, API calls and problems. */
export interface ReportContent {
  figures: Omit<CommonFigures, "drain">;
  /** What the control experiment turns off, such as `drain on`. */
  control: string;
  /** Shown if nothing failed. */
  headline: string;
  /** HTML from `card` and `latencyCard`. */
  cards: string[];
  /** Headline of the chart. */
  lanes?: string;
  /** Keys of the chart's colours, with their meaning. */
  legend?: readonly (readonly [key: string, meaning: string])[];
}

const LEGEND: ReportContent["legend"] = [
  ["waiting", "waiting jobs"],
  ["pending", "pending"],
  ["warmed", "warm pool"],
  ["in-service", "in service"],
  ["terminating", "terminating"],
  ["retained", "retained"],
  ["job", "job"],
  ["lost", "lost job"],
  ["drain", "drain"],
  ["beat", "heartbeat"],
];

/** The whole report as one self-contained file: no script, no request, with a light and a dark colour scheme. */
export function reportHtml(
  { figures, control, headline, cards, lanes: lanesTitle = "Instances", legend = LEGEND }: ReportContent,
  events: readonly TimelineEvent[],
  drain: DrainMarks,
): string {
  const good = figures.failures.length === 0;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal of ${escape(figures.stack)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="kicker">Rehearsal · stack ${escape(figures.stack)} · ${figures.hosts} hosts · seed ${figures.seed} · ${escape(control)}</p>
<h1 class="${good ? "good" : "bad"}">${escape(good ? headline : figures.failures.join("; "))}</h1>
</header>
<section class="cards">
${cards.join("\n")}
</section>
<section>
<h2>${lanesTitle}</h2>
<div class="scroll">${chart(events, drain)}</div>
<p class="legend">${legend!.map(([key, meaning]) => `<i class="key ${key}"></i>${meaning}`).join(" ")}</p>
</section>
<section>
<h2>Engine</h2>
<p>Pulumi ${escape(figures.engine.version)}, ${figures.engine.resources} resources; preview ${figures.engine.seconds.preview} s, up ${figures.engine.seconds.up} s, destroy ${figures.engine.seconds.destroy} s; a second up under load changed ${figures.engine.secondUpChanges} resources.</p>
</section>
${callsTable(figures)}
${problems(figures)}
</body>
</html>
`;
}

function chart(events: readonly TimelineEvent[], drain: DrainMarks): string {
  const rows = lanes(events, drain);
  const first = events[0]?.at ?? 0;
  const last = Math.max(events.at(-1)?.at ?? 0, first + 1);
  const x = (at: number) => LABEL + ((at - first) / (last - first)) * (WIDTH - LABEL - 10);
  const height = AXIS + (rows.length + 1) * LANE + 6;
  const marks = events.flatMap((event) =>
    event.kind === "scenario"
      ? [
          `<line class="mark" x1="${n(x(event.at))}" x2="${n(x(event.at))}" y1="${AXIS - 8}" y2="${height}"><title>${escape(event.message)}</title></line>`,
        ]
      : [],
  );
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="The number of waiting jobs, and a lane per instance with its lifecycle states, jobs and drains">
${axis(first, last, x, height)}
${marks.join("\n")}
${queueSvg(events, last, x)}
${rows.map((lane, index) => laneSvg(lane, AXIS + (index + 1) * LANE, x)).join("\n")}
</svg>`;
}

/** The waiting jobs, above the instances: a bar from each change to the next, as high as their share of the longest queue. */
function queueSvg(events: readonly TimelineEvent[], last: number, x: (at: number) => number): string {
  const steps = waitingSteps(events);
  const longest = Math.max(0, ...steps.map(({ waiting }) => waiting));
  const room = LANE - 14;
  const bars = steps.flatMap(({ at, waiting }, index) => {
    if (waiting === 0) return [];
    const left = x(at);
    const width = Math.max(1, x(steps[index + 1]?.at ?? last) - left);
    const height = (waiting / longest) * room;
    const position = `x="${n(left)}" y="${n(AXIS + 4 + room - height)}" width="${n(width)}" height="${n(height)}"`;
    return [`<rect class="waiting" ${position}><title>${waiting} waiting</title></rect>`];
  });
  return `<g><text class="lane" x="4" y="${AXIS + 20}">waiting jobs</text><text class="tick longest" x="${LABEL - 8}" y="${AXIS + 20}">${longest}</text>
${bars.join("")}</g>`;
}

function axis(first: number, last: number, x: (at: number) => number, height: number): string {
  const span = (last - first) / 1000;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400];
  const step = steps.find((s) => span / s <= 12) ?? 86400;
  const ticks: string[] = [];
  for (let s = 0; s <= span; s += step) {
    const at = n(x(first + s * 1000));
    ticks.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${AXIS - 6}" y2="${height}"/><text class="tick" x="${at}" y="${AXIS - 12}">${clockText(s)}</text>`,
    );
  }
  return ticks.join("\n");
}

function clockText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes}:${String(seconds % 60).padStart(2, "0")}` : `${(minutes / 60).toFixed(1)} h`;
}

function laneSvg(lane: Lane, top: number, x: (at: number) => number): string {
  const bar = (b: Bar, y: number, height: number, text: string) => {
    const left = x(b.start);
    const width = Math.max(1.5, x(b.end) - left);
    const seconds = ((b.end - b.start) / 1000).toFixed(1);
    const label =
      width > text.length * 6.4 + 8 ? `<text class="in-bar" x="${n(left + 4)}" y="${y + height - 3.5}">${escape(text)}</text>` : "";
    return `<rect class="${b.tone}" x="${n(left)}" y="${y}" width="${n(width)}" height="${height}" rx="2"><title>${escape(b.label)}, ${seconds} s</title></rect>${label}`;
  };
  return `<g><text class="lane" x="4" y="${top + 20}">${escape(lane.instance)}</text>
${lane.states.map((b) => bar(b, top + 4, 14, b.label)).join("")}
${lane.jobs.map((b) => bar(b, top + 20, 12, b.label)).join("")}
${lane.drains.map((b) => bar(b, top + 34, 5, "")).join("")}
${lane.heartbeats.map((at) => `<circle class="beat" cx="${n(x(at))}" cy="${top + 36.5}" r="2.4"><title>heartbeat</title></circle>`).join("")}</g>`;
}

export function card(name: string, value: string, note: string): string {
  return `<div class="card"><p>${escape(name)}</p><b>${escape(value)}</b><p>${escape(note)}</p></div>`;
}

/** @param unit of the figures: seconds for what takes minutes */
export function latencyCard(name: string, spread: Spread, note: string, unit: "ms" | "s" = "ms"): string {
  if (spread.count === 0) return card(name, "–", `${note}: nothing measured`);
  const text = (ms: number) => (unit === "ms" ? String(ms) : (ms / 1000).toFixed(1));
  const { p50, p99, max, count } = spread;
  return card(name, `${text(p50)} ${unit}`, `median; p99 ${text(p99)}, max ${text(max)} ${unit} of ${count}; ${note}`);
}

function callsTable(figures: Pick<CommonFigures, "apiCalls">): string {
  const rows = Object.entries(figures.apiCalls).flatMap(([principal, actions]) =>
    Object.entries(actions)
      .sort(([, a], [, b]) => b - a)
      .map(([action, count]) => `<tr><td>${escape(principal)}</td><td>${escape(action)}</td><td>${count}</td></tr>`),
  );
  return `<section><h2>API calls</h2><table><thead><tr><th>principal</th><th>action</th><th>calls</th></tr></thead><tbody>${rows.join("")}</tbody></table></section>`;
}

function problems(figures: Pick<CommonFigures, "denied" | "leftovers" | "drift">): string {
  const lines = [
    ...figures.denied.map((d) => `denied: ${d.principal} may not ${d.action} on ${d.resource}`),
    ...figures.leftovers.map((leftover) => `left over: ${leftover}`),
    ...figures.drift.map((drift) => `drift: ${drift}`),
  ];
  if (lines.length === 0) return "";
  return `<section><h2>Problems</h2><ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ul></section>`;
}

function n(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
