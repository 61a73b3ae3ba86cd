import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { Observer } from "../../shared/lambda/observer";
import { pause, within } from "../../shared/lambda/timeout";
import { exclusively } from "./lease";
import { parseMemory } from "./memory";
import type { ScalePorts, ScaleSettings } from "./ports";
import { registerPool, unregisterPool } from "./register-pool";
import { scale } from "./scale";
import { scaleTrigger } from "./trigger";

/** What came in the second of a signal has been written and has reached the index after it. */
const AFTER_SIGNAL_MS = DEMAND_TIMING.signalInterval * 1000 + 200;

export interface DispatchSettings extends Pick<ScaleSettings, "pool" | "group"> {
  /** Read only for a pass: a mistake in them must not prevent that the stack removes the pool's registration. */
  scaling(): Omit<ScaleSettings, "pool" | "group">;
}

/** Does what the trigger requires. */
export async function dispatchScale(event: unknown, ports: ScalePorts, settings: DispatchSettings, observer: Observer): Promise<void> {
  const { log, count } = observer;
  const { pool, group } = settings;
  const begun = ports.clock.now();
  const trigger = scaleTrigger(event, pool);
  switch (trigger.kind) {
    case "malformed":
      log.error("malformed event: nothing done", { problem: trigger.problem });
      return count(METRIC.malformedEvents);
    case "nothing":
      return log.info("nothing to do", { reason: trigger.reason });
    case "register":
      return registerPool(ports, pool, trigger.registration, log);
    case "unregister":
      return unregisterPool(ports, pool, log);
    case "demand":
      await pause(ports.clock, AFTER_SIGNAL_MS, new AbortController().signal);
  }
  const scaling = { pool, group, ...settings.scaling() };
  await exclusively(ports, begun + TIMING.scaleBound * 1000, log, async (memory) => {
    const endsAt = begun + TIMING.scalePassBound * 1000;
    const left = Math.max(endsAt - ports.clock.now(), 1);
    const pass = (signal: AbortSignal) => scale(ports, scaling, parseMemory(memory), observer, { signal, endsAt });
    return JSON.stringify(await within(ports.clock, "the pass", left, pass));
  });
}
