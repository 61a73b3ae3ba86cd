import assert from "node:assert/strict";
import { shownValue } from "../../../components/shared/shown-value";

describe("a value in an error", () => {
  for (const value of [
    "my org",
    4,
    true,
    { minSize: 3, maxSize: 2 },
    ["linux", "x64"],
    "7".repeat(64),
    "arn:aws:iam::123456789012:policy/ci/TeamBoundary2026",
    "https://github.com/actions/runner/releases/download/v2.337.0/actions-runner-linux-x64-2.337.0.tar.gz",
    "/opt/hooks/started.sh",
  ]) {
    it(`is shown as it was written: ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.equal(shownValue("field", value), JSON.stringify(value));
    });
  }

  it("is shown in a field for a secret's ARN only if it may be a reference", () => {
    const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github-app-AbCdEf";
    assert.equal(shownValue("github.tokenSecretArn", arn), JSON.stringify(arn));
    assert.match(shownValue("github.tokenSecretArn", "correct horse battery staple"), /28 characters, not shown/);
    assert.match(shownValue("github", { app: { privateKeySecretArn: "a b" } }), /privateKeySecretArn":"\(3 characters, not shown/);
  });

  it("is cut where it is long, or an error would be a whole file", () => {
    const shown = shownValue("labels", "a".repeat(5_000));
    assert.ok(shown.length < 250 && shown.includes("5000 characters"), shown);
  });
});
