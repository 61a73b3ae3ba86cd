/**
 * Time, reduced to what the code can distinguish. The present is always NOW. When minutes pass, everything that was of the present becomes
 * old: more so than a boot, a lost stop, a machine that is held while it is off, or a holder that does not ask may be. So a workflow may also
 * have been silent for too long that lives: its holder may lose the machine, and need not. A session outlasts any minutes.
 */
import type { PersistentTimeouts } from "../../../../contract/persistent-runner/environment";
import type { Item } from "../../../../functions/shared/ledger/attributes";
import { changed } from "./changed";
import type { ModelState } from "./state";

export const NOW = 1_800_000_000_000;

/** Milliseconds. */
const AGE = 1_000_000;
/** A moment of which it no longer counts when it was. */
export const OLD = NOW - AGE;

/** The time of a session, in seconds: longer than any minutes, so that only a fault ends it, or `hoursPass`. */
const SESSION = 100_000;

export const TIMEOUTS: PersistentTimeouts = { bootTimeout: 180, firstBootTimeout: 180, idleStopTimeout: 300, maxSession: SESSION };

const MOMENTS = ["changedAt", "startedAt", "stoppedAt", "launchedBefore", "notBefore", "foundReadyAt", "connectedAt"];

/** Keeps what is below a second: it tells two starts of the same moment apart. */
function older(time: number): number {
  return OLD + (((time % 1000) + 1000) % 1000);
}

export function isOld(time: unknown): boolean {
  return typeof time === "number" && NOW - time > AGE / 2;
}

/** Another time of launch than the last one. */
export function launchTime(last: number): number {
  return NOW + (last % 1000 === 0 ? 1 : 0);
}

/** Of a holder whose time is over. Seconds, as in the lease. */
export const OVER = NOW / 1000 - 100;

function expiry(expires: number): number {
  return expires - NOW / 1000 > 5_000 ? expires : OVER;
}

export function minutesPass(w: ModelState): ModelState {
  const item: Item | null = w.item && { ...w.item };
  if (item) {
    for (const name of MOMENTS) if (item[name] !== undefined) item[name] = older(item[name] as number);
    if (item["expires"] !== undefined) item["expires"] = expiry(item["expires"] as number);
  }
  return changed(w, { item, launchedAt: older(w.launchedAt) });
}

/** As long as a session: only on a machine that does nothing any more, while no run waits for it. */
export function hoursPass(w: ModelState): ModelState {
  const to = minutesPass(w);
  return to.item?.["expires"] === undefined ? to : changed(to, { item: { ...to.item, expires: OVER } });
}
