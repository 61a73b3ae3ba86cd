/**
 * Sets scale-in protection according to the job signs, in the background. It only keeps Auto Scaling from choosing a busy
 * instance. The drain is what protects a job, so every failure here is harmless.
 */
import type { Host } from "./ports/host";

/** The next job often follows at once; clearing and setting protection in between would double the calls. */
const IDLE_MS = 3_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
/** Pause after all tries failed. An idle instance that stays protected would never be scaled in, so the tries never stop. */
const REST_MS = 60_000;

export interface ProtectionState {
  desired: boolean;
  /** The protection that Auto Scaling has set; `unknown` after a restart of the agent, which may have missed a job's end. */
  known: boolean | "unknown";
  idleSince?: number;
  /** Time of the next call after failed tries. */
  notBefore: number;
  /** A call is in progress; the next one must wait. */
  calling: boolean;
}

export function initialProtection(): ProtectionState {
  return { desired: false, known: "unknown", idleSince: undefined, notBefore: 0, calling: false };
}

/** Updates the desired protection from the latest reading of the signs. */
export function observeJob(state: ProtectionState, busy: boolean, now: number): ProtectionState {
  const idleSince = busy ? undefined : (state.idleSince ?? now);
  const desired = idleSince === undefined ? true : now - idleSince >= IDLE_MS ? false : state.desired;
  return idleSince === state.idleSince && desired === state.desired ? state : { ...state, idleSince, desired };
}

export function needsCall({ desired, known, calling, notBefore }: ProtectionState, now: number): boolean {
  return desired !== known && !calling && now >= notBefore;
}

/**
 * Until when no call is needed if the runner stays busy, or idle: in ms since the epoch, Infinity if never. Undefined if a
 * call is due or in progress.
 */
export function quietUntil({ desired, known, calling, idleSince }: ProtectionState, busy: boolean): number | undefined {
  if (calling || desired !== known) return undefined;
  if (desired === busy) return Number.POSITIVE_INFINITY;
  return idleSince === undefined ? undefined : idleSince + IDLE_MS;
}

export type ProtectionHost = Pick<Host, "clock" | "log" | "protection">;

/** Holds the state, which may change during a call. */
export interface ProtectionStore {
  get(): ProtectionState;
  set(state: ProtectionState): void;
}

/** Calls until Auto Scaling has the desired protection, or pauses after the last try. Never rejects. */
export async function applyProtection(host: ProtectionHost, store: ProtectionStore): Promise<void> {
  const change = (changed: Partial<ProtectionState>) => store.set({ ...store.get(), ...changed });
  change({ calling: true });
  try {
    await callUntilKnown(host, store, change);
  } finally {
    change({ calling: false });
  }
}

async function callUntilKnown(
  { clock, log, protection }: ProtectionHost,
  store: ProtectionStore,
  change: (changed: Partial<ProtectionState>) => void,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt++) {
    const { desired, known } = store.get();
    if (desired === known) return;
    try {
      const outcome = await protection.set(desired);
      change({ known: desired });
      log.info("scale-in protection", { protected: desired, outcome });
      return;
    } catch (error) {
      if (attempt === TRIES) {
        log.warn("scale-in protection could not be set, retrying later", { protected: desired, error: String(error) });
        change({ notBefore: clock.now() + REST_MS });
        return;
      }
    }
    await clock.sleep(pause);
    pause *= 2;
  }
}
