import { LOG } from "../../../contract/actions-runner-pool/host";
import { card, latencyCard, reportHtml } from "../../report/html";
import type { TimelineEvent } from "../../timeline";
import { lostDeliveriesText } from "./demand-figures";
import { type PoolFigures, terminateHookOf } from "./pool-figures";

export function poolReport(figures: PoolFigures, events: readonly TimelineEvent[]): string {
  const headline = `${figures.jobs.succeeded} of ${figures.jobs.queued} jobs succeeded; nothing lost, stuck, denied or left over`;
  const cards = [
    card("Jobs", `${figures.jobs.succeeded}/${figures.jobs.queued}`, `${figures.jobs.lost} lost, ${figures.jobs.requeued} requeued`),
    latencyCard("Queue", figures.queueMs, "queued to started", "s"),
    ...demandCard(figures),
    card(
      "Scale-ins",
      `${figures.scaleIns.completed}/${figures.scaleIns.requested}`,
      `${figures.scaleIns.hitBusy} hit a busy instance, ${figures.scaleIns.stuck} stuck`,
    ),
    card(
      "All drains",
      `${figures.terminations.finished}/${figures.terminations.started}`,
      `${figures.terminations.hitBusy} with a job in flight`,
    ),
    latencyCard("Detect", figures.latencyMs.detect, "Terminating:Wait to drain begun"),
    latencyCard("Tail", figures.latencyMs.tail, "last job's end to completed action"),
    latencyCard("Job-started hook", figures.latencyMs.hookStarted, "added to a job"),
  ];
  return reportHtml({ figures, control: `drain ${figures.drain ? "on" : "off"}`, headline, cards }, events, {
    hook: terminateHookOf(events),
    begun: LOG.drainBegun,
  });
}

function demandCard({ scaler, lostDeliveries }: PoolFigures): string[] {
  if (!scaler) return [];
  const { peak, launches, seconds } = scaler;
  return [card("Follows queue", `0 → ${peak} → 0`, `${launches} launches in ${seconds} s, ${lostDeliveriesText(lostDeliveries)} found`)];
}
