import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../components";
import { METRIC, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { SOURCE_METRIC } from "../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import { poolArgs } from "../components/actions-runner-pool/pool-args";
import { Deployment } from "../components/mocks";
import { configOf, project, ROOT, run, STACKS } from "../support/run-stack";

interface Prices {
  hoursPerMonth: number;
  instanceHour: Record<string, number>;
  volumeGibMonth: number;
  natGatewayHour: number;
  publicAddressHour: number;
  keyMonth: number;
  secretMonth: number;
  alarmMonth: number;
  metricMonth: number;
  dashboardMonth: number;
  tableMillionWrites: number;
  tableMillionReads: number;
  functionGbSecond: number;
  functionMillionRequests: number;
}

export const prices = (): Prices => JSON.parse(readFileSync(join(ROOT, "examples/bootstrap/prices.json"), "utf8"));

/** Seconds that a run is taken to last. An assumption: most sweeps and passes take less. */
const SWEEP_SECONDS = 3;
const PASS_SECONDS = 0.5;
const RECONCILE_SECONDS = 10;
const FUNCTION = "aws:lambda/function:Function";

const DEMAND_METRICS = [SCALE_METRIC, WAIT_CAUSE_METRIC, SOURCE_METRIC].flatMap((metrics) => Object.keys(metrics)).length;

/** All but that of the delivery of hosts' logs, which only a pool with it reports. */
function poolMetrics(hostLogs: object | undefined): number {
  return Object.keys(METRIC).length - (Object.keys(hostLogs ?? {}).length > 0 ? 0 : 1);
}

/**
 * Write units of a job's row, of at most 1 KB: the table and its index, at queued, in progress and completed, one cause that changes
 * twice, and a confirmation.
 */
const WRITES_A_JOB = 12;
/** Read units of a pass or a reconciliation, of 8 KB each: a list of some tens of open jobs, and single items. */
const READS_A_RUN = 10;

interface Row {
  item: string;
  dollars: Record<string, number>;
}

/** What each stack costs in a month in which it stays at its minimum size, item by item. */
export async function monthlyCosts(): Promise<Row[]> {
  const rows = new Map<string, Record<string, number>>();
  for (const stack of STACKS) {
    for (const [item, dollars] of Object.entries(await costsOf(stack))) rows.set(item, { ...rows.get(item), [stack]: dollars });
  }
  const all = [...rows].map(([item, dollars]) => ({ item, dollars }));
  const sum = Object.fromEntries(STACKS.map((stack) => [stack, all.reduce((total, row) => total + (row.dollars[stack] ?? 0), 0)]));
  return [...all, { item: "sum", dollars: sum }];
}

async function costsOf(stack: string): Promise<Record<string, number>> {
  const price = prices();
  const own = configOf(stack);
  const get = (key: string): any => own[`ci-runners:${key}`] ?? project.config[key].default;
  const deployed = await (await run(stack)).settled();
  const count = (type: string) => deployed.filter((resource) => resource.type === type).length;
  const demand = count("aws:dynamodb/table:Table") > 0;
  const template = deployed.find(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate")!;
  const volume = Number((template.inputs["blockDeviceMappings"] as any[])[0].ebs.volumeSize) * price.volumeGibMonth;
  const hourly = price.instanceHour[get("instanceType")]!;
  const networks = count("awsx:ec2:Vpc");
  return {
    [`instances, \`minSize\`, on demand`]: get("minSize") * hourly * price.hoursPerMonth,
    [`their root volumes`]: get("minSize") * volume,
    [`root volumes of the prepared instances, \`warmPool.minSize\``]: (get("warmPool")?.minSize ?? 0) * volume,
    [`NAT gateway and its address, without traffic`]: networks * (price.natGatewayHour + price.publicAddressHour) * price.hoursPerMonth,
    [`alarms`]: count("aws:cloudwatch/metricAlarm:MetricAlarm") * price.alarmMonth,
    [`metrics, if all are reported`]: (poolMetrics(get("hostLogs")) + (demand ? DEMAND_METRICS : 0)) * price.metricMonth,
    // The second secret is the registration token that the functions share, the third the webhook's.
    [`two secrets, with demand three; the stack's key`]: (demand ? 3 : 2) * price.secretMonth + price.keyMonth,
    [SWEEP]: runs(deployed, "-sweep", TIMING.sweepInterval, SWEEP_SECONDS),
    [SCALER]: demand ? runs(deployed, "-scale", TIMING.scaleInterval, PASS_SECONDS) : 0,
    [RECONCILER]: demand ? runs(deployed, "-reconcile", DEMAND_TIMING.reconcileInterval, RECONCILE_SECONDS) : 0,
  };
}

const SWEEP = `the sweep, at ${SWEEP_SECONDS} s a run`;
const SCALER = `the scaler, at ${PASS_SECONDS} s a pass, each minute`;
const RECONCILER = `the reconciler, at ${RECONCILE_SECONDS} s a run`;

/** Dollars a month for the runs of a scheduled function. */
function runs(
  deployed: readonly { type: string; inputs: Record<string, any> }[],
  suffix: string,
  interval: number,
  seconds: number,
): number {
  const { hoursPerMonth, functionGbSecond, functionMillionRequests } = prices();
  const { inputs } = deployed.find(({ type, inputs }) => type === FUNCTION && String(inputs["name"]).endsWith(suffix))!;
  const perRun = (inputs["memorySize"] / 1024) * seconds * functionGbSecond + functionMillionRequests / 1e6;
  return ((hoursPerMonth * 3600) / interval) * perRun;
}

/** What a pool with a source of its own costs in a month besides what it costs without. */
export async function demandCosts(): Promise<{ item: string; dollars: number }[]> {
  const price = prices();
  const [without, deployed] = [await resources({}), await resources({ demand: {} })];
  const alarms = (all: readonly { type: string }[]) => all.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm").length;
  const passes = (price.hoursPerMonth * 3600) / TIMING.scaleInterval + (price.hoursPerMonth * 3600) / DEMAND_TIMING.reconcileInterval;
  const fixed = [
    { item: "alarms", dollars: (alarms(deployed) - alarms(without)) * price.alarmMonth },
    { item: "metrics, if all are reported", dollars: DEMAND_METRICS * price.metricMonth },
    { item: "the webhook's secret", dollars: price.secretMonth },
    { item: SCALER, dollars: runs(deployed, "-scale", TIMING.scaleInterval, PASS_SECONDS) },
    { item: RECONCILER, dollars: runs(deployed, "-reconcile", DEMAND_TIMING.reconcileInterval, RECONCILE_SECONDS) },
    { item: `the ledger's reads, ${READS_A_RUN} units a run`, dollars: ((passes * READS_A_RUN) / 1e6) * price.tableMillionReads },
  ];
  const sum = fixed.reduce((total, { dollars }) => total + dollars, 0);
  return [
    ...fixed,
    { item: "sum", dollars: sum },
    { item: "the dashboard, beyond an account's first three", dollars: price.dashboardMonth },
    {
      item: `the ledger's writes for 1,000 jobs a day, ${WRITES_A_JOB} units each`,
      dollars: ((30_000 * WRITES_A_JOB) / 1e6) * price.tableMillionWrites,
    },
  ];
}

async function resources(changes: Partial<ActionsRunnerPoolArgs>) {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  return deployment.settled();
}

export const demandTable = (rows: readonly { item: string; dollars: number }[]): string =>
  ["| item | dollars a month |", "|---|---:|", ...rows.map(({ item, dollars }) => `| ${item} | ${dollars.toFixed(2)} |`)].join("\n");

/** As in the page: whole dollars from ten on, cents below. */
export function table(rows: readonly Row[]): string {
  const shown = (dollars: number | undefined) =>
    dollars === undefined || dollars === 0 ? "" : dollars >= 10 ? String(Math.round(dollars)) : dollars.toFixed(2);
  return [
    `| item | ${STACKS.join(" | ")} |`,
    `|---|${STACKS.map(() => "---:|").join("")}`,
    ...rows.map(({ item, dollars }) => `| ${item} | ${STACKS.map((stack) => shown(dollars[stack])).join(" | ")} |`),
  ].join("\n");
}
