import assert from "node:assert/strict";
import { workflowTokenIssuer } from "../../../contract/shared/workflow-token";

describe("the issuer of a GitHub server's tokens", () => {
  const issuers: [string, string | undefined, string | undefined][] = [
    ["https://api.github.com", undefined, "https://token.actions.githubusercontent.com"],
    ["https://api.github.com/", undefined, "https://token.actions.githubusercontent.com"],
    ["https://api.github.com", "octocat-inc", "https://token.actions.githubusercontent.com/octocat-inc"],
    ["https://api.octocorp.ghe.com", undefined, "https://token.actions.octocorp.ghe.com"],
    ["https://github.example.com/api/v3", undefined, "https://github.example.com/_services/token"],
    ["https://github.example.com:8443/api/v3/", undefined, "https://github.example.com:8443/_services/token"],
    ["https://github.example.com/api/v3", "octocat-inc", undefined],
    ["https://api.github.com.stranger.example", undefined, undefined],
    ["https://stranger.example/api/v4", undefined, undefined],
    ["http://api.github.com", undefined, undefined],
    ["https://user@api.github.com", undefined, undefined],
    ["https://api.github.com?x=1", undefined, undefined],
    ["no address", undefined, undefined],
  ];
  for (const [apiUrl, enterprise, issuer] of issuers) {
    it(`is ${issuer ?? "unknown"} for ${apiUrl}${enterprise === undefined ? "" : ` and the enterprise ${enterprise}`}`, () => {
      assert.equal(workflowTokenIssuer(apiUrl, enterprise), issuer);
    });
  }
});
