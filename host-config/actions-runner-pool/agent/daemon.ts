/**
 * The agent's loop. Once a second it observes, decides (decide.ts) and acts. What it remembers (daemon-state.ts) it can
 * rebuild from IMDS, systemd and /proc, so it may be killed and restarted at any time. Slow work runs in the background,
 * one of a kind at a time, and a tick never waits for it.
 */
import type { TargetState } from "../../../contract/aws/lifecycle";
import {
  actionTaken,
  initialState,
  launchContinued,
  observe,
  registrationEnded,
  signsObserved,
  targetObserved,
  unitObserved,
  watchesJobs,
  keepsProtection,
  type DaemonState,
} from "./daemon-state";
import { decide, type Action } from "./decide";
import type { Host } from "./ports/host";
import { applyProtection, needsCall } from "./protection";
import { register } from "./registration";
import { isTerminating } from "./target-state";

export const TICK_MS = 1_000;
/** The job's user may send as many hints as it likes; each makes us read /proc, and the tick does so anyway. */
const HINT_MS = 200;

export class Daemon {
  state: DaemonState = initialState();
  private readonly background = new Map<string, Promise<void>>();

  constructor(private readonly host: Host) {}

  /**
   * Ticks until `stopped` says so.
   *
   * @param pause between two ticks; for simulations, which skip ticks that would do nothing
   */
  async run(stopped: () => boolean = () => false, pause = (ms: number) => this.host.clock.sleep(ms)): Promise<void> {
    while (!stopped()) {
      const begun = this.host.clock.now();
      await this.tick();
      await pause(Math.max(0, TICK_MS - (this.host.clock.now() - begun)));
    }
  }

  /** One observation and one decision. Never rejects. Resolves with what it set going. */
  async tick(): Promise<Action> {
    await this.observeTarget();
    if (watchesJobs(this.state)) {
      await this.watchJobs();
      return "nothing";
    }
    try {
      const unit = await this.host.unit.state();
      this.state = unitObserved(this.state, unit);
      const registered = await this.host.registrar.registered();
      const action = decide(observe(this.state, unit, registered, this.host.clock.now()));
      this.act(action);
      return action;
    } catch (error) {
      this.host.log.error("tick failed", { error: String(error) });
      return "nothing";
    }
  }

  /** A job hook called: read the job signs now instead of at the next tick. */
  async hint(): Promise<void> {
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
      // The last answer stands: an instance that was on its way out still is.
      if (!this.state.metadataSilent) {
        host.log.warn("instance metadata does not answer, keeping its last word", { error: String(error) });
        this.state = { ...this.state, metadataSilent: true };
      }
      return;
    }
    const before = this.state;
    this.state = targetObserved(before, target);
    if (before.metadataSilent) host.log.info("instance metadata answers again");
    if (target === before.target) return;
    host.log.info("target lifecycle state", { from: before.target, to: target });
    // The timer's next beat may be a whole interval away, and what is left of the action's time is unknown after a restart.
    if (isTerminating(target)) this.inBackground("heartbeat", () => host.helpers.startHeartbeat());
  }

  private act(action: Action): void {
    const { host } = this;
    const now = host.clock.now();
    if (action === "look-up-state" && now < this.state.lookUpNotBefore) return;
    this.state = actionTaken(this.state, action, now);
    switch (action) {
      case "stop-runner":
        return this.inBackground(action, () => host.unit.stop());
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
    // An answer to a question that was asked before the target changed is about another transition.
    if (target !== this.state.target) return;
    if (lifecycle !== this.state.lifecycle) this.host.log.info("lifecycle state", { state: lifecycle });
    this.state = { ...this.state, lifecycle };
  }

  private async continueLaunch(): Promise<void> {
    const hook = this.host.config.launchHook;
    const outcome = await this.host.lifecycle.complete(hook, "CONTINUE");
    this.host.log.info("launch continued", { hook, outcome, target: this.state.target });
    this.state = launchContinued(this.state, this.host.clock.now());
  }

  /** Asks the metadata once more: what was decided a moment ago must not start a listener on an instance that has to go. */
  private async startRunner(): Promise<void> {
    const target = await this.host.imds.targetState();
    if (target !== this.state.target) return;
    await this.host.unit.start();
    this.host.log.info("runner started");
  }

  private async watchJobs(): Promise<void> {
    const { host } = this;
    try {
      const signs = await host.signs.read();
      const { announcement } = this.state;
      if (signs.line !== undefined && signs.line !== announcement) host.log.info("listener", { said: signs.line });
      const now = host.clock.now();
      this.state = signsObserved(this.state, signs, now);
      if (keepsProtection(this.state) && needsCall(this.state.protection, now)) this.protect();
    } catch (error) {
      host.log.error("the job signs could not be read", { error: String(error) });
    }
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
