import { AwsError, type ResourceStore, type Shape } from "../api";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** The versions of one launch template that are asked for by number, `$Latest` or `$Default`; without any: all, newest first. */
export function describeVersions(store: ResourceStore, params: Shape): Shape {
  const { LaunchTemplateId: id, Versions: wanted } = params as { LaunchTemplateId?: string; Versions?: string[] };
  if (id === undefined) throw new AwsError("MissingParameter", "The stand-in describes the versions of one launch template, by its id.");
  const state = store.get(TEMPLATE, id)?.state;
  if (!state)
    throw new AwsError("InvalidLaunchTemplateId.NotFound", `The specified launch template, with template ID ${id}, does not exist.`);
  const created = (state["_created"] ?? {}) as Record<string, number>;
  const alias: Record<string, unknown> = { $Latest: state["latestVersion"], $Default: state["defaultVersion"] };
  const numbers = wanted?.map((version) => Number(alias[version] ?? version)) ?? Object.keys(created).map(Number).reverse();
  return {
    LaunchTemplateVersions: numbers.map((version) => {
      const at = created[version];
      if (at === undefined) {
        throw new AwsError(
          "InvalidLaunchTemplateId.VersionNotFound",
          `Could not find launch template version ${version} for the launch template ${id}`,
        );
      }
      return {
        LaunchTemplateId: id,
        LaunchTemplateName: state["name"],
        VersionNumber: version,
        // EC2 drops the fraction of a second.
        CreateTime: new Date(Math.floor(at / 1000) * 1000),
        DefaultVersion: version === state["defaultVersion"],
      };
    }),
  };
}
