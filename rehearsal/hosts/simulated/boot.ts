import type { HostConfig } from "../../../contract/host";
import type { TargetState } from "../../../contract/lifecycle";
import { complete } from "../../../host-config/agent/complete";
import { Daemon, TICK_MS } from "../../../host-config/agent/daemon";
import type { Action } from "../../../host-config/agent/decide";
import { drain } from "../../../host-config/agent/drain";
import { heartbeat } from "../../../host-config/agent/heartbeat";
import { inFlight } from "../../../host-config/agent/in-flight";
import type { Host, Log, LogFields, Signs } from "../../../host-config/agent/ports";
import { reap } from "../../../host-config/agent/reap";
import { steadySigns } from "../../../host-config/agent/steady-clock";
import { isTerminating } from "../../../host-config/agent/terminating";
import type { Timer } from "../../clock";
import { Network } from "./network";
import { USUAL_PACE } from "./pace";
import { type InstanceCall, awsPorts, metadataPort } from "./ports";
import { Killed, Process } from "./process";
import { SimulatedRunner } from "./runner";
import type { Disk, HostSurroundings } from "./surroundings";
import { SimulatedUnit } from "./unit";
import { View } from "./view";

/** Milliseconds of boot, and of installation on the first one, before the agent looks around. */
const BOOT = 8_000;
const TARGET = "autoscaling/target-lifecycle-state";
/** `RestartSec=` of the agent's unit. */
const AGENT_AGAIN = 1_000;
/** `RestartSec=` of the completion's and of the heartbeat's unit. */
const HELPER_AGAIN = 10_000;
/** A call to AWS. */
const CALL_LATENCY = 80;
/** By which the heartbeat's timer starts after the agent. */
const TIMER_LATER = 37;
/** Until a program of the agent's does anything. */
const PROCESS_START = 113;
/** The drain's own pause between two looks. */
const DRAIN_LOOK = 250;
/** Looks that must have found the same before the next ones may be skipped: the protection follows 3 s later. */
const SAME_LOOKS = 5;

/** The agent's daemon: its process, and what is known from outside of how settled it is. */
interface Agent {
  process: Process;
  daemon: Daemon;
  view: View;
  /** What its last successful call has set; undefined when it must not rely on anything. */
  protection: boolean | undefined;
  /** Number of the change after which that was. */
  protectedAt: number;
  calls: number;
  sameLooks: number;
  /** Number of the change that its last look has seen. */
  seen: number;
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
  private departing = false;
  private runner: SimulatedRunner | undefined;
  private readonly network = new Network();
  private agent: Agent | undefined;
  private drains: Process[] = [];
  /** The agent's processes, and what each sees. */
  private readonly running = new Map<Process, View>();
  /** Counts changes of what they look at. */
  private version = 0;
  private beating = false;
  private beatsFrom = 0;
  private beatTimer: Timer | undefined;
  private completing = false;

  constructor(
    private readonly instanceId: string,
    private readonly config: HostConfig,
    private readonly disk: Disk,
    private readonly around: HostSurroundings,
  ) {
    this.unit = new SimulatedUnit(around.clock, this.network, () => this.runner);
    this.unit.changing = () => this.stir();
    this.unit.commands = {
      reap: () => this.run((host) => reap(host)),
      drain: around.drain ? () => this.runDrain() : undefined,
      longestStop: config.maxDrain,
      forced: () => this.forced.set,
      startCompletion: () => this.startCompletion(),
    };
    this.installRunner();
    around.clock.after(around.bootMs ?? BOOT, () => this.begin());
  }

  powerOff(): void {
    this.on = false;
    for (const process of [...this.running.keys()]) this.kill(process);
    this.beatTimer?.cancel();
    this.unit.powerOff();
  }

  /** Something that the agent looks at changes in this moment. */
  stir(): void {
    this.version++;
    for (const view of this.running.values()) view.stir();
    if (this.begun && !this.beatTimer) this.scheduleBeat();
  }

  /** The runner's processes, for whoever breaks them. Undefined before the registration. */
  get processes(): Pick<SimulatedRunner, "crash" | "hang" | "listener" | "workers"> | undefined {
    return this.runner;
  }

  /** SIGKILL to the agent's daemon; systemd starts it again after a second, unless `forGood`. */
  killAgent(forGood = false): void {
    if (this.agent) this.kill(this.agent.process);
    this.agent = undefined;
    if (!forGood) this.around.clock.after(AGENT_AGAIN + ((this.around.bootMs ?? 0) % 1), () => this.startAgent());
  }

  startAgent(): void {
    if (!this.on || !this.begun || this.agent) return;
    const [process, view] = this.newProcess();
    const host = this.ports(process, view);
    const protection = {
      set: async (on: boolean) => {
        agent.calls++;
        const outcome = await host.protection.set(on).finally(() => agent.calls--);
        agent.protection = on;
        agent.protectedAt = this.version;
        return outcome;
      },
    };
    const daemon = new Daemon({ ...host, protection });
    const known = this.unit.look().everStarted ? undefined : false;
    const agent: Agent = { process, daemon, view, protection: known, protectedAt: -1, calls: 0, sameLooks: 0, seen: -1 };
    this.agent = agent;
    void this.runAgent(agent);
  }

  /** `Daemon.run`, with an eye to which of its ticks would do nothing. */
  private async runAgent(agent: Agent): Promise<void> {
    const { daemon, process, view } = agent;
    while (this.on && process.alive) {
      const begun = view.now();
      const action = await daemon.tick();
      const rest = Math.max(0, TICK_MS - (view.now() - begun));
      await (rest === TICK_MS && this.wouldRepeat(action, agent) ? view.skip(TICK_MS) : view.pause(rest));
    }
  }

  /** Whether the next tick does nothing, and each after it, for as long as nothing changes. */
  private wouldRepeat(action: Action, agent: Agent): boolean {
    const { skipIdle } = this.around;
    if (!skipIdle?.metadataSteady()) return false;
    const unit = this.unit.look();
    const target = this.target();
    agent.sameLooks = this.version === agent.seen ? agent.sameLooks + 1 : 0;
    agent.seen = this.version;
    if (isTerminating(target)) return action === "await-drain" && unit.active === "deactivating";
    if (!unit.everStarted || (target !== "InService" && target !== undefined)) return false;
    if (agent.calls > 0) return false;
    const flight = this.steadyFlight();
    if (flight === "worker") return agent.protection === true;
    // Idle: the protection is cleared some looks later, unless that was what came last.
    const settled = agent.protectedAt === this.version || agent.sameLooks >= SAME_LOOKS;
    return flight === undefined && agent.protection === false && settled;
  }

  /** What is in flight, if that is nothing that time alone changes. */
  private steadyFlight(): "worker" | undefined | "unsteady" {
    const now = this.now();
    const signs = this.signs();
    if ((signs.announcedAt ?? 0) > now || (signs.messageAt ?? 0) > now) return "unsteady";
    const flight = inFlight(signs, now);
    return flight === "worker" || flight === undefined ? flight : "unsteady";
  }

  /** SIGKILL to the drain that is under way, if any: systemd begins its second stop command. */
  killDrain(): void {
    this.drains.at(-1)?.kill();
  }

  /** The host's wall clock is set, forwards or backwards. */
  jumpClock(ms: number): void {
    this.stir();
    this.skew += ms;
  }

  private begin(): void {
    if (!this.on) return;
    this.begun = true;
    this.beatsFrom = this.around.clock.now() + TIMER_LATER;
    this.startAgent();
    this.scheduleBeat();
  }

  /** `runner-heartbeat.timer`. A beat of an instance that is not terminating does nothing. */
  private scheduleBeat(): void {
    const { clock, skipIdle } = this.around;
    this.beatTimer = undefined;
    if (!this.on || (skipIdle?.metadataSteady() && !isTerminating(this.target()))) return;
    const interval = this.config.heartbeatInterval * 1000;
    const beats = Math.max(1, Math.floor((clock.now() - this.beatsFrom) / interval) + 1);
    this.beatTimer = clock.after(this.beatsFrom + beats * interval - clock.now(), () => {
      void this.beat();
      this.scheduleBeat();
    });
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
    const [process, view] = this.newProcess();
    this.drains.push(process);
    try {
      const host = this.ports(process, view);
      await process.run(async () => {
        await process.sleep(PROCESS_START);
        return drain(this.around.alterDrain?.(host) ?? host);
      });
    } catch (error) {
      if (!(error instanceof Killed)) this.log().error("drain failed", { error: String(error) });
      throw error;
    } finally {
      this.drains = this.drains.filter((other) => other !== process);
      this.kill(process);
    }
  }

  private async run<T>(work: (host: Host) => Promise<T>): Promise<T> {
    const [process, view] = this.newProcess();
    try {
      return await work(this.ports(process, view));
    } finally {
      this.kill(process);
    }
  }

  private newProcess(): [Process, View] {
    const { clock } = this.around;
    const process = new Process(clock);
    const view = new View(clock, () => ({ signs: this.signs(), unit: this.unit.look(), target: this.target(), skew: this.skew }));
    this.running.set(process, view);
    return [process, view];
  }

  private kill(process: Process): void {
    process.kill();
    this.running.get(process)?.end();
    this.running.delete(process);
  }

  /** What the metadata says while it answers as usual; only then does anybody leave out a look at it. */
  private target(): TargetState | undefined {
    if (!this.around.skipIdle?.metadataSteady()) return undefined;
    return this.around.metadata(TARGET) as TargetState | undefined;
  }

  private now(): number {
    return this.around.clock.now() + this.skew;
  }

  private ports(process: Process, view: View): Host {
    const { unit } = this;
    const sleep = this.sleeper(process, view);
    const call: InstanceCall = async (action, params) => {
      await process.sleep(this.around.callMs?.() ?? CALL_LATENCY);
      return process.waitFor(this.around.call(action, params));
    };
    // Each process goes on from the time of day at its start; what is set later reaches only the stamps of the runner.
    const { skew } = this;
    const clock = { now: () => view.now() + skew, sleep };
    const timeOfDay = () => view.now() + (view.late?.skew ?? this.skew);
    return {
      config: this.config,
      clock,
      log: this.log(),
      imds: metadataPort(this.instanceId, (path) => (view.late ? view.late.target : this.around.metadata(path))),
      unit: {
        state: async () => view.late?.unit ?? unit.look(),
        start: () => unit.start(),
        stop: () => unit.stop(),
        raiseFence: () => {
          sleep.acted();
          return unit.raiseFence();
        },
        lowerFence: () => {
          sleep.acted();
          return unit.lowerFence();
        },
        interrupt: async (pid) => {
          sleep.ended();
          await process.sleep((this.around.pace ?? USUAL_PACE).signal);
          await unit.interrupt(pid);
        },
        killLeftovers: () => unit.killLeftovers(),
      },
      signs: steadySigns({ read: async () => view.late?.signs ?? this.signs() }, clock, timeOfDay),
      ...awsPorts(this.config, this.instanceId, call, (ms) => process.sleep(ms)),
      registrar: {
        registered: async () => this.disk.runnerId !== undefined,
        register: async (token) => {
          this.disk.runnerId = this.register(token);
          this.installRunner();
        },
      },
      helpers: { startCompletion: () => this.startCompletion(), startHeartbeat: async () => void this.beat() },
      departure: {
        set: async () => void (this.departing = true),
        isSet: async () => this.departing,
      },
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
      changing: () => this.stir(),
      now: () => this.now(),
      ...(this.around.renewOnDemand ? { renewOnDemand: true } : {}),
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

  private signs(): Signs {
    const { listener, announced, announcedAt, messageAt } = this.runner ?? {};
    const workers = this.runner?.workers ?? 0;
    return listener === undefined ? { workers } : { listener, workers, announced, announcedAt, messageAt };
  }

  /**
   * The sleep of one process. A drain that waits for a worker looks four times a second, for hours; as long as it sees
   * the same and does nothing between two looks, the looks are left out, all but the last ones before maxDrain.
   */
  private sleeper(process: Process, view: View) {
    const { clock, skipIdle } = this.around;
    const patience = clock.now() + this.config.maxDrain * 1000;
    const { skew } = this;
    let version = -1;
    let idle = false;
    let signalled = false;
    const pause = (ms: number): Promise<void> => {
      const same = idle && version === this.version && skew === this.skew && !signalled;
      version = this.version;
      idle = true;
      const skips = skipIdle && same && ms === DRAIN_LOOK && this.steadyFlight() === "worker";
      return skips ? view.skip(ms, patience) : view.pause(ms);
    };
    const sleep = (ms: number) => new Promise<void>((resolve) => void pause(ms).then(() => process.alive && resolve()));
    // After its signal to the listener the pauses are those of another loop, which has an end of its own.
    return Object.assign(sleep, { acted: () => void (idle = false), ended: () => void (signalled = true) });
  }

  private log(): Log {
    const write = (message: string, fields: LogFields = {}) =>
      this.around.timeline.record({ kind: "host-log", instance: this.instanceId, message, fields });
    return { info: write, warn: write, error: write };
  }
}
