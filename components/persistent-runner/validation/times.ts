import { inRange } from "../../shared/in-range";
import { type Violation, violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";

/** Seconds, unless the name says otherwise. GitHub ends a job on a runner of one's own after 5 days. */
const LIMITS = {
  bootTimeout: { min: 60, max: 900 },
  firstBootTimeout: { min: 300, max: 7200 },
  idleStopTimeout: { min: 60, max: 86_400 },
  maxSession: { min: 600, max: 432_000 },
  runLogRetentionDays: { min: 1, max: 365 },
} as const;

/** Boots of a session before which a job must still have a chance: two, after a hang. */
const BOOTS = 4;

export function timeViolations(settings: PersistentRunnerSettings): Violation[] {
  const found = Object.entries(LIMITS)
    .filter(([field, { min, max }]) => !inRange(settings[field as keyof typeof LIMITS], min, max))
    .map(([field, { min, max }]) => {
      const unit = field.endsWith("Days") ? "days" : "seconds";
      return violation(
        field,
        settings[field as keyof typeof LIMITS],
        `outside ${min} to ${max} ${unit}`,
        `Use whole ${unit} in this range`,
      );
    });
  // Invalid numbers cannot be compared.
  return found.length > 0 ? found : relations(settings);
}

function relations({ bootTimeout, firstBootTimeout, idleStopTimeout, maxSession, workflow }: PersistentRunnerSettings): Violation[] {
  const found: Violation[] = [];
  if (BOOTS * bootTimeout > maxSession) {
    const problem = `more than a quarter of maxSession = ${maxSession} s, so that a start that hangs once leaves no time for a job`;
    found.push(violation("bootTimeout", bootTimeout, problem, "Lower it or raise maxSession"));
  }
  if (idleStopTimeout > maxSession) {
    const problem = `longer than maxSession = ${maxSession} s, at which the machine is off in any case`;
    found.push(violation("idleStopTimeout", idleStopTimeout, problem, "Lower it or raise maxSession"));
  }
  // A run may find a machine that must prepare itself first, within its own session.
  const longestBoot = Math.max(bootTimeout, firstBootTimeout);
  const boot = longestBoot === firstBootTimeout ? "firstBootTimeout" : "bootTimeout";
  const longest = maxSession - longestBoot;
  if (longest < 60) {
    const problem = `more than maxSession = ${maxSession} s allows, which ends the machine's preparation as well`;
    return [...found, violation(boot, longestBoot, problem, "Lower it or raise maxSession")];
  }
  if (!inRange(workflow.jobTimeout, 60, longest)) {
    const problem = `outside 60 to maxSession - ${boot} = ${longest} s, after which the machine switches itself off under the job`;
    found.push(violation("workflow.jobTimeout", workflow.jobTimeout, problem, "Lower it or raise maxSession"));
  }
  if (workflow.jobTimeout % 60 !== 0) {
    found.push(violation("workflow.jobTimeout", workflow.jobTimeout, "GitHub counts whole minutes", "Use a multiple of 60"));
  }
  return found;
}
