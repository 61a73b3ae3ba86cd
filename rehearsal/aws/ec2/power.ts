import type { Clock } from "../../clock";
import type { AwsError } from "../api";
import type { HostDriver } from "../host-driver";
import { cannotBeStarted, cannotBeStopped, PENDING, protectedFrom, reason, type ReasonCode } from "./errors";
import type { Fleet } from "./fleet";
import type { Instance, InstanceRequest, PowerState, StateReason } from "./instance";
import type { PowerFaults } from "./power-faults";
import type { Volumes } from "./volumes";

/** Milliseconds for which EC2 shows a transition besides the time that the machine itself takes. */
export interface PowerDelays {
  /** From the request to the boot. */
  pending: number;
  /** From the machine's power-off to `stopped`. */
  stopping: number;
  /** The same to `terminated`. */
  shuttingDown: number;
}

/** EC2 takes about 10 s for each, and longer for a stop. These are shorter, to keep rehearsals fast. */
export const DEFAULT_POWER_DELAYS: PowerDelays = { pending: 2_000, stopping: 2_000, shuttingDown: 1_000 };

export interface PowerParts {
  clock: Clock;
  fleet: Fleet;
  driver: HostDriver;
  volumes: Volumes;
  faults: PowerFaults;
  delays: PowerDelays;
  onDefect(error: unknown): void;
}

/**
 * Launch, start, stop and end of instances of their own, with the states between. A call only enters the first state; what follows
 * runs in the background, and ends early once a later call has entered another state.
 */
export class InstancePower {
  /** Of the transitions of each instance, the current one. */
  private readonly transitions = new Map<string, number>();
  /** Instances whose machine exists. */
  private readonly machines = new Set<string>();

  constructor(private readonly parts: PowerParts) {}

  /** @throws InsufficientInstanceCapacity */
  launch(request: InstanceRequest): Instance {
    const { fleet, faults, driver, volumes } = this.parts;
    const { refusal, reason: failure } = faults.ofStart({ id: "", ...request });
    if (refusal) throw refusal;
    const instance = fleet.create(request);
    const { id, userData, instanceType, privateIp } = instance;
    const boot = () => {
      this.machines.add(id);
      return driver.launch({ instanceId: id, userData, instanceType, privateIp, kept: volumes.keptBy(id) });
    };
    this.raise(instance, boot, "terminated", failure);
    return instance;
  }

  /** Why a start would be refused, if it would. */
  startRefusal({ id, state }: Instance): AwsError | undefined {
    return state === "stopped" || state === "pending" || state === "running" ? undefined : cannotBeStarted(id);
  }

  /**
   * Nothing for an instance that runs, or is about to.
   * @param failure why it cannot boot, as far as its caller decides that
   * @throws InsufficientInstanceCapacity
   */
  start(instance: Instance, failure?: ReasonCode): void {
    if (instance.state !== "stopped") return;
    const fault = this.parts.faults.ofStart(instance);
    if (fault.refusal) throw fault.refusal;
    instance.launchedAt = this.parts.clock.now();
    this.raise(instance, () => this.parts.driver.start(instance.id), "stopped", fault.reason ?? failure);
  }

  /** Why a stop would be refused, if it would. */
  stopRefusal({ id, state, own }: Instance): AwsError | undefined {
    if (own?.disableApiStop) return protectedFrom("stopped", id);
    return state === "running" || state === "stopping" || state === "stopped" ? undefined : cannotBeStopped(id);
  }

  /** Nothing for an instance that is off, or is about to be, unless by force. */
  stop(instance: Instance, force: boolean): void {
    const { driver, faults, onDefect } = this.parts;
    const { id, state } = instance;
    if (force) faults.releaseStop(id);
    if (state === "stopping" && force) driver.stop(id, { force }).catch(onDefect);
    if (state !== "running") return;
    const current = this.begin(instance, "stopping", reason("Client.UserInitiatedShutdown"), this.userInitiated());
    this.halt(instance, current, () => driver.stop(id, { force }));
  }

  /** Nothing for an instance that has ended, or is about to. */
  terminate(instance: Instance): void {
    if (instance.state === "terminated" || instance.state === "shutting-down") return;
    this.parts.faults.releaseStop(instance.id);
    this.end(instance, reason("Client.UserInitiatedShutdown"), this.userInitiated());
  }

  /** To be called when a machine has switched itself off. */
  poweredOff(instanceId: string): void {
    const instance = this.parts.fleet.get(instanceId);
    if (!instance?.own) return;
    // After a boot that is about to end.
    this.background(instance, async () => {
      if (instance.state !== "running") return;
      const why = reason("Client.InstanceInitiatedShutdown");
      if (instance.own?.shutdownBehavior === "terminate") this.end(instance, why);
      else this.halt(instance, this.begin(instance, "stopping", why), async () => undefined);
    });
  }

  private raise(instance: Instance, boot: () => Promise<void>, afterFailure: "stopped" | "terminated", failure?: ReasonCode): void {
    const { clock, delays } = this.parts;
    const current = this.begin(instance, "pending", PENDING);
    this.background(instance, async () => {
      await clock.sleep(delays.pending);
      if (!this.isCurrent(instance, current)) return;
      const failed = failure ?? (await boot().then(() => undefined, machineFailed));
      if (!this.isCurrent(instance, current)) return;
      if (failed === undefined) {
        if (instance.own?.publicAddress) instance.publicIp = publicAddressOf(instance);
        this.enter(instance, "running", undefined);
      } else if (afterFailure === "stopped") this.enter(instance, "stopped", reason(failed));
      else this.end(instance, reason(failed));
    });
  }

  private halt(instance: Instance, current: number, off: () => Promise<void>): void {
    const { fleet, clock, delays, faults, volumes, driver, onDefect } = this.parts;
    this.background(instance, async () => {
      await off().catch(onDefect);
      await faults.stopHeld(instance.id);
      await clock.sleep(delays.stopping);
      if (!this.isCurrent(instance, current)) return;
      instance.publicIp = undefined;
      const consoleBytes = Buffer.byteLength(driver.console?.(instance.id) ?? "");
      instance.switchedOff = [...(instance.switchedOff ?? []), { at: clock.now(), consoleBytes }];
      this.enter(instance, "stopped", instance.reason);
      await volumes.instanceStopped(instance.id);
      // The health check of a group does not tell a stop from an end.
      fleet.announceLoss(instance);
    });
  }

  private end(instance: Instance, why: StateReason, transition?: string): void {
    const { clock, delays, driver, onDefect } = this.parts;
    this.begin(instance, "shutting-down", why, transition);
    this.background(instance, async () => {
      if (this.machines.has(instance.id)) await driver.terminate(instance.id).catch(onDefect);
      await clock.sleep(delays.shuttingDown);
      await this.ended(instance, why);
    });
  }

  private async ended(instance: Instance, why: StateReason): Promise<void> {
    const { clock, volumes, fleet } = this.parts;
    instance.endedAt = clock.now();
    instance.publicIp = undefined;
    this.enter(instance, "terminated", why);
    await volumes.instanceEnded(instance.id);
    fleet.announceLoss(instance);
  }

  private background(instance: Instance, act: () => Promise<void>): void {
    this.parts.fleet.enqueue(instance, act).catch((error: unknown) => this.parts.onDefect(error));
  }

  private begin(instance: Instance, state: PowerState, why: StateReason, transition = ""): number {
    const current = (this.transitions.get(instance.id) ?? 0) + 1;
    this.transitions.set(instance.id, current);
    instance.transition = transition;
    this.enter(instance, state, why);
    return current;
  }

  private isCurrent({ id }: Instance, transition: number): boolean {
    return this.transitions.get(id) === transition;
  }

  private enter(instance: Instance, state: PowerState, why: StateReason | undefined): void {
    instance.reason = why;
    this.parts.fleet.enter(instance, state);
  }

  private userInitiated(): string {
    return `User initiated (${new Date(this.parts.clock.now()).toISOString().replace("T", " ").slice(0, 19)} GMT)`;
  }
}

function machineFailed(): ReasonCode {
  return "Server.InternalError";
}

/** Another at each start, of the range that RFC 5737 reserves for documentation. */
function publicAddressOf({ launchedAt }: Instance): string {
  return `203.0.113.${1 + (Math.floor(launchedAt / 1000) % 254)}`;
}
