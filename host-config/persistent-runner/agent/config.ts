import { type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { readJson } from "../../shared/read-json";

/** Of the current boot, or of the one before as long as the boot script has fetched none. Undefined: there never was one. */
export function readConfig(path: string = PERSISTENT_PATHS.config): PersistentHostConfig | undefined {
  return readJson<PersistentHostConfig>(path);
}
