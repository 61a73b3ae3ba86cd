import type { Observer } from "../../shared/lambda/observer";
import type { RegistrationPorts, RegistrationSettings } from "../shared/registration";
import { reportOverdueDrains } from "./overdue-drains";
import { continuePoolTrims } from "./pool-trims";
import { GroupHistory } from "./history";
import { attempt } from "./attempt";
import { provideMissedTokens } from "./missed-launches";
import { sweepOrphanRunners } from "./orphan-runners";
import { sweepOrphanSecrets } from "./orphan-secrets";
import type { SweepPorts, SweepSettings } from "./ports";
import { sweepRetained } from "./retained";
import { instanceRunners } from "./instance-runners";
import { reportSilentDrains } from "./silent-drains";
import { reportUnregistered } from "./unregistered";

/**
 * Puts right what lost events and failed calls have left behind. What needs AWS alone comes first, so that an outage
 * of GitHub costs only its own part; each part stands alone, and what one sweep does not get to, the next one does.
 *
 * @param signal bound on the whole.
 */
export async function sweep(
  ports: SweepPorts & RegistrationPorts,
  settings: SweepSettings & RegistrationSettings,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const history = new GroupHistory(ports, settings.names.group);
  const part = (what: string, work: () => Promise<void>) => attempt(what, {}, observer, work);

  const members = await attempt("listing the group", {}, observer, () => ports.members(settings.names.group));
  if (members) {
    await part("completing pool trims", () => continuePoolTrims(members, ports, settings, observer));
    await part("looking for overdue drains", () => reportOverdueDrains(members, ports, settings, history, observer));
  }
  await part("sweeping registration tokens", () => sweepOrphanSecrets(ports, settings, observer, signal));
  if (members) {
    // After the expired ones are gone, so that who still waits with one gets another.
    await part("providing missed registration tokens", () => provideMissedTokens(members, ports, settings, history, observer));
  }
  if (members) await part("sweeping retained instances", () => sweepRetained(members, ports, history, observer, signal));
  const runners = await attempt("listing the runners", {}, observer, () => instanceRunners(ports, settings.pool, signal));
  if (!runners) return;
  await part("sweeping runners", () => sweepOrphanRunners(runners, ports, history, observer, signal));
  if (members) {
    await part("looking for silent drains", () => reportSilentDrains(members, runners, ports, observer, signal));
    await part("looking for unregistered instances", () => reportUnregistered(members, runners, ports, history, observer, signal));
  }
}
