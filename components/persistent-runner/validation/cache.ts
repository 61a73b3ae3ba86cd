import { PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { ebsViolations } from "../../shared/host-rules/ebs";
import { folderViolations } from "../../shared/host-rules/mount-points";
import { inRange } from "../../shared/in-range";
import { type Violation, notAList, violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";

/** GiB. A smaller cache volume is not worth its handling. */
const CACHE_MIN_SIZE = 10;
const GATE = { used: { min: 10, max: 99 }, freeSpace: { min: 1, max: 1024 } } as const;
const EPOCH = /^[\w.:-]{1,64}$/;
/** Whole segments, none of which leaves the folder. */
const RELATIVE = /^(?!\.{1,2}(\/|$))[\w.+@-]+(\/(?!\.{1,2}(\/|$))[\w.+@-]+)*$/;
const EVICTION_LIMIT = 50;

export function cacheViolations(settings: PersistentRunnerSettings): Violation[] {
  return [
    ...folderViolations(settings.cacheMount, "cacheMount", [PERSISTENT_PATHS.runner]),
    ...volumeViolations(settings),
    ...evictionViolations(settings),
    ...epochViolations(settings),
    ...gateViolations(settings),
  ];
}

function volumeViolations({ cacheVolume }: PersistentRunnerSettings): Violation[] {
  if (cacheVolume === undefined) return [];
  const { size, type, iops, throughput } = cacheVolume;
  if (size === undefined) return [violation("cacheVolume.size", size, "a new volume has no default", "Set whole GiB")];
  const field = (name: string) => `cacheVolume.${name}`;
  const found = ebsViolations(
    { size, type, iops, throughput },
    { size: field("size"), type: field("type"), iops: field("iops"), throughput: field("throughput") },
    "data",
  );
  if (found.length > 0 || size >= CACHE_MIN_SIZE) return found;
  return [violation("cacheVolume.size", size, `less than ${CACHE_MIN_SIZE} GiB`, "Raise it, or remove cacheVolume")];
}

function evictionViolations({ cacheEviction }: PersistentRunnerSettings): Violation[] {
  if (!Array.isArray(cacheEviction)) return [notAList("cacheEviction", cacheEviction)];
  if (cacheEviction.length > EVICTION_LIMIT) {
    const problem = `more than ${EVICTION_LIMIT}`;
    return [violation("cacheEviction", `${cacheEviction.length} folders`, problem, "Name their parents, or omit it")];
  }
  const invalid = cacheEviction.findIndex((path) => path !== "." && (typeof path !== "string" || !RELATIVE.test(path)));
  if (invalid < 0) return [];
  const problem = "not a folder below cacheMount";
  return [violation(`cacheEviction[${invalid}]`, cacheEviction[invalid], problem, "Use a relative path such as cargo/registry")];
}

function epochViolations({ cacheEpoch }: PersistentRunnerSettings): Violation[] {
  if (cacheEpoch === undefined || (typeof cacheEpoch === "string" && EPOCH.test(cacheEpoch))) return [];
  return [violation("cacheEpoch", cacheEpoch, "not a text of 1 to 64 letters, digits and _ . : -", "Use one such as a date")];
}

/** With less than twice what must be free, a machine with a system and its tools would never take a job. */
function gateViolations({ diskGate, rootVolumeSize }: PersistentRunnerSettings): Violation[] {
  const found = (["used", "freeSpace"] as const)
    .filter((field) => !inRange(diskGate[field], GATE[field].min, GATE[field].max))
    .map((field) => {
      const problem = `outside ${GATE[field].min} to ${GATE[field].max}`;
      return violation(`diskGate.${field}`, diskGate[field], problem, "Use a whole number in this range");
    });
  const needed = 2 * diskGate.freeSpace;
  // Of a size that is no number, the rules of volumes speak.
  if (found.length > 0 || !Number.isInteger(rootVolumeSize) || rootVolumeSize >= needed) return found;
  const problem = `a machine takes no job with less than diskGate.freeSpace = ${diskGate.freeSpace} GiB free, and system and tools need the rest`;
  return [violation("rootVolumeSize", rootVolumeSize, problem, `Use at least ${needed} GiB, or lower diskGate.freeSpace`)];
}
