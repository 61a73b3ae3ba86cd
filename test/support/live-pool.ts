import assert from "node:assert/strict";
import { Cleanup } from "../../rehearsal/cleanup";
import type { CommandResult } from "../../rehearsal/aws/host-driver";
import type { JobSpec } from "../../rehearsal/github/jobs";
import { parseOptions } from "../../rehearsal/rehearsal-options";
import { until } from "../../rehearsal/scenarios/actions-runner-pool/context";
import type { TimelineEvent } from "../../rehearsal/timeline";
import { openWorld, type World } from "../../rehearsal/environment/environment";

/** Seconds for machines to boot and register, one after another on two slow cores. A bound on a hang, not a measurement. */
const BOOT_BOUND = 600;

/**
 * A pool that the real engine has deployed, on machines with a real systemd, for tests that do things to it which no
 * scenario does. `close` cuts the power of what is left; a test that wants an orderly end calls `stage.engine.destroy`.
 */
export class LivePool {
  private constructor(
    readonly world: World,
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
      const world = await openWorld(options, "systemd", () => undefined, cleanup, packages);
      const pool = new LivePool(world, cleanup);
      if (projectDir !== undefined) await world.deployFrom(projectDir);
      await world.stage.engine.up();
      await pool.until(`${instances} runners online`, () => world.stage.jobs.online().length >= instances, BOOT_BOUND);
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
    return this.world.stage.timeline.events;
  }

  inService(): string[] {
    return this.world.stage.group.inService();
  }

  /** A job that only this instance may take. Returns its id. */
  queueOn(instance: string, job: Partial<JobSpec> & { name: string }): string {
    return this.world.github.queueJob({ labels: [...this.world.labels], runner: instance, ...job });
  }

  /** Root's shell in the machine. */
  run(instance: string, script: string): Promise<CommandResult> {
    const hosts = this.world.machines?.hosts;
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
    return until(this.world.stage, what, seconds, condition);
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
