import assert from "node:assert/strict";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "../../../../functions/shared/aws/clients";
import { putSecret } from "../../../../functions/shared/aws/put-secret";

const SECRET = { name: "ci-runners-order/build", description: "d", value: "v", tags: { a: "1" } };

describe("a secret for one machine", () => {
  const failure = (name: string) => Object.assign(new Error(name), { name });
  const put = (onCreate: Error | undefined, onReplace?: Error, secret: Parameters<typeof putSecret>[1] = SECRET) => {
    const inputs: unknown[] = [];
    const client = {
      send: async (command: { input: unknown }) => {
        inputs.push(command.input);
        const error = command instanceof CreateSecretCommand ? onCreate : onReplace;
        if (error) throw error;
        return {};
      },
    } as unknown as SecretsManager;
    return putSecret(client, secret).then((outcome) => ({ outcome, inputs }));
  };

  it("is created with its tags, without which the machine could not read it, and with a key of the customer's", async () => {
    const Tags = [{ Key: "a", Value: "1" }];
    const expected = { Name: SECRET.name, Description: "d", SecretString: "v", Tags };
    assert.deepEqual(await put(undefined), { outcome: "created", inputs: [expected] });
    const { inputs } = await put(undefined, undefined, { ...SECRET, kmsKeyArn: "arn:key" });
    assert.deepEqual(inputs, [{ ...expected, KmsKeyId: "arn:key" }]);
  });

  it("replaces one that was left over: the newest value counts", async () => {
    const { outcome, inputs } = await put(failure("ResourceExistsException"));
    assert.equal(outcome, "replaced");
    assert.deepEqual(inputs[1], { SecretId: SECRET.name, SecretString: "v" });
  });

  it("gives one that was left over to its new owner before it has the new value", async () => {
    const secret = { ...SECRET, tags: { "ci-runners:owner": "new" }, replacesTags: true };
    const { inputs } = await put(failure("ResourceExistsException"), undefined, secret);
    assert.deepEqual(inputs.slice(1), [
      { SecretId: SECRET.name, Tags: [{ Key: "ci-runners:owner", Value: "new" }] },
      { SecretId: SECRET.name, SecretString: "v" },
    ]);
  });

  it("says so while AWS blocks the name of one that was just deleted", async () => {
    assert.equal((await put(failure("InvalidRequestException"))).outcome, "taken");
    for (const name of ["ResourceNotFoundException", "InvalidRequestException"]) {
      assert.equal((await put(failure("ResourceExistsException"), failure(name))).outcome, "taken");
    }
  });

  it("fails with AWS's own error otherwise", async () => {
    await assert.rejects(put(failure("AccessDeniedException")), { name: "AccessDeniedException" });
    await assert.rejects(put(failure("ResourceExistsException"), failure("KMSError")), { name: "KMSError" });
  });
});
