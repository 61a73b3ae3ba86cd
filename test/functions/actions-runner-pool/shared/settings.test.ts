import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { gitHubAccount, maxDrainSeconds, poolSettings } from "../../../../functions/actions-runner-pool/shared/settings";

const APP = {
  [ENV.githubApiUrl]: "https://api.github.com",
  [ENV.githubOrganization]: "octo-org",
  [ENV.githubAppId]: "12",
  [ENV.githubPrivateKeySecretArn]: "arn:key",
};

describe("settings of the functions", () => {
  it("read an App for an organization, its installation being optional", () => {
    assert.deepEqual(gitHubAccount(APP), {
      apiUrl: "https://api.github.com",
      scope: { organization: "octo-org" },
      credentials: { appId: "12", privateKeySecret: "arn:key" },
    });
    assert.deepEqual(gitHubAccount({ ...APP, [ENV.githubInstallationId]: "34" }).credentials, {
      appId: "12",
      privateKeySecret: "arn:key",
      installationId: 34,
    });
  });

  it("read a token for a repository on an Enterprise Server", () => {
    assert.deepEqual(
      gitHubAccount({
        [ENV.githubApiUrl]: "https://ghes.example/api/v3/",
        [ENV.githubRepository]: "owner/name",
        [ENV.githubTokenSecretArn]: "arn:token",
      }),
      {
        apiUrl: "https://ghes.example/api/v3",
        scope: { owner: "owner", repository: "name" },
        credentials: { tokenSecret: "arn:token" },
      },
    );
  });

  const bad: [string, Record<string, string>, RegExp][] = [
    ["both scopes", { ...APP, [ENV.githubRepository]: "o/r" }, /exactly one of GITHUB_ORGANIZATION and GITHUB_REPOSITORY; both/],
    ["no scope", { ...APP, [ENV.githubOrganization]: "" }, /exactly one of GITHUB_ORGANIZATION and GITHUB_REPOSITORY; neither/],
    ["both credentials", { ...APP, [ENV.githubTokenSecretArn]: "arn" }, /exactly one of .*; both/],
    ["an App without its key", { ...APP, [ENV.githubPrivateKeySecretArn]: "" }, /GITHUB_APP_PRIVATE_KEY_SECRET_ARN is not set/],
    ["a repository without owner", { ...APP, [ENV.githubOrganization]: "", [ENV.githubRepository]: "name" }, /must be owner\/name/],
    [
      "an installation that is no number",
      { ...APP, [ENV.githubInstallationId]: "x1" },
      /GITHUB_APP_INSTALLATION_ID is "x1": must be a positive whole number/,
    ],
  ];
  for (const [what, environment, error] of bad) {
    it(`name the variable for ${what}`, () => assert.throws(() => gitHubAccount(environment), error));
  }

  it("name the variable when pool or maximum drain are missing", () => {
    assert.throws(() => poolSettings({}), /POOL_NAME is not set/);
    assert.throws(() => maxDrainSeconds({ [ENV.maxDrainSeconds]: "48h" }), /MAX_DRAIN_SECONDS is "48h"/);
  });
});
