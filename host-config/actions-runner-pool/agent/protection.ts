/**
 * Scale-in protection follows the job signs, in the background. It only keeps Auto Scaling from choosing a busy instance:
 * the drain is what protects a job, so every failure in here is survivable.
 */
import type { Host } from "./ports/host";

/** A next job often follows at once; clearing and setting again would double the calls. */
const IDLE_MS = 3_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
/** After all tries failed. A runner that stays protected while idle would never be scaled in, so it never gives up for good. */
const REST_MS = 60_000;

export interface ProtectionState {
  wanted: boolean;
  /** What Auto Scaling has; `unknown` after a restart of the agent, which may have missed a job's end. */
  known: boolean | "unknown";
  idleSince?: number;
  /** After failed tries. */
  notBefore: number;
  /** A call is under way; another one must wait for its end. */
  calling: boolean;
}

export function initialProtection(): ProtectionState {
  return { wanted: false, known: "unknown", idleSince: undefined, notBefore: 0, calling: false };
}

/** What the signs say now. */
export function observeJob(state: ProtectionState, busy: boolean, now: number): ProtectionState {
  const idleSince = busy ? undefined : (state.idleSince ?? now);
  const wanted = idleSince === undefined ? true : now - idleSince >= IDLE_MS ? false : state.wanted;
  return idleSince === state.idleSince && wanted === state.wanted ? state : { ...state, idleSince, wanted };
}

export function needsCall({ wanted, known, calling, notBefore }: ProtectionState, now: number): boolean {
  return wanted !== known && !calling && now >= notBefore;
}

/**
 * Until when nothing is to be done if the runner stays as busy, or as idle, as it is, in ms since the epoch; Infinity:
 * nothing is to come. Undefined: a call is due or under way.
 */
export function quietUntil({ wanted, known, calling, idleSince }: ProtectionState, busy: boolean): number | undefined {
  if (calling || wanted !== known) return undefined;
  if (wanted === busy) return Number.POSITIVE_INFINITY;
  return idleSince === undefined ? undefined : idleSince + IDLE_MS;
}

export type ProtectionHost = Pick<Host, "clock" | "log" | "protection">;

/** Where the state is kept, which goes on changing during a call. */
export interface ProtectionStore {
  get(): ProtectionState;
  set(state: ProtectionState): void;
}

/** Calls until Auto Scaling has what is wanted, or rests after the last try. Never rejects. */
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
    const { wanted, known } = store.get();
    if (wanted === known) return;
    try {
      const outcome = await protection.set(wanted);
      change({ known: wanted });
      log.info("scale-in protection", { protected: wanted, outcome });
      return;
    } catch (error) {
      if (attempt === TRIES) {
        log.warn("scale-in protection could not be set, resting", { protected: wanted, error: String(error) });
        change({ notBefore: clock.now() + REST_MS });
        return;
      }
    }
    await clock.sleep(pause);
    pause *= 2;
  }
}
