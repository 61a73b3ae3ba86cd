import type { Clock } from "../clock";
import { AwsError } from "./api";

export interface AwsFault {
  /** `autoscaling:CompleteLifecycleAction`; `*` for every action. */
  action: string;
  /** Label of the caller as on the timeline (`instance`, a function's name, `operator`); absent: any caller. */
  principal?: string;
  /** Only calls by this instance; absent: by any. */
  instance?: string;
  /** How many calls fail; absent: no limit. */
  times?: number;
  /** Clock time until which calls fail; absent: no limit. */
  untilMs?: number;
  /** Evaluated for each matching call; false lets the call pass. Absent: every matching call fails. */
  when?: () => boolean;
  /** Absent: the call is only slow. */
  error?: AwsError;
  /**
   * By which the call is late, in real milliseconds: the timeouts of a function and of its SDK client also run in real time, while
   * a virtual clock stands still.
   */
  delayMs?: number;
}

/** Injects the errors that AWS returns occasionally. A fault applies after authorisation, as throttling does. */
export class AwsFaults {
  private readonly active: { fault: AwsFault; left: number }[] = [];

  constructor(private readonly clock: Pick<Clock, "now" | "during">) {}

  /** Returns a function that removes the fault. */
  inject(fault: AwsFault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /** Delays the call and throws the error, as the fault says. */
  async strike({ delayMs, error }: AwsFault): Promise<void> {
    if (delayMs !== undefined) await this.clock.during(() => new Promise((resolve) => setTimeout(resolve, delayMs)));
    if (error) throw new AwsError(error.code, error.message, error.httpStatus, error.members);
  }

  /** The first fault that applies to this call, if any. */
  match(principal: string, action: string, instance?: string): AwsFault | undefined {
    if (this.active.length === 0) return undefined;
    const entry = this.active.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.action === "*" || fault.action === action) &&
        (fault.principal === undefined || fault.principal === principal) &&
        (fault.instance === undefined || fault.instance === instance) &&
        (fault.untilMs === undefined || this.clock.now() < fault.untilMs) &&
        (fault.when === undefined || fault.when()),
    );
    if (entry) entry.left--;
    return entry?.fault;
  }
}

/** Auto Scaling's throttling error, HTTP 400. */
export function throttling(): AwsError {
  return new AwsError("Throttling", "Rate exceeded", 400);
}

/** The throttling of a DynamoDB table as a whole, in which no single partition is hot. */
export function dynamoDbThrottling(): AwsError {
  return new AwsError("ThrottlingException", "Rate of requests exceeds the allowed throughput.", 400);
}

/** A service that is down. The SDK retries it. */
export function outage(): AwsError {
  return new AwsError("InternalServerError", "The request processing has failed because of an unknown error.", 500);
}

/** EC2's throttling error, HTTP 503. */
export function requestLimitExceeded(): AwsError {
  return new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
}

/** Another change is in progress. AWS's service model assigns HTTP 500 although the caller must retry. */
export function resourceContention(): AwsError {
  return new AwsError("ResourceContention", "You already have a pending update to an Amazon EC2 Auto Scaling resource.", 500);
}
