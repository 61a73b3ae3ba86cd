import assert from "node:assert/strict";
import { Cleanup } from "../../cleanup";
import type { CommandResult } from "../../aws/host-driver";
import type { JobSpec } from "../../github/jobs";
import { parseOptions } from "../../rehearsal-options";
import { until } from "../../environment/scenario-context";
import type { TimelineEvent } from "../../timeline";
import { openPoolEnvironment, type PoolEnvironment } from "./pool-environment";

/** Seconds for machines to boot and register, one after another on two slow cores. A bound on a hang, not a measurement. */
const BOOT_BOUND = 600;

/**
 * A pool that the real engine has deployed, on machines with a real systemd, for tests that do things to it which no
 * scenario does. `close` cuts the power of what is left; a test that wants an orderly end calls `context.engine.destroy`.
 */
export class LivePool {
  private constructor(
    readonly environment: PoolEnvironment,
    private readonly cleanup: Cleanup,
  ) {}

  /**
   * Deploys and waits until `instances` runners are online. Needs what `needSystemd` asks for.
   *
   * @param packages Debian packages that the machines have besides the usual ones.
   * @param projectDir checkout to deploy; this one by default.
   */
  static async open(
    instances: number,
    args: readonly string[] = [],
    packages: readonly string[] = [],
    projectDir?: string,
  ): Promise<LivePool> {
    const options = parseOptions(["--hosts", "systemd", "--instances", `${instances}`, ...args]);
    assert.ok(options);
    const cleanup = new Cleanup();
    try {
      const environment = await openPoolEnvironment({ options, hosts: "systemd", say: () => undefined, cleanup, packages });
      const pool = new LivePool(environment, cleanup);
      if (projectDir !== undefined) await environment.deployFrom(projectDir);
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

  /** A job that only this instance may take. Returns its id. */
  queueOn(instance: string, job: Partial<JobSpec> & { name: string }): string {
    return this.environment.github.queueJob({ labels: [...this.environment.labels], runner: instance, ...job });
  }

  /** Root's shell in the machine. */
  run(instance: string, script: string): Promise<CommandResult> {
    const hosts = this.environment.machines?.hosts;
    assert.ok(hosts);
    return hosts.runCommand(instance, [script]);
  }

  /** The same for a script that must succeed; returns what it printed. */
  async sh(instance: string, script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(instance, script);
    assert.equal(exitCode, 0, `${script}\n${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Waits for a condition that something on the timeline brings about. */
  until(what: string, condition: () => boolean, seconds = 120): Promise<void> {
    return until(this.environment.context, what, seconds, condition);
  }

  /** Waits for a condition that only a look into a machine can tell. */
  async untilSeen(what: string, condition: () => Promise<boolean>, seconds = 60): Promise<void> {
    const giveUp = Date.now() + seconds * 1000;
    while (!(await condition())) {
      assert.ok(Date.now() < giveUp, `not within ${seconds} s: ${what}`);
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
