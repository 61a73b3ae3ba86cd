/** What an account needs before the first `pulumi up` of a pool; docs/getting-started.md has the steps. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { deployRole, previewRole, type RoleParts } from "./roles";
import { stateBucket } from "./state";

interface Stack {
  name: string;
  /** The stack's configuration has no `subnetIds`. */
  createsVpc?: boolean;
  /** SSM parameter with the ID of its image. */
  imageParameter?: string;
  /** Permissions boundary that its configuration sets; then its role can create no role without it. */
  permissionsBoundaryArn?: string;
  /** Key that its configuration sets. */
  kmsKeyArn?: string;
  /** `functions.subnetIds` of its configuration. */
  functionSubnetIds?: string[];
  /** Its configuration has `demand` or `workflowJobs`. */
  demand?: boolean;
  /** Its configuration has `persistentRunner`. */
  machine?: boolean;
}

/** The issuer of the tokens of GitHub's workflows. */
const ISSUER = "token.actions.githubusercontent.com";

const config = new pulumi.Config();
const repository = config.require("githubRepository");
if (!/^[\w-]+\/[\w.-]+$/.test(repository)) {
  throw new Error(`githubRepository = "${repository}": must be owner/name, such as example-org/ci-runners`);
}
const stacks = config.requireObject<Stack[]>("stacks");
const project = config.get("project") || "ci-runners";
const component = config.get("poolName") || "runners";

const region = aws.getRegionOutput().region;
const { accountId } = aws.getCallerIdentityOutput();
const { partition, dnsSuffix } = aws.getPartitionOutput();

const provider =
  config.get("oidcProviderArn") ||
  new aws.iam.OpenIdConnectProvider("github", { url: `https://${ISSUER}`, clientIdLists: ["sts.amazonaws.com"] }).arn;

const bucket = stateBucket("ci-runners-state");

const made = stacks.map(({ name, createsVpc = false, ...limits }) => {
  // A key for each stack: whoever may preview one stack can decrypt the secrets of its state, but of no other's.
  const key = new aws.kms.Key(
    `${project}-${name}`,
    { description: `Secrets of the Pulumi stack ${project}/${name}`, enableKeyRotation: true, deletionWindowInDays: 30 },
    { protect: true },
  );
  const alias = new aws.kms.Alias(`${project}-${name}`, { name: `alias/${project}-${name}`, targetKeyId: key.keyId });
  const parts: RoleParts = {
    trust: { provider, issuer: ISSUER, repository },
    scope: pulumi.output({ partition, dnsSuffix, region, account: accountId, name: component, pool: `${project}-${name}-${component}` }),
    ...limits,
    createsVpc,
    state: { bucketArn: bucket.arn, folder: name, keyArn: key.arn },
  };
  const shared = { AWS_REGION: region, PULUMI_BACKEND_URL: pulumi.interpolate`s3://${bucket.bucket}/${name}?region=${region}` };
  return {
    name,
    secretsProvider: pulumi.interpolate`awskms://${alias.name}?region=${region}`,
    deploy: { ...deployRole(`${project}-${name}`, name, parts), ...shared },
    preview: { ...previewRole(`${project}-${name}`, `preview-${name}`, parts), ...shared },
  };
});

export const oidcProviderArn = provider;
export const stateBucketName = bucket.bucket;

/** Variables of each environment of the repository, by its name. */
export const environments = Object.fromEntries(
  made.flatMap(({ name, deploy, preview }) => [
    [name, deploy],
    [`preview-${name}`, preview],
  ]),
);

/** For `pulumi stack init --secrets-provider`, by stack. */
export const secretsProviders = Object.fromEntries(made.map(({ name, secretsProvider }) => [name, secretsProvider]));
