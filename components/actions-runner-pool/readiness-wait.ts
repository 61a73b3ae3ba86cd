import * as pulumi from "@pulumi/pulumi";
import type { LaunchFailure, Readiness, ReadinessResult } from "../../contract/actions-runner-pool/readiness";

export interface ReadinessPorts {
  /** @throws if the function could not be invoked, or its answer is not one. */
  ask(): Promise<ReadinessResult>;
  pause(milliseconds: number): Promise<void>;
  /** Seconds since the program created the component, on a clock that no one sets. */
  elapsed(): number;
  /** Shown only until the next one. */
  progress(line: string): void;
  info(line: string): void;
  warn(line: string): void;
}

export interface ReadinessSettings {
  group: string;
  /** Seconds. */
  launchTimeout: number;
}

/** Seconds beyond `launchTimeout`, for a launch that began late or replaces one that failed at once. */
const MARGIN = 300;
/** Milliseconds between two invocations; each takes the function a fraction of a second. */
const INTERVAL_MS = 10_000;
/** Invocations in a row without an answer after which the wait ends: the pool exists, and nothing depends on the wait. */
const MISSES = 3;
/** An automation program outlives its engine, which then refuses every call with this text of Pulumi's SDK. */
const ENGINE_GONE = "Resource monitor is terminating";

/**
 * Waits until the first instances of a group that this deployment has created are in service.
 *
 * Only such a group is waited for: one that is older than the program's run of this component was created before. So no
 * update waits, and neither does the `pulumi up` after a wait that failed.
 *
 * @throws pulumi.RunError when the time is over, with the last failure and what to do.
 */
export async function waitUntilInService(settings: ReadinessSettings, ports: ReadinessPorts): Promise<void> {
  let answers = 0;
  let misses = 0;
  for (; ; await ports.pause(INTERVAL_MS)) {
    const answer = await ports.ask().catch((error: Error) => error);
    if (answer instanceof Error && answer.message.includes(ENGINE_GONE)) return;
    if (answer instanceof Error || "unknown" in answer) {
      misses += 1;
      // An invocation that never worked will not: a permission is missing.
      if (misses < MISSES && (answers > 0 || !(answer instanceof Error))) continue;
      return ports.warn(notRead(settings, answer instanceof Error ? answer.message : answer.unknown));
    }
    if (answers === 0 && answer.ageSeconds > ports.elapsed()) return;
    answers += 1;
    misses = 0;
    if (answer.inService >= answer.wanted) {
      if (answer.wanted > 0) ports.info(`${counts(answer)} after ${seconds(answer)}`);
      return;
    }
    if (answer.ageSeconds >= settings.launchTimeout + MARGIN) throw new pulumi.RunError(notReady(settings, answer));
    ports.progress(`waiting for the first instances: ${counts(answer)} after ${seconds(answer)}${failures(answer)}`);
  }
}

const seconds = ({ ageSeconds }: Readiness): string => `${Math.round(ageSeconds)} s`;

function counts({ inService, wanted, underway }: Readiness): string {
  return [`${inService} of ${wanted} in service`, ...Object.entries(underway).map(([state, count]) => `${count} ${state}`)].join(", ");
}

function failures({ failedLaunches, lastFailure }: Readiness): string {
  if (!lastFailure) return "";
  const { instanceId = "no instance", secondsAgo, reason } = lastFailure;
  return `; failed launches: ${failedLaunches}, the last ${secondsAgo} s ago (${instanceId}): ${reason}`;
}

function notReady(settings: ReadinessSettings, answer: Readiness): string {
  const { group, launchTimeout } = settings;
  return (
    `The pool ${group} was created, but is not in service after ${launchTimeout + MARGIN} s (launchTimeout ${launchTimeout} s ` +
    `and ${MARGIN} s): ${counts(answer)}${failures(answer)}. ${remedy(group, answer.lastFailure)} ` +
    "Auto Scaling goes on launching instances. Remove the cause and run `pulumi up` again; it does not wait. " +
    "Set waitForReadiness to false for a pool whose first instances may come later."
  );
}

function remedy(group: string, failure: LaunchFailure | undefined): string {
  if (!failure) return "No launch has failed yet: if a launch takes that long, raise launchTimeout.";
  if (failure.instanceId === undefined)
    return `All launches: aws autoscaling describe-scaling-activities --auto-scaling-group-name ${group}.`;
  return (
    "The host's own reason is on its console, in the line `ci-runners: bootstrap failed`, for about an hour: " +
    `aws ec2 get-console-output --latest --output text --instance-id ${failure.instanceId}.`
  );
}

function notRead({ group }: ReadinessSettings, reason: string): string {
  return (
    `The pool ${group} was created, but whether its instances are in service could not be read (${reason}). ` +
    `See them with: aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${group}`
  );
}
