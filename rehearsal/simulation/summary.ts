import { GITHUB_BUDGET, PER_JOB, PER_TERMINATION } from "./budgets";
import type { SimulationResult } from "./result";

/** The table at the end of a simulation. */
export function simulationSummary({
  jobs,
  instances,
  calls,
  rates,
  longestTailSeconds,
  functionErrors,
  left,
  failures,
}: SimulationResult): string {
  const { host, github } = calls;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, number]) => `${number} ${what}`)
      .join(", ");
  const rows: [string, string][] = [
    [
      "jobs",
      `${jobs.succeeded} of ${jobs.queued} succeeded, ${jobs.lost} lost, ${jobs.requeued} requeued, ${jobs.unheard} ended while GitHub was down`,
    ],
    [
      "instances",
      `${instances.launched} launched, ${instances.terminated} terminated (${instances.drainedBusy} with a job), ${instances.retained} retained, ${instances.hours} instance-hours`,
    ],
    ["longest tail", `${longestTailSeconds} s from the last job's end, or the start of the termination, to Terminated`],
    ["AWS, hosts", list(host)],
    ["AWS, functions", list(calls.functions)],
    ["AWS, in incidents", `${calls.faulted} attempts failed, ${functionErrors} function runs failed`],
    ["GitHub", `${github.total} calls: ${list(github.kinds)}`],
    ["per instance-hour", `${rates.awsPerInstanceHour} calls to AWS, ${rates.githubPerInstanceHour} to GitHub`],
    ["per job", `${rates.hostPerJob} calls to AWS (budget ${PER_JOB}), 0 to GitHub`],
    ["per termination", `${rates.perTermination} calls to AWS by hosts and functions (budget ${PER_TERMINATION}), plus heartbeats`],
    ["idle instances", `${host.idle} calls to AWS (budget 0)`],
    ["GitHub, busiest hour", `${github.busiest} calls (budget ${GITHUB_BUDGET}), ${github.refused} refused`],
    ["left over", String(left.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
  const result = failures.length === 0 ? "Nothing lost, stuck or left over; no budget exceeded." : `FAILED: ${failures.join("; ")}`;
  return `${table}\n\n${result}`;
}
