/**
 * Scale-in protection follows the job signs, in the background. It only spares Auto Scaling a bad choice: the drain is
 * what protects a job, so every failure in here is survivable.
 */
import type { Host } from "./ports/host";

/** A next job often follows at once; clearing and setting again would double the calls. */
const IDLE_MS = 3_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
/** After all tries failed. A runner that stays protected while idle would never be scaled in, so it never gives up for good. */
const REST_MS = 60_000;

export type ProtectionHost = Pick<Host, "clock" | "log" | "protection">;

export class ProtectionKeeper {
  private wanted = false;
  private idleSince: number | undefined;
  private running: Promise<void> | undefined;
  private notBefore = 0;

  /** @param known what Auto Scaling has; `unknown` after a restart of the agent, which may have missed a job's end. */
  constructor(
    private readonly host: ProtectionHost,
    private known: boolean | "unknown",
  ) {}

  /** Tells what the signs say now. Returns at once. */
  observe(busy: boolean): void {
    const now = this.host.clock.now();
    this.idleSince = busy ? undefined : (this.idleSince ?? now);
    if (busy) this.wanted = true;
    else if (now - this.idleSince! >= IDLE_MS) this.wanted = false;
    if (this.wanted === this.known || this.running || now < this.notBefore) return;
    this.running = this.apply().finally(() => (this.running = undefined));
  }

  /** For whoever must not leave a call behind (tests, an orderly end). */
  async settled(): Promise<void> {
    await this.running;
  }

  private async apply(): Promise<void> {
    const { clock, log } = this.host;
    let pause = FIRST_PAUSE_MS;
    for (let attempt = 1; this.wanted !== this.known; attempt++) {
      const wanted = this.wanted;
      try {
        const outcome = await this.host.protection.set(wanted);
        this.known = wanted;
        log.info("scale-in protection", { protected: wanted, outcome });
        return;
      } catch (error) {
        if (attempt === TRIES) {
          log.warn("scale-in protection could not be set, resting", { protected: wanted, error: String(error) });
          this.notBefore = clock.now() + REST_MS;
          return;
        }
      }
      await clock.sleep(pause);
      pause *= 2;
    }
  }
}
