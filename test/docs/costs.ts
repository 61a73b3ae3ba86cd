import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRIC } from "../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../contract/actions-runner-pool/timing";
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
  functionGbSecond: number;
  functionMillionRequests: number;
}

export const prices = (): Prices => JSON.parse(readFileSync(join(ROOT, "examples/bootstrap/prices.json"), "utf8"));

/** Seconds that a sweep is taken to last. An assumption: most take less. */
const SWEEP_SECONDS = 3;

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
  const sweep = deployed.find(({ type, inputs }) => type === "aws:lambda/function:Function" && String(inputs["name"]).endsWith("-sweep"))!;
  const sweeps = (price.hoursPerMonth * 3600) / TIMING.sweepInterval;
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
    [`metrics, if all are reported`]: Object.keys(METRIC).length * price.metricMonth,
    // The second secret is the registration token that the functions share.
    [`two secrets, the stack's key`]: 2 * price.secretMonth + price.keyMonth,
    [`the sweep, at ${SWEEP_SECONDS} s a run`]:
      sweeps * ((sweep.inputs["memorySize"] / 1024) * SWEEP_SECONDS * price.functionGbSecond + price.functionMillionRequests / 1e6),
  };
}

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
