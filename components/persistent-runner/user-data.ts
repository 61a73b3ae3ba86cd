import { renderUserData } from "../../host-config/persistent-runner/user-data";
import { hostConfig } from "./host-config";
import type { PersistentRunnerSettings } from "./settings";

/** Of the machine's first day. What else its configuration has comes with each order. */
export function firstUserData(settings: PersistentRunnerSettings, region: string): string {
  return renderUserData(hostConfig(settings, { region, architecture: "x64", volumeId: undefined }));
}
