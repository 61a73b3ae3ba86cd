/** Set by a drain that reached maxDrain, read by the completion, which may call AWS where the drain may not. Gone after a reboot. */
export interface ForcedStopMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** The metric was sent, so that a second completion does not count the same loss again. */
  setReported(): Promise<void>;
  isReported(): Promise<boolean>;
  clear(): Promise<void>;
}
