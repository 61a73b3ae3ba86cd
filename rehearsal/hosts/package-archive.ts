import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { finished } from "./systemd/command";

/**
 * An archive of Debian packages inside an image, for machines that install some at their first boot: they have no network,
 * and production's `apt-get update` and `apt-get install` must run on them unchanged.
 */

/** Folder of the packages and of their index. */
const ARCHIVE = "/srv/archive";
/** A root file system for `docker import`, with a shell and the usual programs: there is no registry either. */
export const CONTAINER_ROOT = "/srv/rootfs.tar";
/** One static program with a name for each command. */
const CONTAINER_PROGRAMS = "busybox-static";

/** Files of the image that the archive changes. */
export const ARCHIVE_FILES: Readonly<Record<string, string>> = {
  // The only source. Its content is trusted as the image is: the index has digests, but no one could sign it.
  "/etc/apt/sources.list": `deb [trusted=yes] file:${ARCHIVE} ./\n`,
  // A machine lives for minutes; flushing each file of a package to the disk takes most of the time of its installation.
  "/etc/dpkg/dpkg.cfg.d/rehearsal": "force-unsafe-io\n",
};

/**
 * Commands for mmdebstrap's customize hook, which has the root as `$1`, while its package lists still exist. apt-get is this
 * host's, as in the rest of mmdebstrap: it has the keys, the proxy and the names of the network.
 */
export function archiveHook(packages: readonly string[]): string {
  return [
    "set -eu",
    `mkdir -p "$1${ARCHIVE}/partial"`,
    // Of a download apt-get says the same in more words than of a failure; the reason is among the last lines of either.
    `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q -y -o Dir::Cache::Archives="$1${ARCHIVE}" --no-install-recommends --download-only install ` +
      `${[...packages, CONTAINER_PROGRAMS].join(" ")} >&2`,
    'container="$1/srv/container"',
    'mkdir -p "$container/bin" "$container/tmp" "$container/etc"',
    `chroot "$1" sh -c 'dpkg-deb --extract ${ARCHIVE}/${CONTAINER_PROGRAMS}_*.deb /srv/container'`,
    'rm -rf "$container/usr/share"',
    'chroot "$container" /bin/busybox --install -s /bin',
    "echo 'root:x:0:0:root:/:/bin/sh' >\"$container/etc/passwd\"",
    // Reproducible, so that the container's image has the same digest in each build.
    `tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$container" -cf "$1${CONTAINER_ROOT}" .`,
    'rm -rf "$container"',
  ].join("\n");
}

/** Writes the archive's index and makes the archive the image's only source of packages. */
export async function completeArchive(root: string): Promise<void> {
  const folder = join(root, ARCHIVE);
  // Left by apt-get.
  for (const name of ["partial", "lock"]) rmSync(join(folder, name), { recursive: true, force: true });
  const entries: string[] = [];
  for (const downloaded of readdirSync(folder).sort()) {
    // apt-get names a file with its version's epoch, escaped; not each release finds such a file again by an index.
    const name = downloaded.replace(/_\d+%3a/i, "_");
    renameSync(join(folder, downloaded), join(folder, name));
    const control = await finished("chroot", [root, "dpkg-deb", "--field", join(ARCHIVE, name)]);
    if (control.exitCode !== 0) throw new Error(`machine image: ${name} is not a package: ${control.stderr.trim()}`);
    entries.push(indexEntry(control.stdout, name, readFileSync(join(folder, name))));
  }
  writeFileSync(join(folder, "Packages"), entries.join("\n"), { mode: 0o644 });
  const otherSources = join(root, "etc/apt/sources.list.d");
  rmSync(otherSources, { recursive: true, force: true });
  mkdirSync(otherSources, { mode: 0o755 });
  for (const [path, content] of Object.entries(ARCHIVE_FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), content, { mode: 0o644 });
  }
}

/** One package of a Debian index: its control fields and where its file is; an empty line ends it. */
export function indexEntry(control: string, name: string, content: Buffer): string {
  const sha256 = createHash("sha256").update(content).digest("hex");
  return `${control.trimEnd()}\nFilename: ./${name}\nSize: ${content.length}\nSHA256: ${sha256}\n`;
}
