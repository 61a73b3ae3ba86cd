import type { TimelineEvent } from "../../rehearsal/timeline";
import type { Samples } from "../results";

/** How long each instance took to become ready, from the timeline. */
export function bootFigures(events: readonly TimelineEvent[]): Samples {
  const samples = { "boot.cold": [] as number[], "boot.pool": [] as number[], "boot.warm": [] as number[] };
  const pending = new Map<string, { at: number; fromPool: boolean }>();
  const pooling = new Map<string, number>();
  const pooled = new Set<string>();
  for (const event of events) {
    if (event.kind === "runner" && event.change === "online") {
      const start = pending.get(event.instance);
      pending.delete(event.instance);
      if (start) samples[start.fromPool ? "boot.warm" : "boot.cold"].push(event.at - start.at);
    }
    if (event.kind !== "instance-state") continue;
    const { instance, state, at } = event;
    if (state === "Pending") pending.set(instance, { at, fromPool: pooled.has(instance) });
    if (state === "Warmed:Pending") pooling.set(instance, at);
    if (state === "Warmed:Pending:Proceed" && pooling.has(instance)) {
      samples["boot.pool"].push(at - pooling.get(instance)!);
      pooled.add(instance);
    }
  }
  return samples;
}
