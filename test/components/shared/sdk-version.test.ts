import assert from "node:assert/strict";
import { version } from "@pulumi/aws/package.json";
import { OLDEST_AWS_SDK, checkAwsSdk } from "../../../components/shared/sdk-version";

describe("the check of the AWS SDK that the components import", () => {
  for (const old of ["7.38.0", "7.38.99", "7.4.0", "6.99.0", "v7.38.0", "7.38.1-alpha.1"]) {
    it(`refuses ${old}, which drops what keeps a job's instance, with the version to install`, () => {
      assert.throws(() => checkAwsSdk(old), {
        message: new RegExp(`^@pulumi/aws ${old.replaceAll(".", "\\.")} is too old .* npm install @pulumi/aws@\\^7\\.39\\.0$`),
      });
    });
  }

  for (const good of [OLDEST_AWS_SDK, "7.39.1", "7.40.0", "7.100.0", "v7.48.0", "8.0.0", version]) {
    it(`never refuses ${good}, which has everything`, () => checkAwsSdk(good));
  }

  it("reads the version that is installed, not one that the caller names", () => {
    assert.doesNotThrow(() => checkAwsSdk());
    assert.match(version, /^\d+\.\d+\.\d+$/);
  });
});
