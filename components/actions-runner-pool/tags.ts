import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { POOL_TAG } from "../../contract/actions-runner-pool/names";
import { RELEASE_TAG } from "../../contract/shared/release";
import { throwIfAny } from "../shared/input-errors";
import type { InstanceFacts } from "./instance-facts";
import type { PoolSettings } from "./settings";
import { reservedTagViolations } from "./validation";

/**
 * The tags of every child. They resolve only after the instance facts, and a child is created only after its tags
 * resolve, so an unknown instance type or an unsuitable image creates nothing at all.
 */
export function checkedTags(settings: PoolSettings, facts: pulumi.Output<InstanceFacts>): pulumi.Output<Record<string, string>> {
  return pulumi.all([pulumi.output(settings.tags ?? {}), facts]).apply(([given]): Record<string, string> => {
    throwIfAny(reservedTagViolations(Object.keys(given)));
    return { Name: settings.poolName, ...given, [POOL_TAG]: settings.poolName, [RELEASE_TAG]: settings.release };
  });
}

/** In the form that the group requires; it propagates them to its instances at launch. */
export function groupTags(tags: pulumi.Output<Record<string, string>>): pulumi.Output<aws.types.input.autoscaling.GroupTag[]> {
  return tags.apply((all) => Object.entries(all).map(([key, value]) => ({ key, value, propagateAtLaunch: true })));
}
