import { AwsError } from "../aws/api";
import type { PoolLoad } from "./load";
import type { SimulatedEnvironment } from "./environment";

const HOUR_MS = 3_600_000;
const BROWN_OUT_MS = 20 * 60_000;
/** Percentage of calls that fail in a brown-out. */
const FAILURE_PERCENT = 80;
const GITHUB_DOWN_MS = 30 * 60_000;
/** Duration of the scale-in to half of the capacity. */
const SCALED_IN_MS = 2 * HOUR_MS;

export interface Window {
  from: number;
  to: number;
}

/** The three incidents of a day (`--storms`). In a shorter simulation they are closer together. */
export class Incidents {
  readonly brownOut: Window;
  readonly gitHubDown: Window;
  readonly scaleIn: Window;

  constructor(
    private readonly environment: SimulatedEnvironment,
    hours: number,
  ) {
    const at = (share: number, ms: number): Window => {
      const from = environment.clock.now() + share * hours * HOUR_MS;
      return { from, to: from + ms };
    };
    this.scaleIn = at(0.4, Math.min(SCALED_IN_MS, 0.1 * hours * HOUR_MS));
    this.brownOut = at(0.6, BROWN_OUT_MS);
    this.gitHubDown = at(0.75, GITHUB_DOWN_MS);
  }

  schedule(loads: readonly PoolLoad[]): void {
    const { environment } = this;
    const at = (time: number, act: () => void) => void environment.clock.after(time - environment.clock.now(), act);
    at(this.scaleIn.from, () => loads.forEach((load) => this.setShare(load, 0.5)));
    at(this.scaleIn.to, () => loads.forEach((load) => this.setShare(load, 1)));
    at(this.brownOut.from, () => {
      const error = new AwsError("ServiceUnavailable", "Service Unavailable", 503);
      const when = () => environment.random.between(1, 100) <= FAILURE_PERCENT;
      for (const principal of ["instance", ...this.functionsOf(loads)]) {
        environment.faults.inject({ action: "*", principal, untilMs: this.brownOut.to, when, error });
      }
    });
    at(this.gitHubDown.from, () => {
      const fault = environment.github.faults.add({ kind: "down", route: /./ });
      at(this.gitHubDown.to, () => fault.remove());
    });
    environment.github.options.isDown = () => this.isDown();
  }

  /** Whether GitHub is down at the given time. */
  isDown(now = this.environment.clock.now()): boolean {
    return now >= this.gitHubDown.from && now < this.gitHubDown.to;
  }

  private setShare(load: PoolLoad, share: number): void {
    load.share = share;
    load.adapt();
  }

  private functionsOf(loads: readonly PoolLoad[]): string[] {
    return loads.flatMap(({ pool: { names } }) => [names.registerFunction, names.deregisterFunction, names.sweepFunction]);
  }
}
