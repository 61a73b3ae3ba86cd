import { AwsError, type Shape } from "../api";
import type { Volume } from "./volumes";

/** A volume can be modified so often within a day, by EC2's documentation. */
const MOST = 4;
const DAY_MS = 86_400_000;
/** For which EC2 shows that it modifies a volume. It takes longer, which would only slow a rehearsal down. */
const MODIFYING_MS = 500;

/** Why the volume cannot be modified now. The second text is worded here. */
export function modificationRefusal({ id, modifications = [] }: Volume, now: number): AwsError | undefined {
  if (stateAt(modifications.at(-1), now) === "modifying") {
    return new AwsError("IncorrectModificationState", `Volume '${id}' can't be modified in modification state 'modifying'.`);
  }
  if (modifications.filter((at) => now - at < DAY_MS).length < MOST) return undefined;
  const message = `You've reached the maximum modification rate per volume limit: ${MOST} modifications of ${id} within 24 hours.`;
  return new AwsError("VolumeModificationRateExceeded", message);
}

/** Of the last modification. */
export function modificationShape({ id, sizeGib, type, modifications = [] }: Volume, now: number): Shape {
  const state = stateAt(modifications.at(-1), now);
  return { VolumeId: id, ModificationState: state, Progress: state === "completed" ? 100 : 0, TargetSize: sizeGib, TargetVolumeType: type };
}

function stateAt(begun: number | undefined, now: number): "modifying" | "completed" {
  return begun !== undefined && now - begun < MODIFYING_MS ? "modifying" : "completed";
}
