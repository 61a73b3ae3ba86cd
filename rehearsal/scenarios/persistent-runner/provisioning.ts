import type { ProvisionReply, ProvisionRequest } from "../../../contract/persistent-runner/control";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { SimulatedInvocation } from "../../environment/scenario";

/** Seconds: the function then looks once, and replies. */
const ONCE = 1;

/**
 * A provisioning that waits in virtual time: the function waits within one invocation, during which that time stands still. So each
 * of its looks is an invocation here, and the wait between them is ours.
 */
export const provisionInVirtualTime: SimulatedInvocation = async (event, invoke, clock) => {
  const request = event as Partial<ProvisionRequest>;
  if (request?.action !== "provision") return invoke(event);
  const end = clock.now() + (request.wait ?? 0) * 1000;
  const pause = PERSISTENT_TIMING.pollInterval * 1000;
  while (clock.now() + pause < end) {
    const outcome = await invoke({ ...request, wait: ONCE, last: false });
    if ("error" in outcome || (outcome.result as ProvisionReply).state !== "unfinished") return outcome;
    await clock.sleep(pause);
  }
  return invoke({ ...request, wait: ONCE });
};
