import type { ModelState } from "./model";

/**
 * `own`: an act of our code, systemd or the cloud that happens as soon as it may. `world`: what may happen at any time.
 * `chance`: the same, but nothing may rest on it. `slow`: minutes pass. `fault`: one of the few that a run may have.
 */
type Kind = "own" | "world" | "chance" | "slow" | "fault";

export interface Transition {
  label: string;
  to: ModelState;
  kind: Kind;
}
