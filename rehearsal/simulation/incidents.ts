import { AwsError } from "../aws/api";
import type { PoolLoad } from "./load";
import type { SimulatedEnvironment } from "./environment";

const HOUR_MS = 3_600_000;
const BROWN_OUT_MS = 20 * 60_000;
/** Of 100 calls in a brown-out so many fail. */
const FAILING = 80;
const GITHUB_DOWN_MS = 30 * 60_000;
/** Half of the capacity is away for so long. */
const SCALED_IN_MS = 2 * HOUR_MS;

export interface Window {
  from: number;
  to: number;
}

/** The three incidents of a day (`--storms`). Where the day is shorter, they come closer together. */
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
    at(this.scaleIn.from, () => loads.forEach((load) => this.share(load, 0.5)));
    at(this.scaleIn.to, () => loads.forEach((load) => this.share(load, 1)));
    at(this.brownOut.from, () => {
      const error = new AwsError("ServiceUnavailable", "Service Unavailable", 503);
      const when = () => environment.random.between(1, 100) <= FAILING;
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

  /** Whether GitHub is down just now. */
  isDown(now = this.environment.clock.now()): boolean {
    return now >= this.gitHubDown.from && now < this.gitHubDown.to;
  }

  private share(load: PoolLoad, share: number): void {
    load.share = share;
    load.adapt();
  }

  private functionsOf(loads: readonly PoolLoad[]): string[] {
    return loads.flatMap(({ pool: { names } }) => [names.registerFunction, names.deregisterFunction, names.sweepFunction]);
  }
}
