/**
 * The agent's loop. Every second it looks, decides (decide.ts) and acts; it remembers nothing that IMDS, systemd and
 * /proc cannot give back, so it may be killed and restarted at any moment. Slow work runs in the background, one of a
 * kind at a time, and a tick never waits for it.
 */
import type { TargetState } from "../../../contract/aws/lifecycle";
import { decide, type Action } from "./decide";
import { JobWatch } from "./in-flight";
import type { Host } from "./ports/host";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { UnitState } from "../../shared/unit-state";
import { ProtectionKeeper } from "./protection";
import { register } from "./registration";
import { isTerminating } from "./target-state";

export const TICK_MS = 1_000;
/** The job's user may send as many hints as it likes; each look reads /proc, and the tick looks anyway. */
const HINT_MS = 200;
/** ExecStopPost of a stopping unit asks for the completion itself; only if it could not, the daemon does. */
const AFTER_DRAIN_MS = 10_000;
/** A completion that was asked for and brought nothing is asked for again. */
const COMPLETE_AGAIN_MS = 30_000;
const REGISTER_AGAIN_MS = 60_000;
/** DescribeAutoScalingInstances while launching: a few calls an instance, also when hundreds start at once. */
const LOOK_UP_FIRST_MS = 2_000;
const LOOK_UP_LONGEST_MS = 15_000;

export class Daemon {
  private target: TargetState | undefined;
  private blind = false;
  private lifecycle: LifecycleState | undefined;
  private lookUpPause = LOOK_UP_FIRST_MS;
  private lookUpNotBefore = 0;
  private registerNotBefore = 0;
  private completeNotBefore = 0;
  private started = false;
  private firstLook = true;
  private lastLine: string | undefined;
  private hintedAt = -Infinity;
  private keeper: ProtectionKeeper | undefined;
  private readonly watch = new JobWatch();
  private readonly background = new Map<string, Promise<void>>();

  constructor(private readonly host: Host) {}

  /** Ticks until `stopped` says so. */
  async run(stopped: () => boolean = () => false): Promise<void> {
    while (!stopped()) {
      const begun = this.host.clock.now();
      await this.tick();
      await this.host.clock.sleep(Math.max(0, TICK_MS - (this.host.clock.now() - begun)));
    }
  }

  /** One look and one decision. Never rejects. Resolves with what it set going. */
  async tick(): Promise<Action> {
    await this.lookAtTarget();
    // The unit is asked only when its state matters: in service, once started, systemd looks after it.
    if (this.started && !isTerminating(this.target)) {
      await this.watchJobs();
      return "nothing";
    }
    try {
      const unit = await this.host.unit.state();
      this.note(unit);
      const now = this.host.clock.now();
      const action = decide({
        target: this.target,
        unit,
        registered: await this.host.registrar.registered(),
        lifecycle: this.lifecycle,
        completionDue: now >= this.completeNotBefore,
        registrationPaused: now < this.registerNotBefore,
      });
      this.act(action);
      return action;
    } catch (error) {
      this.host.log.error("tick failed", { error: String(error) });
      return "nothing";
    }
  }

  /** A job hook spoke: look now instead of at the next tick. */
  async hint(): Promise<void> {
    const now = this.host.clock.now();
    if (Math.abs(now - this.hintedAt) < HINT_MS) return;
    this.hintedAt = now;
    if (this.started && !isTerminating(this.target)) await this.watchJobs();
  }

  /** Resolves when no background work is left. */
  async settled(): Promise<void> {
    await Promise.all([...this.background.values(), this.keeper?.settled()]);
  }

  private async lookAtTarget(): Promise<void> {
    let target: TargetState | undefined;
    try {
      target = await this.host.imds.targetState();
    } catch (error) {
      // The last answer stands: an instance that was on its way out still is.
      if (!this.blind) this.host.log.warn("instance metadata does not answer, keeping its last word", { error: String(error) });
      this.blind = true;
      return;
    }
    if (this.blind) this.host.log.info("instance metadata answers again");
    this.blind = false;
    if (target === this.target) return;
    this.host.log.info("target lifecycle state", { from: this.target, to: target });
    this.target = target;
    this.forgetLifecycle();
    // The timer's next beat may be a whole interval away, and what is left of the action's time is unknown after a restart.
    if (isTerminating(target)) this.inBackground("heartbeat", () => this.host.helpers.startHeartbeat());
  }

  private note(unit: UnitState): void {
    this.started = unit.everStarted;
    this.keeper ??= new ProtectionKeeper(this.host, this.firstLook && unit.everStarted ? "unknown" : false);
    this.firstLook = false;
  }

  private act(action: Action): void {
    const { host } = this;
    const now = host.clock.now();
    switch (action) {
      case "stop-runner":
        return this.inBackground(action, () => host.unit.stop());
      case "await-drain":
        this.completeNotBefore = now + AFTER_DRAIN_MS;
        return;
      case "complete":
        this.completeNotBefore = now + COMPLETE_AGAIN_MS;
        return this.inBackground(action, () => host.helpers.startCompletion());
      case "look-up-state":
        if (now < this.lookUpNotBefore) return;
        this.lookUpNotBefore = now + this.lookUpPause;
        this.lookUpPause = Math.min(this.lookUpPause * 1.5, LOOK_UP_LONGEST_MS);
        return this.inBackground("launch", () => this.lookUpState());
      case "register":
        return this.inBackground("launch", async () => {
          if (!(await register(host))) this.registerNotBefore = host.clock.now() + REGISTER_AGAIN_MS;
          this.forgetLifecycle();
        });
      case "continue-launch":
        return this.inBackground("launch", () => this.continueLaunch());
      case "start-runner":
        return this.inBackground("launch", () => this.startRunner());
      case "nothing":
        return;
    }
  }

  private async lookUpState(): Promise<void> {
    const target = this.target;
    const found = await this.host.lifecycle.lifecycleState();
    // An answer to a question that was asked before the target changed is about another journey.
    if (target !== this.target) return;
    if (found !== this.lifecycle) this.host.log.info("lifecycle state", { state: found });
    this.lifecycle = found;
  }

  private async continueLaunch(): Promise<void> {
    const hook = this.host.config.launchHook;
    const outcome = await this.host.lifecycle.complete(hook, "CONTINUE");
    this.host.log.info("launch continued", { hook, outcome, target: this.target });
    this.forgetLifecycle();
    // The state follows a moment later; a look at once would find the old one and continue a second time.
    this.lookUpNotBefore = this.host.clock.now() + LOOK_UP_FIRST_MS;
  }

  /** Asks the metadata once more: what was decided a moment ago must not start a listener on an instance that has to go. */
  private async startRunner(): Promise<void> {
    const target = await this.host.imds.targetState();
    if (target !== this.target) return;
    await this.host.unit.start();
    this.host.log.info("runner started");
  }

  private forgetLifecycle(): void {
    this.lifecycle = undefined;
    this.lookUpPause = LOOK_UP_FIRST_MS;
    this.lookUpNotBefore = 0;
  }

  private async watchJobs(): Promise<void> {
    try {
      const signs = await this.host.signs.read();
      if (signs.line !== undefined && signs.line !== this.lastLine) this.host.log.info("listener", { said: signs.line });
      this.lastLine = signs.line ?? this.lastLine;
      if (this.target === "InService" || this.target === undefined) {
        this.keeper?.observe(this.watch.inFlight(signs, this.host.clock.now()) !== undefined);
      }
    } catch (error) {
      this.host.log.error("the job signs could not be read", { error: String(error) });
    }
  }

  private inBackground(kind: string, work: () => Promise<void>): void {
    if (this.background.has(kind)) return;
    const done = work()
      .catch((error: unknown) => this.host.log.warn(`${kind} failed`, { error: String(error) }))
      .finally(() => this.background.delete(kind));
    this.background.set(kind, done);
  }
}
