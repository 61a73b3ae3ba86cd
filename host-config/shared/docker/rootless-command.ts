import { HOST_PATHS } from "../../../contract/shared/host-paths";

/**
 * The packages of Debian 11 to 13, of Ubuntu 22.04 and 24.04 and of Docker itself all have this program, from version 0.14 on, and it knows
 * each of the options below. Only some have Docker's own script around it (dockerd-rootless.sh), each with other defaults.
 */
export const ROOTLESSKIT = "rootlesskit";

/**
 * - copy-up: the engine writes below /etc and /run, as root of its namespaces. It sees the machine's files there as links.
 * - propagation: volumes that are mounted later are seen, too. What the engine mounts stays in its namespace.
 * - The engine itself is in the namespace of the network, so that `--network host` is not the machine's.
 */
const NAMESPACES = [
  `--state-dir=${HOST_PATHS.engineRuntime}/rootlesskit`,
  "--net=slirp4netns",
  // Several times as fast as with 1500, and no packet leaves the machine in this size: slirp4netns ends each connection.
  "--mtu=65520",
  "--slirp4netns-sandbox=auto",
  "--slirp4netns-seccomp=auto",
  "--disable-host-loopback",
  "--port-driver=builtin",
  "--copy-up=/etc",
  "--copy-up=/run",
  "--propagation=rslave",
];

/** Links to folders of an engine of root's and to iptables' lock, in whose place the engine makes its own. */
const LINKS = ["/run/docker", "/run/containerd", "/run/xtables.lock"];

/**
 * No driver of control groups, which an engine without root has if it may not use systemd's: that of the user's own service
 * manager, which a host need not run, would take the containers out of the unit.
 */
const ENGINE_OPTIONS = [
  `--config-file=${HOST_PATHS.engineConfig}`,
  `--data-root=${HOST_PATHS.engine}`,
  "--exec-opt=native.cgroupdriver=cgroupfs",
];

/**
 * Starts the engine in namespaces of its user's, as the line of a unit. It finds out by rootlesskit's environment that it is not
 * root's, and then has its socket in XDG_RUNTIME_DIR.
 */
export function rootlessCommand(): string {
  const engine = `/bin/sh -c "rm -f ${LINKS.join(" ")} && exec dockerd ${ENGINE_OPTIONS.join(" ")}"`;
  return `/usr/bin/env ${ROOTLESSKIT} ${NAMESPACES.join(" ")} ${engine}`;
}
