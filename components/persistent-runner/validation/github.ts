import { accountViolations, apiUrlViolations, credentialViolations, runnerGroupViolations } from "../../shared/github-rules";
import type { Violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";

export function githubViolations({ github, runnerGroup }: PersistentRunnerSettings): Violation[] {
  return [
    ...accountViolations(github),
    ...runnerGroupViolations(runnerGroup, github),
    ...credentialViolations(github),
    ...apiUrlViolations(github.apiUrl),
  ];
}
