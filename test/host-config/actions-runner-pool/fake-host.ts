/** A host whose clock advances only while the code under test sleeps, and whose runner follows scheduled events. */
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { LifecycleState, TargetState } from "../../../contract/aws/lifecycle";
import type { ActiveState } from "../../../host-config/shared/unit-state";
import type { RunnerRecord } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import type { DiskSpace } from "../../../host-config/shared/ports/disk";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { LogFields } from "../../../host-config/shared/ports/log";
import type { Run } from "../../../host-config/actions-runner-pool/agent/ports/job-mark";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";

export const CONFIG: HostConfig = {
  pool: "pool",
  region: "eu-west-1",
  group: "pool",
  launchHook: "pool-launch",
  terminateHook: "pool-terminate",
  secretPrefix: "ci-runners/pool/",
  githubUrl: "https://github.com/acme",
  labels: ["linux", "x64"],
  noDefaultLabels: false,
  runnerUser: "runner",
  heartbeatInterval: 300,
  heartbeatTimeout: 1800,
  launchTimeout: 900,
  drainDeadline: 3600,
  jobsMayUseInstanceRole: false,
  jobsMayBecomeRoot: false,
};

/** Not zero, so that a time that was never set is noticed. */
export const START = Date.parse("2026-11-22T10:00:00.000Z");

/** The past of a machine that was just installed, and of one in service. */
export const INSTALLED: RunnerRecord = { registered: false, served: false, returning: false, reuse: false };
export const SERVED: RunnerRecord = { registered: true, served: true, returning: false, reuse: false };

interface Due {
  at: number;
  act: () => void;
}

export class FakeHost implements Host {
  config: HostConfig = { ...CONFIG };
  time = START;
  target: TargetState | undefined = "InService";
  imdsFails = false;
  active: ActiveState = "active";
  everStarted = true;
  mainAlive = true;
  unkillable = false;
  seen: Signs = { listener: 7, workers: 0, announced: "idle", announcedAt: START - 60_000 };
  fence = false;
  fenceWorks = true;
  isRegistered = true;
  state: LifecycleState | undefined = "InService";
  tokenValue: string | undefined = "TOKEN";
  registerFails: string | undefined;
  protectedNow = false;
  awsFails: Error | undefined;
  actionOpen = true;
  marks = { set: false, uncounted: false };
  paused = false;
  spaces: DiskSpace[] = [
    { path: PATHS.runner, available: 20 * 1024 ** 3, total: 30 * 1024 ** 3, inodesAvailable: 1_000_000, inodesTotal: 2_000_000 },
  ];
  /** The calls to this host, in order. */
  readonly acts: string[] = [];
  readonly logged: { level: string; message: string; fields: LogFields }[] = [];
  private readonly due: Due[] = [];
  private readonly sleepers: { at: number; wake: () => void }[] = [];

  /** Schedules an event, in ms after START. */
  at(ms: number, act: () => void): this {
    this.due.push({ at: START + ms, act });
    return this;
  }

  /** Schedules a job whose signs appear in the same order as on the official runner. */
  job(from: { message: number; acquired: number; spawned: number; end: number }): this {
    const stamp = (ms: number) => Math.floor((START + ms) / 1000) * 1000;
    this.at(from.message, () => (this.seen.messageAt = START + from.message));
    this.at(from.acquired, () => Object.assign(this.seen, { announced: "busy", announcedAt: stamp(from.acquired) }));
    this.at(from.spawned, () => (this.seen.workers = 1));
    this.at(from.end, () => Object.assign(this.seen, { workers: 0, announced: "idle", announcedAt: stamp(from.end), jobEnded: true }));
    return this;
  }

  seconds(): number {
    return (this.time - START) / 1000;
  }

  clock = {
    now: () => this.time,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        this.sleepers.push({ at: this.time + ms, wake });
        setImmediate(() => this.wakeNext());
      }),
  };

  /** Once everything else waits, as on a real clock: of two that sleep at the same time the earlier one goes on. */
  private wakeNext(): void {
    const next = this.sleepers.reduce((one, other) => (other.at < one.at ? other : one));
    this.sleepers.splice(this.sleepers.indexOf(next), 1);
    this.advance(next.at - this.time);
    next.wake();
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.due.filter((due) => due.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.due.splice(this.due.indexOf(next), 1);
      this.time = Math.max(this.time, next.at);
      next.act();
    }
    this.time = end;
  }

  private entry(level: string) {
    return (message: string, fields: LogFields = {}) => void this.logged.push({ level, message, fields });
  }

  log = { info: this.entry("info"), warn: this.entry("warn"), error: this.entry("error") };

  messages(): string[] {
    return this.logged.map(({ message }) => message);
  }

  imds = {
    instanceId: async () => "i-0123456789abcdef0",
    targetState: async () => {
      if (this.imdsFails) throw new Error("timeout");
      return this.target;
    },
  };

  unit = {
    state: async () => ({ active: this.active, everStarted: this.everStarted, mainAlive: this.mainAlive }),
    start: async () => {
      this.acts.push("start");
      this.active = "active";
      this.everStarted = true;
    },
    stop: async () => {
      this.acts.push("stop");
      if (this.active === "active" || this.active === "activating") this.active = "deactivating";
    },
    raiseFence: async () => {
      this.acts.push("fence up");
      this.fence = this.fenceWorks;
      return this.fenceWorks;
    },
    lowerFence: async () => {
      this.acts.push("fence down");
      this.fence = false;
    },
    interrupt: async (pid: number) => {
      // This must never happen, whatever the scenario.
      if (this.seen.workers > 0 || this.seen.announced === "busy") this.acts.push("JOB LOST");
      this.acts.push(`interrupt ${pid}`);
      this.onInterrupt();
    },
    killLeftovers: async () => {
      if (this.seen.workers > 0) this.acts.push("JOB LOST");
      this.acts.push("kill leftovers");
      this.seen = { workers: 0 };
      return !this.unkillable;
    },
  };

  onInterrupt = () => {
    this.seen = { workers: 0 };
    this.mainAlive = false;
  };

  signs = { read: async () => ({ ...this.seen }) };

  lifecycle = {
    lifecycleState: async () => this.call("state", this.state),
    complete: async (hook: string, result: string) => {
      const outcome = this.actionOpen ? ("done" as const) : ("none" as const);
      return this.call(`complete ${hook} ${result}`, outcome);
    },
    heartbeat: async (hook: string) => this.call(`heartbeat ${hook}`, this.actionOpen ? ("done" as const) : ("none" as const)),
  };

  protection = {
    set: async (on: boolean) => {
      const outcome = await this.call(`protect ${on}`, "done" as const);
      this.protectedNow = on;
      return outcome;
    },
  };

  health = { markUnhealthy: async () => this.call("unhealthy", undefined) };

  disk = { space: async () => this.spaces };

  engineFails: Error | undefined;
  engine = {
    settle: async () => this.withEngine("settle engine"),
    reset: async () => this.withEngine("reset engine"),
  };

  /** Without rootless Docker there is no engine of ours. */
  private withEngine(act: string): void {
    if (this.config.docker !== "rootless") return;
    this.acts.push(act);
    if (this.engineFails) throw this.engineFails;
  }

  hostLogs = {
    flush: async () => {
      if (this.config.logs !== undefined) this.acts.push("flush logs");
    },
    endReader: async () => {
      if (this.config.logs !== undefined) this.acts.push("end reader");
    },
  };

  atWork: Run | undefined;
  jobMark = {
    set: (run: Run) => void (this.atWork = run),
    get: () => this.atWork,
    clear: () => void (this.atWork = undefined),
  };

  /** Leaves so many bytes free. */
  fillDisk(available: number): void {
    this.spaces = this.spaces.map((space) => ({ ...space, available }));
  }

  pause = {
    set: async () => {
      this.acts.push("mark pause");
      this.paused = true;
    },
    isSet: async () => this.paused,
    clear: async () => {
      this.acts.push("clear pause");
      this.paused = false;
    },
  };

  /** Undefined: it has served if its unit was started. */
  served: boolean | undefined;
  service = {
    set: async () => void (this.served = true),
    isSet: async () => this.served ?? this.everStarted,
    clear: async () => {
      this.acts.push("clear service");
      this.served = false;
    },
  };

  returns = false;
  returning = {
    set: async () => {
      this.acts.push("mark return");
      this.returns = true;
    },
    isSet: async () => this.returns,
    clear: async () => {
      this.acts.push("clear return");
      this.returns = false;
    },
  };

  endFails: Error | undefined;
  /** Bytes that are free without the work folder. */
  withoutWork = 20 * 1024 ** 3;
  restoreMs = 0;
  restoreFails: Error | undefined;
  checkFails: Error | undefined;
  renewal = {
    endProcesses: async () => {
      this.acts.push("end processes");
      if (this.endFails) throw this.endFails;
    },
    disarm: async () => void this.acts.push("disarm"),
    deleteWork: async () => {
      this.acts.push("delete work");
      this.fillDisk(this.withoutWork);
    },
    check: async () => {
      this.acts.push("check");
      if (this.checkFails) throw this.checkFails;
    },
    restore: async () => {
      this.acts.push("restore");
      await this.clock.sleep(this.restoreMs);
      if (this.restoreFails) throw this.restoreFails;
      this.isRegistered = false;
    },
  };

  secrets = {
    token: async () => this.call("token", this.tokenValue),
    delete: async () => this.call("delete secret", undefined),
  };

  registrar = {
    registered: async () => this.isRegistered,
    register: async (token: string) => {
      this.acts.push(`register ${token}`);
      if (this.registerFails) throw new Error(this.registerFails);
      this.isRegistered = true;
    },
  };

  helpers = {
    startCompletion: async () => void this.acts.push("start completion"),
    startHeartbeat: async () => void this.acts.push("start heartbeat"),
  };

  departing = false;
  departure = {
    set: async () => void (this.departing = true),
    isSet: async () => this.departing,
  };

  forcedStop = {
    set: async () => void (this.marks = { set: true, uncounted: true }),
    isSet: async () => this.marks.set,
    clear: async () => void (this.marks.set = false),
    isUncounted: async () => this.marks.uncounted,
    setCounted: async () => void (this.marks.uncounted = false),
  };

  metrics = { count: async (metric: string) => this.call(`count ${metric}`, undefined) };

  console = async (line: string) => void this.acts.push(`console: ${line}`);

  private async call<T>(what: string, answer: T): Promise<T> {
    this.acts.push(what);
    if (this.awsFails) throw this.awsFails;
    return answer;
  }
}
