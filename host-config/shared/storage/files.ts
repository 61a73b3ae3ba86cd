import { CONTAINERD } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { type RenderedFile, type UnitFacts, unitFile } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";
import { mountPointsOf, planOf } from "./plan";

/** What works on the volumes, besides the unit that runs the jobs. */
const ENGINES = ["containerd.service", "docker.service", HOST_UNITS.docker];

/** Started on the folder below, containerd would have its open database hidden by a volume that comes later. */
const REQUIRED = `[Unit]\nAfter=${HOST_UNITS.storage}\nRequires=${HOST_UNITS.storage}\n`;

/** Seconds; more than the program takes at most, which first asks the metadata. */
const START_SECONDS = 330;

export type StorageUnitFacts = Pick<UnitFacts, "runnerUnit" | "agent">;

/** Files of volumes, for the stage of the preparation and for the installer. */
export function storageFiles(setup: HostSetup, facts: StorageUnitFacts): RenderedFile[] {
  if (setup.storage === undefined) return [];
  const unit = unitFile(HOST_UNITS.storage, storageUnit([...ENGINES, facts.runnerUnit], facts));
  const containerd = mountPointsOf(planOf(setup)).includes(CONTAINERD);
  return containerd ? [unit, unitFile("containerd.service.d/ci-runners.conf", REQUIRED)] : [unit];
}

/** What volumes adds to the runner's unit. */
export function storageExtras({ storage }: HostSetup): UnitExtras {
  if (storage === undefined) return NO_EXTRAS;
  const { storage: unit } = HOST_UNITS;
  return { ...NO_EXTRAS, after: [unit], requires: [unit], enable: [unit] };
}

/**
 * It unmounts nothing: systemd knows each mount from the kernel, and ends it at a shutdown after local-fs.target, and so after every
 * service with the default dependencies, a draining runner included.
 */
function storageUnit(users: readonly string[], { agent }: StorageUnitFacts): string {
  return `[Unit]
Description=Volumes of the CI runner
After=local-fs.target
Before=${users.join(" ")}
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${agent} storage
TimeoutStartSec=${START_SECONDS}
StandardOutput=journal
StandardError=journal
SyslogIdentifier=runner-storage

[Install]
WantedBy=multi-user.target
`;
}
