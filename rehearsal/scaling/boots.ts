import type { Draws } from "./draws";
import { HOSTS } from "./parameters";

/** `iid`: each boot time is drawn for itself; `correlated`: those of a burst are alike, as if EC2 or the registry were slow for all. */
export type BootLaw = "iid" | "correlated";

export interface Boot {
  /** Seconds from the launch until the runner is online, or until it is found to have failed. */
  seconds: number;
  fails: boolean;
}

export class Boots {
  private common = { since: -Infinity, normal: 0 };

  constructor(
    private readonly law: BootLaw,
    private readonly draws: Draws,
  ) {}

  /** @param now seconds. */
  draw(now: number): Boot {
    if (this.draws.chance(HOSTS.failing)) return { seconds: HOSTS.failureFound, fails: true };
    return { seconds: HOSTS.boot * Math.exp(HOSTS.bootSigma * this.normal(now)), fails: false };
  }

  private normal(now: number): number {
    const own = this.draws.normal();
    if (this.law === "iid") return own;
    if (now - this.common.since > HOSTS.correlatedWithin) this.common = { since: now, normal: this.draws.normal() };
    return Math.sqrt(HOSTS.correlation) * this.common.normal + Math.sqrt(1 - HOSTS.correlation) * own;
  }
}
