/**
 * Set by the daemon before it stops the runner for a while, so that a restarted daemon still knows that it was not an
 * operator who stopped it. Gone after a reboot, which starts the runner anew in any case.
 */
export interface PauseMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  clear(): Promise<void>;
}
