import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { ARCHIVE_FILES, archiveHook } from "./package-archive";

/** What the machine image is built from. Any change gives another digest, and so another image beside the old one. */

/**
 * Debian's releases that machines can run. All have cgroup v2 alone. Debian 12 (systemd 252) is the usual one; 13 (257)
 * is the newest system that pools run on, and 11 (247) is older than the oldest (Ubuntu 22.04, 249).
 */
export const SUITES = ["bullseye", "bookworm", "trixie"] as const;
export type Suite = (typeof SUITES)[number];
export const SUITE: Suite = "bookworm";

/** Debian 11 has some packages under another name. */
const NAME_IN_BULLSEYE: Readonly<Record<string, string>> = { polkitd: "policykit-1" };

/** What the bootstrap needs and an Ubuntu server image includes; minbase already has dpkg, bash, tar and gzip. */
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
  // Means by which an unprivileged user can leave a unit on a server image; without them a test of a hostile job would
  // prove nothing.
  "at",
  "cron",
  "libpam-systemd",
  "openssh-client",
  "openssh-server",
  "polkitd",
  "python3-minimal",
  "sudo",
];

/**
 * What a team's machines can install at their first boot: what the bootstrap installs for rootless Docker, and a package that
 * a stack may ask for.
 */
export const TEAM_ARCHIVE = ["docker.io", "rootlesskit", "uidmap", "slirp4netns", "nftables", "jq"];

/** Never read by a machine; without them the image is a third smaller. */
export const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/i18n/*", "/usr/share/info/*"];

/** Units for hardware, terminals and package maintenance, which a machine that lives for minutes does not need. */
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

/**
 * systemd's own generators for hardware, boot options and init scripts, which no machine has. All of them run whenever systemd
 * loads the units, three times in a launch.
 */
export const MASKED_GENERATORS = [
  "systemd-cryptsetup-generator",
  "systemd-debug-generator",
  "systemd-fstab-generator",
  "systemd-getty-generator",
  "systemd-gpt-auto-generator",
  "systemd-hibernate-resume-generator",
  "systemd-integritysetup-generator",
  "systemd-rc-local-generator",
  "systemd-run-generator",
  "systemd-system-update-generator",
  "systemd-sysv-generator",
  "systemd-veritysetup-generator",
];

/** CA bundle of every program in a machine: Debian's authorities plus, at launch, the rehearsal's own. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
/** The rehearsal's own authority alone. */
export const CA_FILE = "/usr/local/share/ca-certificates/rehearsal.crt";
export const MACHINE_NODE = "/usr/local/bin/node";

export const FILES: Readonly<Record<string, string>> = {
  // Only the modules that run user data, plus the two that cloud-config in user data may use. Each module costs boot
  // time, and the omitted ones (apt, ssh, disks, users) have nothing to do here.
  "/etc/cloud/cloud.cfg.d/99-rehearsal.cfg": [
    "datasource_list: [ NoCloud, None ]",
    "cloud_init_modules: [ write-files ]",
    "cloud_config_modules: [ runcmd ]",
    "cloud_final_modules: [ scripts-user, final-message ]",
    "",
  ].join("\n"),
  // The datasource is known; detection would only cost time.
  "/etc/cloud/ds-identify.cfg": "policy: enabled\n",
  // Node brings its own authorities; the machine's programs must trust the stand-ins without any setting of their own. Node
  // parses the file at each start: 40 ms of processor time for Debian's authorities, which it has anyway.
  "/etc/systemd/system.conf.d/rehearsal.conf": `[Manager]\nDefaultEnvironment=NODE_EXTRA_CA_CERTS=${CA_FILE}\n`,
  // Names resolve from the hosts file only: an unknown name must fail at once, without a DNS query.
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files myhostname\nservices: files\nprotocols: files\n",
  "/etc/resolv.conf": "",
  // systemd treats a missing id as a first boot and then resets which units are enabled; each launch writes its own id.
  "/etc/machine-id": "uninitialized\n",
};

/** The packages of an image: PACKAGES under their names in the release, and the extra ones. */
export function packagesOf(suite: Suite, extra: readonly string[] = []): string[] {
  return [...PACKAGES.map((name) => (suite === "bullseye" ? (NAME_IN_BULLSEYE[name] ?? name) : name)), ...extra];
}

/** What distinguishes one image from another. */
export interface ImageContent {
  /** Debian packages besides the usual ones. */
  packages?: readonly string[];
  /** Debian's release, by its code name. Default: Debian 12. */
  suite?: Suite;
  /** Debian packages that machines can install without a network, with all that these need. */
  archive?: readonly string[];
}

/** Of a team's machines. Server images have e2fsprogs, by which volumes are formatted, and git, which jobs use; a minimal one has not. */
export const TEAM_IMAGE: ImageContent = { packages: ["e2fsprogs", "git"], archive: TEAM_ARCHIVE };

/** Of the usual image, if nothing else is asked for. */
export function recipeDigest({ packages = [], suite = SUITE, archive }: ImageContent = {}, nodePath = process.execPath): string {
  const node = { version: process.version, arch: process.arch, bytes: statSync(nodePath).size };
  const recipe = {
    format: 2,
    SUITE: suite,
    PACKAGES: packagesOf(suite, packages),
    LEFT_OUT,
    MASKED_UNITS,
    MASKED_GENERATORS,
    FILES,
    MACHINE_NODE,
    node,
  };
  const archived = archive && { hook: archiveHook(archive), ARCHIVE_FILES };
  return createHash("sha256")
    .update(JSON.stringify({ ...recipe, archived }))
    .digest("hex")
    .slice(0, 16);
}
