/**
 * Set by the completion before it checks whether the runner is stopped, read by the reap before a listener starts. So
 * either the completion sees the unit starting, or the start sees the mark, whatever started the unit and when. Never
 * cleared on its own instance, because a termination is never taken back.
 */
export interface DepartureMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
}
