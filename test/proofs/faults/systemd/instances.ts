import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";

/**
 * Machines that run at once. Each takes six inotify instances, of which a user has 128 by default, and other tests run
 * machines too.
 */
export const SIZE = 8;
const POLL_MS = 500;

/** Instances for scenarios, first come first served. Terminated ones are replaced while a scenario waits. */
export class Instances {
  private readonly taken = new Set<string>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pool: LivePool,
    private waiting: number,
  ) {}

  take(count: number): Promise<string[]> {
    const taken = this.queue.then(async () => {
      while (this.free().length < count) {
        await this.fillUp();
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      const ids = this.free().slice(0, count);
      for (const id of ids) this.taken.add(id);
      this.waiting--;
      return ids;
    });
    this.queue = taken;
    return taken;
  }

  /** Only for instances that are in service and unchanged. */
  giveBack(ids: readonly string[]): void {
    for (const id of ids) this.taken.delete(id);
  }

  private free(): string[] {
    const online = this.pool.environment.context.jobs.online();
    return this.pool.inService().filter((id) => online.includes(id) && !this.taken.has(id));
  }

  /** Draining instances and those in standby count: they are machines too, and the latter come back into the capacity. */
  private async fillUp(): Promise<void> {
    const { group, options } = this.pool.environment.context;
    const { autoscaling } = this.pool.environment.aws;
    const members = autoscaling.group(autoscaling.groupNames()[0]!)?.instances ?? [];
    const outside = members.filter(({ state }) => state.startsWith("Terminating") || state === "Standby").length;
    const wanted = options.instances - outside;
    if (this.waiting > 0 && group.desired() < wanted) await group.setDesiredCapacity(wanted);
  }
}
