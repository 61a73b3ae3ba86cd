import { AGENT_ROUTES, PATHS } from "../../../contract/actions-runner-pool/host";
import { shellQuote } from "../../shared/shell-quote";
import { jobFields } from "./job-fields";

interface HookText {
  route: string;
  what: string;
  /** Path of the user's own hook. */
  userHook?: string;
  /** Options of curl. */
  fields?: string;
  /** Commands besides the user's own hook; empty without any. */
  cleanUp?: string;
  /** Whether they come before the user's own hook, or after it. */
  order?: "before" | "after";
}

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
export function hookText({ route, what, userHook, fields = "", cleanUp = "", order = "after" }: HookText): string {
  return `#!/bin/bash
# ${what}: a hint to the agent. Never fails, never waits.
${cleanUp === "" ? "" : "# shellcheck disable=SC2317 # Only by the trap.\n"}go_on() {
  trap - EXIT
  ${userHook === undefined ? "exit 0" : `exec ${command(userHook)}`}
}
trap go_on EXIT
(
  unset RUNNER_TRACKING_ID
  exec /usr/bin/curl --disable --silent --noproxy '*' --max-time 2 --request POST --unix-socket ${PATHS.socket}${fields} \\
    http://agent${route}
) </dev/null >/dev/null 2>&1 &
disown 2>/dev/null || true
${cleanUp === "" ? "go_on\n" : cleanUpFunction(cleanUp) + (order === "before" ? CLEAN_UP_FIRST : cleanUpLast(userHook))}`;
}

/** A signal by which the runner cancels the job must not run the user's hook, nor run it a second time. */
function cleanUpFunction(cleanUp: string): string {
  return `clean_up() {
${cleanUp.trimEnd()}
}
trap 'trap - EXIT; exit 130' INT
trap 'trap - EXIT; exit 143' TERM
`;
}

/** What the user's hook starts is the new job's. If the clean-up cannot be started, the trap goes on. */
const CLEAN_UP_FIRST = "clean_up || true\ngo_on\n";

/**
 * The user's hook is a child here, because something follows it. If it cannot be started, the trap executes it in this process,
 * and the clean-up is skipped. After it the trap only ends the hook, with the status of the user's.
 */
function cleanUpLast(userHook: string | undefined): string {
  return `status=0
${userHook === undefined ? "" : `${command(userHook)} || status=$?\n`}trap 'exit "$status"' EXIT
clean_up || true
exit "$status"
`;
}

/** As the runner does: bash runs a shell script; anything else is executed directly. */
function command(path: string): string {
  return path.endsWith(".sh") ? `/bin/bash -e ${shellQuote(path)}` : shellQuote(path);
}

export function jobStartedHook(userHook?: string, cleanUp?: string): string {
  const own = { route: AGENT_ROUTES.jobStarted, what: "Before a job's first step", fields: jobFields() };
  return hookText({ ...own, userHook, cleanUp, order: "before" });
}

export function jobCompletedHook(userHook?: string, cleanUp?: string): string {
  const own = { route: AGENT_ROUTES.jobCompleted, what: "After a job's last step", fields: jobFields() };
  return hookText({ ...own, userHook, cleanUp, order: "after" });
}
