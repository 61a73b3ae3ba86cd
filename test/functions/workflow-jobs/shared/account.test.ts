import assert from "node:assert/strict";
import { servedAccount, servesRepository } from "../../../../functions/workflow-jobs/shared/account";

describe("the account that the pools serve", () => {
  it("includes all repositories of an organization, in any spelling", () => {
    for (const name of ["octo-org/app", "Octo-Org/App"]) assert.ok(servesRepository({ organization: "octo-ORG" }, name));
  });

  it("is not one whose name only begins alike, nor a repository that is called like it", () => {
    for (const name of ["octo-org-two/app", "octo/app", "other/octo-org", "octo-org"]) {
      assert.ok(!servesRepository({ organization: "octo-org" }, name), name);
    }
  });

  it("is one repository of its owner, if the runners are that repository's", () => {
    const account = { repository: "Octo-Org/app" };
    assert.ok(servesRepository(account, "octo-org/App"));
    for (const name of ["octo-org/app2", "octo-org/tool", "fork/app"]) assert.ok(!servesRepository(account, name), name);
  });

  it("is none if it is not known, or every stranger's jobs would launch instances", () => {
    assert.ok(!servesRepository({}, "octo-org/app"));
  });

  it("is that of the installation", () => {
    assert.deepEqual(servedAccount({ organization: "octo-org" }), { organization: "octo-org" });
    assert.deepEqual(servedAccount({ owner: "octo-org", repository: "app" }), { repository: "octo-org/app" });
  });
});
