import { DISK_FLOOR } from "../../../contract/shared/host-setup";
import type { DefaultsOf } from "../with-defaults";
import type { HostArgs } from ".";
import { VolumeType } from "./volumes";

/** `docker` and `setupTimeout` have none here: it must stay known whether they were given. */
export const HOST_DEFAULTS = {
  /** Calls that an endpoint of the VPC can answer need no proxy. */
  awsByProxy: false,
  /** Its IOPS and throughput do not depend on its size. */
  rootVolumeType: VolumeType.Gp3,
  /** What is on it does not survive a stop. */
  useInstanceStore: false,
  diskFloor: DISK_FLOOR,
} satisfies DefaultsOf<HostArgs>;

/** Defaults of the fields of optional objects, which apply only if the object is given. */
export const HOST_DEFAULTS_IF_GIVEN = {
  hostLogs: {
    retentionDays: ({ logRetentionDays }: { logRetentionDays: number }) => logRetentionDays,
    /** Without them the reason for a lost job is often unknown. */
    diagnostics: true,
  },
} satisfies DefaultsOf<HostArgs>;
