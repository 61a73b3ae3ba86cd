/**
 * How far a new pool is. During `pulumi up` the component invokes the sweep function with this input until the first
 * instances are in service. The invocation is a lookup of the AWS provider, not a resource, so it has no key `tf`.
 */
export interface ReadinessInput {
  /** Name of the pool; the function serves one pool and ignores any other name. */
  pool: string;
  check: "readiness";
}

export interface Readiness {
  /** Seconds since the group was created. A duration, because the clock of the deploying machine may be wrong. */
  ageSeconds: number;
  inService: number;
  /** Instances that must be in service for the pool to be ready; 0 if it is to have none, or may launch none. */
  wanted: number;
  /** Number of the other instances by lifecycle state, such as `{ "Pending:Wait": 2 }`. */
  underway: Record<string, number>;
  /** Launches that failed or were abandoned. */
  failedLaunches: number;
  lastFailure?: LaunchFailure;
}

export interface LaunchFailure {
  /** Absent if EC2 launched no instance at all. */
  instanceId?: string;
  secondsAgo: number;
  /** Auto Scaling's text. */
  reason: string;
}

/** `unknown`: the group could not be read, for this reason; the next invocation may succeed. */
export type ReadinessResult = Readiness | { unknown: string };
