import { AwsError } from "../../../rehearsal/aws/api";
import { throttling } from "../../../rehearsal/aws/api-faults";
import type { GitHubFaultKind as HttpFault } from "../../../rehearsal/github";
import type { Pool } from "../../../rehearsal/simulation/pool";
import { SimulatedEnvironment, type SimulatedEnvironmentOptions } from "../../../rehearsal/simulation/environment";
import type { Act, FaultKind, Plan } from "./random-plan";

/** Seconds. Bounds on a hang, far above what a plan needs: one-minute jobs in sequence, with boots between them. */
const BOOT = 120;
const JOBS_BOUND = 1_800;
const DESTROY_BOUND = 900;
/**
 * Seconds until an instance must be terminated once nothing delays it: 110 s until a listener repeats a request whose answer
 * was lost, 20 s for a clock jump, 5 s between a job's end and the fence.
 */
const TAIL = 180;
const CLOCK_JUMP_MS = 20_000;
const POWER_OFF_MS = 15_000;
const TOKEN_SECRET = "github-token";

/** Runs a plan and returns the broken promises; empty if all were kept. */
export async function broken(plan: Plan, options: SimulatedEnvironmentOptions = {}): Promise<string[]> {
  const environment = new SimulatedEnvironment({ seed: plan.seed, ...options });
  try {
    return await runPlan(environment, plan);
  } finally {
    await environment.close();
  }
}

/** Runs a plan in an environment that the caller inspects and closes. */
export function runPlan(environment: SimulatedEnvironment, plan: Plan): Promise<string[]> {
  return new Run(environment, plan).findProblems();
}

class Run {
  private readonly pool: Pool;
  private readonly first: string[] = [];
  /** Instances whose jobs are lost in a way that no pool can prevent. */
  private readonly excused = new Set<string>();
  private readonly excusedJobs = new Set<string>();
  private healthyAt = 0;

  constructor(
    private readonly environment: SimulatedEnvironment,
    private readonly plan: Plan,
  ) {
    Object.assign(environment.timing, plan.timing);
    Object.assign(environment.bus.settings, { loss: plan.events.loss / 100, duplication: plan.events.duplication / 100 });
    environment.ssm.copies = () => plan.copies;
    environment.github.options.busyLagMs = plan.busyLag;
    // After two outages in a row the listener itself may have given up the acquisition, after its five tries.
    const outages = plan.outages.filter(({ kind }) => kind === "github-protocol-down" || kind === "github-loses-acquisitions");
    environment.github.options.acknowledgedJobs = outages.length > 1 ? "requeued" : plan.acknowledgedJobs;
    this.pool = environment.addPool({ instances: plan.instances, maxSize: 8, heartbeatTimeout: 90, heartbeatInterval: 30 });
  }

  async findProblems(): Promise<string[]> {
    const { environment, pool, plan } = this;
    const { clock } = environment;
    // If the launch event is lost, the sweep provides the token; it runs every five minutes.
    if (!(await environment.until(() => pool.ready().length === plan.instances, BOOT + 660))) return ["the pool did not come into service"];
    this.first.push(...pool.inService());
    const jobs: string[] = [];
    const when = (at: number) => (at * 1000) / plan.squeeze;
    for (const { at, seconds, setupSeconds } of plan.jobs) {
      clock.after(when(at), () => void jobs.push(pool.queueJob({ seconds, setupSeconds })));
    }
    for (const act of plan.acts) clock.after(when(act.at), () => this.act(act));
    for (const { at, seconds, kind } of plan.outages) {
      clock.after(when(at), () => {
        const heal = this.startOutage(kind);
        clock.after(seconds * 1000, heal);
      });
    }
    const last = Math.max(
      ...plan.jobs.map(({ at }) => when(at)),
      ...plan.acts.map(({ at }) => when(at)),
      ...plan.outages.map(({ at, seconds }) => when(at) + seconds * 1000),
    );
    this.healthyAt = clock.now() + last;
    await environment.run(last / 1000 + 1);
    // Even if operators have stopped runners, one must be left to run the jobs.
    await pool.scaleTo(Math.min(8, plan.instances + 1));
    const settled = await environment.until(() => jobs.every((id) => environment.github.job(id).endedAt !== undefined), JOBS_BOUND, 5);
    let destroyed = false;
    const destroying = pool.destroy().then(() => (destroyed = true));
    if (!(await environment.until(() => destroyed, DESTROY_BOUND, 5))) return [`stuck: ${this.whereabouts()}`];
    await destroying;
    return [
      ...(settled ? [] : [`jobs never ended: ${jobs.map((id) => environment.github.job(id).state).join(", ")}`]),
      ...this.lostJobs(jobs),
      ...this.slowInstances(),
      ...this.leftovers(),
      ...this.callBudget(),
      ...environment.defects.map((defect) => `defect of the stand-in: ${String(defect)}`),
    ];
  }

  private act({ kind, instance: number }: Act): void {
    const { environment, pool } = this;
    const instance = this.first[number % this.first.length]!;
    const present = pool.instances().includes(instance);
    const host = environment.hosts.running(instance);
    switch (kind) {
      case "terminate":
        return present ? void pool.terminate(instance).catch(() => undefined) : undefined;
      case "scale-in":
        return void pool.scaleTo(Math.max(0, pool.inService().length - 1));
      case "refresh":
        if (environment.autoscaling.group(pool.names.group)?.refresh === undefined) pool.refresh();
        return;
      case "operator-stop":
        return void host?.unit.stop();
      case "operator-start":
        return void host?.unit.start();
      case "operator-restart":
        return void host?.unit.stop().then(() => host.unit.start());
      case "kill-agent":
        return host?.killAgent();
      case "kill-drain":
        return host?.killDrain();
      case "kill-listener":
        if (host?.processes?.workers === 0) this.excuseJobWithoutWorker(instance);
        return host?.processes?.crash();
      case "jump-clock":
        return host?.jumpClock(number % 2 === 0 ? CLOCK_JUMP_MS : -CLOCK_JUMP_MS);
      case "cut-power":
        if (!host) return;
        this.excused.add(instance);
        return environment.hosts.cutPower(instance, POWER_OFF_MS);
    }
  }

  /** Between acknowledgement and worker a job exists only in the listener, so it dies with it. */
  private excuseJobWithoutWorker(instance: string): void {
    for (const { id, state, acknowledged, runnerName } of this.environment.github.jobs()) {
      if ((state === "acquired" || (state === "assigned" && acknowledged)) && runnerName === instance) this.excusedJobs.add(id);
    }
  }

  /** Returns a function that ends the outage. */
  private startOutage(kind: FaultKind): () => void {
    const { environment, pool } = this;
    const rest = (fault: HttpFault) => {
      const added = environment.github.faults.add({ ...fault, route: /api\.github\.com/ });
      return () => added.remove();
    };
    const failing = new AwsError("InternalFailure", "Internal failure", 500);
    switch (kind) {
      case "metadata-404":
        return environment.metadata.fail(404);
      case "metadata-401":
        return environment.metadata.fail(401);
      case "metadata-500":
        return environment.metadata.fail(500);
      case "metadata-silent":
        return environment.metadata.fail("silent");
      case "aws-throttles-hosts":
        return environment.faults.inject({ action: "*", principal: "instance", error: throttling() });
      case "aws-fails-hosts":
        return environment.faults.inject({ action: "*", principal: "instance", error: failing });
      case "aws-fails-functions": {
        const { registerFunction, deregisterFunction, sweepFunction } = pool.names;
        const heals = [registerFunction, deregisterFunction, sweepFunction].map((principal) =>
          environment.faults.inject({ action: "*", principal, error: failing }),
        );
        return () => heals.forEach((heal) => heal());
      }
      case "github-500":
        return rest({ kind: "status", status: 500 });
      case "github-403":
        return rest({ kind: "status", status: 403, message: "API rate limit exceeded", headers: { "x-ratelimit-remaining": "0" } });
      case "github-404":
        return rest({ kind: "status", status: 404 });
      case "github-422":
        return rest({ kind: "status", status: 422 });
      case "github-down":
        return rest({ kind: "down" });
      case "github-hangs":
        return rest({ kind: "hang" });
      case "github-slow":
        return rest({ kind: "slow", ms: 4_000 });
      case "github-protocol-down": {
        const added = environment.github.faults.add({ kind: "down", route: /broker\.actions/ });
        return () => added.remove();
      }
      case "github-loses-acquisitions": {
        const added = environment.github.faults.add({ kind: "lost", route: /acquirejob$/ });
        return () => added.remove();
      }
      case "ssm-offline": {
        for (const id of pool.instances()) environment.ssm.offline.add(id);
        return () => environment.ssm.offline.clear();
      }
    }
  }

  private lostJobs(jobs: string[]): string[] {
    return jobs.flatMap((id) => {
      const { state, detail, runnerName = "", acquiredAt } = this.environment.github.job(id);
      if (state === "succeeded" || (acquiredAt === undefined && state !== "lost")) return [];
      if (this.excused.has(runnerName) || this.excusedJobs.has(id)) return [];
      return [`${id} on ${runnerName}: ${state}${detail ? ` (${detail})` : ""}`];
    });
  }

  /** A terminating instance may wait for its own jobs and for outages, and must then be gone within TAIL seconds. */
  private slowInstances(): string[] {
    const began = new Map<string, number>();
    const jobsEnd = new Map<string, number>();
    const slow: string[] = [];
    for (const event of this.environment.timeline.events) {
      if (event.kind === "job" && event.instance !== undefined && event.change === "succeeded") jobsEnd.set(event.instance, event.at);
      if (event.kind !== "instance-state") continue;
      if (event.state === "Terminating:Wait") began.set(event.instance, event.at);
      const from = began.get(event.instance);
      if (event.state !== "Terminated" || from === undefined || this.excused.has(event.instance)) continue;
      const free = Math.max(from, jobsEnd.get(event.instance) ?? 0, from < this.healthyAt ? this.healthyAt : 0);
      if (event.at - free > TAIL * 1000)
        slow.push(`${event.instance} terminated ${(event.at - free) / 1000} s after nothing delayed it any more`);
    }
    return slow;
  }

  private leftovers(): string[] {
    const { github, secrets } = this.environment;
    // After a power cut, GitHub gives up the job only ten minutes later and refuses to delete its runner until then.
    const runners = github.runners().filter(({ name }) => !this.excused.has(name));
    const tokens = secrets.names().filter((name) => name !== TOKEN_SECRET);
    return [...runners.map(({ name }) => `runner ${name} is left`), ...tokens.map((name) => `secret ${name} is left`)];
  }

  /**
   * At most two calls per job, and two for each assignment that was re-queued. Outages, killed processes and clocks that
   * are set back cause additional calls, so plans with those are not counted.
   */
  private callBudget(): string[] {
    if (this.plan.outages.length > 0 || this.plan.acts.some(({ kind }) => /^(kill|cut|jump)-/.test(kind))) return [];
    const assignments = this.environment.github.jobs().reduce((sum, { requeues }) => sum + 1 + requeues, 0);
    const calls = this.environment.gateway.calls().instance?.["autoscaling:SetInstanceProtection"] ?? 0;
    return calls <= 2 * assignments ? [] : [`${calls} SetInstanceProtection calls for ${assignments} assignments`];
  }

  private whereabouts(): string {
    const group = this.environment.autoscaling.group(this.pool.names.group);
    return group?.instances.map(({ id, state }) => `${id} ${state}`).join(", ") ?? "no group";
  }
}
