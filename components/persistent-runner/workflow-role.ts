import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { STS_AUDIENCE, workflowTokenIssuer } from "../../contract/shared/workflow-token";
import type { MachineGrants } from "./policies/power";
import { workflowPolicy, workflowTrust } from "./policies/workflow";
import type { PersistentRunnerSettings } from "./settings";

/** Seconds; IAM's shortest. A start takes a quarter of it. */
const SESSION = 3600;

export interface WorkflowRoleParts {
  settings: PersistentRunnerSettings;
  grants: pulumi.Output<MachineGrants>;
  tags: pulumi.Output<Record<string, string>>;
}

/** The role that workflows assume by their own OIDC token. */
export function createWorkflowRole(name: string, parts: WorkflowRoleParts, opts: pulumi.CustomResourceOptions): aws.iam.Role {
  const { settings, grants, tags } = parts;
  const issuer = workflowTokenIssuer(settings.github.apiUrl)!.replace("https://", "");
  const assumeRolePolicy = providerArn(name, parts, opts).apply((arn) => JSON.stringify(workflowTrust(arn, issuer, settings.subjects)));
  const role = new aws.iam.Role(
    `${name}-workflow`,
    {
      description: `Workflows that start and stop ${settings.persistentRunnerName}`,
      assumeRolePolicy,
      maxSessionDuration: SESSION,
      permissionsBoundary: settings.permissionsBoundaryArn,
      tags,
    },
    opts,
  );
  const policy = grants.apply((known) => JSON.stringify(workflowPolicy(settings.control, known)));
  new aws.iam.RolePolicy(`${name}-workflow`, { role: role.name, policy }, opts);
  return role;
}

/** Without thumbprints: AWS trusts the authority of GitHub's certificate. */
function providerArn(name: string, { settings, tags }: WorkflowRoleParts, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  if (!settings.createOidcProvider) return pulumi.output(settings.oidcProviderArn!);
  const url = workflowTokenIssuer(settings.github.apiUrl)!;
  return new aws.iam.OpenIdConnectProvider(name, { url, clientIdLists: [STS_AUDIENCE], tags }, opts).arn;
}
