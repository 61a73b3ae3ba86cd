import { LOG_RETENTION_DAYS } from "../../contract/aws/log-retention";
import { type Violation, violation } from "./input-errors";

/** Checks the argument `logRetentionDays` of a component that has functions. */
export function logRetentionViolations(days: number): Violation[] {
  if (LOG_RETENTION_DAYS.includes(days)) return [];
  return [
    violation("logRetentionDays", days, "not a retention period of CloudWatch Logs", `Choose one of ${LOG_RETENTION_DAYS.join(", ")}`),
  ];
}
