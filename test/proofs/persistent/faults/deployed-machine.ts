/**
 * The whole of a persistent machine, for faults: deployed by the real engine, with the functions' bundles, the rendered workflow in two
 * repositories, the actions' bundles on GitHub's machines, and one machine with a real systemd, whose disk every boot has. The cloud's time can
 * be skipped: what takes minutes by the clocks of AWS, GitHub and the functions. The machine and the actions know only the wall clock.
 */
import assert from "node:assert/strict";
import { LEASE_KEY, type Lease, leaseKey } from "../../../../contract/persistent-runner/lease";
import { METRIC_NAMESPACE } from "../../../../contract/shared/metrics";
import { PERSISTENT_RUNNER_DIMENSION } from "../../../../contract/persistent-runner/metrics";
import { type PersistentRunnerNames, persistentRunnerNames } from "../../../../contract/persistent-runner/names";
import { PERSISTENT_TIMING } from "../../../../contract/persistent-runner/timing";
import { toAttribute, toItem } from "../../../../functions/shared/ledger/attributes";
import { AwsError, type Shape } from "../../../../rehearsal/aws/api";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { openEnvironment } from "../../../../rehearsal/environment/environment";
import type { Scenario } from "../../../../rehearsal/environment/scenario";
import type { Job, Run } from "../../../../rehearsal/github/jobs";
import type { WorkflowRepository } from "../../../../rehearsal/github/workflows/workflow-repository";
import type { SystemdHosts } from "../../../../rehearsal/hosts/systemd/systemd-hosts";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import {
  machineJob,
  type PersistentContext,
  persistentContext,
} from "../../../../rehearsal/scenarios/persistent-runner/persistent-context";
import { persistentScenario } from "../../../../rehearsal/scenarios/persistent-runner/scenario";
import { machineOf } from "../../../../rehearsal/scenarios/persistent-runner/stack";
import { hasEnded, isAtWork } from "../../../../rehearsal/scenarios/persistent-runner/steps";
import { SkippingClock } from "../../../../rehearsal/skipping-clock";
import type { TimelineEvent } from "../../../../rehearsal/timeline";
import { GO } from "./builds";

/** Label with which a pull request may use the machine. */
const PULL_REQUEST_LABEL = "e2e-test";
/** Seconds: the shortest that the component accepts. */
export const IDLE_STOP = 60;
/** Seconds of the wall clock. Far beyond any step on two slow cores; a bound on a hang. */
const BOUND = 180;
const POLL_MS = 50;
const LOG_LINES = 25;
export const WORKFLOW = ".github/workflows/e2e.yml";
const OPERATOR = { kind: "operator" } as const;

/** The scenario's stack, with pull requests that may use the machine, and with the shortest idle stop. */
const SCENARIO: Scenario = {
  ...persistentScenario,
  requirements(stack, options) {
    const required = persistentScenario.requirements(stack, options);
    return {
      ...required,
      configOverrides(runnerSha256) {
        const overrides = required.configOverrides(runnerSha256);
        const machine = overrides["persistentRunner"] as ReturnType<typeof machineOf> & { workflow: object };
        const subjects = [...machine.subjects, "repo:example-org/app:pull_request"];
        const workflow = { ...machine.workflow, pullRequestLabel: PULL_REQUEST_LABEL };
        return { ...overrides, persistentRunner: { ...machine, subjects, workflow, idleStopTimeout: IDLE_STOP } };
      },
    };
  },
};

export class DeployedMachine {
  private pushes = 0;
  private instance: string;

  private constructor(
    readonly context: PersistentContext,
    readonly clock: SkippingClock,
    private readonly cleanup: Cleanup,
  ) {
    this.instance = context.machine;
  }

  /** Has the same prerequisites as `needSystemd`. */
  static async open(): Promise<DeployedMachine> {
    const options = parseOptions(["--scenario", "persistent", "--hosts", "systemd"]);
    assert.ok(options);
    const cleanup = new Cleanup();
    const clock = new SkippingClock();
    try {
      const environment = await openEnvironment({ scenario: SCENARIO, options, hosts: "systemd", say: () => undefined, cleanup, clock });
      // The actions renew their tokens by the wall clock, for which no time is skipped.
      environment.github.options.workflowTokenMs = 3_600_000;
      await environment.context.engine.up();
      const context = await persistentContext(environment);
      cleanup.add(() => context.hosted.close());
      return new DeployedMachine(context, clock, cleanup);
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.cleanup.run();
  }

  get aws() {
    return this.context.environment.aws;
  }

  get github() {
    return this.context.environment.github;
  }

  get app(): WorkflowRepository {
    return this.context.app;
  }

  get tools(): WorkflowRepository {
    return this.context.tools;
  }

  /** Of the instance. */
  get id(): string {
    return this.instance;
  }

  get name(): string {
    return machineOf(this.context.environment.stack).persistentRunnerName;
  }

  get names(): PersistentRunnerNames {
    return persistentRunnerNames(this.name);
  }

  private get hosts(): SystemdHosts {
    return this.context.environment.machines!.hosts;
  }

  // Runs

  /** Pushes a build to the branch that may use the machine. */
  async push(repository: WorkflowRepository, build: string, more: Record<string, string> = {}): Promise<Readonly<Run>> {
    const count = ++this.pushes;
    const runs = await repository.push({ "build.sh": `${build}\n# ${count}\n`, ...more }, { message: `Change ${count}` });
    assert.equal(runs.length, 1);
    return runs[0]!;
  }

  /** The run's job of that name. */
  job(run: Readonly<Run>, name: "start" | "e2e" | "stop"): Readonly<Job> | undefined {
    return run.jobs.find(({ spec }) => spec.name === name);
  }

  /** Lines of the log of a run's job on GitHub's machines. */
  log(run: Readonly<Run>, name: "start" | "stop"): string {
    return this.github.workflows.log(this.job(run, name)?.id ?? "").join("\n");
  }

  async atWork(run: Readonly<Run>): Promise<void> {
    await this.until(`run ${run.id} to be at work`, () => isAtWork(run) || hasEnded(run));
    assert.ok(isAtWork(run), await this.diagnostics());
  }

  /** Lets the job that waits on the machine go on. */
  async letGo(): Promise<void> {
    await this.sh(`touch ${GO}`);
  }

  async ended(run: Readonly<Run>, conclusion: "success" | "failure" | "cancelled" | "skipped"): Promise<void> {
    await this.until(`run ${run.id} to end`, () => hasEnded(run));
    assert.equal(run.file?.conclusion, conclusion, await this.diagnostics());
    assert.deepEqual(this.github.workflows.problems(run as Run), []);
  }

  /** What the build on the machine has reported. */
  notices(run: Readonly<Run>): string[] {
    return (machineJob(run)?.annotations ?? []).map(({ message }) => message);
  }

  // Machine

  get power(): string | undefined {
    return this.aws.fleet.get(this.id)?.state;
  }

  /** The stack has another instance. Returns what its repositories need. */
  async adoptInstance(): Promise<{ workflow: string }> {
    const { instanceId, workflowYaml } = await this.context.engine.outputs();
    this.instance = String(instanceId);
    return { workflow: String(workflowYaml) };
  }

  /** Runs a script as root on the machine; it must succeed. */
  async sh(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.hosts.runCommand(this.id, [script]);
    assert.equal(exitCode, 0, `${script}: ${stderr}`);
    return stdout.trim();
  }

  /** The same where the machine may go off meanwhile. Resolves with false, for a condition that is then looked at again. */
  async tried(script: string): Promise<false> {
    await this.hosts.runCommand(this.id, [script]).catch(() => undefined);
    return false;
  }

  /** Until EC2 shows it as off; and then, by the cloud's clock, until no call that is under way could still reach it. */
  async off(): Promise<void> {
    await this.until("the machine to be off", () => this.power === "stopped");
    this.skip(PERSISTENT_TIMING.settle + 1);
  }

  /** Off, and free for the next run, by a pass of the reaper where it takes one. */
  async free(): Promise<void> {
    await this.off();
    await this.until("the lease to be free", async () => {
      const { phase, holder } = await this.lease();
      if (phase === "stopped" && holder === undefined) return true;
      await this.reap();
      return false;
    });
  }

  /** After a failure: no run is left, and the machine is off and free, whatever was under way. */
  async recover(): Promise<void> {
    for (const { run } of this.github.jobs()) if (!hasEnded(run)) run.file?.cancel(true);
    if (this.power !== "stopped") await this.call("ec2:StopInstances", { InstanceIds: [this.id], Force: true }).catch(() => undefined);
    // No time is skipped before: the end of a machine's processes has a bound, too.
    await this.until("the machine to be off", () => this.power === "stopped" || this.power === "terminated");
    await this.until("the lease to be free", async () => {
      this.skip(PERSISTENT_TIMING.heldWhileOff + 1);
      await this.reap();
      const { phase, holder } = await this.lease();
      return phase === "stopped" && holder === undefined;
    });
  }

  /** One pass of the reaper, as its schedule begins it. */
  async reap(): Promise<void> {
    const outcome = await this.aws.lambda.invoke(this.names.reapFunction, { source: "aws.events", "detail-type": "Scheduled Event" });
    assert.ok(!("error" in outcome), JSON.stringify(outcome));
  }

  async lease(): Promise<Partial<Lease>> {
    const Key = { [LEASE_KEY]: toAttribute(leaseKey(this.name)) };
    const { Item = {} } = await this.call("dynamodb:GetItem", { TableName: this.names.leaseTable, Key, ConsistentRead: true });
    return toItem(Item as never);
  }

  /** As an operator with all rights. */
  call(action: string, params: Shape): Promise<Shape> {
    return this.aws.gateway.call(OPERATOR, action, params);
  }

  /** From now on a boot waits for its order, until the returned function is called. */
  holdBoot(): () => void {
    // As Secrets Manager answers while there is none.
    const error = new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400);
    return this.aws.faults.inject({ action: "secretsmanager:GetSecretValue", principal: "instance", error });
  }

  // What was seen

  /** Seconds of the cloud's clock. */
  skip(seconds: number): void {
    this.clock.skip(seconds * 1000);
  }

  /** Everything after the returned moment belongs to the caller's fault. */
  mark(): number {
    return this.context.timeline.events.length;
  }

  since(mark: number): readonly TimelineEvent[] {
    return this.context.timeline.events.slice(mark);
  }

  /** Calls to AWS, by whomever. */
  calls(action: string, mark: number): Extract<TimelineEvent, { kind: "api-call" }>[] {
    return this.since(mark).flatMap((event) => (event.kind === "api-call" && event.action === action ? [event] : []));
  }

  outcomes(action: string, mark: number): string[] {
    return this.calls(action, mark).map(({ outcome }) => outcome);
  }

  /** EC2's states of the machine, with the code of its reason where there is one. */
  states(mark: number): Extract<TimelineEvent, { kind: "power-state" }>[] {
    return this.since(mark).flatMap((event) => (event.kind === "power-state" && event.instance === this.id ? [event] : []));
  }

  /** Messages of root's programs on the machine. */
  logged(message: string, mark: number): number {
    return this.since(mark).filter((event) => event.kind === "host-log" && event.message === message).length;
  }

  /** Sum of a metric of the functions. */
  metric(name: string, mark: number): number {
    const since = this.context.timeline.events[mark]?.at ?? this.clock.now();
    return this.aws.cloudwatch.metrics
      .points(METRIC_NAMESPACE, name, { [PERSISTENT_RUNNER_DIMENSION]: this.name })
      .filter(({ at }) => at >= since)
      .reduce((sum, { value, count }) => sum + value * count, 0);
  }

  /** Jobs on the machine during which it was told to stop, or went off. */
  stoppedUnder(mark: number): string[] {
    const events = this.since(mark);
    const onMachine = new Set(this.github.jobs().flatMap(({ id, spec }) => (spec.hosted ? [] : [id])));
    const working = new Set<string>();
    const found: string[] = [];
    for (const event of events) {
      if (event.kind === "job" && onMachine.has(event.job)) {
        if (event.change === "acquired") working.add(event.job);
        if (["succeeded", "failed", "lost"].includes(event.change)) working.delete(event.job);
      }
      const stops =
        (event.kind === "api-call" && event.action === "ec2:StopInstances" && event.outcome === "ok") ||
        (event.kind === "power-state" && event.instance === this.id && event.state === "stopping");
      if (stops) found.push(...working);
    }
    return found;
  }

  /** Waits, by the wall clock. */
  async until(what: string, condition: () => boolean | Promise<boolean>, seconds = BOUND): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await condition())) {
      if (Date.now() > deadline) assert.fail(`not within ${seconds} s: ${what}\n${await this.diagnostics()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async diagnostics(): Promise<string> {
    const runs = [...new Set(this.github.jobs().map(({ run }) => run))].slice(-3);
    const logs = this.aws.lambda.logs.slice(-LOG_LINES).map(({ functionName, line }) => `${functionName}: ${line.trim().slice(0, 400)}`);
    return [
      `power ${this.power}; lease ${JSON.stringify(await this.lease())}`,
      ...runs.flatMap((run) => [
        `run ${run.id} of ${run.repository}: ${run.file?.status} ${run.file?.conclusion ?? ""}`,
        ...run.jobs.map(
          ({ id, spec, state, detail, annotations }) =>
            `  ${spec.name} ${state} ${detail ?? ""} ${[...annotations.map(({ message }) => message), ...this.github.workflows.log(id).slice(-6)].join(" / ")}`,
        ),
      ]),
      ...logs,
      ...this.hosts.console(this.id).split("\n").slice(-LOG_LINES),
    ].join("\n");
  }
}
