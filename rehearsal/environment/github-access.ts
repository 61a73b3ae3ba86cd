import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { SecretsManager } from "../aws/secrets/secrets-manager";
import type { GitHub } from "../github";
import type { StackConfiguration } from "./stack-configuration";

/** How a stack reaches GitHub. */
export interface GitHubAccess {
  /** `ORG` or `OWNER/REPO`. */
  scope: string;
  appId?: number;
  installationId?: number;
  /** ARN of the secret with the App's private key, or of the token. */
  secretArn: string;
  /** Host of an Enterprise Server; absent for github.com. */
  host?: string;
  runnerGroup?: string;
}

export function githubAccess({ get }: StackConfiguration): GitHubAccess {
  const apiUrl = new URL(get("githubApiUrl"));
  return {
    scope: get("githubOrganization") || get("githubRepository"),
    appId: Number(get("githubAppId")) || undefined,
    installationId: Number(get("githubInstallationId")) || undefined,
    secretArn: get("githubPrivateKeySecretArn") || get("githubTokenSecretArn"),
    host: apiUrl.host === "api.github.com" ? undefined : apiUrl.host,
    runnerGroup: get("runnerGroup") || undefined,
  };
}

/**
 * Registers the stack's App or token with the GitHub stand-in and stores the matching secret under the ARN in the
 * stack's configuration: what an administrator does once, by hand, before the first `pulumi up`.
 */
export function grantAccess(github: GitHub, secrets: SecretsManager, access: GitHubAccess): void {
  const value = access.appId === undefined ? registerToken(github, access) : registerApp(github, access, access.appId);
  secrets.seed({ arn: access.secretArn, value });
  if (access.runnerGroup !== undefined) github.addRunnerGroup(access.scope, access.runnerGroup);
}

function registerApp(github: GitHub, access: GitHubAccess, id: number): string {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const [account = access.scope] = access.scope.split("/");
  const runners: Record<string, "write"> = access.scope.includes("/")
    ? { administration: "write" }
    : { organization_self_hosted_runners: "write" };
  github.registerApp({
    id,
    slug: "ci-runners",
    publicKey,
    installations: [{ id: access.installationId ?? 1, account, accountType: "Organization", permissions: { ...runners, actions: "read" } }],
    // What a pool needs that follows its queue. The address of its webhook is not yet configured.
    events: ["workflow_job"],
  });
  return privateKey;
}

function registerToken(github: GitHub, access: GitHubAccess): string {
  const token = `ghp_${randomBytes(18).toString("hex")}`;
  github.registerToken(token, [access.scope]);
  return token;
}
