import { LOG_RETENTION_DAYS } from "../../contract/aws/log-retention";
import { type Violation, violation } from "./input-errors";

/** @param field path of the argument that gives the days for which a log group keeps its events. */
export function logRetentionViolations(days: number, field = "logRetentionDays"): Violation[] {
  if (LOG_RETENTION_DAYS.includes(days)) return [];
  return [violation(field, days, "not a retention period of CloudWatch Logs", `Choose one of ${LOG_RETENTION_DAYS.join(", ")}`)];
}
