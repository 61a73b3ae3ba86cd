import { VolumeType } from "../host-args/volumes";
import { inRange } from "../in-range";
import { type Violation, violation } from "../input-errors";

/** What EBS allows of one type of volume. Sizes in GiB, throughput in MiB/s. */
interface EbsLimits {
  minSize: number;
  maxSize: number;
  /** Absent: EBS decides by the size. `base` comes with every size. */
  iops?: { min: number; max: number; perGib: number; base?: number; required: boolean };
  throughput?: { min: number; max: number; perIops: number };
  boots: boolean;
}

/** No Linux distribution's image fits into less. */
const ROOT_MIN_SIZE = 8;

/** What each gp3 volume has at least, and without a choice. */
export const GP3_BASE = { iops: 3000, throughput: 125 } as const;

/** docs/aws-facts.md has the sources. Where they differ the wider limit is here: EC2 itself still refuses what it does not have. */
const LIMITS: Readonly<Record<VolumeType, EbsLimits>> = {
  gp3: {
    minSize: 1,
    maxSize: 65_536,
    iops: { min: GP3_BASE.iops, max: 80_000, perGib: 500, base: GP3_BASE.iops, required: false },
    throughput: { min: GP3_BASE.throughput, max: 2000, perIops: 0.25 },
    boots: true,
  },
  gp2: { minSize: 1, maxSize: 16_384, boots: true },
  io1: { minSize: 4, maxSize: 16_384, iops: { min: 100, max: 64_000, perGib: 50, required: true }, boots: true },
  io2: { minSize: 4, maxSize: 65_536, iops: { min: 100, max: 256_000, perGib: 1000, required: true }, boots: true },
  st1: { minSize: 125, maxSize: 16_384, boots: false },
  sc1: { minSize: 125, maxSize: 16_384, boots: false },
};

const TYPES = Object.values(VolumeType);

export interface EbsVolume {
  type: VolumeType;
  /** GiB; undefined while it is not known. */
  size?: number;
  iops?: number;
  throughput?: number;
}

/** The paths of the arguments that an error names. */
export type EbsFields = Record<keyof EbsVolume, string>;

/** Checks one volume as far as its size is known. */
export function ebsViolations(volume: EbsVolume, fields: EbsFields, use: "root" | "data"): Violation[] {
  const { type, iops, throughput } = volume;
  const limits = TYPES.includes(type) ? LIMITS[type] : undefined;
  if (limits === undefined) return [violation(fields.type, type, "not a type of EBS volume", `Use ${TYPES.join(", ")}`)];
  if (use === "root" && !limits.boots)
    return [violation(fields.type, type, "EC2 boots from no volume of this type", "Use gp3, gp2, io1 or io2")];
  return [
    ...sizeViolations(volume, limits, fields.size, use === "root" ? ROOT_MIN_SIZE : 0),
    ...iopsViolations(volume, limits, fields),
    ...throughputViolations(type, iops, throughput, limits, fields),
  ];
}

function sizeViolations({ type, size }: EbsVolume, { minSize, maxSize }: EbsLimits, field: string, atLeast: number): Violation[] {
  const min = Math.max(minSize, atLeast);
  if (size === undefined || inRange(size, min, maxSize)) return [];
  return [violation(field, size, `outside ${min} to ${maxSize} GiB of ${type}`, "Use whole GiB in this range")];
}

/** A type with IOPS of its own needs them or has a default; of another one EBS decides them by the size. */
function iopsViolations({ type, size, iops }: EbsVolume, { iops: limits }: EbsLimits, fields: EbsFields): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation(fields.iops, iops, problem, remedy)];
  if (iops === undefined) {
    return limits?.required ? refuse(`${type} has no default`, `Set ${limits.min} to ${limits.perGib} per GiB, or use gp3`) : [];
  }
  if (limits === undefined) return refuse(`EBS decides the IOPS of ${type} by its size`, `Remove it, or set ${fields.type} to gp3`);
  if (!inRange(iops, limits.min, limits.max))
    return refuse(`outside ${limits.min} to ${limits.max} of ${type}`, "Use a whole number in this range");
  if (size === undefined) return [];
  const most = Math.max(limits.base ?? 0, limits.perGib * size);
  if (iops <= most) return [];
  return refuse(
    `${type} has at most ${limits.perGib} per GiB, so ${most} with ${size} GiB`,
    `Lower it, or set ${fields.size} to at least ${Math.ceil(iops / limits.perGib)}`,
  );
}

function throughputViolations(
  type: VolumeType,
  iops: number | undefined,
  throughput: number | undefined,
  { throughput: limits, iops: iopsLimits }: EbsLimits,
  fields: EbsFields,
): Violation[] {
  if (throughput === undefined) return [];
  const refuse = (problem: string, remedy: string) => [violation(fields.throughput, throughput, problem, remedy)];
  if (limits === undefined) return refuse(`the throughput of ${type} cannot be chosen`, `Remove it, or set ${fields.type} to gp3`);
  if (!inRange(throughput, limits.min, limits.max))
    return refuse(`outside ${limits.min} to ${limits.max} MiB/s of ${type}`, "Use a whole number in this range");
  const known = iops ?? iopsLimits?.base ?? 0;
  if (throughput <= known * limits.perIops) return [];
  return refuse(`more than a quarter of its ${known} IOPS`, `Lower it, or set ${fields.iops} to at least ${throughput / limits.perIops}`);
}
