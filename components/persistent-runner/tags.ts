import * as pulumi from "@pulumi/pulumi";
import { PERSISTENT_RUNNER_TAG } from "../../contract/persistent-runner/names";
import { RELEASE_TAG } from "../../contract/shared/release";
import type { AwsEnvironment } from "../shared/aws-environment";
import { allTagViolations } from "../shared/given-tags";
import { throwIfAny } from "../shared/input-errors";
import type { MachineFacts } from "./machine-facts";
import type { PersistentRunnerSettings } from "./settings";
import { OWN_TAGS } from "./validation/tags";

export interface TagParts {
  settings: PersistentRunnerSettings;
  facts: pulumi.Output<MachineFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  /** The provider's default tags. */
  defaults: pulumi.Output<Record<string, string>>;
}

/**
 * The tags of every child. A child is created only after its tags, and they resolve only after what was looked up in AWS: an unknown
 * instance type, an unsuitable image or a tag that any service refuses creates nothing at all.
 */
export function checkedTags({ settings, facts, environment, defaults }: TagParts): pulumi.Output<Record<string, string>> {
  return pulumi
    .all([pulumi.output(settings.tags ?? {}), defaults, facts, environment])
    .apply(([given, providers]): Record<string, string> => {
      throwIfAny(allTagViolations(given, providers, OWN_TAGS));
      const { persistentRunnerName: name, release } = settings;
      return { Name: name, ...given, [PERSISTENT_RUNNER_TAG]: name, [RELEASE_TAG]: release };
    });
}
