/**
 * Register function: provides a launching instance with the registration token that its host needs to join GitHub.
 *
 * ## Trigger
 *
 * `EC2 Instance-launch Lifecycle Action` of the group, by the EventBridge rule `<pool>-launching`. The launch hook fires
 * twice for a pooled instance: when it enters the warm pool (Destination `WarmPool`: no token, because GitHub removes a
 * runner after 14 days offline) and when it leaves it (`AutoScalingGroup`).
 *
 * ## Life cycle
 *
 * 1. The instance is in `Pending:Wait`, where the launch hook holds it for `launchTimeout` (default 900 s).
 * 2. This function stores the pool's current token as `ci-runners/<pool>/<instance id>`. The secret's owner tag names the
 *    instance, and the host's policy allows only the secret with its own tag.
 * 3. The agent (host-config/actions-runner-pool/agent/registration.ts) polls for the secret, registers the runner,
 *    deletes the secret and completes the launch hook with CONTINUE. Without success
 *    it completes the hook with ABANDON after min(600 s, 0.8 x (launchTimeout - setupTimeout)).
 *
 * ## Late, duplicate and lost events
 *
 * - Late: the token of an instance that no longer exists is readable by no host. The sweep deletes it after 10 min.
 * - Duplicate: the newest token replaces the stored one. If the host has already deleted its secret, a new one is created
 *   that no host fetches, except in the seconds in which AWS blocks the name (outcome `taken`). The sweep deletes it after
 *   70 min, the deregister function when the instance terminates.
 * - Lost, or failed for good: the sweep provides the token (sweep/missed-launches.ts).
 * - Malformed: counted as `MalformedEvents` and dropped, because a retry would not help.
 *
 * ## Failures and bounds
 *
 * A failure is counted as `RegistrationFailures` and thrown. Lambda retries twice; then the event is a dead letter.
 * EventBridge's and Lambda's retries each end after max(60 s, launchTimeout). Minting has 15 s, each AWS call 3 attempts
 * of 3 s, the function 60 s. All environments of the function share one token, which the sweep keeps valid, so that a mass
 * launch exhausts neither GitHub's hourly quota nor its limits for a minute (../shared/shared-token.ts).
 *
 * ## Gotchas
 *
 * - Never abandon the launch here: the failure may be short, and a retry or the sweep can still provide the token.
 * - Do not filter on Destination in the event pattern. The field may be absent, and then the instance needs a token.
 * - Never log the token. The host's role id is part of the owner tag: a wrong `HOST_ROLE_ID` makes all tokens unreadable.
 * - The IAM policy must grant exactly the AWS commands that index.ts imports, directly or not; a test compares them.
 */
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { parsePoolEvent } from "../shared/events";
import type { Observer } from "../../shared/lambda/observer";
import { type RegistrationPorts, type RegistrationSettings, provideToken } from "../shared/registration";

/** @throws what `provideToken` throws, so that Lambda retries the event. */
export async function register(
  event: unknown,
  ports: RegistrationPorts,
  settings: RegistrationSettings,
  observer: Observer,
): Promise<void> {
  const { log, count } = observer;
  const parsed = parsePoolEvent(event, settings.names);
  if (parsed.kind === "malformed") {
    log.error("malformed event: nothing done", { problem: parsed.problem });
    count(METRIC.malformedEvents);
    return;
  }
  if (parsed.kind !== "launching") {
    log.info("event is not for this function", { reason: parsed.kind === "foreign" ? parsed.reason : parsed.kind });
    return;
  }
  // The event of a group without a warm pool may omit the destination, so skip only another explicit destination.
  if (parsed.destination !== undefined && parsed.destination !== "AutoScalingGroup") {
    log.info("instance does not enter service: no token provided", { destination: parsed.destination });
    return;
  }
  await provideToken(parsed.instanceId, ports, settings, observer);
}
