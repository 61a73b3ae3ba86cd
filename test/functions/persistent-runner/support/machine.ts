import { type BootOrder, preparationDigest } from "../../../../contract/persistent-runner/order";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";
import type { InstancePower } from "../../../../functions/shared/aws/instance-power";

/** What the machine does once it is on. */
export type Boot = "ready" | "hangs" | "switches itself off" | { fails: string } | { says: string };

/** Seconds that EC2 and the machine take for each step. */
const STEP = { pending: 10, boot: 20, stopping: 20, preparing: 300 };

interface Surroundings {
  now(): number;
  takeOrder(): BootOrder | undefined;
  write(write: ItemWrite): boolean;
}

/** An EC2 instance and its host, which go through their states as the clock moves. They act when anyone asks for the state. */
export class TestMachine {
  power: InstancePower = { state: "stopped", launchedAt: 0, instanceType: "m7i.large" };
  /** How each further start ends; the last one is repeated. */
  boots: Boot[] = ["ready"];
  /** Of the next calls. */
  startErrors: Error[] = [];
  stopErrors: Error[] = [];
  /** EC2 accepts a call that stops it, and does nothing. */
  losesStops = 0;
  order?: BootOrder;
  /** Starts that took effect. */
  starts = 0;
  private since = 0;
  private preparing = false;

  constructor(private readonly surroundings: Surroundings) {}

  /** As the provider has made it: its first boot waits for its order. */
  firstBoot(): void {
    this.begin();
  }

  start(): void {
    this.advance();
    const error = this.startErrors.shift();
    if (error) throw error;
    if (this.power.state === "stopping") throw awsFailure("IncorrectInstanceState", "is not in a state from which it can be started");
    if (this.power.state === "stopped") this.begin();
  }

  stop(force: boolean): void {
    this.advance();
    const error = this.stopErrors.shift();
    if (error) throw error;
    if (this.power.state === "pending") throw awsFailure("IncorrectInstanceState", "is not in a state from which it can be stopped");
    if (this.losesStops > 0) this.losesStops -= 1;
    else if (this.power.state === "running" || force) this.enter("stopping", "Client.UserInitiatedShutdown");
  }

  setType(instanceType: string): void {
    this.advance();
    if (this.power.state !== "stopped") throw awsFailure("IncorrectInstanceState", "is not in the 'stopped' state");
    this.power = { ...this.power, instanceType };
  }

  /** After its job, or because it idles. */
  switchOff(): void {
    this.advance();
    if (this.power.state === "running") this.enter("stopping", "Client.InstanceInitiatedShutdown");
  }

  terminate(): void {
    this.enter("terminated", "Client.UserInitiatedShutdown");
  }

  advance(): void {
    while (this.step()) {}
  }

  /** Whether the next state is due. */
  private step(): boolean {
    const boot = this.boots.length > 1 && this.starts > 0 ? this.boots[Math.min(this.starts, this.boots.length) - 1]! : this.boots[0]!;
    switch (this.power.state) {
      case "pending":
        if (!this.isDue(STEP.pending)) return false;
        if (typeof boot === "object" && "fails" in boot) this.enter("stopped", boot.fails);
        else this.enter("running");
        return true;
      case "running":
        return this.runs(boot);
      case "stopping":
        if (!this.isDue(STEP.stopping)) return false;
        this.enter("stopped", this.power.reason?.code);
        return true;
      default:
        return false;
    }
  }

  private runs(boot: Boot): boolean {
    if (boot === "hangs" || (typeof boot === "object" && "fails" in boot) || !this.isDue(STEP.boot)) return false;
    if (boot === "switches itself off") {
      this.enter("stopping", "Client.InstanceInitiatedShutdown");
      return true;
    }
    this.order ??= this.surroundings.takeOrder();
    if (this.order === undefined || (this.preparing && !this.isDue(STEP.boot + STEP.preparing))) return false;
    if (typeof boot === "object") {
      this.surroundings.write(hostFailed(this.order, boot.says));
      this.enter("stopping", "Client.InstanceInitiatedShutdown");
      return true;
    }
    if (this.order.purpose === "provision" && !this.preparing) {
      this.preparing = true;
      return true;
    }
    if (this.isReady) return false;
    this.isReady = true;
    const mayTakeJobs = this.surroundings.write(hostReady(this.order, this.surroundings.now()));
    if (mayTakeJobs && this.order.purpose === "run") return false;
    this.enter("stopping", "Client.InstanceInitiatedShutdown");
    return true;
  }

  private isReady = false;

  private begin(): void {
    this.starts += 1;
    const now = this.surroundings.now();
    this.power = { ...this.power, launchedAt: now };
    this.enter("pending");
    this.order = undefined;
    this.preparing = false;
    this.isReady = false;
  }

  private enter(state: InstancePower["state"], code?: string): void {
    const { reason: _, ...power } = this.power;
    this.power = { ...power, state, ...(code !== undefined && { reason: { code, message: `${code}: as EC2 words it` } }) };
    this.since = this.surroundings.now();
  }

  private isDue(seconds: number): boolean {
    return this.surroundings.now() - this.since >= seconds * 1000;
  }
}

/** The write by which a machine becomes ready, as the contract has it. */
export function hostReady(order: Pick<BootOrder, "generation" | "bundle" | "configuration">, now: number): ItemWrite {
  return {
    when: {
      all: [
        { attribute: "generation", is: "=", value: order.generation },
        { attribute: "phase", is: "=", value: "starting" },
      ],
    },
    set: { phase: "ready", changedAt: now, bootId: `boot-${order.generation}`, prepared: preparationDigest(order) },
    remove: ["failure"],
  };
}

/** The write by which a machine says that it takes no job. */
function hostFailed({ generation }: BootOrder, reason: string): ItemWrite {
  return { when: { attribute: "generation", is: "=", value: generation }, set: { failure: `${generation}: ${reason}` } };
}

export function awsFailure(name: string, message = name): Error {
  return Object.assign(new Error(message), { name, $fault: "client" });
}
