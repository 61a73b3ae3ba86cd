import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import type { AwsStandIn } from "../../rehearsal/aws";
import { sandboxEnvironment } from "../../rehearsal/aws/lambda/sandbox-environment";
import { findFunction, type DeployedFunction } from "../../rehearsal/aws/lambda/function";
import { FunctionProcess } from "../../rehearsal/aws/lambda/function-process";
import { arnParts } from "../../rehearsal/aws/account";
import { until } from "../../rehearsal/environment/scenario-context";
import type { TimelineEvent } from "../../rehearsal/timeline";
import type { PoolEnvironment } from "../../rehearsal/scenarios/actions-runner-pool/pool-environment";
import { FUNCTIONS } from "../catalogue";
import type { Samples } from "../results";
import { zipSize } from "../zip";

/** Virtual time; longer than the slowest simulated boot. */
const VIRTUAL_BOUND_SECONDS = 3600;
/** The sweep's schedule. */
const SWEEP_MS = TIMING.sweepInterval * 1000;

/** @param environment a deployed stack on simulated hosts: virtual time passes between events, the functions run for real. */
export async function measureFunctions(environment: PoolEnvironment, count: number, say: (line: string) => void): Promise<Samples> {
  const samples: Samples = {};
  for (const name of FUNCTIONS) {
    const deployed = deployedAs(environment.aws, name);
    samples[`functions.${name}.zip`] = [zipSize("index.mjs", readFileSync(join(deployed.codeDir, "index.mjs"))) / 1024];
  }
  say(`cold starts of the functions, ${count} of each`);
  for (const name of FUNCTIONS) samples[`functions.${name}.cold`] = [];
  samples["functions.node"] = [];
  for (let n = 0; n < count; n++) {
    samples["functions.node"].push(await nodeAlone());
    for (const name of FUNCTIONS)
      samples[`functions.${name}.cold`]!.push(await coldStart(environment.aws, deployedAs(environment.aws, name)));
  }
  say(`events for warm functions, ${count} of each`);
  const from = environment.context.timeline.events.length;
  // The first events start the processes and are not counted.
  while (FUNCTIONS.some((name) => runs(environment, name, from).length <= count)) await eventsForAll(environment);
  for (const name of FUNCTIONS) {
    const seen = runs(environment, name, from);
    const failed = seen.find(({ outcome }) => outcome !== "ok");
    if (failed) throw new Error(`function ${name} failed: ${failed.error}`);
    samples[`functions.${name}.warm`] = seen.slice(1, count + 1).map(({ ms }) => ms);
  }
  return samples;
}

/** From the start of a process until the handler is loaded. */
async function coldStart(aws: AwsStandIn, deployed: DeployedFunction): Promise<number> {
  const principal = { kind: "function" as const, functionName: deployed.name, roleName: deployed.roleName };
  const { tlsPort: port, caFile } = aws.front;
  const workDir = mkdtempSync(join(tmpdir(), "ci-runners-bench-"));
  const { region, account: accountId } = arnParts(deployed.arn);
  const context = { account: { region, accountId }, route: { port, hosts: [], privateHosts: [], caFile }, workDir };
  // Without the stand-in's CA, whose loading takes a third of Node's start; neither Lambda nor loading the handler needs it.
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = sandboxEnvironment(deployed, aws.credentials.issue(principal), context);
  const begun = performance.now();
  const started = new FunctionProcess({ environment, memorySize: deployed.memorySize, onLine: () => undefined });
  try {
    const failure = await started.start();
    if (failure) throw new Error(`function ${deployed.name} did not start: ${failure.errorMessage}`);
    return performance.now() - begun;
  } finally {
    await started.kill();
    rmSync(workDir, { recursive: true });
  }
}

/** A Node that does nothing, for comparison. */
async function nodeAlone(): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, ["--eval", ""], { stdio: "ignore", env: {} });
  await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  return performance.now() - begun;
}

/** Terminates an instance, launches another, and waits for a sweep. */
async function eventsForAll({ context }: PoolEnvironment): Promise<void> {
  const desired = context.group.desired();
  const [instance] = context.group.inService();
  const online = () => context.jobs.online().length >= desired;
  await context.group.terminate(instance!);
  await until(context, `${instance} gone`, VIRTUAL_BOUND_SECONDS, () => {
    return context.timeline.events.some(
      (event) => event.kind === "instance-state" && event.instance === instance && event.state === "Terminated",
    );
  });
  await context.group.setDesiredCapacity(desired);
  await until(context, `${desired} runners online`, VIRTUAL_BOUND_SECONDS, online);
  await context.clock.sleep(SWEEP_MS);
}

type FunctionRun = Extract<TimelineEvent, { kind: "function-run" }>;

/** Without the runs that had nothing to do: a launch into the warm pool gets no token. */
function runs(environment: PoolEnvironment, name: string, from: number): FunctionRun[] {
  const deployed = deployedAs(environment.aws, name).name;
  const ignored = new Set(
    environment.aws.lambda.logs
      .filter(({ line }) => line.includes("does not enter service: no token provided"))
      .map(({ requestId }) => requestId),
  );
  return environment.context.timeline.events.slice(from).filter((event): event is FunctionRun => {
    return event.kind === "function-run" && event.name === deployed && !ignored.has(event.requestId);
  });
}

function deployedAs(aws: AwsStandIn, name: string): DeployedFunction {
  const found = aws.store.list("aws:lambda/function:Function").find(({ state }) => String(state["name"]).endsWith(`-${name}`));
  const deployed = found && findFunction(aws.store, found.state["name"]);
  if (!deployed) throw new Error(`the stack has no function ${name}`);
  return deployed;
}
