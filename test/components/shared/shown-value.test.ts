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
    "https://github.com/actions/runner/releases/download/v2.350.0/actions-runner-linux-x64-2.350.0.tar.gz",
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

  for (const text of [
    "0a1b2c3d4e".repeat(4),
    "AABF3JGZDX3P5PMEXLND6TS6FCWO6",
    "hunter2-S3cret",
    "hunter2",
    "correct-horse-battery-staple",
    "summer/2026@example.org",
    "arn:hunter2",
    "arn:aws:hunter2-S3cret",
    "arn:aws:secretsmanager:hunter2",
    "arn:aws:secretsmanager:us-east-1:123456789012:hunter2",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:hunter2 and more",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:0a1b2c3d4e0a1b2c3d4e0a1b2c3d4e0a1b2c3d4e",
  ]) {
    it(`never shows what may be a token or a password in a field for a secret's ARN: ${text}`, () => {
      const parts = ["0a1b2c3d4e", "AABF3J", "hunter2", "S3cret", "horse", "summer"].filter((part) => text.includes(part));
      assert.ok(parts.length > 0);
      for (const value of [text, [text], { value: text }, { github: { tokenSecretArn: [text] } }]) {
        const field = typeof value === "object" && "github" in value ? "settings" : "github.tokenSecretArn";
        const shown = shownValue(field, value);
        assert.match(shown, /characters, not shown/);
        for (const part of parts) assert.ok(!shown.includes(part), shown);
      }
    });
  }

  it("shows an ARN up to the mistake, so that its writer finds it", () => {
    const shown = (value: string) => JSON.parse(shownValue("github.tokenSecretArn", value)).replace(/, not shown.*/, "");
    assert.equal(shown("arn:aws:secretsmanager:us-east-1:1234:secret:app"), "arn:aws:secretsmanager:us-east-1:(15 characters");
    assert.equal(shown("arn:aws:ssm:us-east-1:123456789012:parameter/x"), "arn:aws:ssm:us-east-1:123456789012:(11 characters");
    assert.equal(
      shown("arn:aws:secretsmanager:us-east-1:123456789012:secret:a b"),
      "arn:aws:secretsmanager:us-east-1:123456789012:(10 characters",
    );
    assert.equal(shown("7".repeat(12)), "(12 characters");
  });

  it("never shows a token of GitHub without a prefix in any field", () => {
    for (const text of ["0a1b2c3d4e".repeat(4), "AABF3JGZDX3P5PMEXLND6TS6FCWO6"]) {
      assert.ok(!shownValue("github.organization", text).includes(text.slice(0, 6)), text);
    }
    assert.equal(shownValue("github.tokenSecretArn", 4711), '"(4 characters, not shown because they may be a secret)"');
  });

  it("is cut where it is long, or an error would be a whole file", () => {
    const shown = shownValue("labels", "a".repeat(5_000));
    assert.ok(shown.length < 250 && shown.includes("5000 characters"), shown);
  });
});
