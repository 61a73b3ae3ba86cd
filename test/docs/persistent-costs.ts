import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PersistentRunner } from "../../components";
import { DEFAULTS } from "../../components/persistent-runner/defaults";
import { PERSISTENT_METRIC } from "../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING } from "../../contract/persistent-runner/timing";
import { machineArgs } from "../components/persistent-runner/machine-args";
import { Deployment } from "../components/mocks";
import { prices } from "./costs";
import { ROOT } from "./markdown";

interface List {
  date: string;
  region: string;
  instanceHour: Record<string, number>;
  vcpus: Record<string, number>;
  hostedMinute: Record<string, number>;
  /** Minutes, and numbers. */
  assumptions: Record<"compileCold" | "compileCached" | "tests" | "bootAndStop" | "launchAndEnd" | "controlJobs", number> & {
    runsAMonth: number[];
  };
}

export const list = (): List => JSON.parse(readFileSync(join(ROOT, "docs/persistent-costs.json"), "utf8"));

/** GiB of the original system's volume, at first. */
const VOLUME = DEFAULTS.rootVolumeSize;
/** Seconds that a pass of the reaper is taken to last. */
const PASS_SECONDS = 1;

export interface Month {
  fixed: { item: string; dollars: number }[];
  /** Dollars of a run, by instance type. */
  perRun: { type: string; persistent: number; ephemeral: number; hosted: number }[];
}

export async function month(): Promise<Month> {
  const price = prices();
  const { instanceHour, vcpus, hostedMinute, assumptions } = list();
  const deployment = await Deployment.start();
  new PersistentRunner("machine", machineArgs());
  const deployed = await deployment.settled();
  const alarms = deployed.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm").length;
  const reap = deployed.find(({ type, name }) => type === "aws:lambda/function:Function" && name === "machine-reap")!.inputs;
  const passes = (price.hoursPerMonth * 3600) / PERSISTENT_TIMING.reapInterval;
  const pass = (reap.memorySize / 1024) * PASS_SECONDS * price.functionGbSecond + price.functionMillionRequests / 1e6;
  const fixed = [
    { item: `the root volume, ${VOLUME} GiB`, dollars: VOLUME * price.volumeGibMonth },
    { item: "alarms", dollars: alarms * price.alarmMonth },
    { item: "metrics, if all are reported", dollars: Object.keys(PERSISTENT_METRIC).length * price.metricMonth },
    { item: "the secret with the App's key", dollars: price.secretMonth },
    { item: `the reaper, at ${PASS_SECONDS} s a pass`, dollars: passes * pass },
  ];
  const { compileCold, compileCached, tests, bootAndStop, launchAndEnd, controlJobs } = assumptions;
  const perRun = Object.entries(instanceHour).map(([type, hour]) => {
    const machine = (minutes: number) => (minutes / 60) * (hour + price.publicAddressHour);
    const control = controlJobs * hostedMinute["2"]!;
    return {
      type,
      persistent: machine(compileCached + tests + bootAndStop) + control,
      ephemeral: machine(compileCold + tests + launchAndEnd) + control,
      hosted: (compileCold + tests) * hostedMinute[String(vcpus[type])]!,
    };
  });
  return { fixed, perRun };
}

const sumOf = ({ fixed }: Month): number => fixed.reduce((total, { dollars }) => total + dollars, 0);

/** Runs a month from which the first of both costs less; Infinity if it never does. */
export const breakEven = (fixed: number, persistent: number, other: number): number =>
  other > persistent ? Math.ceil(fixed / (other - persistent)) : Number.POSITIVE_INFINITY;

const dollars = (value: number) => value.toFixed(2);

export function fixedTable(costs: Month): string {
  const rows = [...costs.fixed, { item: "sum", dollars: sumOf(costs) }];
  return ["| item | dollars a month |", "|---|---:|", ...rows.map((row) => `| ${row.item} | ${dollars(row.dollars)} |`)].join("\n");
}

export function runTable(costs: Month): string {
  const fixed = sumOf(costs);
  const volume = costs.fixed[0]!.dollars;
  return [
    "| instance type | a run here | on a machine of its own | on GitHub's machine | break-even with the former | with the latter |",
    "|---|---:|---:|---:|---:|---:|",
    ...costs.perRun.map(({ type, persistent, ephemeral, hosted }) => {
      const even = (other: number) => `${breakEven(volume, persistent, other)} (${breakEven(fixed, persistent, other)})`;
      return `| ${type} | ${persistent.toFixed(3)} | ${ephemeral.toFixed(3)} | ${hosted.toFixed(3)} | ${even(ephemeral)} | ${even(hosted)} |`;
    }),
  ].join("\n");
}

export function monthTable(costs: Month): string {
  const { runsAMonth } = list().assumptions;
  const fixed = sumOf(costs);
  const rows = costs.perRun.flatMap(({ type, persistent, ephemeral, hosted }) =>
    runsAMonth.map(
      (runs) => `| ${type} | ${runs} | ${dollars(fixed + runs * persistent)} | ${dollars(runs * ephemeral)} | ${dollars(runs * hosted)} |`,
    ),
  );
  return [
    "| instance type | runs a month | here | on machines of their own | on GitHub's machines |",
    "|---|---:|---:|---:|---:|",
    ...rows,
  ].join("\n");
}
