import assert from "node:assert/strict";
import { Webhooks } from "@octokit/webhooks";
import fc from "fast-check";
import { gitHubDigest, isSigned } from "../../../../functions/shared/webhook/signature";

const SECRET = "It's a Secret to Everybody";
const sign = (body: string, secret = SECRET) => new Webhooks({ secret }).sign(body);

describe("the signature of a delivery", () => {
  it("is GitHub's documented example", () => {
    const header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert.ok(isSigned(Buffer.from("Hello, World!"), gitHubDigest(header), [SECRET]));
  });

  it("agrees with GitHub's own library for any body and secret", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: "binary" }), fc.string({ minLength: 1 }), async (body, secret) => {
        const digest = gitHubDigest(await sign(body, secret));
        assert.ok(isSigned(Buffer.from(body), digest, [secret]));
        assert.equal(isSigned(Buffer.from(`${body} `), digest, [secret]), false);
        assert.equal(isSigned(Buffer.from(body), digest, [`${secret}x`]), false);
      }),
      { numRuns: 50 },
    );
  });

  it("may be by the current or the previous secret, or a delivery in flight would be lost in a rotation", async () => {
    const digest = gitHubDigest(await sign("{}", "old"));
    assert.ok(isSigned(Buffer.from("{}"), digest, ["new", "old"]));
    assert.ok(isSigned(Buffer.from("{}"), digest, ["old", "older"]));
    assert.equal(isSigned(Buffer.from("{}"), digest, ["new", "newer"]), false);
  });

  it("is refused in any other form, without an exception that a stranger could cause", async () => {
    const header = await sign("{}");
    for (const other of [
      undefined,
      "",
      "sha256=",
      header.slice(0, -1),
      `${header}0`,
      header.replace("sha256=", "sha1="),
      header.replace("sha256=", ""),
      `sha256=${"z".repeat(64)}`,
      `sha256=${"é".repeat(64)}`,
      `sha256=${"0".repeat(64)}`,
    ]) {
      assert.equal(isSigned(Buffer.from("{}"), gitHubDigest(other), [SECRET]), false, String(other));
    }
  });

  it("never matches without a secret", async () => {
    assert.equal(isSigned(Buffer.from("{}"), gitHubDigest(await sign("{}")), []), false);
  });
});
