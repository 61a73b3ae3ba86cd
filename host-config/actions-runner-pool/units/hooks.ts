import { AGENT_ROUTES, PATHS } from "../../../contract/actions-runner-pool/host";
import { shellQuote } from "../../shared/shell-quote";

/**
 * A job hook: notifies the agent to read the job signs now, then executes the user's own hook, if any. The runner runs
 * it with `bash -e`, without a timeout, and fails the job if the hook fails. So our part neither fails nor waits: curl
 * runs in the background, detached from the job's pipes and exempt from the runner's clean-up of leftover processes. Only
 * the user's own hook can fail the job.
 *
 * A job that leaves its user no process makes bash retry the fork for 15 s and then give up with status 254. The trap runs
 * even then, needs no process, and goes on as if the notification had been sent. On a busy machine the request may have ended
 * before bash disowns it, which bash would report in the job's log.
 */
function hook(route: string, what: string, userHook: string | undefined): string {
  return `#!/bin/bash
# ${what}: a hint to the agent. Never fails, never waits.
go_on() {
  trap - EXIT
  ${userHook === undefined ? "exit 0" : run(userHook)}
}
trap go_on EXIT
(
  unset RUNNER_TRACKING_ID
  exec /usr/bin/curl --disable --silent --noproxy '*' --max-time 2 --request POST --unix-socket ${PATHS.socket} \\
    http://agent${route}
) </dev/null >/dev/null 2>&1 &
disown 2>/dev/null || true
go_on
`;
}

/** As the runner does: bash runs a shell script; anything else is executed directly. */
function run(path: string): string {
  return path.endsWith(".sh") ? `exec /bin/bash -e ${shellQuote(path)}` : `exec ${shellQuote(path)}`;
}

export function jobStartedHook(userHook?: string): string {
  return hook(AGENT_ROUTES.jobStarted, "Before a job's first step", userHook);
}

export function jobCompletedHook(userHook?: string): string {
  return hook(AGENT_ROUTES.jobCompleted, "After a job's last step", userHook);
}
