import assert from "node:assert/strict";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ACCOUNT, deployRole, startHarness, type AwsHarness } from "../harness";
import { deployFunction } from "./deployed-functions";

describe("Lambda of the stand-in, used by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: LambdaClient;
  before(async () => {
    harness = await startHarness();
    client = clientOf(harness.credentials.issue({ kind: "operator" }));
    const code =
      "export const handler = async (event) => { console.log('got ' + event.task); if (event.fail) throw new TypeError('no'); return { task: event.task }; }";
    deployFunction(harness, "worker", code);
  });
  after(() => harness.end());

  const clientOf = ({
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }: {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  }) =>
    new LambdaClient({
      region: ACCOUNT.region,
      endpoint: `http://127.0.0.1:${harness.front.httpPort}`,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
      maxAttempts: 1,
    });
  const invoke = (event: object, more: object = {}) =>
    client.send(new InvokeCommand({ FunctionName: "worker", Payload: Buffer.from(JSON.stringify(event)), ...more }));
  const payload = ({ Payload }: { Payload?: Uint8Array }) => JSON.parse(Buffer.from(Payload!).toString());

  it("returns the function's result, and its error as a result with a mark", async () => {
    const done = await invoke({ task: "rotate-secret" });
    assert.deepEqual([done.StatusCode, done.FunctionError, payload(done)], [200, undefined, { task: "rotate-secret" }]);
    const failed = await invoke({ fail: true });
    assert.deepEqual([failed.StatusCode, failed.FunctionError], [200, "Unhandled"]);
    assert.equal(payload(failed).errorType, "TypeError");
  });

  it("queues an event and does not wait for it", async () => {
    const before = harness.lambda.logs.length;
    const queued = await invoke({ task: "later" }, { InvocationType: "Event" });
    assert.equal(queued.StatusCode, 202);
    await harness.async.close();
    assert.deepEqual(
      harness.lambda.logs.slice(before).map(({ line }) => line),
      ["got later"],
    );
  });

  it("refuses an unknown function, an input that is no JSON and one that is too large", async () => {
    await assert.rejects(invoke({}, { FunctionName: "none" }), { name: "ResourceNotFoundException", message: /function:none$/ });
    await assert.rejects(invoke({}, { Payload: Buffer.from("{") }), { name: "InvalidRequestContentException" });
    const Payload = Buffer.from(JSON.stringify("x".repeat(6 * 1024 * 1024)));
    await assert.rejects(invoke({}, { Payload }), { name: "RequestTooLargeException" });
  });

  it("admits only who may invoke this very function, named by its name or its ARN", async () => {
    const Resource = `arn:aws:lambda:${ACCOUNT.region}:${ACCOUNT.accountId}:function:worker`;
    deployRole(harness.store, "caller", [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource }]);
    const operator = client;
    client = clientOf(harness.credentials.issue({ kind: "function", functionName: "caller", roleName: "caller" }));
    for (const FunctionName of ["worker", Resource, `${ACCOUNT.accountId}:function:worker`]) {
      assert.deepEqual(payload(await invoke({ task: "a" }, { FunctionName })), { task: "a" });
    }
    await assert.rejects(invoke({}, { FunctionName: "worker-2" }), { name: "AccessDeniedException" });
    client = operator;
  });
});
