import { randomBytes } from "node:crypto";
import type { Clock } from "../clock";
import type { Timeline } from "../timeline";
import { type AbsenceLimits, Absences } from "./absences";
import type { Matching } from "./label-matching";
import { ProtocolError } from "./messages";
import { type RunnerGroup, RunnerGroups } from "./runner-groups";

export interface Label {
  id: number;
  name: string;
  type: "read-only" | "custom";
}

export interface Runner {
  readonly id: number;
  readonly name: string;
  /** `ORG` or `OWNER/REPO`. */
  readonly scope: string;
  os: string;
  version: string;
  group: RunnerGroup;
  ephemeral: boolean;
  /** An ephemeral one that has acquired its only job. */
  used?: boolean;
  /** Replaced by every change, never changed in place. */
  labels: readonly Label[];
  /** Derived from `labels`. */
  matching?: Matching;
  clientId: string;
  clientSecret: string;
  /** Set by the queue: true while the runner holds an acquired job. */
  busy: boolean;
  /** Changes of `busy`, newest last, so that lists can return old values. */
  busyHistory: { at: number; busy: boolean }[];
  online: boolean;
}

export interface Registration {
  scope: string;
  name: string;
  labels: string[];
  /** System labels (`self-hosted`, `linux`, architecture) that `--no-default-labels` leaves out. */
  systemLabels: string[];
  group?: string;
  replace?: boolean;
  ephemeral?: boolean;
  version?: string;
}

/** Every registered runner of every organization and repository. */
export class Runners {
  private readonly byId = new Map<number, Runner>();
  private readonly byName = new Map<string, Runner>();
  private readonly byClientId = new Map<string, Runner>();
  /** Lists by scope, cached until a runner is added or removed: lists of ten thousand are read page by page. */
  private readonly lists = new Map<string, Runner[]>();
  readonly groups = new RunnerGroups();
  private readonly labelIds = new Map<string, number>();
  private nextId = 1;
  private readonly absences: Absences<Runner>;
  readonly onDelete: ((runner: Runner) => void)[] = [];
  readonly onReplace: ((runner: Runner) => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    limits: AbsenceLimits,
  ) {
    this.absences = new Absences(limits);
  }

  /** Throws RunnerExists for a name in use without `replace`, GroupNotFound for an unknown runner group. */
  register(registration: Registration): Runner {
    const { scope, name } = registration;
    const group = this.groups.find(scope, registration.group);
    if (!group) {
      throw new ProtocolError("GroupNotFound", `Could not find any self-hosted runner group named "${registration.group}".`);
    }
    this.removeAbsent();
    const existing = this.byName.get(key(scope, name));
    if (existing && !registration.replace) {
      throw new ProtocolError("RunnerExists", `A runner exists with the same name ${name}.`);
    }
    const runner: Runner = existing ?? {
      id: this.nextId++,
      name,
      scope,
      busy: false,
      busyHistory: [],
      online: false,
      os: "Linux",
      version: "",
      group,
      ephemeral: false,
      labels: [],
      clientId: "",
      clientSecret: "",
    };
    runner.version = registration.version ?? "";
    runner.group = group;
    runner.ephemeral = registration.ephemeral ?? false;
    this.byClientId.delete(runner.clientId);
    runner.clientId = randomBytes(16).toString("hex");
    runner.clientSecret = randomBytes(32).toString("base64url");
    const custom = registration.labels.filter((label) => !registration.systemLabels.includes(label));
    runner.labels = [
      ...registration.systemLabels.map((label) => this.label(label, "read-only")),
      ...[...new Set(custom)].map((label) => this.label(label, "custom")),
    ];
    if (existing) for (const listener of this.onReplace) listener(runner);
    this.byId.set(runner.id, runner);
    this.byClientId.set(runner.clientId, runner);
    this.lists.delete(scope.toLowerCase());
    this.byName.set(key(scope, name), runner);
    // One that is replaced has lost its session.
    this.absences.begin(runner, this.clock.now());
    this.record(runner, "registered");
    return runner;
  }

  label(name: string, type: Label["type"]): Label {
    const id = this.labelIds.get(name) ?? this.labelIds.size + 1;
    this.labelIds.set(name, id);
    return { id, name, type };
  }

  get(id: number): Runner | undefined {
    return this.byId.get(id);
  }

  /** Throws RunnerNotFound. */
  require(id: number): Runner {
    const runner = this.byId.get(id);
    if (!runner) throw new ProtocolError("RunnerNotFound", "The runner registration has been deleted from the server.");
    return runner;
  }

  byClient(clientId: string): Runner | undefined {
    return this.byClientId.get(clientId);
  }

  all(): Runner[] {
    return [...this.byId.values()];
  }

  /** The runners of a scope, optionally only the one of a name. */
  list(scope: string, name?: string): readonly Runner[] {
    const wanted = scope.toLowerCase();
    if (name !== undefined) {
      const named = this.byName.get(key(scope, name));
      return named ? [named] : [];
    }
    let listed = this.lists.get(wanted);
    if (!listed) this.lists.set(wanted, (listed = this.all().filter((runner) => runner.scope.toLowerCase() === wanted)));
    return listed;
  }

  /** Throws RunnerBusy while the runner holds a job: GitHub refuses even if its lists show the runner as idle. */
  remove(runner: Runner): void {
    if (runner.busy) {
      throw new ProtocolError("RunnerBusy", `Bad request - Runner "${runner.name}" is still running a job`);
    }
    this.byId.delete(runner.id);
    this.byName.delete(key(runner.scope, runner.name));
    this.byClientId.delete(runner.clientId);
    this.lists.delete(runner.scope.toLowerCase());
    this.absences.end(runner);
    this.record(runner, "deleted");
    for (const listener of this.onDelete) listener(runner);
  }

  /**
   * Removes the runners that have not been connected for too long. Called before what could show them: a timer for each would be one of
   * the most frequent events of a simulation.
   */
  removeAbsent(): void {
    for (const runner of this.absences.over(this.clock.now())) if (!runner.busy) this.remove(runner);
  }

  setBusy(runner: Runner, busy: boolean): void {
    if (runner.busy === busy) return;
    runner.busy = busy;
    runner.busyHistory = [...runner.busyHistory.slice(-15), { at: this.clock.now(), busy }];
  }

  /** `busy` as shown in a list, `lagMs` old. */
  shownBusy(runner: Runner, lagMs: number): boolean {
    const horizon = this.clock.now() - lagMs;
    const { busyHistory } = runner;
    for (let last = busyHistory.length - 1; last >= 0; last--) {
      const { at, busy } = busyHistory[last]!;
      if (at <= horizon) return busy;
    }
    return false;
  }

  setOnline(runner: Runner, online: boolean): void {
    if (runner.online === online) return;
    runner.online = online;
    if (online) this.absences.end(runner);
    else this.absences.begin(runner, this.clock.now());
    // A just-in-time runner was registered by someone who knew nothing of its machine.
    if (online && runner.os === "unknown") runner.os = "Linux";
    this.record(runner, online ? "online" : "offline");
  }

  private record(runner: Runner, change: "registered" | "online" | "offline" | "deleted"): void {
    this.timeline.record({ kind: "runner", instance: runner.name, runner: String(runner.id), change });
  }
}

function key(scope: string, name: string): string {
  return `${scope.toLowerCase()}\n${name}`;
}
