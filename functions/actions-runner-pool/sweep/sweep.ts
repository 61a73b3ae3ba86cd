/**
 * Sweep function: repairs what lost events and failed calls leave behind, and reports what it must not repair itself.
 *
 * ## Triggers
 *
 * - The rule `<pool>-sweep` every 5 min, or a manual invocation: the sweep below.
 * - Pulumi's invocation resource: its deletion, after the group's, runs the final sweep (final-sweep.ts). Its creation
 *   and updates do nothing. trigger.ts recognizes these events by their key `tf`.
 * - A second such resource, created and updated before each update of the group with another launch template: cancels a
 *   running instance refresh, so that the update can start the next one (cancel-refresh.ts).
 * - A third one, created and updated after an update of the group that brought another host bundle or setup script: deletes
 *   those that no launch template needs any more (bundle-sweep.ts).
 * - A fourth one, deleted before the group: it fails, and with it the deletion of the pool, while an instance is
 *   in standby or the process Terminate is suspended (destroy-check.ts). The same input without `tf` is an operator's question
 *   what the deletion would wait for; its answer is the result.
 * - A lookup during the `pulumi up` that created the pool: it gets the number of instances in service and the last failed
 *   launch, and changes nothing (readiness.ts).
 *
 * ## Work by lifecycle state (docs/lifecycle.md)
 *
 * - A launch that EC2 refused: report the reason. One that its host failed: with `hostLogs`, copy its console (launch-consoles.ts).
 * - `Pending:Wait` for over 60 s without secret and runner: provide the token that the register function did not.
 * - `InService` for over 10 min without an online runner: report.
 * - `Terminating:Wait`: report if it exceeds `maxDrain`, or if its runner is busy but offline. The host's drain completes
 *   the action.
 * - `Warmed:Pending:Wait` on the way back from service: as `Terminating:Wait`.
 * - `Warmed:Stopped`, `Warmed:Hibernated`, `Warmed:Running`: delete the runner of an earlier service.
 * - `Warmed:Terminating:Wait`: CONTINUE the trim that the deregister function did not, if the host is off or never served.
 * - `Terminating:Retained`: terminate once its runner was listed, offline and idle at every look for 15 min, or if it
 *   never entered service and has no runner. Else report.
 * - `Warmed:*:Retained`: report. Auto Scaling terminates no member of a warm pool by its id.
 * - On an earlier launch template than the group's, without a running refresh for 10 min: start the refresh; after one that
 *   left instances behind, 30 min later, doubling up to a day. Report it instead, if a refresh that began after the creation of
 *   the group's version was cancelled, if the template has had a newer version than the group for 30 min, or after three
 *   (outdated-instances.ts).
 * - Any: count those whose runner is online, and those with a job, as GitHub says (runner-counts.ts).
 * - Any: report each version of the runner, installed or in use, that GitHub ends within 10 days (runner-versions.ts).
 * - Terminated: delete its registration token, and its runner if the group's history proves the termination: at once if
 *   the runner is offline, 15 min after the end if it is still in use, which raises an alarm. Its labels go at once; a
 *   label that marks it stays, so that later sweeps need no history (../shared/ended-mark.ts).
 *
 * ## Fallbacks
 *
 * - Parts that need only AWS come first, so that an outage of GitHub affects only the others. Each part and each item
 *   fails separately: it is logged, counted as `SweepErrors` and left to the next sweep.
 * - Lambda does not retry, because the next sweep does. EventBridge retries the delivery once, within 5 min. A missed
 *   sweep delays repairs, and a job that is lost in the meantime may stay unreported (silent-drains.ts).
 * - A concurrent second sweep (a manual one) is safe. At worst, an item that the other has handled counts as an error.
 *
 * ## Bounds
 *
 * - The sweep has 200 s, its provision of missed tokens 60 s, the final sweep 120 s in up to 7 passes. The function has
 *   240 s, less than the interval of 300 s, so that scheduled sweeps do not overlap.
 * - GitHub: about 150 calls an hour for listing runners (a longer list gets two consecutive sweeps per cycle) and no list
 *   that would leave less than 15 % of the hourly quota, 10 rechecks of unregistered instances and 20 calls for retained
 *   ones a sweep and none below 20 %, nor for missed launches; no removals below 40 % (below 10 % for runners that are in
 *   use without an instance). At most 5 calls in 6 hours for the end of the runner's versions, none below 20 %, and none in
 *   the sweep in which one has failed.
 * - The cancellation before an update has 120 s, the deletion of host bundles 60 s and 100 calls.
 * - The copy of consoles: 10 a sweep, 10 s each; reading the last job of one that is lost: 10 s.
 * - Auto Scaling: 31 pages of 100 activities a sweep. EC2: one call for each pool trim, and one if instances are outdated and no refresh is running.
 *
 * ## Gotchas
 *
 * - Never terminate an instance whose job may still run. Never complete the action of a host that was in service.
 * - A name or a label does not prove that a runner belongs to this pool (orphan-runners.ts).
 * - Read lifecycle states after the list that they are compared with, so that what changed meanwhile is not an orphan.
 * - A runner that GitHub does not list proves nothing about its instance.
 * - A part with nothing to report publishes zero; a part that could not list its items publishes nothing.
 */
import type { Observer } from "../../shared/lambda/observer";
import { keepToken, type RegistrationPorts, type RegistrationSettings } from "../shared/registration";
import { refreshOutdated } from "./outdated-instances";
import { reportOverdueDrains } from "./overdue-drains";
import { continuePoolTrims } from "./pool-trims";
import { type FailedLaunchPorts, reportFailedLaunches } from "./failed-launches";
import { GroupHistory } from "./history";
import { attempt } from "./attempt";
import { type LaunchConsolePorts, copyLaunchConsoles } from "./launch-consoles";
import { provideMissedTokens } from "./missed-launches";
import { sweepOrphanRunners } from "./orphan-runners";
import { sweepOrphanSecrets } from "./orphan-secrets";
import type { SweepPorts, SweepSettings } from "./ports";
import { sweepRetained } from "./retained";
import { sweepReturnedRunners } from "./returned-runners";
import { instanceRunners } from "./instance-runners";
import { reportSilentDrains } from "./silent-drains";
import { countRunners } from "./runner-counts";
import { reportUnregistered } from "./unregistered";
import { reportExpiringVersions } from "./runner-versions";

/** @param signal bounds the whole sweep. */
export async function sweep(
  ports: SweepPorts & RegistrationPorts & FailedLaunchPorts & LaunchConsolePorts,
  settings: SweepSettings & RegistrationSettings,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const history = new GroupHistory(ports, settings.names.group);
  const part = (what: string, work: () => Promise<void>) => attempt(what, {}, observer, work);

  const members = await attempt("listing the group", {}, observer, () => ports.members(settings.names.group));
  if (members) {
    await part("completing pool trims", () => continuePoolTrims(members, ports, settings, history, observer));
    await part("refreshing outdated instances", () => refreshOutdated(members, ports, settings, observer));
    await part("checking for overdue drains", () => reportOverdueDrains(members, ports, settings, history, observer));
  }
  await part("checking for failed launches", () => reportFailedLaunches(ports, settings.names.group, observer));
  await part("keeping a registration token", () => keepToken(ports, settings, observer));
  await part("sweeping registration tokens", () => sweepOrphanSecrets(ports, settings, observer, signal));
  if (members) {
    // After the expired tokens were deleted, so that an instance that still waits with one gets a new one.
    await part("providing missed registration tokens", () => provideMissedTokens(members, ports, settings, history, observer));
  }
  const runners = await attempt("listing the runners", {}, observer, () => instanceRunners(ports, settings.pool, observer, signal));
  if (members) await part("sweeping retained instances", () => sweepRetained(members, runners, ports, history, observer, signal));
  if (runners !== undefined && runners !== "no slot") {
    await part("sweeping runners", () => sweepOrphanRunners(runners, members, ports, settings.names.group, history, observer, signal));
    if (members) {
      countRunners(members, runners, observer);
      await part("sweeping returned runners", () => sweepReturnedRunners(members, runners, ports, history, observer, signal));
      await part("checking for silent drains", () => reportSilentDrains(members, runners, ports, observer, signal));
      await part("checking for unregistered instances", () => reportUnregistered(members, runners, ports, history, observer, signal));
    }
  }
  // Late: a call may take 16 s, and a date that is days ahead can wait for a later sweep.
  await part("checking the runner's version", () => reportExpiringVersions(members, runners, ports, settings, observer, signal));
  // Last: for people only.
  await part("copying consoles", () => copyLaunchConsoles(ports, settings.names.group, observer, signal));
}
