import { PERSISTENT_RUNNER_TAG } from "../../../contract/persistent-runner/names";
import { OWNER_TAG } from "../../../contract/shared/owned-secret";
import { RELEASE_TAG } from "../../../contract/shared/release";
import { plainTagViolations } from "../../shared/given-tags";
import type { Violation } from "../../shared/input-errors";
import type { OwnTags } from "../../shared/tag-rules";
import type { PersistentRunnerSettings } from "../settings";

export const OWN_TAGS: OwnTags = { keys: ["Name", PERSISTENT_RUNNER_TAG, RELEASE_TAG, OWNER_TAG], prefix: "ci-runners:" };

export function tagViolations({ tags }: PersistentRunnerSettings): Violation[] {
  return plainTagViolations(tags, OWN_TAGS);
}
