/**
 * The agent's environment, as small interfaces. On an instance they are implemented by systemd, /proc, the instance
 * metadata and the AWS SDK; in tests and simulated hosts by plain objects on a virtual clock.
 */
import type { HostConfig } from "../../../../contract/actions-runner-pool/host";
import type { HostClock } from "../../../shared/ports/clock";
import type { Engine } from "../../../shared/ports/engine";
import type { HostLogs } from "../../../shared/ports/host-logs";
import type { Imds } from "../../../shared/ports/imds";
import type { Log } from "../../../shared/ports/log";
import type { DepartureMark } from "./departure-mark";
import type { Disk } from "../../../shared/ports/disk";
import type { ForcedStopMark } from "./forced-stop-mark";
import type { Health } from "./health";
import type { HelperUnits } from "./helper-units";
import type { JobMark } from "./job-mark";
import type { JobSigns } from "./job-signs";
import type { LifecycleActions } from "./lifecycle-actions";
import type { Metrics } from "./metrics";
import type { PauseMark } from "./pause-mark";
import type { Protection } from "./protection";
import type { Registrar } from "./registrar";
import type { RegistrationSecrets } from "./registration-secrets";
import type { Renewal } from "./renewal";
import type { ReturnMark } from "./return-mark";
import type { RunnerUnit } from "./runner-unit";
import type { ServiceMark } from "./service-mark";

/** All ports together; each part of the agent takes what it needs with Pick. */
export interface Host {
  config: HostConfig;
  clock: HostClock;
  log: Log;
  imds: Imds;
  unit: RunnerUnit;
  signs: JobSigns;
  lifecycle: LifecycleActions;
  protection: Protection;
  health: Health;
  secrets: RegistrationSecrets;
  registrar: Registrar;
  helpers: HelperUnits;
  forcedStop: ForcedStopMark;
  departure: DepartureMark;
  pause: PauseMark;
  service: ServiceMark;
  returning: ReturnMark;
  renewal: Renewal;
  disk: Disk;
  engine: Engine;
  hostLogs: HostLogs;
  jobMark: JobMark;
  metrics: Metrics;
  /** The instance's console, which still shows the reason of a failed launch after the instance is gone. */
  console(line: string): Promise<void>;
}
