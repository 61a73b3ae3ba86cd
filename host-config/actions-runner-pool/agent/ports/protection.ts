export interface Protection {
  /** `refused`: the instance is in a state that cannot be protected, for example terminating. That is no error. */
  set(protectedFromScaleIn: boolean): Promise<"done" | "refused">;
}
