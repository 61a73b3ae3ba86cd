import type { GithubArgs } from "../components";
import type { Reader } from "./reader";

/** The account, and the App or the token, that the stack's components share. */
export function readGithub(read: Reader): GithubArgs {
  const appId = read.text("githubAppId");
  return {
    organization: read.text("githubOrganization"),
    repository: read.text("githubRepository"),
    // An App without its private key is rejected by the component.
    app: appId
      ? {
          id: appId,
          installationId: read.text("githubInstallationId"),
          privateKeySecretArn: read.text("githubPrivateKeySecretArn") ?? "",
        }
      : undefined,
    tokenSecretArn: read.text("githubTokenSecretArn"),
    secretKmsKeyArn: read.text("githubSecretKmsKeyArn"),
    apiUrl: read.text("githubApiUrl"),
    caCertificates: read.text("githubCaCertificates"),
  };
}
