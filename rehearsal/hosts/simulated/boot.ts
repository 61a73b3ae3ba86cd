import { HostConfig } from "../../../contract/host";
import { complete } from "../../../host-config/agent/complete";
import { Daemon } from "../../../host-config/agent/daemon";
import { drain } from "../../../host-config/agent/drain";
import { heartbeat } from "../../../host-config/agent/heartbeat";
import { Host, Log, LogFields } from "../../../host-config/agent/ports";
import { reap } from "../../../host-config/agent/reap";
import { Clock } from "../../clock";
import { GitHub } from "../../github";
import { Timeline } from "../../timeline";
import { Network } from "./network";
import { InstanceCall, awsPorts, metadataPort } from "./ports";
import { SimulatedRunner } from "./runner";
import { SimulatedUnit } from "./unit";

/** Milliseconds of boot, and of installation on the first one, before the agent looks around. */
const BOOT = 8_000;
/** `RestartSec=` of the completion's unit. */
const COMPLETE_AGAIN = 5_000;
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
  /** Instance metadata below `meta-data/`; undefined for a 404. */
  metadata(path: string): string | undefined;
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
  private on = true;
  private forced = { set: false, reported: false };
  private departing = false;
  private completing = false;
  private runner: SimulatedRunner | undefined;
  private readonly network = new Network();
  private readonly unit: SimulatedUnit;
  private readonly host: Host;
  private readonly daemon: Daemon;

  constructor(
    private readonly instanceId: string,
    private readonly config: HostConfig,
    private readonly disk: Disk,
    private readonly around: HostSurroundings,
  ) {
    this.unit = new SimulatedUnit(around.clock, this.network, () => this.runner);
    this.host = this.ports();
    this.daemon = new Daemon(this.host);
    this.unit.commands = {
      reap: () => reap(this.host),
      drain: around.drain ? () => drain(this.host) : undefined,
      startCompletion: () => this.startCompletion(),
    };
    this.installRunner();
    around.clock.after(BOOT, () => this.begin());
  }

  powerOff(): void {
    this.on = false;
    this.unit.powerOff();
  }

  /** `systemctl stop --no-block` by the SSM agent. */
  stopRunner(): void {
    void this.unit.stop();
  }

  private begin(): void {
    if (!this.on) return;
    void this.daemon.run(() => !this.on);
    const tick = () => {
      if (!this.on) return;
      void this.beat();
      this.around.clock.after(this.config.heartbeatInterval * 1000, tick);
    };
    this.around.clock.after(this.config.heartbeatInterval * 1000, tick);
  }

  /** One tick of `runner-heartbeat.timer`. */
  private async beat(): Promise<void> {
    try {
      await heartbeat(this.host);
    } catch (error) {
      this.host.log.warn("heartbeat failed", { error: String(error) });
    }
  }

  /** `runner-complete.service`: one at a time, again after a failure. */
  private async startCompletion(): Promise<void> {
    if (this.completing) return;
    this.completing = true;
    void this.completeWithRetries();
  }

  private async completeWithRetries(): Promise<void> {
    for (;;) {
      try {
        await complete(this.host);
        this.completing = false;
        return;
      } catch (error) {
        this.host.log.warn("completion failed", { error: String(error) });
        await this.sleep(COMPLETE_AGAIN);
      }
    }
  }

  private ports(): Host {
    const { clock } = this.around;
    const call: InstanceCall = async (action, params) => {
      await this.sleep(CALL_LATENCY);
      return this.around.call(action, params);
    };
    return {
      config: this.config,
      clock: { now: () => clock.now(), sleep: (ms) => this.sleep(ms) },
      log: this.log(),
      imds: metadataPort(this.instanceId, (path) => this.around.metadata(path)),
      unit: this.unit,
      signs: { read: async () => this.signs() },
      ...awsPorts(this.config, this.instanceId, call),
      registrar: {
        registered: async () => this.disk.runnerId !== undefined,
        register: async (token) => {
          this.disk.runnerId = this.register(token);
          this.installRunner();
        },
      },
      helpers: { startCompletion: () => this.startCompletion(), startHeartbeat: () => this.beat() },
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
      jobStarted: () => void this.daemon.hint(),
      jobCompleted: () => void this.daemon.hint(),
      exited: () => this.unit.exited(),
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
    return { listener, announced, announcedAt, messageAt, workers: this.runner?.workers ?? 0 };
  }

  /** A host without power never wakes from a sleep. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.around.clock.after(ms, () => this.on && resolve()));
  }

  private log(): Log {
    const write = (message: string, fields: LogFields = {}) =>
      this.around.timeline.record({ kind: "host-log", instance: this.instanceId, message, fields });
    return { info: write, warn: write, error: write };
  }
}
