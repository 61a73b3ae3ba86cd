import type { GitHubCredentials } from "../github-credentials";
import type { Granted } from "./permissions";

/** The App of GitHub itself, whose installation tokens are the `GITHUB_TOKEN` of jobs. */
const GITHUB_ACTIONS = { id: 15_368, slug: "github-actions", publicKey: "", installations: [] };

/** A token for one repository with the permissions of the job. */
export function actionsToken(credentials: GitHubCredentials, repository: string, permissions: Granted): string {
  const [account = ""] = repository.split("/");
  // In the REST API the names have underscores.
  const names = Object.fromEntries(Object.entries(permissions).map(([name, level]) => [name.replaceAll("-", "_"), level]));
  const installation = {
    id: GITHUB_ACTIONS.id,
    account,
    accountType: "Organization" as const,
    repositories: [repository.split("/")[1] ?? ""],
    permissions: names,
  };
  return credentials.mintInstallationToken(GITHUB_ACTIONS, installation).token;
}
