import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Log, LogFields } from "../../../host-config/shared/ports/log";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { Network } from "./network";
import { Processes } from "./processes";
import { SimulatedRunner } from "./runner";
import type { Disk, HostSurroundings } from "./environment";
import { SimulatedUnit } from "./unit";

const TARGET = "autoscaling/target-lifecycle-state";

/** What the agent's programs on one host share, from power-on to power-off: the unit, the runner and all that they see. */
export class SimulatedMachine {
  readonly unit: SimulatedUnit;
  readonly processes: Processes;
  /** False once the power is gone. */
  on = true;
  /** systemd has come so far that it starts the agent. */
  booted = false;
  /** Milliseconds by which the host's wall clock is wrong. */
  skew = 0;
  /** The marks in /run: gone with the power. */
  forced = { set: false, reported: false };
  departing = false;
  /** Called in the moment in which something that the agent looks at changes. */
  stirred: () => void = () => undefined;
  /** Called by the hooks of a job. */
  hint: () => void = () => undefined;
  private readonly network = new Network();
  private installed: SimulatedRunner | undefined;

  constructor(
    readonly instanceId: string,
    readonly config: HostConfig,
    private readonly disk: Disk,
    readonly around: HostSurroundings,
  ) {
    const read = () => ({ signs: this.signs(), unit: this.unit.look(), target: this.target(), skew: this.skew });
    this.processes = new Processes(around.clock, read);
    this.unit = new SimulatedUnit(around.clock, this.network, () => this.installed);
    this.unit.changing = () => this.stir();
    this.installRunner();
  }

  /** Undefined before the registration. */
  get runner(): SimulatedRunner | undefined {
    return this.installed;
  }

  /** Something that the agent looks at changes in this moment. */
  stir(): void {
    this.processes.stir();
    this.stirred();
  }

  /** The host's wall clock. */
  now(): number {
    return this.around.clock.now() + this.skew;
  }

  signs(): Signs {
    const { listener, announced, announcedAt, messageAt } = this.installed ?? {};
    const workers = this.installed?.workers ?? 0;
    return listener === undefined ? { workers } : { listener, workers, announced, announcedAt, messageAt };
  }

  /** What the metadata says while it answers as usual; only then does anybody leave out a look at it. */
  target(): TargetState | undefined {
    if (!this.around.skipIdle?.metadataSteady()) return undefined;
    return this.around.metadata(TARGET) as TargetState | undefined;
  }

  get registered(): boolean {
    return this.disk.runnerId !== undefined;
  }

  /** config.sh. Throws what GitHub answers to a token that is none of its own. */
  register(token: string): void {
    const { githubUrl, labels, runnerGroup, noDefaultLabels } = this.config;
    this.disk.runnerId = this.around.github.register({
      url: githubUrl,
      token,
      name: this.instanceId,
      labels,
      systemLabels: noDefaultLabels ? [] : ["self-hosted", "linux", "x64"],
      group: runnerGroup,
      replace: true,
    }).runnerId;
    this.installRunner();
  }

  log(): Log {
    const write = (message: string, fields: LogFields = {}) =>
      this.around.timeline.record({ kind: "host-log", instance: this.instanceId, message, fields });
    return { info: write, warn: write, error: write };
  }

  private installRunner(): void {
    if (this.disk.runnerId === undefined) return;
    this.installed = new SimulatedRunner(this.around.clock, this.around.github, this.network, this.disk.runnerId, {
      jobStarted: () => this.hint(),
      jobCompleted: () => this.hint(),
      exited: () => this.unit.exited(),
      changing: () => this.stir(),
      now: () => this.now(),
      ...(this.around.renewOnDemand ? { renewOnDemand: true } : {}),
      ...(this.around.pace ? { pace: this.around.pace } : {}),
    });
  }
}
