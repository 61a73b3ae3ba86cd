/**
 * The agent's `storage` command, at each boot. An image made from a machine of a pool has that machine's volumes: in its
 * configuration, in the enabled unit, and as devices that EC2 attaches again. Mounted here they would be in the way of those that the
 * copy's own installation mounts. At the first boot this does nothing either, because the installation has mounted them before.
 */
import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import { ownInstanceId } from "../../shared/instance-id";
import type { Installation, InstallationHost } from "./installation";

/** Rejects if the metadata does not answer within a minute: the next start of the unit asks again. */
export async function volumesAtBoot(
  host: InstallationHost & { config: Pick<HostConfig, "storage"> },
  installed: Pick<Installation, "on">,
  mount: () => Promise<void>,
): Promise<void> {
  // The unit of a former pool may be enabled where this one has no volumes.
  if (host.config.storage === undefined) return;
  const on = installed.on();
  if (on === (await ownInstanceId(host))) await mount();
  else host.log.info("not installed as this instance, volumes are left to the installation", { installedOn: on });
}
