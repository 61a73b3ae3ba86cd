import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { POOL_TAG } from "../../contract/actions-runner-pool/names";
import { RELEASE_TAG } from "../../contract/shared/release";
import type { AwsEnvironment } from "../shared/aws-environment";
import { allTagViolations } from "../shared/given-tags";
import { throwIfAny } from "../shared/input-errors";
import type { InstanceFacts } from "./instance-facts";
import type { PoolSettings } from "./settings";
import { OWN_TAGS } from "./validation/tags";

export interface TagParts {
  settings: PoolSettings;
  facts: pulumi.Output<InstanceFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  /** The provider's default tags. */
  defaults: pulumi.Output<Record<string, string>>;
}

/**
 * The tags of every child. A child is created only after its tags, or after another child that has them, and they resolve
 * only after what was looked up in AWS: an unknown instance type, an unsuitable image or Region, or a tag that any service
 * refuses creates nothing of the pool at all. Other resources of the program are created independently of that.
 */
export function checkedTags({ settings, facts, environment, defaults }: TagParts): pulumi.Output<Record<string, string>> {
  return pulumi
    .all([pulumi.output(settings.tags ?? {}), defaults, facts, environment])
    .apply(([given, providers]): Record<string, string> => {
      throwIfAny(allTagViolations(given, providers, OWN_TAGS));
      return { Name: settings.poolName, ...given, [POOL_TAG]: settings.poolName, [RELEASE_TAG]: settings.release };
    });
}

/** In the form that the group requires; it propagates them to its instances at launch. */
export function groupTags(tags: pulumi.Output<Record<string, string>>): pulumi.Output<aws.types.input.autoscaling.GroupTag[]> {
  return tags.apply((all) => Object.entries(all).map(([key, value]) => ({ key, value, propagateAtLaunch: true })));
}
