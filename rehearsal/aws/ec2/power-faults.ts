import type { AwsError } from "../api";
import { insufficientCapacity, type ReasonCode } from "./errors";
import type { Instance } from "./instance";

/** A start that EC2 does not carry out. */
export interface StartFault {
  /** `refused`: the call fails for want of capacity. Else the call succeeds, and the instance goes from pending to stopped with this reason. */
  how: "refused" | ReasonCode;
  /** Only of this type; absent: of any. */
  instanceType?: string;
  instanceId?: string;
  /** How many starts fail; absent: no limit. */
  times?: number;
}

/** What keeps EC2 from starting or stopping instances. */
export class PowerFaults {
  private readonly active: { fault: StartFault; left: number }[] = [];
  private readonly holds = new Map<string, { until: Promise<void>; release: () => void }>();

  /** Returns a function that removes the fault. */
  inject(fault: StartFault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /** An instance that is stopped from now on stays `stopping` until it is stopped by force, or until the returned function is called. */
  holdStop(instanceId: string): () => void {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    this.holds.set(instanceId, { until, release });
    return () => this.releaseStop(instanceId);
  }

  releaseStop(instanceId: string): void {
    this.holds.get(instanceId)?.release();
    this.holds.delete(instanceId);
  }

  async stopHeld(instanceId: string): Promise<void> {
    await this.holds.get(instanceId)?.until;
  }

  /** Counts the start. At most one of both: an error with which the call fails, or the reason with which the start does. */
  ofStart(instance: Pick<Instance, "id" | "instanceType" | "availabilityZone">): { refusal?: AwsError; reason?: ReasonCode } {
    const { id, instanceType, availabilityZone } = instance;
    const entry = this.active.find(
      ({ fault, left }) =>
        left > 0 && (fault.instanceType ?? instanceType) === instanceType && (fault.instanceId === undefined || fault.instanceId === id),
    );
    if (!entry) return {};
    entry.left--;
    const { how } = entry.fault;
    return how === "refused" ? { refusal: insufficientCapacity(instanceType, availabilityZone) } : { reason: how };
  }
}
