/**
 * The user data of a persistent machine: writes the boot script and the units that switch the machine off, and starts them. It contains no
 * secret, and nothing that changes later: a machine keeps the user data of its first day.
 *
 * Started by: cloud-init as root, once per instance, at the first boot. It is no unit of ours; on later boots systemd starts what it has
 * enabled.
 *
 * Life cycle:
 *   1. Arm firstBootTimeout, before anything that could fail or hang.
 *   2. Write the private authorities, the boot script and the units.
 *   3. Start the boot's unit. What follows is in boot-script.ts.
 *
 * Failure: the reason is on the console, and the machine goes off. Killed: firstBootTimeout ends it.
 *
 * AWS and the metadata: not called. Bounds: 16,384 bytes (USER_DATA_LIMIT_BYTES), comments in the scripts included.
 *
 * Gotchas:
 *   - EC2 gives an instance that is started again the same user data, and cloud-init does not run it again. A change of the text changes
 *     nothing on a machine that exists; the component ignores it.
 *   - Every value goes through shellQuote, or is in a quoted here-document: nothing in those is expanded.
 */
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../contract/persistent-runner/host";
import { shellQuote as quote } from "../shared/shell-quote";
import { SAY, writeAuthorities } from "../shared/user-data";
import { type BootFacts, bootScript, limitFirstBoot } from "./boot-script";
import { bootUnit } from "./units/boot-unit";
import { powerUnits } from "./units/power-units";
import { unitFile } from "../shared/rendered-file";

export type FirstDay = BootFacts & Pick<PersistentHostConfig, "maxSession" | "authorities">;

/** Renders the script. The same input gives the same bytes. Check the length against USER_DATA_LIMIT_BYTES. */
export function renderUserData(config: FirstDay): string {
  const files = [
    { path: PERSISTENT_PATHS.boot, content: withoutComments(bootScript(config)), mode: 0o755 },
    ...powerUnits(config),
    unitFile(PERSISTENT_UNITS.boot, bootUnit()),
  ];
  return `#!/bin/bash
# Prepares nothing itself: it hands over to ${PERSISTENT_UNITS.boot}. Fails closed: the machine goes off.
set -Eeuo pipefail
umask 022
home=${quote(PERSISTENT_PATHS.home)}
${SAY}
${limitFirstBoot()}
fail() {
  trap - ERR
  set +e
  say "first boot failed: $1"
  systemctl --no-block --job-mode=replace-irreversibly start poweroff.target
  exit 1
}
trap 'fail "step at line $LINENO"' ERR
limit_first_boot ${config.firstBootTimeout} || fail "firstBootTimeout could not be armed"
mkdir -p "$home" ${quote("/etc/ci-runners")}
${config.authorities === undefined ? "" : writeAuthorities(PERSISTENT_PATHS.authorities, config.authorities)}${files.map(writeFile).join("")}systemctl daemon-reload
systemctl enable --quiet ${PERSISTENT_UNITS.boot} ${PERSISTENT_UNITS.failsafe}
systemctl start --no-block ${PERSISTENT_UNITS.failsafe} ${PERSISTENT_UNITS.boot}
`;
}

/** For want of room; the first installation writes the whole script. None of its texts has a line that begins so. */
function withoutComments(script: string): string {
  return script.replace(/^ *#(?!!).*\n/gm, "");
}

/** The end mark stands in none of the files. */
function writeFile({ path, content, mode }: { path: string; content: string; mode: number }): string {
  return `cat >${quote(path)} <<'CI_RUNNERS_END' || fail ${quote(`${path}: disk full or not writable`)}
${content}CI_RUNNERS_END
${mode === 0o755 ? `chmod 0755 ${quote(path)}\n` : ""}`;
}
