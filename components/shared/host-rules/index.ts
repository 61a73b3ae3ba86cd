import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";
import { dockerViolations } from "./docker";
import { hostLogViolations } from "./logs";
import { proxyViolations } from "./proxy";
import { setupViolations } from "./setup";
import { type ReservedFolders, volumeViolations } from "./volumes";

/** Checks what a team asks of each host, as far as the arguments alone show it. */
export function hostViolations(settings: HostSettings, folders: ReservedFolders): Violation[] {
  return [
    ...dockerViolations(settings),
    ...setupViolations(settings),
    ...proxyViolations(settings),
    ...hostLogViolations(settings),
    ...volumeViolations(settings, folders),
  ];
}
