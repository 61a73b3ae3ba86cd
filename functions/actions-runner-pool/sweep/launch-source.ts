import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";

/** What the group launches instances from. */
export interface LaunchSource {
  id: string;
  /** A number, as the component sets it. */
  version: string;
  /** With a mixed instances policy, the types that it allows; otherwise empty. */
  instanceTypes: readonly string[];
}

/** Undefined for a group that was given `$Latest` or `$Default` by hand: its instances cannot be compared with that. */
export function launchSource({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup): LaunchSource | undefined {
  const mixed = MixedInstancesPolicy?.LaunchTemplate;
  const { LaunchTemplateId: id, Version: version } = mixed?.LaunchTemplateSpecification ?? LaunchTemplate ?? {};
  if (id === undefined || version === undefined || !/^\d+$/.test(version)) return undefined;
  return { id, version, instanceTypes: (mixed?.Overrides ?? []).flatMap(({ InstanceType }) => InstanceType ?? []) };
}

/**
 * Whether a refresh would replace the instance, by the same rule as AWS's `SkipMatching`. An instance that was attached
 * without a launch template is the operator's.
 */
export function isOutdated({ LaunchTemplate, InstanceType }: Instance, source: LaunchSource | undefined): boolean {
  if (!source || !LaunchTemplate) return false;
  if (LaunchTemplate.LaunchTemplateId !== source.id || LaunchTemplate.Version !== source.version) return true;
  return source.instanceTypes.length > 0 && InstanceType !== undefined && !source.instanceTypes.includes(InstanceType);
}
