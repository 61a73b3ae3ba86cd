import { GitHubActions } from "../../../../functions/shared/github/actions";
import { GitHubApp } from "../../../../functions/shared/github/app";
import type { GitHubAccount } from "../../../../functions/shared/github/account";
import { GitHubHooks } from "../../../../functions/shared/github/hooks";
import { GitHubTransport, type TransportLimits } from "../../../../functions/shared/github/transport";
import type { GitHubOptions, Installation } from "../../../../rehearsal/github";
import { app, ORGANIZATION, serveGitHub, type ServedGitHub } from "../../../rehearsal/github/fixture";

export const REPOSITORY = `${ORGANIZATION}/app`;

const PERMISSIONS = {
  actions: "write",
  organization_hooks: "write",
  organization_self_hosted_runners: "write",
  repository_hooks: "write",
} as const;

/** Every client of the source of demand, connected over HTTP to a stand-in of which the App is known. */
export interface Clients {
  served: ServedGitHub;
  app: GitHubApp;
  hooks: GitHubHooks;
  actions: GitHubActions;
  /** What the App's own webhook and others received. */
  received: { url: string; headers: Record<string, string>; body: string }[];
}

export async function clients(
  options: Partial<GitHubOptions> = {},
  permissions: Installation["permissions"] = PERMISSIONS,
  account: Partial<GitHubAccount> = {},
  limits: Partial<TransportLimits> = {},
): Promise<Clients> {
  const received: Clients["received"] = [];
  const deliver = async (url: string, headers: Record<string, string>, body: string) => (received.push({ url, headers, body }), 200);
  const served = await serveGitHub({ deliver, ...options });
  const { id, privateKey } = app(served, { permissions }, { events: ["workflow_job"], permissions: { actions: "read" } });
  served.github.addRepository(REPOSITORY);
  const whole = {
    apiUrl: served.api,
    scope: { organization: ORGANIZATION },
    credentials: { appId: String(id), privateKeySecret: "key" },
    ...account,
  };
  const transport = new GitHubTransport(whole, async () => privateKey, { pauseMs: 1, ...limits });
  return {
    served,
    received,
    app: new GitHubApp(transport),
    hooks: new GitHubHooks(transport),
    actions: new GitHubActions(transport),
  };
}
