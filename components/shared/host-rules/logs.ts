import type { HostSettings } from "../host-args/settings";
import { type Violation, violation } from "../input-errors";
import { keyArnViolations } from "../key-rules";
import { logRetentionViolations } from "../log-retention";

/** Checks the arguments of the logs of hosts. A retention that is the component's own is checked with that. */
export function hostLogViolations({ hostLogs, logRetentionDays }: HostSettings): Violation[] {
  if (hostLogs === undefined) return [];
  const { retentionDays, kmsKeyArn, diagnostics } = hostLogs;
  return [
    // A stack's configuration may contain the text "false", which would count as true.
    ...(typeof diagnostics === "boolean"
      ? []
      : [violation("hostLogs.diagnostics", diagnostics, "not a boolean", "Use true or false, without quotes")]),
    ...(retentionDays === logRetentionDays ? [] : logRetentionViolations(retentionDays, "hostLogs.retentionDays")),
    ...keyArnViolations({ "hostLogs.kmsKeyArn": kmsKeyArn }),
  ];
}
