/**
 * Set by the completion before it checks whether the runner is stopped, read before a listener starts. Regardless of who starts
 * it, and when: either the completion sees the unit starting, or the start sees the mark. Never cleared, as a
 * termination is never taken back.
 */
export interface DepartureMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
}
