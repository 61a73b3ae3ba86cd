import { RELEASE_TAG } from "../../../contract/shared/release";
import { WORKFLOW_JOBS_TAG } from "../../../contract/workflow-jobs/names";
import { plainTagViolations } from "../../shared/given-tags";
import type { Violation } from "../../shared/input-errors";
import type { OwnTags } from "../../shared/tag-rules";
import type { WorkflowJobsSettings } from "../settings";

export const OWN_TAGS: OwnTags = { keys: ["Name", WORKFLOW_JOBS_TAG, RELEASE_TAG], prefix: "ci-runners:" };

export function tagViolations({ tags }: WorkflowJobsSettings): Violation[] {
  return plainTagViolations(tags, OWN_TAGS);
}
