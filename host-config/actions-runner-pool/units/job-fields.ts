import { JOB_HEADERS } from "../../../contract/actions-runner-pool/host";

/**
 * Options of a hook's curl that say which job it is for, each with a space before it. They are part of a bash script. A value that
 * is no header, or too long, only makes the agent refuse the request, which is a hint.
 */
export function jobFields(): string {
  const run = "${GITHUB_REPOSITORY-} ${GITHUB_RUN_ID-} ${GITHUB_RUN_ATTEMPT-}";
  return ` \\\n    --header "${JOB_HEADERS.run}: ${run}" --header "${JOB_HEADERS.job}: \${GITHUB_JOB-}"`;
}
