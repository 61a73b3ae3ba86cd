import * as pulumi from "@pulumi/pulumi";
import { RELEASE_TAG } from "../../contract/shared/release";
import { WORKFLOW_JOBS_TAG } from "../../contract/workflow-jobs/names";
import type { AwsEnvironment } from "../shared/aws-environment";
import { allTagViolations } from "../shared/given-tags";
import { throwIfAny } from "../shared/input-errors";
import type { WorkflowJobsSettings } from "./settings";
import { OWN_TAGS } from "./validation/tags";

export interface TagParts {
  settings: WorkflowJobsSettings;
  environment: pulumi.Output<AwsEnvironment>;
  /** The provider's default tags. */
  defaults: pulumi.Output<Record<string, string>>;
}

/** The tags of every child, which is created only after them: a tag that any service refuses creates nothing at all. */
export function checkedTags({ settings, environment, defaults }: TagParts): pulumi.Output<Record<string, string>> {
  return pulumi.all([pulumi.output(settings.tags ?? {}), defaults, environment]).apply(([given, providers]): Record<string, string> => {
    throwIfAny(allTagViolations(given, providers, OWN_TAGS));
    const { workflowJobsName: name, release } = settings;
    return { Name: name, ...given, [WORKFLOW_JOBS_TAG]: name, [RELEASE_TAG]: release };
  });
}
