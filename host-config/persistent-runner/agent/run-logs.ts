/**
 * Logs of runs on the persistent disk, which survive the run that has lost its own: one folder for each, with the journal of the runner's
 * unit and the runner's diagnostic logs. Root's alone: a later job reads nothing of an earlier one there.
 */
import { join } from "node:path";
import { PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import type { BootOrder } from "../../../contract/persistent-runner/order";
import type { Account } from "../../shared/account";
import type { Exec } from "../../shared/prepare/stage";

/** Within the time that is left after a runner's end; see ended.ts. */
export const RUN_LOGS_MS = 8_000;
/** Bytes of each of the two files. */
const LONGEST = { journal: 10_000_000, diagnostics: 100_000_000 };
/** KiB of all runs' logs. The oldest go first. */
const TOTAL = 2_000_000;

/**
 * `$1`: the folder, `$2`: the runner's, `$3` and `$4`: uid and gid, `$5`: days. The diagnostic logs are in a folder of the job's user, so
 * only that user reads and removes them: root would follow a link there.
 */
const KEEP = `umask 077
folder=$1
mkdir -p "\${folder%/*}" || exit
# A runner of several jobs that starts again has the name of before.
number=1
until mkdir "$folder"; do
  number=$((number + 1))
  [ "$number" -lt 100 ] || exit 1
  folder=$1.$number
done 2>/dev/null
user=(setpriv --reuid "$3" --regid "$4" --init-groups --no-new-privs)
journalctl --boot --unit=${PERSISTENT_UNITS.runner} --output=short-precise --no-pager | tail -c ${LONGEST.journal} >"$folder/journal.log"
"\${user[@]}" tar --create --gzip --directory="$2" _diag 2>/dev/null | head -c ${LONGEST.diagnostics} >"$folder/diagnostics.tar.gz"
"\${user[@]}" find "$2/_diag" -xdev -type f -delete 2>/dev/null
find "\${1%/*}" -mindepth 1 -maxdepth 1 -mtime "+$5" -exec rm -rf {} +
cd "\${1%/*}" || exit
ls -1tr | while read -r oldest && [ "$(du -sk . | cut -f 1)" -gt ${TOTAL} ]; do rm -rf "./$oldest"; done`;

export interface RunLogsOptions {
  exec: Exec;
  account: Account;
  /** Of the folder; see `runName`. */
  name: string;
  /** Days for which logs stay. */
  kept: number;
  /** Overridden by tests, as is the next. */
  folder?: string;
  runner?: string;
}

export async function keepRunLogs({ exec, account, name, kept, ...paths }: RunLogsOptions): Promise<void> {
  const { folder = PERSISTENT_PATHS.runLogs, runner = PERSISTENT_PATHS.runner } = paths;
  const own = [join(folder, name), runner, `${account.uid}`, `${account.gid}`, `${kept}`];
  const { code, stderr } = await exec("bash", ["-c", KEEP, "bash", ...own], { timeoutMs: RUN_LOGS_MS });
  if (code !== 0) throw new Error(stderr.trim().split("\n").at(-1));
}

/** Of what root knows, the order. A name by a job could be another run's. */
export function runName(order: BootOrder): string {
  if (order.purpose === "provision") return `${order.generation}`;
  const [, run, attempt] = order.holder.split("#");
  return `${order.generation}-${run}-${attempt}`;
}
