import { AwsError } from "./api";

export interface AwsFault {
  /** `autoscaling:CompleteLifecycleAction`; `*` for every action. */
  action: string;
  /** Label of the caller as in the Timeline (`instance`, a function's name, `operator`); absent: anyone. */
  principal?: string;
  /** Only calls of this instance; absent: of any. */
  instance?: string;
  /** How many calls fail; absent: no limit. */
  times?: number;
  /** Until when (Clock) calls fail; absent: no limit. */
  untilMs?: number;
  /** Asked for each call that fits; false lets it pass. Absent: every such call fails. */
  when?: () => boolean;
  error: AwsError;
}

/** Errors that AWS gives now and then, on demand. A fault hits after authorisation, as throttling does. */
export class AwsFaults {
  private readonly active: { fault: AwsFault; left: number }[] = [];

  constructor(private readonly now: () => number) {}

  /** Returns how to lift the fault again. */
  inject(fault: AwsFault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /** The error that this call must meet, if any. */
  strike(principal: string, action: string, instance?: string): AwsError | undefined {
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

/** How Auto Scaling says "slow down": HTTP 400. */
export function throttling(): AwsError {
  return new AwsError("Throttling", "Rate exceeded", 400);
}

/** A change that is under way elsewhere: AWS's own model gives it HTTP 500 although the caller must retry. */
export function resourceContention(): AwsError {
  return new AwsError("ResourceContention", "You already have a pending update to an Amazon EC2 Auto Scaling resource.", 500);
}
