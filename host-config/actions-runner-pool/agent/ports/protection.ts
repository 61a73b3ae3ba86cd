export interface Protection {
  /** `refused`: the instance is in no state that can be protected (on its way out, say), which is no error. */
  set(protectedFromScaleIn: boolean): Promise<"done" | "refused">;
}
