import { PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";

/** How the hook's note on a job of another run begins. */
export const FOREIGN = "foreign ";
/** Seconds in which the worker sends the hook's lines to GitHub. */
const LINES_SENT = 5;

const NOTE = `note() {
  { printf '%s\\n' "$1" >${PERSISTENT_PATHS.activity}; } 2>/dev/null || true
}
job="\${GITHUB_REPOSITORY-}#\${GITHUB_RUN_ID-}#\${GITHUB_RUN_ATTEMPT-}"
note "$job"
`;

/**
 * Whoever may queue a job can ask for a label that a log shows. A hook that only failed would have the steps with `always()` run all the same, so
 * it ends the worker, and GitHub has the job fail.
 */
const REFUSE = `holder=
{ read -r holder <${PERSISTENT_PATHS.holder}; } 2>/dev/null || true
if [ "$job" != "$holder" ]; then
  note "${FOREIGN}$job"
  echo "::error::This machine was started for \${holder:-no run} alone, and this job is of $job: use the label that its own run has started a machine for."
  sleep ${LINES_SENT} || true
  name=
  { read -r name <"/proc/$PPID/comm"; } 2>/dev/null || true
  [ "$name" != Runner.Worker ] || kill -KILL "$PPID" || true
  trap - EXIT
  exit 1
fi
`;

/**
 * A job hook: notes that a job is at work, and which. The runner runs it with `bash -e`, without a timeout, and fails the job if the hook
 * fails. So nothing in it can, except for a job that is not of the run that has the machine: a disk that the job has filled takes no note, and
 * bash's own commands need no process.
 */
function jobHook(what: string, body: string): string {
  return `#!/bin/bash
# ${what}: notes the activity for the idle stop. Fails no job of the run that has the machine.
trap 'exit 0' EXIT
${NOTE}${body}exit 0
`;
}

export function startedHook(): string {
  return jobHook("Before a job's first step", REFUSE);
}

/** @param cleanUp body of a function of bash; empty for none */
export function completedHook(cleanUp = ""): string {
  return jobHook("After a job's last step", cleanUp === "" ? "" : `clean_up() {\n${cleanUp.trimEnd()}\n}\nclean_up || true\n`);
}
