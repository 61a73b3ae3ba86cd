import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";
import type { ImageDevice } from "../placed-volumes";
import { dockerSetup } from "./docker";
import { logsSetup } from "./logs";
import { proxySetup } from "./proxy";
import { scriptSetup, setupTimeout } from "./setup";
import { storageSetup } from "./volumes";

export interface HostSetupNames {
  /** Of the hosts' log group. */
  hostLogGroup: string;
}

/** What is known only once the image was looked up. */
export interface HostSetupFacts {
  imageDevices: readonly ImageDevice[];
}

const UNKNOWN: HostSetupFacts = { imageDevices: [] };

/** The part of a host's configuration that a team's arguments decide. What was not asked for has no key. */
export function hostSetup(settings: HostSettings, { hostLogGroup }: HostSetupNames, { imageDevices } = UNKNOWN): HostSetup {
  const setup: HostSetup = {
    ...dockerSetup(settings),
    ...scriptSetup(settings),
    ...proxySetup(settings),
    ...logsSetup(settings, hostLogGroup),
    ...storageSetup(settings, imageDevices),
  };
  const { docker, packages, script, storage } = setup;
  const takesTime = [docker, packages, script, storage].some((part) => part !== undefined);
  return takesTime ? { ...setup, setupTimeout: setupTimeout(settings) } : setup;
}
