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
  error: AwsError;
}

/** Injects the errors that AWS returns occasionally. A fault applies after authorisation, as throttling does. */
export class AwsFaults {
  private readonly active: { fault: AwsFault; left: number }[] = [];

  constructor(private readonly now: () => number) {}

  /** Returns a function that removes the fault. */
  inject(fault: AwsFault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /** The error to inject into this call, if any. */
  match(principal: string, action: string, instance?: string): AwsError | undefined {
    if (this.active.length === 0) return undefined;
    const entry = this.active.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.action === "*" || fault.action === action) &&
        (fault.principal === undefined || fault.principal === principal) &&
        (fault.instance === undefined || fault.instance === instance) &&
        (fault.untilMs === undefined || this.now() < fault.untilMs) &&
        (fault.when === undefined || fault.when()),
    );
    if (!entry) return undefined;
    entry.left--;
    const { code, message, httpStatus } = entry.fault.error;
    return new AwsError(code, message, httpStatus);
  }
}

/** Auto Scaling's throttling error, HTTP 400. */
export function throttling(): AwsError {
  return new AwsError("Throttling", "Rate exceeded", 400);
}

/** Another change is in progress. AWS's service model assigns HTTP 500 although the caller must retry. */
export function resourceContention(): AwsError {
  return new AwsError("ResourceContention", "You already have a pending update to an Amazon EC2 Auto Scaling resource.", 500);
}
