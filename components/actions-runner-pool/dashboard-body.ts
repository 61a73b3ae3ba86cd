import { METRIC, POOL_DIMENSION, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { SOURCE_METRIC, WORKFLOW_JOBS_DIMENSION } from "../../contract/workflow-jobs/metrics";

/** What the dashboard shows, and where. */
export interface DashboardScope {
  pool: string;
  workflowJobs: string;
  region: string;
}

/** A line of a graph, in CloudWatch's form: namespace, name, dimension and value, and how it is shown. */
type Line = [namespace: string, name: string, dimension: string, value: string, shown: { label: string; stat: string }];

interface Graph {
  title: string;
  /** Seconds. */
  period: number;
  /** On top of each other, for parts of a whole. */
  stacked?: boolean;
  /** Unit of the vertical axis. */
  unit: string;
  lines: Line[];
}

/** The grid has 24 columns; two graphs a row. */
const WIDTH = 12;
const HEIGHT = 6;

/** Seconds: of what a pass of the scaler reports, and of what a sweep or a reconciliation reports. */
const PASS = 60;
const SWEEP = 300;

/** The dashboard of a pool that follows its queue: the queue, the runners, and beside them the drain. */
export function dashboardBody(scope: DashboardScope): string {
  const widgets = graphs(scope).map(({ title, period, stacked = false, unit, lines }, index) => ({
    type: "metric",
    x: (index % 2) * WIDTH,
    y: Math.floor(index / 2) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title,
      region: scope.region,
      view: "timeSeries",
      stacked,
      period,
      yAxis: { left: { label: unit, showUnits: false, min: 0 } },
      metrics: lines,
    },
  }));
  return JSON.stringify({ widgets });
}

function graphs({ pool, workflowJobs }: DashboardScope): Graph[] {
  const ofPool = (name: string, label: string, stat: string): Line => [METRIC_NAMESPACE, name, POOL_DIMENSION, pool, { label, stat }];
  const ofSource = (name: string, label: string, stat: string): Line => [
    METRIC_NAMESPACE,
    name,
    WORKFLOW_JOBS_DIMENSION,
    workflowJobs,
    { label, stat },
  ];
  return [
    {
      title: "Queue",
      period: PASS,
      unit: "jobs",
      lines: [ofPool(SCALE_METRIC.waitingJobs, "waiting", "Maximum"), ofPool(SCALE_METRIC.runningJobs, "running", "Maximum")],
    },
    {
      title: "From queued to started",
      period: SWEEP,
      unit: "s",
      lines: [
        ...["p50", "p95", "p99"].map((stat) => ofPool(SCALE_METRIC.queueTime, stat, stat)),
        ofPool(SCALE_METRIC.longestWait, "longest wait now", "Maximum"),
      ],
    },
    {
      title: "Why jobs wait",
      period: PASS,
      stacked: true,
      unit: "jobs",
      lines: Object.entries(WAIT_CAUSE_METRIC).map(([cause, name]) => ofPool(name, cause, "Maximum")),
    },
    {
      title: "Runners",
      period: PASS,
      unit: "instances",
      lines: [
        ofPool(SCALE_METRIC.wantedRunners, "wanted", "Maximum"),
        ofPool(SCALE_METRIC.inService, "in service", "Maximum"),
        ofPool(SCALE_METRIC.idleRunners, "idle", "Maximum"),
      ],
    },
    {
      title: "Launches",
      period: SWEEP,
      unit: "instances",
      lines: [ofPool(SCALE_METRIC.launches, "launched", "Sum"), ofPool(SCALE_METRIC.failedLaunches, "failed", "Sum")],
    },
    {
      title: "From launch to service",
      period: SWEEP,
      unit: "s",
      lines: ["p50", "p95"].map((stat) => ofPool(SCALE_METRIC.bootToOnline, stat, stat)),
    },
    {
      title: "Runners at GitHub",
      period: SWEEP,
      unit: "runners",
      lines: [
        ofPool(METRIC.onlineRunners, "online", "Maximum"),
        ofPool(METRIC.busyRunners, "busy", "Maximum"),
        ofPool(METRIC.unregisteredInstances, "in service, not online", "Maximum"),
      ],
    },
    {
      title: "Idleness",
      period: 3600,
      unit: "instance-hours",
      lines: [ofPool(SCALE_METRIC.idleInstanceHours, "idle", "Sum")],
    },
    {
      title: "Drain: jobs at risk",
      period: SWEEP,
      unit: "jobs",
      lines: [
        ofPool(METRIC.forcedStops, "stopped at maxDrain", "Sum"),
        ofPool(METRIC.busyAtTermination, "lost with their instance", "Sum"),
        ofPool(METRIC.refusedJobs, "refused after assignment", "Sum"),
      ],
    },
    {
      title: "Drain: instances that stay",
      period: SWEEP,
      unit: "instances",
      lines: [
        ofPool(METRIC.overdueDrains, "longer than maxDrain", "Maximum"),
        ofPool(METRIC.retainedInstances, "retained", "Maximum"),
        ofPool(METRIC.outdatedInstances, "on an earlier launch template", "Maximum"),
      ],
    },
    {
      title: "Source: deliveries",
      period: SWEEP,
      unit: "deliveries",
      lines: [
        ofSource(SOURCE_METRIC.deliveries, "recorded", "Sum"),
        ofSource(SOURCE_METRIC.lostDeliveries, "lost, requested again", "Sum"),
        ofSource(SOURCE_METRIC.refusedDeliveries, "refused", "Sum"),
      ],
    },
    {
      title: "Source: reconciliation",
      period: SWEEP,
      unit: "",
      lines: [
        ofSource(SOURCE_METRIC.repairedJobs, "jobs corrected", "Sum"),
        ofSource(SOURCE_METRIC.unservedJobs, "jobs that no pool serves", "Maximum"),
        ofSource(SOURCE_METRIC.gitHubCalls, "calls of GitHub", "Sum"),
        ofPool(SCALE_METRIC.sourceAge, "age of the queue, s", "Maximum"),
      ],
    },
  ];
}
