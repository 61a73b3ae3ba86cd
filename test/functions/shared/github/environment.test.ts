import assert from "node:assert/strict";
import { GITHUB_ENV } from "../../../../contract/shared/github-environment";
import { gitHubAccount, gitHubJitFromEnvironment } from "../../../../functions/shared/github/environment";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { ORGANIZATION, serveGitHub, TOKEN } from "../../../rehearsal/github/fixture";

const APP = {
  [GITHUB_ENV.githubApiUrl]: "https://api.github.com",
  [GITHUB_ENV.githubOrganization]: "octo-org",
  [GITHUB_ENV.githubAppId]: "12",
  [GITHUB_ENV.githubPrivateKeySecretArn]: "arn:key",
};

describe("gitHubAccount", () => {
  it("reads an App for an organization, with or without its installation id", () => {
    assert.deepEqual(gitHubAccount(APP), {
      apiUrl: "https://api.github.com",
      scope: { organization: "octo-org" },
      credentials: { appId: "12", privateKeySecret: "arn:key" },
    });
    assert.deepEqual(gitHubAccount({ ...APP, [GITHUB_ENV.githubInstallationId]: "34" }).credentials, {
      appId: "12",
      privateKeySecret: "arn:key",
      installationId: 34,
    });
  });

  it("reads a token for a repository on an Enterprise Server", () => {
    assert.deepEqual(
      gitHubAccount({
        [GITHUB_ENV.githubApiUrl]: "https://ghes.example/api/v3/",
        [GITHUB_ENV.githubRepository]: "owner/name",
        [GITHUB_ENV.githubTokenSecretArn]: "arn:token",
      }),
      {
        apiUrl: "https://ghes.example/api/v3",
        scope: { owner: "owner", repository: "name" },
        credentials: { tokenSecret: "arn:token" },
      },
    );
  });

  const bad: [string, Record<string, string>, RegExp][] = [
    ["both scopes", { ...APP, [GITHUB_ENV.githubRepository]: "o/r" }, /exactly one of GITHUB_ORGANIZATION and GITHUB_REPOSITORY; both/],
    ["no scope", { ...APP, [GITHUB_ENV.githubOrganization]: "" }, /exactly one of GITHUB_ORGANIZATION and GITHUB_REPOSITORY; neither/],
    ["both credentials", { ...APP, [GITHUB_ENV.githubTokenSecretArn]: "arn" }, /exactly one of .*; both/],
    ["an App without its key", { ...APP, [GITHUB_ENV.githubPrivateKeySecretArn]: "" }, /GITHUB_APP_PRIVATE_KEY_SECRET_ARN is not set/],
    [
      "a repository without an owner",
      { ...APP, [GITHUB_ENV.githubOrganization]: "", [GITHUB_ENV.githubRepository]: "name" },
      /must be owner\/name/,
    ],
    [
      "an installation id that is not a number",
      { ...APP, [GITHUB_ENV.githubInstallationId]: "x1" },
      /GITHUB_APP_INSTALLATION_ID is "x1": must be a positive whole number/,
    ],
  ];
  for (const [what, environment, error] of bad) {
    it(`rejects ${what} and names the variable`, () => assert.throws(() => gitHubAccount(environment), error));
  }
});

describe("gitHubJitFromEnvironment", () => {
  it("reads the environment only when a runner is needed, and keeps the client with its credentials", async () => {
    const served = await serveGitHub();
    const reads: string[] = [];
    const readSecret = async (name: string) => (reads.push(name), TOKEN);
    const environment: Record<string, string> = {};
    const github = gitHubJitFromEnvironment(readSecret, systemClock, environment);
    assert.throws(github, /GITHUB_API_URL is not set/);
    Object.assign(environment, {
      [GITHUB_ENV.githubApiUrl]: served.api,
      [GITHUB_ENV.githubOrganization]: ORGANIZATION,
      [GITHUB_ENV.githubTokenSecretArn]: "arn:token",
    });
    const signal = AbortSignal.timeout(120_000);
    for (const name of ["e2e-1", "e2e-2"]) await github().create({ name, labels: [name] }, signal);
    assert.deepEqual(reads, ["arn:token"]);
    assert.equal((await github().runners.find("e2e-2", signal))?.online, false);
    await served.close();
  });
});
