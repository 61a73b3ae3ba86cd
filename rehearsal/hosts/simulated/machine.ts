import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { TargetState } from "../../../contract/aws/lifecycle";
import { RUNNER_RELEASE } from "../../../contract/shared/runner-release";
import type { Log, LogFields } from "../../../host-config/shared/ports/log";
import type { DiskSpace } from "../../../host-config/shared/ports/disk";
import type { RunnerRecord } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { Network } from "./network";
import { AgentProcesses } from "./agent-processes";
import { SimulatedRunner } from "./runner";
import type { Disk, SimulatedHostEnvironment } from "./environment";
import { RegisterUnit } from "./registrar";
import { SimulatedUnit } from "./unit";

const GIB = 1024 ** 3;
const ROOT_VOLUME: DiskSpace = {
  path: PATHS.runner,
  available: 25 * GIB,
  total: 30 * GIB,
  inodesAvailable: 1_500_000,
  inodesTotal: 2_000_000,
};
const FULL_VOLUME: DiskSpace = { ...ROOT_VOLUME, available: 0 };
const TARGET = "autoscaling/target-lifecycle-state";

/** State that the agent's programs on one host share from power-on to power-off: the unit, the runner and their inputs. */
export class SimulatedMachine {
  readonly unit: SimulatedUnit;
  readonly processes: AgentProcesses;
  readonly registration = new RegisterUnit(this);
  /** False once the power is off. */
  on = true;
  /** True once the boot has reached the point where systemd starts the agent. */
  booted = false;
  /** Milliseconds by which the host's wall clock is wrong. */
  skew = 0;
  /** The marker files in /run, lost at power-off. */
  forced = { set: false, uncounted: false };
  departing = false;
  paused = false;
  /** Called right before an input of the agent changes. */
  notifyInputsChanged: () => void = () => undefined;
  /** Called by the job-started and job-completed hooks. */
  hint: () => void = () => undefined;
  private readonly network = new Network();
  private installed: SimulatedRunner | undefined;

  constructor(
    readonly instanceId: string,
    readonly config: HostConfig,
    private readonly disk: Disk,
    readonly environment: SimulatedHostEnvironment,
  ) {
    const read = () => ({ signs: this.signs(), unit: this.unit.snapshot(), target: this.target(), skew: this.skew });
    this.processes = new AgentProcesses(environment.clock, read);
    this.unit = new SimulatedUnit(environment.clock, this.network, () => this.installed);
    this.unit.changing = () => this.inputsChanged();
    this.installRunner();
  }

  /** Undefined before the registration. */
  get runner(): SimulatedRunner | undefined {
    return this.installed;
  }

  /** Must be called right before an input of the agent changes. */
  inputsChanged(): void {
    this.processes.inputsChanged();
    this.notifyInputsChanged();
  }

  /** The host's wall clock. */
  now(): number {
    return this.environment.clock.now() + this.skew;
  }

  signs(): Signs {
    const { listener, logs, workers = 0 } = this.installed ?? {};
    return listener === undefined ? { workers } : { ...logs?.read, listener, workers };
  }

  /** Target lifecycle state; undefined during a metadata outage, in which no poll of the metadata is skipped. */
  target(): TargetState | undefined {
    if (!this.environment.skipIdle?.metadataSteady()) return undefined;
    return this.environment.metadata(TARGET) as TargetState | undefined;
  }

  /** The root volume. */
  get space(): DiskSpace {
    return this.disk.full ? FULL_VOLUME : ROOT_VOLUME;
  }

  /** A job, or whatever else, leaves no free space, or gives it back. */
  fillDisk(full: boolean): void {
    this.inputsChanged();
    this.disk.full = full;
  }

  /** What the agent's marks and the runner's folder say of the runner's past. */
  get record(): RunnerRecord {
    const { served = false, returning = false } = this.disk;
    return { registered: this.registered, served, returning, reuse: this.config.reuse === true };
  }

  setMark(mark: "served" | "returning", set: boolean): void {
    if ((this.disk[mark] ?? false) === set) return;
    this.inputsChanged();
    this.disk[mark] = set;
  }

  /** Puts back the runner of the installation: without a registration. */
  restore(): void {
    if (this.disk.unrenewable) throw new Error("this instance was installed without a copy of its runner");
    this.inputsChanged();
    delete this.disk.runnerId;
    this.installed = undefined;
  }

  get registered(): boolean {
    return this.disk.runnerId !== undefined;
  }

  /** The end of config.sh. Throws GitHub's error if the token is invalid. */
  register(token: string): void {
    const { githubUrl, labels, runnerGroup, noDefaultLabels } = this.config;
    this.disk.runnerId = this.environment.github.register({
      url: githubUrl,
      token,
      name: this.instanceId,
      labels,
      systemLabels: noDefaultLabels ? [] : ["self-hosted", "linux", "x64"],
      group: runnerGroup,
      replace: true,
      version: RUNNER_RELEASE.version,
    }).runnerId;
    this.installRunner();
  }

  log(): Log {
    const write = (message: string, fields: LogFields = {}) =>
      this.environment.timeline.record({ kind: "host-log", instance: this.instanceId, message, fields });
    return { info: write, warn: write, error: write };
  }

  private installRunner(): void {
    if (this.disk.runnerId === undefined) return;
    this.installed = new SimulatedRunner(this.environment.clock, this.environment.github, this.network, this.disk.runnerId, {
      jobStarted: () => this.hint(),
      jobCompleted: () => this.hint(),
      exited: () => this.unit.exited(),
      changing: () => this.inputsChanged(),
      now: () => this.now(),
      ...(this.environment.renewOnDemand ? { renewOnDemand: true } : {}),
      ...(this.environment.timing ? { timing: this.environment.timing } : {}),
    });
  }
}
