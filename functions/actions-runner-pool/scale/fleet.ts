import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { Demand } from "../../shared/demand/source";
import type { ScalerMemory, Sighting } from "./memory";
import type { FleetInstance } from "./policy/types";
import type { GroupMember } from "./ports";

/** Time for which the scaler looks for the boot of an instance in the group's history, which may lag behind its state. */
const LOOK_FOR_BOOT_MS = 10 * 60_000;

export interface FleetView {
  instances: readonly FleetInstance[];
  /** For the memory. */
  sightings: Readonly<Record<string, Sighting>>;
  /** Instances that the pass before did not see; undefined if there was none. */
  launched?: number;
  /** In service, with a boot that was not measured yet. */
  unmeasured: readonly string[];
  /** Whether an instance that booted at the pass before does not boot any more and never entered service. */
  lostBoot: boolean;
}

/** A state that AWS adds later is no supply: the pool then launches one too many rather than let a job wait for it. */
function phaseOf(state: LifecycleState): FleetInstance["phase"] {
  if (state === "InService") return "in service";
  return state.startsWith("Pending") ? "booting" : "leaving";
}

/**
 * The group's instances with what only a comparison with the pass before gives. Busy is what Auto Scaling protects, and what the
 * queue says: an agent sets the protection within seconds of the job's start, and may fail to.
 */
export function fleetView(members: readonly GroupMember[], running: Demand["running"], memory: ScalerMemory, now: number): FleetView {
  const occupied = new Set(running.flatMap(({ runner }) => runner ?? []));
  const first = memory.passedAt === undefined;
  const sightings: Record<string, Sighting> = {};
  const instances = members.map(({ id, lifecycleState, protectedFromScaleIn }): FleetInstance => {
    const phase = phaseOf(lifecycleState);
    const before = memory.instances[id];
    const since = before?.phase === phase ? before.since : now;
    const entered = phase === "in service" && !first && (before === undefined || before.phase === "booting");
    const pending = before?.phase === "in service" && before.unmeasured && now - since < LOOK_FOR_BOOT_MS;
    sightings[id] = { phase, since, ...(entered || pending ? { unmeasured: true } : {}) };
    return { id, phase, since, busy: protectedFromScaleIn || occupied.has(id) };
  });
  return {
    instances,
    sightings,
    ...(first ? {} : { launched: members.filter(({ id }) => !(id in memory.instances)).length }),
    unmeasured: Object.keys(sightings).filter((id) => sightings[id]?.unmeasured),
    lostBoot: Object.keys(memory.instances).some(
      (id) => memory.instances[id]?.phase === "booting" && (sightings[id]?.phase ?? "leaving") === "leaving",
    ),
  };
}
