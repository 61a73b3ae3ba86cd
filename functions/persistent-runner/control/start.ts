/** One request of a holder that asks for the machine: goes as far as it can without waiting, and says where that is. */
import type { ControlReply } from "../../../contract/persistent-runner/control";
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import type { BootOrder } from "../../../contract/persistent-runner/order";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { InstancePower } from "../../shared/aws/instance-power";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { drop } from "../shared/drop";
import { acquire, beginSession, forget, noteConnected, noteNewMachine, noteStopped, release, renew, restart } from "../shared/lease-writes";
import { powerOff } from "../shared/power-off";
import type { ControlPorts } from "../shared/ports";
import type { StartSettings } from "../shared/settings";
import { attemptStart, removeRunner } from "./begin";
import { HUNG_PROVISIONING, HUNG_RUN, nextAttempt, readHistory } from "./next-attempt";
import { needsRenewal, nextStep, type StartStep, whileReady, whileStarting } from "./next-step";
import type { StartFailure } from "./start-failure";

/** Between a machine that is on at another's and its attempt lie fewer; more mean that others act at the same time. */
const MOST_STEPS = 6;
/** Characters of a console in one line of the log: Lambda splits none below 256 KB, but no one reads more. */
const CONSOLE_LENGTH = 8_000;

export interface Starting {
  holder: string;
  purpose: BootOrder["purpose"];
}

/** What a start could do next, if anything: a step that ended, or the reply. */
type Outcome = ControlReply | "again";

export class Start {
  constructor(
    private readonly starting: Starting,
    private readonly ports: ControlPorts,
    private readonly settings: StartSettings,
    private readonly observer: Observer,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<ControlReply> {
    for (let count = 0; count < MOST_STEPS; count += 1) {
      const lease = await this.ports.lease.read(this.signal);
      // Read after the lease: a machine that is off, while the lease still says that it was on, is off for good.
      const power = await this.ports.power.state(this.signal);
      const asking = { ...this.starting, now: this.ports.clock.now(), settings: this.settings };
      const outcome = await this.perform(nextStep(lease, power, asking), lease, power);
      if (outcome !== "again") return outcome;
    }
    return this.notYet("starting", "others act on the machine at the same time");
  }

  private async perform(step: StartStep, lease: Lease, power: InstancePower): Promise<Outcome> {
    const { ports, settings, signal } = this;
    const now = ports.clock.now();
    switch (step.step) {
      case "gone":
        return this.gone(lease);
      case "new machine":
        await ports.lease.write(noteNewMachine(lease, settings.instanceId, now), signal);
        return "again";
      case "wait":
        return this.notYet("waiting", step.detail);
      case "drop":
        await drop(lease, step.reason, ports, now, this.observer, signal);
        return "again";
      case "acquire":
        return this.acquire(lease, now);
      case "note stopped":
        await ports.lease.write(noteStopped(lease, now), signal);
        return "again";
      case "power off":
        return this.switchOff(lease, power);
      case "begin":
        return this.begin(lease, power, step.running);
      case "failed":
        return this.failed(lease, power, step.failure);
      case "starting":
        if (!(await this.renewed(lease, now))) return "again";
        return this.notYet("starting", step.detail);
      case "ready":
        return this.ready(lease, power, now, step.late);
    }
  }

  /** False: the lease has changed. */
  private async renewed(lease: Lease, now: number): Promise<boolean> {
    const full = whileStarting(now, this.starting.purpose, this.settings);
    return !needsRenewal(lease, full) || this.ports.lease.write(renew(lease, full), this.signal);
  }

  private async acquire(lease: Lease, now: number): Promise<Outcome> {
    const { ports, settings, signal, observer } = this;
    const { holder, purpose } = this.starting;
    const expires = whileStarting(now, purpose, settings);
    if (await ports.lease.write(acquire(lease, holder, expires, settings.instanceId, now), signal)) {
      observer.log.info("the machine was acquired", { holder, generation: lease.generation + 1 });
      await removeRunner(lease.runnerId, ports, observer.log, signal);
    }
    return "again";
  }

  private async switchOff(lease: Lease, power: InstancePower): Promise<Outcome> {
    const off = await powerOff(lease, power, this.ports, this.observer.log, this.signal);
    if (off.outcome === "off") return "again";
    const detail = off.outcome === "refused" ? `the machine cannot be stopped yet: ${off.reason}` : "the machine is being stopped";
    if (lease.holder !== this.starting.holder) return this.notYet("waiting", detail);
    await this.renewed(lease, this.ports.clock.now());
    return this.notYet("starting", detail);
  }

  private async begin(lease: Lease, power: InstancePower, running: boolean): Promise<Outcome> {
    const { ports, settings, observer, signal } = this;
    const attempt = { lease, power, running, purpose: this.starting.purpose };
    const result = await attemptStart(attempt, ports, settings, observer, signal);
    switch (result.outcome) {
      case "not ours":
        return "again";
      case "requested":
        return this.notYet("starting", `start ${lease.generation} is requested`);
      case "unknown":
        return this.notYet("starting", `EC2 did not answer the request to start the machine: ${result.reason}`);
      case "failed":
        return this.failed(await ports.lease.read(signal), power, result.failure, lease.generation);
    }
  }

  /** Tries again, with the next generation, or gives the machine back. */
  private async failed(lease: Lease, power: InstancePower, failure: StartFailure, generation = lease.generation): Promise<Outcome> {
    const { ports, settings, signal, observer } = this;
    const isOn = lease.phase === "starting" || (lease.phase === "ready" && lease.connectedAt === undefined);
    if (lease.generation !== generation || lease.holder !== this.starting.holder || !isOn) return "again";
    observer.log.warn("a start failed", { generation, kind: failure.kind, reason: failure.detail });
    const console = failure.kind === "hung" ? await this.console() : "";
    const patience = { types: settings.instanceTypes, mostHung: this.starting.purpose === "run" ? HUNG_RUN : HUNG_PROVISIONING };
    const next = nextAttempt(failure, readHistory(lease.history), patience);
    if ("giveUp" in next) return this.giveUp(lease, power, next.giveUp, console);
    const now = ports.clock.now();
    const again = {
      history: JSON.stringify(next.history),
      notBefore: now + next.wait * 1000,
      expires: whileStarting(now, this.starting.purpose, settings),
    };
    if (await ports.lease.write(restart(lease, again, now), signal)) {
      await removeRunner(lease.runnerId, ports, observer.log, signal);
      if (next.wait > 0) return this.notYet("starting", `${failure.detail}; the next attempt is in ${next.wait} s`);
    }
    return "again";
  }

  private async giveUp(lease: Lease, power: InstancePower, detail: string, console: string): Promise<Outcome> {
    const { ports, signal, observer } = this;
    const now = ports.clock.now();
    if (!(await ports.lease.write(release(lease, now), signal))) return "again";
    observer.log.error("the machine cannot be started", { holder: lease.holder, reason: detail });
    observer.count(PERSISTENT_METRIC.failedStarts);
    const released: Lease = { ...lease, phase: "stopping", changedAt: now };
    await powerOff(released, power, ports, observer.log, signal);
    // A workflow's log may be public, so only the stack's own user gets the console.
    const shown = this.starting.purpose === "provision" && console !== "" ? `; the end of its console:\n${console}` : "";
    return { state: "failed", detail: `${detail}${shown}` };
  }

  private async ready(lease: Lease, power: InstancePower, now: number, late: StartFailure | undefined): Promise<Outcome> {
    const { ports, settings, signal } = this;
    if (this.starting.purpose === "provision") return this.notYet("starting", "the machine is prepared, and switches itself off");
    // Before GitHub is asked, which may be down for longer than a silent holder keeps the machine.
    if (lease.foundReadyAt === undefined) {
      await ports.lease.write(beginSession(lease, whileReady(now, settings), now), signal);
      return "again";
    }
    const { instanceId } = settings;
    const { generation, label } = lease;
    if (label === undefined) return this.notYet("waiting", "the machine has prepared itself, and switches itself off");
    const state = await ports.runners.state(lease, signal);
    // A second job of this run would wait for a runner without end.
    if (state === "busy") return this.notYet("waiting", "the machine runs another job of this run");
    if (lease.connectedAt !== undefined) {
      if (state === "absent") return this.notYet("waiting", "the machine has run the job of its last start, and switches itself off");
      return { state: "ready", instanceId, label, generation };
    }
    if (state !== "idle") {
      if (late !== undefined) return this.failed(lease, power, late);
      return this.notYet("starting", "the machine is ready, and its runner connects to GitHub");
    }
    // A job that asks for the label of a runner which never connects would wait in GitHub's queue for a day.
    if (!(await ports.lease.write(noteConnected(lease, now), signal))) return "again";
    return { state: "ready", instanceId, label, generation };
  }

  private async gone(lease: Lease): Promise<Outcome> {
    const { ports, signal, settings, observer } = this;
    if (lease.holder === this.starting.holder) {
      const write = lease.phase === "stopped" ? forget(lease) : release(lease, ports.clock.now());
      await ports.lease.write(write, signal);
    }
    observer.count(PERSISTENT_METRIC.failedStarts);
    return { state: "failed", detail: `instance ${settings.instanceId} was terminated: run \`pulumi up\`, which makes another one` };
  }

  private async console(): Promise<string> {
    const lines = await this.ports.power.console(this.signal).catch((error: unknown) => [`unreadable: ${reasonOf(error)}`]);
    const text = lines.join("\n").slice(-CONSOLE_LENGTH);
    this.observer.log.error("console of the machine that did not become ready", { console: text });
    return text;
  }

  private notYet(state: "waiting" | "starting", detail: string): ControlReply {
    return { state, retryAfter: PERSISTENT_TIMING.pollInterval, detail };
  }
}
