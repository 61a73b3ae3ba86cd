/** Docker's own script that starts the engine in namespaces of its user's. */
export const ROOTLESS_SCRIPT = "dockerd-rootless.sh";

/** Docker's packages have it in the first, those of Debian and Ubuntu in the last. All are root's. */
export const ROOTLESS_SCRIPT_FOLDERS = ["/usr/local/bin", "/usr/bin", "/usr/share/docker.io/contrib"] as const;
