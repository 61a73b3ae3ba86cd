/**
 * Set by a drain that reached maxDrain. Two marks, because two programs end them at different times: further drains of the
 * same listener give up at once, until the next listener starts; the completion, which can call AWS, counts the forced stop,
 * before or after that. Stops that are forced before the first is counted count as one.
 */
export interface ForcedStopMark {
  /** Rejects if no place can be written. The drain may neither fail nor begin again because of that. */
  set(): Promise<void>;
  /** The drain of the present listener has given up. */
  isSet(): Promise<boolean>;
  /** For a new listener. A forced stop that is not counted yet stays so. */
  clear(): Promise<void>;
  isUncounted(): Promise<boolean>;
  /** Rejects if the mark cannot be removed: a further completion then counts the same stop again. */
  setCounted(): Promise<void>;
}
