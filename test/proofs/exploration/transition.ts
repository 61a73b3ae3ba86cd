import type { ModelState } from "./state";

/**
 * `own`: an act of our code, systemd or AWS that happens as soon as it can. `external`: may happen at any time.
 * `chance`: the same, but nothing may depend on it. `slow`: minutes pass. `fault`: one of the few faults of a run.
 */
type Kind = "own" | "external" | "chance" | "slow" | "fault";

export interface Transition {
  label: string;
  to: ModelState;
  kind: Kind;
}
