/**
 * Set before the runner stops for a return to the warm pool. While it is set no listener starts, and the registration and
 * the programs of the runner are those of a past service, unless the machine was renewed. Cleared by the daemon alone, at the
 * next launch, before it registers anew: any later start of the runner reads the target state once more, so a return that
 * begins at that moment is not missed.
 */
export interface ReturnMark {
  /** Rejects if no place can be written. */
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Rejects if the mark cannot be removed. */
  clear(): Promise<void>;
}
