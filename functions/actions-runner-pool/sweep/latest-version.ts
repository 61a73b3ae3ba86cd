import { DescribeLaunchTemplateVersionsCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "../../shared/aws/clients";
import type { TemplateVersion } from "./ports";

/** The newest version of a launch template. */
export async function latestVersion(client: Ec2, templateId: string): Promise<TemplateVersion> {
  const { LaunchTemplateVersions = [] } = await client.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: ["$Latest"] }),
  );
  const [{ VersionNumber, CreateTime } = {}] = LaunchTemplateVersions;
  if (VersionNumber === undefined || CreateTime === undefined) {
    throw new Error(`EC2 describes no latest version of the launch template ${templateId}`);
  }
  return { version: String(VersionNumber), createdAt: CreateTime };
}
