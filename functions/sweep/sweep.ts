import type { Observer } from "../shared/observe";
import { continuePoolTrims, reportOverdueDrains } from "./drains";
import { TerminationHistory } from "./history";
import { attempt } from "./items";
import { sweepOrphanRunners } from "./orphan-runners";
import { sweepOrphanSecrets } from "./orphan-secrets";
import type { SweepPorts, SweepSettings } from "./ports";
import { sweepRetained } from "./retained";

/**
 * Puts right what lost events and failed calls have left behind. What needs AWS alone comes first, so that an outage
 * of GitHub costs only its own part; each part stands alone, and what one sweep does not get to, the next one does.
 *
 * @param signal bound on the whole.
 */
export async function sweep(
  ports: SweepPorts,
  settings: SweepSettings,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const history = new TerminationHistory(ports, settings.names.group);
  const part = (what: string, work: () => Promise<void>) => attempt(what, {}, observer, work);

  const members = await attempt("listing the group", {}, observer, () => ports.members(settings.names.group));
  if (members) {
    await part("completing pool trims", () => continuePoolTrims(members, ports, settings, observer));
    await part("looking for overdue drains", () => reportOverdueDrains(members, ports, settings, history, observer));
  }
  await part("sweeping registration tokens", () => sweepOrphanSecrets(ports, settings, observer, signal));
  if (members) await part("sweeping retained instances", () => sweepRetained(members, ports, history, observer, signal));
  await part("sweeping runners", () => sweepOrphanRunners(ports, history, observer, signal));
}
