/** Set by a drain that reached maxDrain, read by the completion, which can call AWS. Gone after a reboot. */
export interface ForcedStopMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Records that the metric was sent, so that a second completion does not count the same forced stop again. */
  setReported(): Promise<void>;
  isReported(): Promise<boolean>;
  clear(): Promise<void>;
}
