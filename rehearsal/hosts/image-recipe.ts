import { createHash } from "node:crypto";
import { statSync } from "node:fs";

/** What the machine image is made of. Any change gives another digest, and so another image beside the old one. */

/** Debian 12 has the same systemd generation (252) as the oldest image that pools run on, and cgroup v2 throughout. */
export const SUITE = "bookworm";

/** What an Ubuntu server image has of its own and the bootstrap relies on; minbase brings dpkg, bash, tar and gzip. */
export const PACKAGES = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "cloud-init",
  "curl",
  "ca-certificates",
  "iproute2",
  "procps",
  "libstdc++6",
  "openssl",
  // Ways out of a unit that an unprivileged user has on a server image: without them a hostile job is kept in by nothing.
  "at",
  "cron",
  "libpam-systemd",
  "openssh-client",
  "openssh-server",
  "polkitd",
  "python3-minimal",
  "sudo",
];

/** Never read by a machine; leaving it out makes the image a third smaller. */
export const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/i18n/*", "/usr/share/info/*"];

/** Work for hardware, terminals and package maintenance that a machine of minutes does not have. */
export const MASKED_UNITS = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "systemd-networkd-wait-online.service",
  "systemd-pstore.service",
  "systemd-update-utmp.service",
  "systemd-update-utmp-runlevel.service",
  "cloud-init-hotplugd.socket",
  "dev-hugepages.mount",
  "sys-fs-fuse-connections.mount",
  "console-getty.service",
  "getty.target",
  "getty@tty1.service",
  // Started only by the tests that need them.
  "atd.service",
  "cron.service",
  "ssh.service",
];

/** One bundle for every program in a machine: Debian's authorities plus, at launch, the rehearsal's own. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
export const MACHINE_NODE = "/usr/local/bin/node";

export const FILES: Readonly<Record<string, string>> = {
  // Only what runs user data, plus the two ways in which user data may be cloud-config. Each module costs start-up
  // time, and what is left out (apt, ssh, disks, users) has nothing to work on here.
  "/etc/cloud/cloud.cfg.d/99-rehearsal.cfg": [
    "datasource_list: [ NoCloud, None ]",
    "cloud_init_modules: [ write-files ]",
    "cloud_config_modules: [ runcmd ]",
    "cloud_final_modules: [ scripts-user, final-message ]",
    "",
  ].join("\n"),
  // The datasource is known; looking for hardware would only take time.
  "/etc/cloud/ds-identify.cfg": "policy: enabled\n",
  // Node has authorities of its own; the machine's programs must trust the stand-ins without knowing that they do.
  "/etc/systemd/system.conf.d/rehearsal.conf": `[Manager]\nDefaultEnvironment=NODE_EXTRA_CA_CERTS=${CA_BUNDLE}\n`,
  // Nothing to resolve beyond the hosts file: an unknown name must fail at once instead of asking a server.
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files myhostname\nservices: files\nprotocols: files\n",
  "/etc/resolv.conf": "",
  // systemd takes a missing id for a first boot and then resets which units are enabled; each launch writes its own.
  "/etc/machine-id": "uninitialized\n",
};

/** @param extra Debian packages besides PACKAGES; without any, the digest is that of the usual image. */
export function recipeDigest(extra: readonly string[] = [], nodePath = process.execPath): string {
  const node = { version: process.version, arch: process.arch, bytes: statSync(nodePath).size };
  const packages = [...PACKAGES, ...extra];
  const recipe = { format: 1, SUITE, PACKAGES: packages, LEFT_OUT, MASKED_UNITS, FILES, MACHINE_NODE, node };
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
}
