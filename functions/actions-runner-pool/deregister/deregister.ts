/**
 * Deregister function: speeds up the drain of a terminating instance, and cleans up after a terminated one. It is an
 * accelerator. No job depends on it: the host detects its termination and drains by itself.
 *
 * ## Triggers
 *
 * Two EventBridge rules on the group's events. The instance's location or lifecycle state decides what happens:
 *
 * - `EC2 Instance-terminate Lifecycle Action`, rule `<pool>-terminating` (terminating.ts):
 *   - `Terminating:Wait`: send `systemctl stop --no-block` by Systems Manager, then cordon the runner. On the host, the
 *     agent reads the same transition from IMDS once a second, `ExecStop=` waits for the job, the heartbeat timer keeps
 *     the lifecycle action open, and `ExecStopPost=` completes it (docs/lifecycle.md).
 *   - `Warmed:Terminating:Wait`, a trim of the warm pool: CONTINUE if the host is off, so that it cannot complete it. The
 *     states of Auto Scaling and of EC2 count, and never the event alone: a host that was returning from service when its
 *     pool was deleted may still run a job. If it is on: as in `Terminating:Wait`.
 *   - Destination `WarmPool`, an instance that returns to the warm pool: only the cordon, while it is in
 *     `Warmed:Pending:Wait`. A stop could arrive when the instance is in service again.
 * - `EC2 Instance Terminate Successful`, rule `<pool>-terminated` (terminated.ts): delete the registration token that the
 *   host never fetched, then the runner. At the end of a return to the warm pool: delete the runner, if GitHub shows it as
 *   idle and the instance is at rest in the pool right before. An instance that is still there, retained for example, keeps its runner, because
 *   its job may still run.
 *
 *   With `hostLogs`, last of all: copy the console of an instance that delivered no log into its stream, and add the run of a lost job
 *   to the log line about it (../shared/console-copy.ts, ../shared/last-run.ts).
 *
 * ## Late, duplicate and lost events
 *
 * - Late or duplicate: a second stop has no effect, and missing secrets, runners and actions count as done. A terminating
 *   event that arrives after the termination finds no managed node (counted as `StopFailures`) and no runner.
 * - Lost: the host drains by itself; the sweep completes pool trims and removes runners and tokens, those of returned
 *   instances included. Nothing cordons.
 * - Malformed: counted as `MalformedEvents` and dropped.
 *
 * ## Fallbacks and bounds
 *
 * - Failed stop: counted as `StopFailures`. It is thrown after the cordon, so that Lambda retries the event, unless
 *   Systems Manager does not know the instance. Its delivery is tried for 600 s; a late stop meets a stopping unit.
 * - Cordon: best effort within 5 s. Removal: 15 s. GitHub refuses to remove a busy runner: counted as
 *   `BusyAtTermination`. A mark replaces its custom labels (../shared/ended-mark.ts); the sweep removes it later.
 * - Reading the hosts' log and copying a console: 10 s each. A failure is logged and fails nothing.
 * - GitHub's quota: cordons are skipped below 50 % of the hour's calls, removals are left to the sweep below 40 %, each
 *   checked after a per-instance jitter of up to 2 s, and again between its two calls.
 * - Function timeout 60 s, each AWS call 3 attempts of 3 s. EventBridge retries the delivery for 24 h. Lambda retries
 *   twice within 6 h; then the event is a dead letter.
 *
 * ## Gotchas
 *
 * - Send the stop before anything that needs GitHub, its settings and credentials included.
 * - Never complete the action of a host that was in service: only the host knows whether a job runs.
 * - Never remove a runner before its instance is gone: that cancels its job, and GitHub's `busy` flag lags.
 * - An event may be old, wrong or forged: the state from DescribeAutoScalingInstances decides.
 */
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { parsePoolEvent } from "../shared/events";
import type { Observer } from "../../shared/lambda/observer";
import type { DeregisterPorts, DeregisterSettings } from "./ports";
import { handleTerminated } from "./terminated";
import { handleTerminating } from "./terminating";

export async function deregister(event: unknown, ports: DeregisterPorts, settings: DeregisterSettings, observer: Observer): Promise<void> {
  const parsed = parsePoolEvent(event, settings.names);
  switch (parsed.kind) {
    case "terminating":
      return handleTerminating(parsed, ports, settings, observer);
    case "terminated":
      return handleTerminated(parsed.instanceId, ports, settings, observer);
    case "malformed":
      observer.log.error("malformed event: nothing done", { problem: parsed.problem });
      observer.count(METRIC.malformedEvents);
      return;
    default:
      observer.log.info("event is not for this function", {
        reason: parsed.kind === "foreign" ? parsed.reason : parsed.kind,
      });
  }
}
