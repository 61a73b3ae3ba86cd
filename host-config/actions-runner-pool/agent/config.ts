import { readFileSync } from "node:fs";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";

/** Undefined: this machine is not (or not yet) configured, so there is nothing to do for any part of the agent. */
export function readConfig(path: string = PATHS.config): HostConfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return JSON.parse(text) as HostConfig;
}

/**
 * For the drain, which must work even where the configuration was lost or damaged: the longest wait that Auto Scaling
 * allows at all (48 h), and the closed metadata of the default.
 */
export const FALLBACK: Pick<HostConfig, "drainDeadline" | "jobsMayUseInstanceRole"> = {
  drainDeadline: 48 * 3600,
  jobsMayUseInstanceRole: false,
};
