/** Cuts the runner off, and connects it again. The unit's stop commands are run by systemd, which reaches it all the same. */
import { type PersistentHostConfig, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";
import { systemctl } from "../../shared/systemctl";
import type { DrainHost } from "./drain";

/** @param run replaced by tests */
export function fence({ jobsMayUseInstanceRole }: PersistentHostConfig, run = systemctl): Pick<DrainHost, "raiseFence" | "lowerFence"> {
  // An empty assignment clears the list, so the addresses that the unit denies must be set again.
  const usual = jobsMayUseInstanceRole ? [] : [`IPAddressDeny=${METADATA_ADDRESSES.join(" ")}`];
  const set = async (...properties: string[]) => void (await run("set-property", "--runtime", PERSISTENT_UNITS.runner, ...properties));
  return {
    raiseFence: () => set("IPAddressDeny=any"),
    lowerFence: () => set("IPAddressDeny=", ...usual),
  };
}
