import { card, latencyCard, reportHtml } from "../../report/html";
import type { TimelineEvent } from "../../timeline";
import type { PersistentFigures } from "./persistent-figures";

/** No host here drains. */
const NO_DRAIN = { hook: "", begun: "" };

/** @param nameOf the name of a job on the machine, with its run; undefined for a job that ran elsewhere */
export function persistentReport(
  figures: PersistentFigures,
  events: readonly TimelineEvent[],
  machine: string,
  nameOf: (job: string) => string | undefined,
): string {
  const { jobs, runs, starts, stops, cacheHits, sharedRuns, readyMs } = figures;
  const headline = `${runs} runs by turns on one machine, ${starts} starts and ${stops} stops; nothing shared, lost or left running`;
  const cards = [
    card("Jobs", `${jobs.succeeded}/${jobs.queued}`, `${jobs.lost} lost`),
    card("Runs", String(runs), `${sharedRuns} shared the machine`),
    card("Starts", String(starts), `${stops} stops`),
    card("Cache", String(cacheHits), "builds found an earlier one's result"),
    latencyCard("Ready", readyMs, "start to the machine's first job", "s"),
  ];
  const content = {
    figures,
    control: `lease ${figures.lease ? "on" : "off"}`,
    headline,
    cards,
    lanes: "Lives of the machine",
    legend: [
      ["waiting", "waiting jobs"],
      ["pending", "starting"],
      ["in-service", "running"],
      ["terminating", "stopping"],
      ["warmed", "stopped"],
      ["job", "job"],
      ["lost", "lost job"],
    ] as const,
  };
  return reportHtml(content, onLane(events, machine, nameOf), NO_DRAIN);
}

/** The machine's jobs alone, on the machine's lane instead of that of a runner, of which each start has its own. */
function onLane(events: readonly TimelineEvent[], machine: string, nameOf: (job: string) => string | undefined): TimelineEvent[] {
  return events.flatMap((event): TimelineEvent[] => {
    if (event.kind !== "job") return [event];
    const name = nameOf(event.job);
    if (name === undefined) return [];
    return [{ ...event, job: name, ...(event.instance !== undefined && { instance: machine }) }];
  });
}
