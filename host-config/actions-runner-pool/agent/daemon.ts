/**
 * The daemon: the agent's loop on every instance of a pool. Once a second it observes, decides (decide.ts) and acts. Its
 * state (daemon-state.ts) can be rebuilt from the metadata, systemd and /proc. It is not what protects a job: the drain is.
 *
 * Unit: runner-agent.service, with runner-agent.socket for the job hooks. Started at the end of the installation and at
 * each boot. Restart=always after 1 s, without a limit. Not ordered relative to the runner's unit.
 *
 * Life cycle:
 *   - Launch, until the runner's unit has started once since boot: look up the lifecycle state; in Pending:Wait register
 *     the runner and continue the launch hook; in InService start the unit. An instance that enters the warm pool only
 *     continues the hook; it registers when it is called into service, and in InService if someone else has continued its
 *     launch. Once the unit was started (service-mark.ts), nothing registers any more: config.sh may be a job's own.
 *   - In service: read the job signs at each tick and when a job hook calls, and set scale-in protection accordingly.
 *     systemd restarts the listener; what an operator stopped stays stopped. A job that GitHub refuses after the runner
 *     had acknowledged it is logged and counted.
 *   - Pause, while the target is Standby or Detached, or while the disk is nearly full in service (full-disk.ts): set the
 *     pause mark and stop the runner's unit, which drains. Once the reason is gone and the drain has ended, start the unit
 *     again as at a launch, also after a reason that lasted one tick. A full disk is reported at once and every 300 s, so
 *     that the group replaces the instance.
 *   - Return to the warm pool (target Warmed:* on a machine that has served or registered): the same as a termination. The
 *     completion also renews the machine (return.ts). At its next launch the instance registers and starts anew; if it was
 *     not renewed, the completion does that first.
 *   - Termination (target Terminated or Warmed:Terminated): start one heartbeat at once, stop the runner's unit, which
 *     begins the drain, wait for it, then start the completion in case the unit's own ExecStopPost= could not.
 *
 * Killed: systemd restarts it. The runner, its drain, the heartbeat timer and the completion are other units and are not
 * affected. A registration in progress continues in its own unit, and until it ends no second one starts; the next agent
 * then finds the runner registered. Scale-in protection is unknown and is set again.
 *
 * Metadata does not answer: the last target state stays valid, with one warning. Nothing launches before its first
 * answer: the instance ID comes from there, and the start of the runner reads the target state once more.
 *
 * The disk does not answer: a file system that takes longer than 200 ms counts as not full.
 *
 * AWS does not answer: the work in the background fails, is logged as `KIND failed` and is due again at a later tick. A
 * registration that fails for 600 s, or for 0.8 x (launchTimeout - setupTimeout) if that is shorter, abandons the launch
 * (registration.ts).
 *
 * Bounds: tick 1 s. It waits for the metadata (1 s per request) and systemctl (20 s per call), never for AWS. AWS calls
 * 30 s each. Hints: one reading per 200 ms. State look-ups 2 to 15 s apart. Completion: 10 s after the drain was last seen,
 * then every 30 s. Registration again 60 s after a failure, a report of a full disk 30 s after one. Start of the runner every 10 s until
 * its unit leaves the stopped state.
 *
 * Gotchas:
 *   - Work of one kind never runs twice at the same time. All of the launch shares one kind, so its steps never overlap.
 *   - Nothing may be kept in memory that a restart cannot rebuild.
 *   - A rule that depends on time must also be in `repeatsUntil`, or the simulation skips the tick that would apply it.
 *   - `kind` is part of a log message that docs/operations.md lists; test/proofs/exploration/mutants.ts replaces exact
 *     lines of decide.ts.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { TargetState } from "../../../contract/aws/lifecycle";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import {
  actionTaken,
  diskObserved,
  diskReportFailed,
  diskReported,
  initialState,
  jobRefused,
  isFull,
  launchContinued,
  observe,
  onlyWatchesJobs,
  pauseObserved,
  registrationEnded,
  signsObserved,
  startRequested,
  targetObserved,
  unitObserved,
  watchesJobs,
  keepsProtection,
  type DaemonState,
} from "./daemon-state";
import { Claims } from "./claim";
import { decide, isReturning, sinceRenewal, type Action } from "./decide";
import { reportFullDisk, shortageOf } from "./full-disk";
import type { Host } from "./ports/host";
import { applyProtection, needsCall } from "./protection";
import { register } from "./registration";
import { entersPool, isTerminating } from "./target-state";

export const TICK_MS = 1_000;
/** Shortest interval between two hints that are served: the job's user may send any number, and each reads /proc. */
const HINT_MS = 200;

export class Daemon {
  state: DaemonState = initialState();
  private readonly background = new Map<string, Promise<void>>();

  private readonly claims: Claims;

  constructor(private readonly host: Host) {
    this.claims = new Claims(host);
  }

  /**
   * Ticks until `stopped` returns true.
   *
   * @param pause between two ticks; overridden by simulations, which skip ticks that would do nothing
   */
  async run(stopped: () => boolean = () => false, pause = (ms: number) => this.host.clock.sleep(ms)): Promise<void> {
    while (!stopped()) {
      const begun = this.host.clock.now();
      await this.tick();
      await pause(Math.max(0, TICK_MS - (this.host.clock.now() - begun)));
    }
  }

  /** One observation and one decision. Never rejects. Resolves with the action that it started. */
  async tick(): Promise<Action> {
    await this.observeTarget();
    await this.observeDisk();
    if (watchesJobs(this.state)) await this.watchJobs();
    try {
      const marks = { served: await this.host.service.isSet(), returning: await this.host.returning.isSet() };
      if (onlyWatchesJobs(this.state, marks)) return "nothing";
      // Before both readings: its mark and its stop may take effect between them, or after them.
      const pausing = this.background.has("pause-runner");
      const unit = sinceRenewal(await this.host.unit.state(), marks);
      const paused = pausing || (await this.host.pause.isSet());
      // After both readings: background work changes the state meanwhile.
      this.state = pauseObserved(unitObserved(this.state, unit), paused);
      const runner = { registered: await this.host.registrar.registered(), ...marks, reuse: this.host.config.reuse === true };
      const action = decide(observe(this.state, unit, runner, this.host.clock.now()));
      // The unit still ran when it was read, but its stop is on its way: without the mark nothing would start it again.
      if (pausing && action === "end-pause") return "nothing";
      this.act(action);
      return action;
    } catch (error) {
      this.host.log.error("tick failed", { error: String(error) });
      return "nothing";
    }
  }

  /** A job hook called: read the job signs now instead of at the next tick. */
  async hint(route = "", headers: IncomingHttpHeaders = {}): Promise<void> {
    this.claims.hook(route, headers);
    const now = this.host.clock.now();
    const { hintedAt } = this.state;
    if (hintedAt !== undefined && Math.abs(now - hintedAt) < HINT_MS) return;
    this.state = { ...this.state, hintedAt: now };
    if (watchesJobs(this.state)) await this.watchJobs();
  }

  /** Resolves when no background work is left. */
  async settled(): Promise<void> {
    await Promise.all(this.background.values());
  }

  private async observeTarget(): Promise<void> {
    const { host } = this;
    let target: TargetState | undefined;
    try {
      target = await host.imds.targetState();
    } catch (error) {
      // The last answer stays valid: a termination is never taken back.
      if (!this.state.metadataFailed) {
        host.log.warn("instance metadata does not answer, keeping the last target state", { error: String(error) });
        this.state = { ...this.state, metadataFailed: true };
      }
      return;
    }
    const before = this.state;
    this.state = targetObserved(before, target);
    if (before.metadataFailed) host.log.info("instance metadata answers again");
    if (target === before.target) return;
    host.log.info("target lifecycle state", { from: before.target, to: target });
    // The timer's next heartbeat may be a whole interval away, and after a restart the action's remaining time is unknown.
    if (isTerminating(target) || (await this.returnsTo(target))) this.inBackground("heartbeat", () => host.helpers.startHeartbeat());
  }

  private async observeDisk(): Promise<void> {
    const { host } = this;
    const shortage = shortageOf(await host.disk.space(), 1, host.config.diskFloor);
    const before = this.state;
    this.state = diskObserved(before, shortage);
    const now = host.clock.now();
    if (!isFull(this.state) || now < this.state.reportNotBefore) return;
    host.log.error("the disk is nearly full: no further job, and the group replaces the instance", { shortage });
    this.state = diskReported(this.state, now);
    this.inBackground("full-disk", () =>
      reportFullDisk(host).catch((failure: unknown) => {
        this.state = diskReportFailed(this.state, host.clock.now());
        throw failure;
      }),
    );
  }

  private act(action: Action): void {
    const { host } = this;
    const now = host.clock.now();
    if (action === "look-up-state" && now < this.state.lookUpNotBefore) return;
    if (action === "start-runner" && now < this.state.startNotBefore) return;
    this.state = actionTaken(this.state, action, now);
    switch (action) {
      case "stop-runner":
        return this.inBackground(action, () => this.stopRunner());
      case "renew":
        return this.inBackground("launch", () => this.renew());
      case "end-return":
        return this.inBackground("launch", () => host.returning.clear());
      case "pause-runner":
        return this.inBackground(action, () => this.pauseRunner());
      case "end-pause":
        return this.inBackground(action, () => host.pause.clear());
      case "complete":
        return this.inBackground(action, () => host.helpers.startCompletion());
      case "look-up-state":
        return this.inBackground("launch", () => this.lookUpState());
      case "register":
        return this.inBackground("launch", async () => {
          const registered = await register(host);
          this.state = registrationEnded(this.state, registered, host.clock.now());
        });
      case "continue-launch":
        return this.inBackground("launch", () => this.continueLaunch());
      case "start-runner":
        return this.inBackground("launch", () => this.startRunner());
      case "await-drain":
      case "nothing":
        return;
    }
  }

  private async lookUpState(): Promise<void> {
    const { target } = this.state;
    const lifecycle = await this.host.lifecycle.lifecycleState();
    // The target changed during the call, so the answer is about another transition.
    if (target !== this.state.target) return;
    if (lifecycle !== this.state.lifecycle) this.host.log.info("lifecycle state", { state: lifecycle });
    if (lifecycle === "InService" && (await this.host.service.isSet()) && !(await this.host.registrar.registered()))
      this.host.log.error("a runner that has served is no longer configured, and is not registered again");
    this.state = { ...this.state, lifecycle };
  }

  private async continueLaunch(): Promise<void> {
    const { launchHook, terminateHook } = this.host.config;
    const { target } = this.state;
    const outcome = await this.host.lifecycle.complete(launchHook, "CONTINUE");
    this.host.log.info("launch continued", { hook: launchHook, outcome, target });
    // The state is the same at the end of a return whose completion renewed the machine and then failed to end the action.
    if (outcome === "none" && entersPool(target) && !(await this.returnsTo(target))) {
      const ended = await this.host.lifecycle.complete(terminateHook, "CONTINUE");
      this.host.log.info("return continued", { hook: terminateHook, outcome: ended, target });
    }
    this.state = launchContinued(this.state, this.host.clock.now());
  }

  /** Reads the target state once more: an older decision must not start a listener on an instance that is terminating. */
  private async startRunner(): Promise<void> {
    const target = await this.host.imds.targetState();
    if (target !== this.state.target) return;
    // Before the first job: a listener that could start without it would let a job have config.sh run later.
    await this.host.service.set();
    await this.host.unit.start();
    this.state = startRequested(this.state, this.host.clock.now());
    this.host.log.info("start of the runner requested");
  }

  private async stopRunner(): Promise<void> {
    if (entersPool(this.state.target)) await this.markReturn();
    await this.host.unit.stop();
  }

  /** The completion renews the machine, so that no two programs ever do so at once. */
  private async renew(): Promise<void> {
    this.host.log.warn("the machine was not renewed when it returned to the warm pool, renewing it before it registers");
    await this.markReturn();
    await this.host.helpers.startCompletion();
  }

  /** The completion sets the same mark. Earlier is better: someone else may end the action before the completion starts. */
  private async markReturn(): Promise<void> {
    try {
      await this.host.returning.set();
    } catch (error) {
      this.host.log.warn("the return could not be marked, the completion marks it", { error: String(error) });
    }
  }

  private async returnsTo(target: TargetState | undefined): Promise<boolean> {
    if (!entersPool(target)) return false;
    return isReturning({ target, registered: await this.host.registrar.registered(), served: await this.host.service.isSet() });
  }

  /** Stops the runner as a termination does, through the drain; the instance stays, and the runner may start again. */
  private async pauseRunner(): Promise<void> {
    const { host } = this;
    host.log.info("pausing the runner", { target: this.state.target, shortage: this.state.shortage });
    try {
      await host.pause.set();
    } catch (error) {
      host.log.warn("the pause could not be marked: nothing starts the runner again", { error: String(error) });
    }
    await host.unit.stop();
  }

  private async watchJobs(): Promise<void> {
    const { host } = this;
    const readFrom = host.clock.now();
    try {
      const signs = await host.signs.read();
      const { announcement } = this.state;
      if (signs.line !== undefined && signs.line !== announcement) host.log.info("listener", { said: signs.line });
      if (jobRefused(this.state, signs)) this.countRefusal(signs.skippedAt!);
      const now = host.clock.now();
      this.state = signsObserved(this.state, signs, now);
      if (this.state.inFlight === undefined) this.claims.idle(readFrom);
      if (keepsProtection(this.state) && needsCall(this.state.protection, now)) this.protect();
    } catch (error) {
      host.log.error("the job signs could not be read", { error: String(error) });
    }
  }

  /** Best effort: a count that fails is logged, and not repeated. */
  private countRefusal(at: number): void {
    const { host } = this;
    host.log.warn(LOG.jobRefused, { at: new Date(at).toISOString(), metric: METRIC.refusedJobs });
    this.inBackground("refusal count", () => host.metrics.count(METRIC.refusedJobs));
  }

  private protect(): void {
    const get = () => this.state.protection;
    const set = (protection: DaemonState["protection"]) => {
      this.state = { ...this.state, protection };
    };
    this.inBackground("protection", () => applyProtection(this.host, { get, set }));
  }

  private inBackground(kind: string, work: () => Promise<void>): void {
    if (this.background.has(kind)) return;
    const done = work()
      .catch((error: unknown) => this.host.log.warn(`${kind} failed`, { error: String(error) }))
      .finally(() => this.background.delete(kind));
    this.background.set(kind, done);
  }
}
