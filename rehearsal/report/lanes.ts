import type { TimelineEvent } from "../timeline";

/** An interval on an instance's lane; one that is still open ends with the rehearsal. */
export interface Bar {
  start: number;
  end: number;
  label: string;
  /** CSS class. */
  tone: string;
}

/** One instance: its lifecycle states, its jobs, its drains and their heartbeats. */
export interface Lane {
  instance: string;
  states: Bar[];
  jobs: Bar[];
  drains: Bar[];
  heartbeats: number[];
}

/** How to recognize a drain on the timeline. */
export interface DrainMarks {
  /** Lifecycle hook whose closed action ends the drain. */
  hook: string;
  /** Message that the host logs when the drain begins. */
  begun: string;
}

/** One lane per instance, in the order in which the instances appeared. */
export function lanes(events: readonly TimelineEvent[], drain: DrainMarks): Lane[] {
  const end = events[events.length - 1]?.at ?? 0;
  const byInstance = new Map<string, Lane>();
  const lane = (instance: string): Lane => {
    const known = byInstance.get(instance);
    if (known) return known;
    const fresh: Lane = { instance, states: [], jobs: [], drains: [], heartbeats: [] };
    byInstance.set(instance, fresh);
    return fresh;
  };
  for (const event of events) {
    if (event.kind === "instance-state") enterState(lane(event.instance), event.state, event.at, end);
    if (event.kind === "power-state") enterState(lane(event.instance), event.state, event.at, end);
    if (event.kind === "heartbeat") lane(event.instance).heartbeats.push(event.at);
    if (event.kind === "host-log" && event.message === drain.begun) {
      lane(event.instance).drains.push({ start: event.at, end, label: "drain", tone: "drain" });
    }
    if (event.kind === "action-closed" && event.hook === drain.hook) {
      const last = lane(event.instance).drains.at(-1);
      if (last && last.end === end) last.end = event.at;
    }
    if (event.kind === "job" && event.instance) trackJob(lane(event.instance), event, end);
  }
  return [...byInstance.values()];
}

/** Of a group's instance, and of one of its own. */
const ENDED = new Set(["Terminated", "Warmed:Terminated", "terminated"]);

function enterState(lane: Lane, state: string, at: number, end: number): void {
  const current = lane.states.at(-1);
  if (current) current.end = at;
  if (ENDED.has(state)) return;
  lane.states.push({ start: at, end, label: state, tone: stateTone(state) });
}

function stateTone(state: string): string {
  if (state.startsWith("Terminating")) return "terminating";
  if (state.endsWith("Retained")) return "retained";
  if (state.startsWith("Warmed")) return "warmed";
  if (state === "InService" || state === "running") return "in-service";
  if (state === "stopping" || state === "shutting-down") return "terminating";
  if (state === "stopped") return "warmed";
  return "pending";
}

function trackJob(lane: Lane, event: Extract<TimelineEvent, { kind: "job" }>, end: number): void {
  if (event.change === "acquired") {
    lane.jobs.push({ start: event.at, end, label: event.job, tone: "job" });
    return;
  }
  if (event.change !== "succeeded" && event.change !== "failed" && event.change !== "lost") return;
  const bar = lane.jobs.find((job) => job.label === event.job && job.end === end);
  if (!bar) return;
  bar.end = event.at;
  bar.tone = event.change === "succeeded" ? "job" : "lost";
}
