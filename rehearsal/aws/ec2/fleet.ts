import type { Clock } from "../../clock";
import type { HostDriver } from "../host-driver";
import type { Random } from "../../random";
import type { Instance, InstanceRequest, PowerState } from "./instance";

export interface FleetOptions {
  clock: Clock;
  random: Random;
  driver: HostDriver;
  /** First two octets of the private addresses, by default 10.64. */
  network?: { first: number; second: number };
}

/** Notice of a Spot interruption: 2 minutes, in milliseconds. */
const SPOT_NOTICE_MS = 120_000;

/**
 * The instances and their power state. Operations on one instance run one after another, as at EC2: an instance that
 * is still booting is terminated after it has booted.
 */
export class Fleet {
  private readonly instances = new Map<string, Instance>();
  private readonly byIp = new Map<string, Instance>();
  private readonly operations = new Map<string, Promise<void>>();
  private readonly lossListeners: ((id: string) => void)[] = [];
  private readonly stateListeners: ((instance: Instance) => void)[] = [];
  private addresses = 0;

  constructor(private readonly options: FleetOptions) {}

  /** Registers an instance as `pending`; `powerOn` boots it. */
  create(request: InstanceRequest): Instance {
    const { random, clock } = this.options;
    const instance: Instance = {
      ...request,
      id: `i-${random.hex(17)}`,
      privateIp: this.nextAddress(),
      state: "pending",
      launchedAt: clock.now(),
      reservationId: `r-${random.hex(17)}`,
    };
    this.instances.set(instance.id, instance);
    this.byIp.set(instance.privateIp, instance);
    // With an instance of its own, what launches it begins the transition.
    if (request.own === undefined) this.enter(instance, "pending");
    return instance;
  }

  get(id: string): Instance | undefined {
    return this.instances.get(id);
  }

  /** The instance that owns the address, unless it is terminated. */
  atAddress(privateIp: string): Instance | undefined {
    const instance = this.byIp.get(privateIp);
    return instance?.state === "terminated" ? undefined : instance;
  }

  list(): Instance[] {
    return [...this.instances.values()];
  }

  /** First boot. Rejects if the machine does not boot. */
  powerOn(instance: Instance): Promise<void> {
    const { id, userData, instanceType, privateIp, volumes, launchFailure } = instance;
    return this.enqueue(instance, async () => {
      if (launchFailure !== undefined) {
        this.enter(instance, "terminated");
        instance.endedAt = this.options.clock.now();
        throw new Error(launchFailure);
      }
      await this.options.driver.launch({ instanceId: id, userData, instanceType, privateIp, volumes });
      this.enter(instance, "running");
    });
  }

  stop(instance: Instance): Promise<void> {
    return this.halt(instance, () => this.options.driver.stop(instance.id));
  }

  hibernate(instance: Instance): Promise<void> {
    return this.halt(instance, () => this.options.driver.hibernate(instance.id));
  }

  start(instance: Instance): Promise<void> {
    return this.raise(instance, () => this.options.driver.start(instance.id));
  }

  resume(instance: Instance): Promise<void> {
    return this.raise(instance, () => this.options.driver.resume(instance.id));
  }

  /** Safe to call twice. */
  terminate(instance: Instance): Promise<void> {
    return this.enqueue(instance, async () => {
      this.enter(instance, "shutting-down");
      await this.options.driver.terminate(instance.id);
      this.enter(instance, "terminated");
      instance.endedAt = this.options.clock.now();
    });
  }

  /** Announces a Spot interruption and terminates the instance two minutes later, whatever it is doing. */
  interrupt(instance: Instance): void {
    const { clock } = this.options;
    instance.interruption = { action: "terminate", at: clock.now() + SPOT_NOTICE_MS };
    clock.after(SPOT_NOTICE_MS, () => void this.lose(instance));
  }

  /** Terminates the instance without a request from Auto Scaling; the group detects it by its health check. */
  async lose(instance: Instance): Promise<void> {
    if (instance.state === "terminated" || instance.state === "shutting-down") return;
    await this.terminate(instance);
    this.announceLoss(instance);
  }

  onLoss(listener: (id: string) => void): void {
    this.lossListeners.push(listener);
  }

  announceLoss({ id }: Instance): void {
    for (const listener of this.lossListeners) listener(id);
  }

  /** Called at each change of a power state, once the instance has it. */
  onState(listener: (instance: Instance) => void): void {
    this.stateListeners.push(listener);
  }

  enter(instance: Instance, state: PowerState): void {
    instance.state = state;
    for (const listener of this.stateListeners) listener(instance);
  }

  private halt(instance: Instance, act: () => Promise<void>): Promise<void> {
    return this.enqueue(instance, async () => {
      this.enter(instance, "stopping");
      await act();
      this.enter(instance, "stopped");
    });
  }

  private raise(instance: Instance, act: () => Promise<void>): Promise<void> {
    return this.enqueue(instance, async () => {
      this.enter(instance, "pending");
      await act();
      this.enter(instance, "running");
    });
  }

  /** Runs `act` after all earlier operations on the instance, unless it is terminated by then. */
  enqueue(instance: Instance, act: () => Promise<void>): Promise<void> {
    const previous = this.operations.get(instance.id) ?? Promise.resolve();
    const next = previous
      .catch(() => undefined) // its own caller receives that failure
      .then(() => (instance.state === "terminated" ? undefined : act()));
    this.operations.set(instance.id, next);
    return next;
  }

  /** 10.64.0.2 onwards: .0 and .1 of each network are the router's, .254 and .255 stay free. */
  private nextAddress(): string {
    const { first, second } = this.options.network ?? { first: 10, second: 64 };
    for (;;) {
      const index = this.addresses++ % (256 * 252);
      const address = `${first}.${second}.${Math.floor(index / 252)}.${2 + (index % 252)}`;
      const owner = this.byIp.get(address);
      if (!owner || owner.state === "terminated") return address;
    }
  }
}
