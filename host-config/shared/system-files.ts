/** Small configuration files that keep the rest of the system from stopping or harming a runner. */
import { HOST_UNITS } from "../../contract/shared/host-units";
import { METADATA_ADDRESSES } from "./metadata-addresses";

/** Services whose restart ends a job's containers, by the beginning of their names. */
const CONTAINER_SERVICES = ["docker", "containerd", "podman", "crio"];

/** Packages that restart such a service when they are upgraded, by the beginning of their names, in Debian and Ubuntu. */
const CONTAINER_PACKAGES = [...CONTAINER_SERVICES, "moby", "runc", "crun", "cri-o"];

/**
 * needrestart restarts services after library updates, and waits for it: a restart of what is ordered after the runner would wait for
 * its drain. Ours load updated libraries at their next start; a container engine keeps the old ones until the instance is replaced.
 *
 * @param ofComponent the component's own units
 */
export function needrestartOverride(ofComponent: readonly string[]): string {
  const units = [...ofComponent, ...Object.values(HOST_UNITS)];
  // A snap's services begin with its name: snap.docker.dockerd.service.
  const engines = CONTAINER_SERVICES.map((name) => `^(snap\\.)?${name}`);
  const patterns = [...units.map((unit) => `^${unit.replace(/[.\\]/g, "\\$&")}$`), ...engines];
  return patterns.map((pattern) => `$nrconf{override_rc}{qr(${pattern})} = 0;\n`).join("");
}

/**
 * Unattended upgrades leave container engines alone: their packages restart the service, which ends the containers of a
 * running job. They are upgraded with the image, by an instance refresh or at the end of an instance's lifetime.
 *
 * dnf-automatic has no such folder, only one file, written by the one who enables it on an image (docs/operations.md).
 */
export function unattendedUpgradesOverride(): string {
  return `Unattended-Upgrade::Package-Blacklist {
${CONTAINER_PACKAGES.map((name) => `  "^${name}";\n`).join("")}};
`;
}

/**
 * For the slice of the job's user. A job may start its own service manager (`loginctl enable-linger`) or log in to its
 * own machine by SSH. What it runs there is outside the runner's unit and its IPAddressDeny=.
 */
export function userSlice(): string {
  return `# Keeps jobs from the instance's credentials, wherever they run.
[Slice]
IPAddressDeny=${METADATA_ADDRESSES.join(" ")}
`;
}
