import type { ControlReply, ProvisionReply } from "../../../../contract/persistent-runner/control";
import type { Lease } from "../../../../contract/persistent-runner/lease";
import { bootLabel, persistentRunnerNames } from "../../../../contract/persistent-runner/names";
import { type BootOrder, preparationDigest, type RunOrder } from "../../../../contract/persistent-runner/order";
import { bundleKey, configurationKey } from "../../../../contract/shared/host-bundle";
import { control } from "../../../../functions/persistent-runner/control/control";
import { reap, type ReapPorts } from "../../../../functions/persistent-runner/reap/reap";
import { readLease } from "../../../../functions/persistent-runner/shared/lease";
import type { ControlPorts } from "../../../../functions/persistent-runner/shared/ports";
import type { StartSettings } from "../../../../functions/persistent-runner/shared/settings";
import type { Item } from "../../../../functions/shared/ledger/attributes";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";
import { RecordingObserver } from "../../support/observer";
import { QuickClock } from "../../support/quick-clock";
import { TestMachine } from "./machine";
import { written } from "./memory-item";

export const NOW = Date.parse("2026-11-29T12:00:00Z");
export const INSTANCE = "i-0123456789abcdef0";
export const [APP, LIB] = ["octo-org/app#7#1", "octo-org/lib#8#1"];
/** Of the runner of each start; in no log line. */
export const SECRET = "encoded-jit-configuration";

const object = (key: (sha256: string) => string, digit: string) => ({
  bucket: "bucket",
  key: key(digit.repeat(64)),
  sha256: digit.repeat(64),
});

export const SETTINGS: StartSettings = {
  name: "build",
  names: persistentRunnerNames("build"),
  instanceId: INSTANCE,
  registration: "jit",
  timeouts: { bootTimeout: 180, firstBootTimeout: 1200, idleStopTimeout: 1800, maxSession: 7200 },
  instanceTypes: ["m7i.large", "m7a.large"],
  bundle: object(bundleKey, "b"),
  configuration: object(configurationKey, "c"),
};

/** Of a generation's start, with the digits that this machine's source of them has. */
export const labelOf = (generation: number): string => bootLabel(SETTINGS.name, String(generation).padStart(12, "0"));

export const DIGEST = preparationDigest(SETTINGS);

/** One machine with its lease, its order and its runners at GitHub, and the functions that act on them. */
export class Harness {
  readonly clock = new QuickClock(NOW);
  readonly observer = new RecordingObserver();
  readonly calls: string[] = [];
  item: Item | undefined = { phase: "stopped", generation: 3, changedAt: NOW - 3_600_000, instanceId: INSTANCE, prepared: DIGEST };
  order: { order: BootOrder; at: number } | undefined;
  /** By id, which is the generation. */
  readonly runners = new Map<number, { name: string; busy: boolean }>();
  /** Errors of the next calls, by the call's name. */
  readonly errors: Partial<
    Record<"create" | "state" | "retire" | "remove" | "put" | "token" | "read" | "write" | "console" | "age", Error[]>
  > = {};
  /** Runs before a call of this name. */
  readonly before: Record<string, (() => void | Promise<void>)[]> = {};
  settings = SETTINGS;
  console = ["Booting", "ci-runners: the setup script failed"];

  readonly machine = new TestMachine({
    now: () => this.clock.now(),
    takeOrder: () => {
      const order = this.order?.order;
      this.order = undefined;
      return order;
    },
    write: (write) => this.write(write),
  });

  readonly ports: ControlPorts & ReapPorts = {
    clock: this.clock,
    forceStopAfter: 300,
    random: (digits) => String(this.item?.["generation"]).padStart(digits, "0"),
    lease: {
      read: async () => {
        await this.call("read");
        return this.lease;
      },
      write: async (write) => {
        await this.call("write");
        return this.write(write);
      },
    },
    power: {
      state: async () => {
        this.machine.advance();
        return this.machine.power;
      },
      start: async () => {
        this.calls.push("start");
        this.machine.start();
      },
      stop: async (force) => {
        this.calls.push(force ? "force" : "stop");
        this.machine.stop(force);
      },
      setType: async (type) => {
        this.calls.push(`type ${type}`);
        this.machine.setType(type);
      },
      console: async () => {
        await this.call("console");
        return this.console;
      },
    },
    order: {
      put: async (order) => {
        await this.call("put");
        this.calls.push(`order ${order.generation}`);
        this.order = { order, at: this.clock.now() };
        return "created";
      },
      age: async () => {
        await this.call("age");
        return this.order && (this.clock.now() - this.order.at) / 1000;
      },
      delete: async () => {
        this.calls.push("delete order");
        this.order = undefined;
      },
    },
    runners: {
      create: async (label) => {
        await this.call("create");
        const generation = Number(label.split("-").at(-1));
        this.calls.push(`runner ${generation}`);
        this.runners.set(generation, { name: label, busy: false });
        return { runnerId: generation, configuration: SECRET };
      },
      registrationToken: async () => {
        await this.call("token");
        return SECRET;
      },
      state: async ({ runnerId = -1 }) => {
        await this.call("state");
        const runner = this.settings.registration === "service" ? { busy: this.serviceBusy } : this.runners.get(runnerId);
        if (runner === undefined) return "absent";
        if (!this.connects) return "offline";
        return runner.busy && !this.showsIdle ? "busy" : "idle";
      },
      retire: async ({ runnerId = -1 }) => {
        await this.call("retire");
        if (this.settings.registration === "service") return this.serviceBusy ? "busy" : "retired";
        if (this.runners.get(runnerId)?.busy) return "busy";
        this.runners.delete(runnerId);
        return "retired";
      },
      remove: async (runnerId) => {
        await this.call("remove");
        this.calls.push(`remove ${runnerId}`);
        if (this.runners.get(runnerId)?.busy) return "busy";
        return this.runners.delete(runnerId) ? "deleted" : "gone";
      },
    },
  };
  serviceBusy = false;
  /** Whether GitHub shows runners of machines that are ready as connected. */
  connects = true;
  /** GitHub has not noticed that a job is at work. */
  showsIdle = false;

  get lease(): Lease {
    this.machine.advance();
    return readLease(this.item);
  }

  /** That no machine has taken yet. */
  get runOrder(): RunOrder {
    const order = this.order?.order;
    if (order?.purpose !== "run") throw new Error("no order of a run was given");
    return order;
  }

  /** A request of a workflow, whose token stands for this run. */
  request(action: "start" | "stop", run: string, force?: boolean): Promise<ControlReply> {
    const event = { action, token: run, ...(force !== undefined && { force }) };
    return control(event, async (token) => token, this.ports, this.settings, this.observer) as Promise<ControlReply>;
  }

  start(run = APP): Promise<ControlReply> {
    return this.request("start", run);
  }

  stop(run = APP, force?: boolean): Promise<ControlReply> {
    return this.request("stop", run, force);
  }

  provision(wait = 840, last = true): Promise<ProvisionReply> {
    const event = { action: "provision", instanceId: this.settings.instanceId, digest: preparationDigest(this.settings), wait, last };
    return control(event, async () => "", this.ports, this.settings, this.observer) as Promise<ProvisionReply>;
  }

  reap(): Promise<void> {
    return reap(this.ports, this.settings, this.observer);
  }

  /** As a workflow does, until the reply is final, for at most so many seconds. */
  async startUntil(state: ControlReply["state"], run = APP, most = 1_800): Promise<ControlReply> {
    for (const end = this.clock.now() + most * 1000; ; ) {
      const reply = await this.start(run);
      if (reply.state === state || this.clock.now() >= end) return reply;
      if (reply.state === "ready" || reply.state === "failed") return reply;
      this.wait("retryAfter" in reply ? reply.retryAfter : 5);
    }
  }

  wait(seconds: number): void {
    this.clock.advance(seconds * 1000);
    this.machine.advance();
  }

  /** GitHub assigns the run's job to the machine that is ready. */
  beginJob(): void {
    const runner = this.runners.get(this.lease.runnerId!);
    if (runner === undefined) throw new Error("no runner can take the job");
    runner.busy = true;
  }

  /** The runner of one job is gone after it, and the machine switches itself off. */
  endJob(): void {
    this.runners.delete(this.lease.runnerId!);
    this.machine.switchOff();
  }

  /** The lease as it must be, in part. */
  expectLease(): Pick<Lease, "phase" | "generation" | "holder"> {
    const { phase, generation, holder } = this.lease;
    return { phase, generation, ...(holder !== undefined && { holder }) };
  }

  private write(write: ItemWrite): boolean {
    const after = written(this.item, write);
    if (after === undefined) return false;
    this.item = after;
    return true;
  }

  private async call(name: keyof Harness["errors"]): Promise<void> {
    for (const act of this.before[name]?.splice(0) ?? []) await act();
    const error = this.errors[name]?.shift();
    if (error) throw error;
  }
}
