import type { Action } from "../../../host-config/actions-runner-pool/agent/decide";
import { inFlight } from "../../../host-config/actions-runner-pool/agent/in-flight";
import type { Protection } from "../../../host-config/actions-runner-pool/agent/ports/protection";
import { isTerminating } from "../../../host-config/actions-runner-pool/agent/target-state";
import type { SimulatedMachine } from "./machine";
import type { Process } from "./process";
import type { View } from "./view";

/** The drain's own pause between two looks. */
const DRAIN_LOOK = 250;
/** Looks that must have found the same before the next ones may be skipped: the protection follows 3 s later. */
const SAME_LOOKS = 5;

/** How settled the agent's daemon is, as far as that is known from outside of it: which of its ticks would do nothing. */
export class DaemonIdleness {
  /** What its last successful call has set; undefined when it must not rely on anything. */
  private protection: boolean | undefined;
  /** Number of the change after which that was. */
  private protectedAt = -1;
  private calls = 0;
  private sameLooks = 0;
  /** Number of the change that its last look has seen. */
  private seen = -1;

  constructor(private readonly machine: SimulatedMachine) {
    this.protection = machine.unit.look().everStarted ? undefined : false;
  }

  /** The daemon's port, overheard. */
  overhear(protection: Protection): Protection {
    return {
      set: async (on: boolean) => {
        this.calls++;
        const outcome = await protection.set(on).finally(() => this.calls--);
        this.protection = on;
        this.protectedAt = this.machine.processes.version;
        return outcome;
      },
    };
  }

  /** Whether the next tick does nothing, and each after it, for as long as nothing changes. */
  wouldRepeat(action: Action): boolean {
    const { machine } = this;
    if (!machine.around.skipIdle?.metadataSteady()) return false;
    const unit = machine.unit.look();
    const target = machine.target();
    const { version } = machine.processes;
    this.sameLooks = version === this.seen ? this.sameLooks + 1 : 0;
    this.seen = version;
    if (isTerminating(target)) return action === "await-drain" && unit.active === "deactivating";
    if (!unit.everStarted || (target !== "InService" && target !== undefined)) return false;
    if (this.calls > 0) return false;
    const flight = steadyFlight(machine);
    if (flight === "worker") return this.protection === true;
    // Idle: the protection is cleared some looks later, unless that was what came last.
    const settled = this.protectedAt === version || this.sameLooks >= SAME_LOOKS;
    return flight === undefined && this.protection === false && settled;
  }
}

/**
 * The sleep of one process. A drain that waits for a worker looks four times a second, for hours; as long as it sees
 * the same and does nothing between two looks, the looks are left out, all but the last ones before maxDrain.
 */
export function sleeper(machine: SimulatedMachine, process: Process, view: View) {
  const { clock, skipIdle } = machine.around;
  const patience = clock.now() + machine.config.drainDeadline * 1000;
  const { skew } = machine;
  let version = -1;
  let idle = false;
  let signalled = false;
  const pause = (ms: number): Promise<void> => {
    const same = idle && version === machine.processes.version && skew === machine.skew && !signalled;
    version = machine.processes.version;
    idle = true;
    const skips = skipIdle && same && ms === DRAIN_LOOK && steadyFlight(machine) === "worker";
    return skips ? view.skip(ms, patience) : view.pause(ms);
  };
  const sleep = (ms: number) => new Promise<void>((resolve) => void pause(ms).then(() => process.alive && resolve()));
  // After its signal to the listener the pauses are those of another loop, which has an end of its own.
  return Object.assign(sleep, { acted: () => void (idle = false), ended: () => void (signalled = true) });
}

/** What is in flight, if that is nothing that time alone changes. */
function steadyFlight(machine: SimulatedMachine): "worker" | undefined | "unsteady" {
  const now = machine.now();
  const signs = machine.signs();
  if ((signs.announcedAt ?? 0) > now || (signs.messageAt ?? 0) > now) return "unsteady";
  const flight = inFlight(signs, now);
  return flight === "worker" || flight === undefined ? flight : "unsteady";
}
