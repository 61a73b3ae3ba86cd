import assert from "node:assert/strict";
import { GITHUB_ENV } from "../../../../contract/shared/github-environment";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { gitHubApis } from "../../../../functions/workflow-jobs/shared/github-apis";
import { app, ORGANIZATION, serveGitHub, type ServedGitHub } from "../../../rehearsal/github/fixture";

const URL = "https://function.example/";

describe("the App of a source", () => {
  let served: ServedGitHub;
  let before: NodeJS.ProcessEnv;
  beforeEach(async () => {
    before = { ...process.env };
    served = await serveGitHub();
  });
  afterEach(async () => {
    process.env = before;
    await served.close();
  });

  it("reaches a webhook in another account in which it is installed, by that installation and not by the configured one", async () => {
    const permissions = { organization_hooks: "write" } as const;
    const installation = (id: number, account: string) => ({ id, account, accountType: "Organization" as const, permissions });
    const installations = [installation(7, ORGANIZATION), installation(8, "former-org")];
    const { id, privateKey } = app(served, {}, { installations });
    Object.assign(process.env, {
      [GITHUB_ENV.githubApiUrl]: served.api,
      [GITHUB_ENV.githubOrganization]: ORGANIZATION,
      [GITHUB_ENV.githubAppId]: String(id),
      [GITHUB_ENV.githubInstallationId]: "7",
      [GITHUB_ENV.githubPrivateKeySecretArn]: "arn:key",
    });
    const gitHub = gitHubApis(async () => privateKey, systemClock);
    const signal = AbortSignal.timeout(10_000);
    const former = gitHub("former-org");
    assert.deepEqual([gitHub().scope, former.scope], [{ organization: ORGANIZATION }, { organization: "former-org" }]);
    await former.hooks.putHook(former.scope, { url: URL, secret: "s", events: ["workflow_job"] }, signal);
    assert.equal(await gitHub().hooks.findHook(gitHub().scope, URL, signal), undefined, "its own account has none");
    assert.equal(await former.hooks.removeHook(former.scope, URL, signal), "deleted");
    assert.deepEqual(gitHub("octo-org/app").scope, { owner: "octo-org", repository: "app" });
    assert.equal(gitHub(), gitHub(), "with its connection and token");
  });
});
