import assert from "node:assert/strict";
import { Cleanup } from "../../cleanup";
import type { CommandResult } from "../../aws/host-driver";
import type { JobSpec } from "../../github/jobs";
import { parseOptions } from "../../rehearsal-options";
import type { MachineSystems } from "../../environment/preparation";
import type { ProxyRequirement } from "../../environment/scenario";
import { until } from "../../environment/scenario-context";
import type { TimelineEvent } from "../../timeline";
import { openPoolEnvironment, type PoolEnvironment } from "./pool-environment";

/** Seconds for machines to boot and register one after another on two slow cores. Detects a hang; not a measurement. */
const BOOT_BOUND = 600;

/**
 * A pool that the real engine has deployed, on machines with a real systemd, for tests beyond the scenarios. `close` cuts
 * the power of the remaining machines; for an orderly end, a test calls `context.engine.destroy`.
 */
export class LivePool {
  private constructor(
    readonly environment: PoolEnvironment,
    private readonly cleanup: Cleanup,
  ) {}

  /**
   * Deploys and waits until `instances` runners are online. Has the same prerequisites as `needSystemd`.
   *
   * @param instances 0: a test launches them itself; `config` then gives the capacity.
   * @param systems what the machines' images are made of.
   * @param projectDir checkout to deploy; default: this one.
   * @param config replaces values of the stack's configuration.
   * @param proxy in the machines' network; `config` leads the hosts to it.
   */
  static async open(
    instances: number,
    args: readonly string[] = [],
    systems: MachineSystems = {},
    projectDir?: string,
    config?: Record<string, unknown> | ((environment: PoolEnvironment) => Record<string, unknown>),
    proxy?: ProxyRequirement,
  ): Promise<LivePool> {
    const options = parseOptions(["--hosts", "systemd", "--instances", `${Math.max(instances, 1)}`, ...args]);
    assert.ok(options);
    const cleanup = new Cleanup();
    try {
      const environment = await openPoolEnvironment({ options, hosts: "systemd", say: () => undefined, cleanup, systems, proxy });
      const pool = new LivePool(environment, cleanup);
      if (projectDir !== undefined) await environment.deployFrom(projectDir);
      if (config !== undefined) await environment.context.engine.reconfigure(typeof config === "function" ? config(environment) : config);
      await environment.context.engine.up();
      await pool.until(`${instances} runners online`, () => environment.context.jobs.online().length >= instances, BOOT_BOUND);
      return pool;
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.cleanup.run();
  }

  get events(): readonly TimelineEvent[] {
    return this.environment.context.timeline.events;
  }

  inService(): string[] {
    return this.environment.context.group.inService();
  }

  /** Queues a job that only this instance can run. Returns its id. */
  queueOn(instance: string, job: Partial<JobSpec> & { name: string }): string {
    return this.environment.github.queueJob({ labels: [...this.environment.labels], runner: instance, ...job });
  }

  /** Runs a script as root in the machine. */
  run(instance: string, script: string): Promise<CommandResult> {
    const hosts = this.environment.machines?.hosts;
    assert.ok(hosts);
    return hosts.runCommand(instance, [script]);
  }

  /** Runs a script that must succeed. Returns its output. */
  async sh(instance: string, script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(instance, script);
    assert.equal(exitCode, 0, `${script}\n${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Waits for a condition that an event on the timeline makes true. */
  until(what: string, condition: () => boolean, seconds = 300): Promise<void> {
    return until(this.environment.context, what, seconds, condition);
  }

  /** Waits, by polling, for a condition that no event on the timeline shows. */
  async untilSeen(what: string, condition: () => Promise<boolean>, seconds = 300): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await condition())) {
      assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  hostLogs(instance: string, message: string): Extract<TimelineEvent, { kind: "host-log" }>[] {
    return this.events.filter((event) => event.kind === "host-log" && event.instance === instance && event.message === message) as never;
  }

  gone(instance: string): boolean {
    return this.events.some((event) => event.kind === "instance-state" && event.instance === instance && event.state === "Terminated");
  }
}
