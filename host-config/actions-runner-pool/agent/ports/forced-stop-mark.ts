/**
 * Set by a drain that reached maxDrain, read by the completion, which can call AWS. Both setters reject if no place can be
 * written; neither the drain nor the completion may fail or begin again because of that.
 */
export interface ForcedStopMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Records that the metric was sent, so that a second completion does not count the same forced stop again. */
  setReported(): Promise<void>;
  isReported(): Promise<boolean>;
  clear(): Promise<void>;
}
