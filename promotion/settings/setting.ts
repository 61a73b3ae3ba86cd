/** One thing that the workflows rest on, and whether the repository has it. */
export interface Setting {
  setting: string;
  /** `unknown`: GitHub does not show it to this token. Counts as missing, because no one has seen it. */
  state: "met" | "missing" | "unknown";
  /** What was found; if it is not met, also the remedy. */
  reason: string;
}

export const met = (setting: string, reason: string): Setting => ({ setting, state: "met", reason });
export const missing = (setting: string, reason: string): Setting => ({ setting, state: "missing", reason });
export const unknown = (setting: string, reason: string): Setting => ({ setting, state: "unknown", reason });
