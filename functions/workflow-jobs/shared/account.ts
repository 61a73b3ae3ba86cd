import type { GitHubScope } from "../../shared/github/account";

/** Whose jobs the component serves: an organization's, or those of one repository (`owner/name`). */
export interface ServedAccount {
  organization?: string;
  repository?: string;
}

/**
 * Whether a repository is of the account in which the pools' runners are registered. An App that is installed in several accounts
 * announces the jobs of all of them, and GitHub never assigns another account's job to these runners.
 *
 * @param fullName `owner/name`. GitHub compares names without regard to case.
 */
export function servesRepository({ organization, repository }: ServedAccount, fullName: string): boolean {
  const name = fullName.toLowerCase();
  if (repository !== undefined) return name === repository.toLowerCase();
  return organization !== undefined && name.startsWith(`${organization.toLowerCase()}/`);
}

export function servedAccount(scope: GitHubScope): ServedAccount {
  return "organization" in scope ? scope : { repository: `${scope.owner}/${scope.repository}` };
}
