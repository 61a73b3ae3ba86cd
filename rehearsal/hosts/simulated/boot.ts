import { HostConfig } from "../../../contract/host";
import { complete } from "../../../host-config/agent/complete";
import { Daemon } from "../../../host-config/agent/daemon";
import { drain } from "../../../host-config/agent/drain";
import { heartbeat } from "../../../host-config/agent/heartbeat";
import { Host, Log, LogFields } from "../../../host-config/agent/ports";
import { reap } from "../../../host-config/agent/reap";
import { steadySigns } from "../../../host-config/agent/steady-clock";
import { Clock } from "../../clock";
import { GitHub } from "../../github";
import { Timeline } from "../../timeline";
import { Network } from "./network";
import { RunnerPace } from "./pace";
import { InstanceCall, awsPorts, metadataPort } from "./ports";
import { Killed, Process } from "./process";
import { SimulatedRunner } from "./runner";
import { SimulatedUnit } from "./unit";

/** Milliseconds of boot, and of installation on the first one, before the agent looks around. */
const BOOT = 8_000;
/** `RestartSec=` of the agent's unit. */
const AGENT_AGAIN = 1_000;
/** `RestartSec=` of the completion's and of the heartbeat's unit. */
const HELPER_AGAIN = 10_000;
/** A call to AWS. */
const CALL_LATENCY = 80;

export interface HostSurroundings {
  clock: Clock;
  timeline: Timeline;
  github: GitHub;
  /** False: the control experiment, a unit without ExecStop. */
  drain: boolean;
  /** A call with the credentials of this instance. */
  call: InstanceCall;
  /** Instance metadata below `meta-data/`; undefined for a 404. Throws, or rejects, where it does not answer well. */
  metadata(path: string): string | undefined | Promise<string | undefined>;
  /** How fast the runner is; may change at any time. */
  pace?: RunnerPace;
  /** Milliseconds that a call to AWS takes. */
  callMs?(): number;
}

/** What survives a power-off: the registration. */
export interface Disk {
  runnerId?: number;
}

/**
 * One instance from power-on to power-off, with the agent's own decision code on it: daemon, drain, completion and
 * heartbeat are the functions that run on a real host; systemd, the runner and the network around them are models.
 */
export class Boot {
  readonly unit: SimulatedUnit;
  private on = true;
  private begun = false;
  /** Milliseconds by which the host's wall clock is wrong. */
  private skew = 0;
  private forced = { set: false, reported: false };
  private runner: SimulatedRunner | undefined;
  private readonly network = new Network();
  private agent: { process: Process; daemon: Daemon } | undefined;
  private drains: Process[] = [];
  private beating = false;
  private completing = false;

  constructor(
    private readonly instanceId: string,
    private readonly config: HostConfig,
    private readonly disk: Disk,
    private readonly around: HostSurroundings,
  ) {
    this.unit = new SimulatedUnit(around.clock, this.network, () => this.runner);
    this.unit.commands = {
      reap: () => this.run((host) => reap(host)),
      drain: around.drain ? () => this.runDrain() : undefined,
      longestStop: config.maxDrain,
      forced: () => this.forced.set,
      startCompletion: () => this.startCompletion(),
    };
    this.installRunner();
    around.clock.after(BOOT, () => this.begin());
  }

  powerOff(): void {
    this.on = false;
    this.agent?.process.kill();
    for (const process of this.drains) process.kill();
    this.unit.powerOff();
  }

  /** The runner's processes, for whoever breaks them. Undefined before the registration. */
  get processes(): Pick<SimulatedRunner, "crash" | "hang" | "listener" | "workers"> | undefined {
    return this.runner;
  }

  /** SIGKILL to the agent's daemon; systemd starts it again after a second, unless `forGood`. */
  killAgent(forGood = false): void {
    this.agent?.process.kill();
    this.agent = undefined;
    if (!forGood) this.around.clock.after(AGENT_AGAIN, () => this.startAgent());
  }

  startAgent(): void {
    if (!this.on || !this.begun || this.agent) return;
    const process = new Process(this.around.clock);
    const daemon = new Daemon(this.ports(process));
    this.agent = { process, daemon };
    void daemon.run(() => !this.on || !process.alive);
  }

  /** SIGKILL to the drain that is under way, if any: systemd begins its second stop command. */
  killDrain(): void {
    this.drains.at(-1)?.kill();
  }

  /** The host's wall clock is set, forwards or backwards. */
  jumpClock(ms: number): void {
    this.skew += ms;
  }

  private begin(): void {
    if (!this.on) return;
    this.begun = true;
    this.startAgent();
    const tick = () => {
      if (!this.on) return;
      void this.beat();
      this.around.clock.after(this.config.heartbeatInterval * 1000, tick);
    };
    this.around.clock.after(this.config.heartbeatInterval * 1000, tick);
  }

  /** `runner-heartbeat.service`: one at a time, again after a failure. */
  private async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    await this.untilItSucceeds("heartbeat", (host) => heartbeat(host));
    this.beating = false;
  }

  /** `runner-complete.service`: likewise, and a runner that is not stopped yet counts as a failure. */
  private async startCompletion(): Promise<void> {
    if (this.completing) return;
    this.completing = true;
    void this.untilItSucceeds("completion", async (host) => {
      if ((await complete(host)) === "still-running") throw new Error("the runner is not stopped yet");
    }).then(() => (this.completing = false));
  }

  private async untilItSucceeds(what: string, work: (host: Host) => Promise<unknown>): Promise<void> {
    while (this.on) {
      try {
        await this.run(work);
        return;
      } catch (error) {
        this.log().warn(`${what} failed`, { error: String(error) });
        await this.around.clock.sleep(HELPER_AGAIN);
      }
    }
  }

  private async runDrain(): Promise<void> {
    const process = new Process(this.around.clock);
    this.drains.push(process);
    try {
      await process.run(() => drain(this.ports(process)));
    } catch (error) {
      if (!(error instanceof Killed)) this.log().error("drain failed", { error: String(error) });
      throw error;
    } finally {
      this.drains = this.drains.filter((other) => other !== process);
    }
  }

  private run<T>(work: (host: Host) => Promise<T>): Promise<T> {
    return work(this.ports(new Process(this.around.clock)));
  }

  private now(): number {
    return this.around.clock.now() + this.skew;
  }

  private ports(process: Process): Host {
    const call: InstanceCall = async (action, params) => {
      await this.sleep(process, this.around.callMs?.() ?? CALL_LATENCY);
      return process.waitFor(this.around.call(action, params));
    };
    const sleep = (ms: number) => this.sleep(process, ms);
    // Each process goes on from the time of day at its start; what is set later reaches only the stamps of the runner.
    const { skew } = this;
    const clock = { now: () => this.around.clock.now() + skew, sleep };
    return {
      config: this.config,
      clock,
      log: this.log(),
      imds: metadataPort(this.instanceId, (path) => this.around.metadata(path)),
      unit: this.unit,
      signs: steadySigns({ read: async () => this.signs() }, clock, () => this.now()),
      ...awsPorts(this.config, this.instanceId, call, sleep),
      registrar: {
        registered: async () => this.disk.runnerId !== undefined,
        register: async (token) => {
          this.disk.runnerId = this.register(token);
          this.installRunner();
        },
      },
      helpers: { startCompletion: () => this.startCompletion(), startHeartbeat: async () => void this.beat() },
      forcedStop: {
        set: async () => void (this.forced.set = true),
        isSet: async () => this.forced.set,
        setReported: async () => void (this.forced.reported = true),
        isReported: async () => this.forced.reported,
        clear: async () => void (this.forced = { set: false, reported: false }),
      },
      console: async (line) => this.log().info(line),
    };
  }

  private installRunner(): void {
    if (this.disk.runnerId === undefined) return;
    this.runner = new SimulatedRunner(this.around.clock, this.around.github, this.network, this.disk.runnerId, {
      jobStarted: () => void this.agent?.daemon.hint(),
      jobCompleted: () => void this.agent?.daemon.hint(),
      exited: () => this.unit.exited(),
      now: () => this.now(),
      ...(this.around.pace ? { pace: this.around.pace } : {}),
    });
  }

  private register(token: string): number {
    const { githubUrl, labels, runnerGroup, noDefaultLabels } = this.config;
    return this.around.github.register({
      url: githubUrl,
      token,
      name: this.instanceId,
      labels,
      systemLabels: noDefaultLabels ? [] : ["self-hosted", "linux", "x64"],
      group: runnerGroup,
      replace: true,
    }).runnerId;
  }

  private signs() {
    const { listener, announced, announcedAt, messageAt } = this.runner ?? {};
    const workers = this.runner?.workers ?? 0;
    return listener === undefined ? { workers } : { listener, workers, announced, announcedAt, messageAt };
  }

  /** A host without power never wakes from a sleep, nor does a process that is dead. */
  private sleep(process: Process, ms: number): Promise<void> {
    return new Promise((resolve) => this.around.clock.after(ms, () => this.on && process.alive && resolve()));
  }

  private log(): Log {
    const write = (message: string, fields: LogFields = {}) =>
      this.around.timeline.record({ kind: "host-log", instance: this.instanceId, message, fields });
    return { info: write, warn: write, error: write };
  }
}
