import type { FleetInstance } from "../../functions/actions-runner-pool/scale/policy/types";
import type { Boots } from "./boots";
import type { EventLoop } from "./event-loop";
import type { Runner } from "./github";
import { HOSTS } from "./parameters";

export interface Instance extends FleetInstance, Runner {
  id: string;
  phase: FleetInstance["phase"];
  since: number;
  busy: boolean;
  readonly launchedAt: number;
  /** Counts its idle times, so that a timer knows whether its own has ended. */
  idleTimes: number;
}

export interface GroupEvents {
  online(runner: Instance): void;
  offline(runner: Instance): void;
}

/** An Auto Scaling group: launches until there are as many instances as desired, replaces what fails, and terminates by id. */
export class SimulatedGroup {
  launches = 0;
  /** Billed milliseconds of the instances that are gone. */
  private billed = 0;
  private present = 0;
  private failed = 0;
  desired = 0;
  readonly instances = new Map<string, Instance>();

  constructor(
    private readonly loop: EventLoop,
    private readonly boots: Boots,
    private readonly events: GroupEvents,
  ) {}

  setDesired(size: number): void {
    this.desired = size;
    this.fill();
  }

  /** As TerminateInstanceInAutoScalingGroup with a decrement. Only of an idle instance: a drain with a job is another simulation's. */
  terminate(id: string): void {
    const instance = this.instances.get(id);
    if (!instance || instance.phase === "leaving") return;
    if (instance.busy) throw new Error(`instance ${id} is terminated with its job`);
    if (instance.phase === "in service") this.events.offline(instance);
    Object.assign(instance, { phase: "leaving", since: this.loop.now });
    this.desired--;
    this.present--;
    this.loop.after(HOSTS.drain * 1000, () => this.remove(instance));
  }

  /** Failed launches since the last call. */
  takeFailures(): number {
    const { failed } = this;
    this.failed = 0;
    return failed;
  }

  /** Billed seconds until now, those of the instances that still run included. */
  cost(): number {
    let total = this.billed;
    for (const instance of this.instances.values()) total += this.billOf(instance);
    return total / 1000;
  }

  private fill(): void {
    while (this.present < this.desired) this.launch();
  }

  private launch(): void {
    const { now } = this.loop;
    const boot = this.boots.draw(now / 1000);
    const id = `i-${++this.launches}`;
    const instance: Instance = { id, phase: "booting", since: now, busy: false, launchedAt: now, idleTimes: 0 };
    this.instances.set(id, instance);
    this.present++;
    this.loop.after(boot.seconds * 1000, () => {
      if (instance.phase !== "booting") return;
      if (boot.fails) return this.replace(instance);
      Object.assign(instance, { phase: "in service", since: this.loop.now });
      this.events.online(instance);
    });
  }

  private replace(instance: Instance): void {
    this.failed++;
    this.present--;
    this.remove(instance);
    this.fill();
  }

  private remove(instance: Instance): void {
    this.billed += this.billOf(instance);
    this.instances.delete(instance.id);
  }

  private billOf({ launchedAt }: Instance): number {
    return Math.max(HOSTS.shortestBill * 1000, this.loop.now - launchedAt);
  }
}
