import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";
import { dockerSetup } from "./docker";
import { logsSetup } from "./logs";
import { proxySetup } from "./proxy";
import { scriptSetup, setupTimeout } from "./setup";
import { storageSetup } from "./volumes";

export interface HostSetupNames {
  /** Of the hosts' log group. */
  hostLogGroup: string;
}

/** The part of a host's configuration that a team's arguments decide. What was not asked for has no key. */
export function hostSetup(settings: HostSettings, { hostLogGroup }: HostSetupNames): HostSetup {
  const setup: HostSetup = {
    ...dockerSetup(settings),
    ...scriptSetup(settings),
    ...proxySetup(settings),
    ...logsSetup(settings, hostLogGroup),
    ...storageSetup(settings),
  };
  const { docker, packages, script, storage } = setup;
  const takesTime = [docker, packages, script, storage].some((part) => part !== undefined);
  return takesTime ? { ...setup, setupTimeout: setupTimeout(settings) } : setup;
}
