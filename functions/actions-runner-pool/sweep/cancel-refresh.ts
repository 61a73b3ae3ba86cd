import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { Clock } from "../../shared/lambda/clock";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { pause, within } from "../../shared/lambda/timeout";
import { isRunning, type RefreshState } from "./ports";

export interface CancelRefreshPorts {
  /** Undefined if the group does not exist. */
  refreshState(group: string): Promise<RefreshState | undefined>;
  /** Does not wait for the drains that the refresh began. `none`: there is no refresh to cancel. */
  cancelRefresh(group: string): Promise<"requested" | "none">;
  clock: Clock;
}

/** Limit of the whole, in ms: `pulumi up` waits for it. AWS needs seconds, and a policy that has just changed about ten. */
const BOUND_MS = 120_000;
/** Between two descriptions of the refresh, in ms. */
const PAUSE_MS = 3_000;

/**
 * Ends the group's running instance refresh, so that the provider can start the next one. Instances that it was replacing
 * go on draining; the next refresh replaces the rest.
 *
 * A refresh that is already being cancelled, by an earlier deployment that waited for drains, is cancelled again without
 * waiting; whether AWS accepts that is not documented, so a refusal only means to wait for its end.
 *
 * Never throws: a deployment that cannot cancel is no worse off than without this.
 */
export async function cancelRunningRefresh(
  ports: CancelRefreshPorts,
  { names: { group } }: { names: PoolNames },
  { log, count }: Observer,
): Promise<void> {
  let problem = "AWS did not answer";
  try {
    const requests = await within(ports.clock, "cancelling the instance refresh", BOUND_MS, async (signal) => {
      for (let made = 0; ; ) {
        try {
          const latest = (await ports.refreshState(group))?.refreshes[0];
          if (!latest || !isRunning(latest)) return made;
          problem = `its status is ${latest.status}`;
          if ((await ports.cancelRefresh(group)) === "requested") made += 1;
        } catch (error) {
          problem = reasonOf(error);
        }
        await pause(ports.clock, PAUSE_MS, signal);
      }
    });
    if (requests === 0) log.info("no instance refresh to cancel");
    else log.info("instance refresh cancelled; the update of the group starts the next one");
  } catch {
    log.error("the running instance refresh could not be cancelled before the update of the group", { reason: problem });
    count(METRIC.sweepErrors);
  }
}
