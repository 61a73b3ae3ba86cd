import { GITHUB_ENV } from "../../../contract/shared/github-environment";
import type { GitHubAccount, GitHubScope } from "../../shared/github/account";
import { gitHubAccount, gitHubScope } from "../../shared/github/environment";
import { GitHubActions } from "../../shared/github/actions";
import type { ActionsApi, AppApi, HooksApi } from "../../shared/github/api";
import { GitHubApp } from "../../shared/github/app";
import type { ReadSecret } from "../../shared/github/credentials";
import { GitHubHooks } from "../../shared/github/hooks";
import { GitHubTransport } from "../../shared/github/transport";
import type { Clock } from "../../shared/lambda/clock";

export interface GitHubApis {
  /** The organization or repository of the installation. */
  scope: GitHubScope;
  actions: ActionsApi;
  hooks: HooksApi;
  app: AppApi;
}

/**
 * Created at the first use, and reused by later invocations with its connection and credentials. It may be given another account, an
 * organization or `owner/name`, in which the same App is installed.
 */
export function gitHubApis(readSecret: ReadSecret, clock: Clock): (account?: string) => GitHubApis {
  const known = new Map<string | undefined, GitHubApis>();
  return (name) => {
    const apis = known.get(name) ?? apisOf(name === undefined ? gitHubAccount() : sameAppIn(name), readSecret, clock);
    known.set(name, apis);
    return apis;
  };
}

function apisOf(account: GitHubAccount, readSecret: ReadSecret, clock: Clock): GitHubApis {
  const transport = new GitHubTransport(account, readSecret, {}, { clock });
  const { scope } = account;
  return { scope, actions: new GitHubActions(transport), hooks: new GitHubHooks(transport), app: new GitHubApp(transport) };
}

/** The id of the installation, if one is configured, is that in the component's own account. */
function sameAppIn(account: string): GitHubAccount {
  const variable = account.includes("/") ? GITHUB_ENV.githubRepository : GITHUB_ENV.githubOrganization;
  const { credentials, ...own } = gitHubAccount();
  const { installationId: _, ...app } = { installationId: undefined, ...credentials };
  return { ...own, scope: gitHubScope({ [variable]: account }), credentials: app };
}
