import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { readJson } from "../../shared/read-json";

/** Undefined: this machine is not configured (yet), so no part of the agent has anything to do. */
export function readConfig(path: string = PATHS.config): HostConfig | undefined {
  return readJson<HostConfig>(path);
}

/**
 * For the drain and the reap, which must work even if the configuration is lost or damaged: the longest wait that Auto
 * Scaling allows (48 h), and no access to the metadata for jobs, as by default.
 */
export const FALLBACK: Pick<HostConfig, "drainDeadline" | "jobsMayUseInstanceRole"> = {
  drainDeadline: 48 * 3600,
  jobsMayUseInstanceRole: false,
};
