import { AwsError, DeployedResource, ResourceStore, Shape } from "../cloud/api";
import type { LaunchTemplate } from "../cloud/autoscaling/config";

/** A launch template and a version, by number, `$Latest` or `$Default`, resolved to what an instance needs. */
export function resolveTemplate(store: ResourceStore, specification: Shape): LaunchTemplate {
  const id = String(specification.LaunchTemplateId);
  const template = store.get("aws:ec2/launchTemplate:LaunchTemplate", id);
  if (!template) {
    throw new AwsError("ValidationError", `You must use a valid fully-formed launch template. The specified launch template, with template ID ${id}, does not exist.`);
  }
  const version = versionNumber(template, String(specification.Version ?? "$Default"));
  const data = template.state._versions[version];
  if (!data) throw new AwsError("ValidationError", `Launch template ${id} has no version ${version}.`);
  const instanceTags = (data.tagSpecifications ?? []).find((one: any) => one.resourceType === "instance")?.tags;
  return {
    id,
    name: String(template.state.name),
    version,
    userData: Buffer.from(String(data.userData ?? ""), "base64").toString(),
    instanceType: String(data.instanceType),
    imageId: data.imageId,
    profile: data.iamInstanceProfile && profile(store, data.iamInstanceProfile),
    instanceTags,
    metadata: data.metadataOptions,
    hibernation: data.hibernationOptions?.configured,
  };
}

function versionNumber({ state }: DeployedResource, wanted: string): string {
  if (wanted === "$Latest") return String(state.latestVersion);
  if (wanted === "$Default") return String(state.defaultVersion);
  return wanted;
}

function profile(store: ResourceStore, wanted: { arn?: string; name?: string }): LaunchTemplate["profile"] {
  const found = store
    .list("aws:iam/instanceProfile:InstanceProfile")
    .find(({ state }) => (wanted.arn ? state.arn === wanted.arn : state.name === wanted.name));
  if (!found) throw new AwsError("ValidationError", `Invalid IamInstanceProfile: ${wanted.arn ?? wanted.name}`);
  return { arn: String(found.state.arn), roleName: String(found.state.role) };
}
