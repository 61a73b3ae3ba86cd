import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a registered runner finds its jobs: each a file with a script. */
export const JOBS = "/var/tmp/jobs";

/**
 * A runner of which GitHub knows nothing: its configuration for one job, decoded, is the job. As the official one it takes that from a
 * variable, which it clears, runs hooks by `bash -e`, fails the job if one fails, and has a process Runner.Worker while the job is at work.
 * A job that begins with `#wait` never comes. Without a configuration it is registered, takes jobs from JOBS, and ends its job when it
 * is told to end itself.
 */
export function runnerFiles(folder: string): string {
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(
    join(folder, "run.sh"),
    `#!/bin/bash
cd "$(dirname "$0")" || exit 1
job=$(base64 -d <<<"$ACTIONS_RUNNER_INPUT_JITCONFIG")
unset ACTIONS_RUNNER_INPUT_JITCONFIG
mkdir -p _diag _work
echo "listening" | tee -a _diag/Runner_1.log
[[ $job != '#wait'* ]] || exec -a Runner.Listener sleep infinity
export GITHUB_REPOSITORY=acme/app GITHUB_RUN_ID=1234 GITHUB_RUN_ATTEMPT=1
if [ -z "$job" ]; then
  [ -e .runner ] || { echo "not configured"; exit 1; }
  worker=
  trap 'echo "listener ends"; [ -z "$worker" ] || kill "$worker"; exit 0' INT
  while sleep 0.2; do
    for file in ${JOBS}/*; do
      [ -e "$file" ] || continue
      job=$(cat "$file")
      rm "$file"
      ./bin/Runner.Worker "$job" &
      worker=$!
      wait "$worker"
      echo "job ended with $?"
      worker=
    done
  done
fi
./bin/Runner.Worker "$job"
echo "job ended with $?"
`,
  );
  writeFileSync(
    join(folder, "bin/Runner.Worker"),
    `#!/bin/bash
trap '' INT
cd _work || exit 1
bash -e "$ACTIONS_RUNNER_HOOK_JOB_STARTED" || exit 90
(trap - INT; exec bash -c "$1")
code=$?
bash -e "$ACTIONS_RUNNER_HOOK_JOB_COMPLETED" || exit 91
exit $code
`,
  );
  writeFileSync(join(folder, "config.sh"), '#!/bin/bash\necho "$ACTIONS_RUNNER_INPUT_TOKEN $*" >.runner\n');
  return folder;
}
