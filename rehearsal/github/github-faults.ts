/**
 * How a request fails: `down` cuts the connection, `hang` never replies, `slow` replies late. `lost`: the request takes
 * effect, but its reply never arrives.
 */
export type GitHubFaultKind =
  | { kind: "status"; status: number; message?: string; headers?: Record<string, string> }
  | { kind: "slow"; ms: number }
  | { kind: "down" }
  | { kind: "hang" }
  | { kind: "lost" };

export type GitHubFault = GitHubFaultKind & {
  /** Matched against `METHOD host/path`, e.g. `/^POST api\.github\.com\/.*registration-token$/`. */
  route: RegExp;
  /** Number of requests that it affects; absent: all until it is removed. */
  times?: number;
};

/** Faults that a scenario injects; the newest that matches applies. */
export class GitHubFaults {
  private faults: GitHubFault[] = [];

  /** Returns a handle that removes the fault. */
  add(fault: GitHubFault): { remove(): void } {
    const own = { ...fault };
    this.faults.unshift(own);
    return { remove: () => void (this.faults = this.faults.filter((other) => other !== own)) };
  }

  get any(): boolean {
    return this.faults.length > 0;
  }

  clear(): void {
    this.faults = [];
  }

  /** The fault that affects this request, if any; counts the request. */
  take(method: string, host: string, path: string): GitHubFaultKind | undefined {
    const subject = `${method} ${host}${path}`;
    const fault = this.faults.find((candidate) => candidate.route.test(subject) && candidate.times !== 0);
    if (fault?.times !== undefined) fault.times--;
    return fault;
  }
}
