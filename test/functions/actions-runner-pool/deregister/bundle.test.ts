import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { awsError, powerState, queryError } from "../../support/aws";
import { messages, metrics } from "../../support/bundle";
import { RUNNERS, bundleRuns, listed, members, runner } from "../../support/bundle-runs";
import { INSTANCE, NAMES, TOKEN, terminateEvent, terminatedEvent } from "../../support/events";

describe("deregister function bundle", () => {
  const functions = bundleRuns();

  it("sends the pool's own stop document first, then cordons the runner", async () => {
    let gitHubCallsBeforeStop: number | undefined;
    const result = await functions.run(
      "deregister",
      [terminateEvent()],
      {
        SendCommand: () => {
          gitHubCallsBeforeStop = functions.gitHub.seen.length;
          return { Command: { CommandId: "c" } };
        },
      },
      ({ method }) => (method === "GET" ? listed(runner({ busy: true })) : { body: { labels: [] } }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand", "GetSecretValue"]);
    assert.equal(gitHubCallsBeforeStop, 0);
    const { DocumentName, InstanceIds, TimeoutSeconds } = result.parameters("SendCommand");
    assert.deepEqual([DocumentName, InstanceIds, TimeoutSeconds], [NAMES.stopDocument, [INSTANCE], 600]);
    assert.equal(functions.gitHub.calls.at(-1), `DELETE ${RUNNERS}/7/labels`);
  });

  it("sends the stop even if GitHub hangs", async () => {
    const result = await functions.run("deregister", [terminateEvent()], { SendCommand: () => ({ Command: {} }) }, () => "hang");
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(messages(result), ["stop sent", "cordon failed; the drain does not need it"]);
  });

  it("sends the stop even if the GitHub settings are invalid", async () => {
    const result = await functions.run("deregister", [terminateEvent()], { SendCommand: () => ({ Command: {} }) }, () => ({}), {
      [ENV.githubOrganization]: "",
    });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand"]);
  });

  it("completes a pool trim that the host cannot complete, and accepts that the action is already completed", async () => {
    const completion = queryError("ValidationError", `No active Lifecycle Action found with token ${TOKEN}`);
    const result = await functions.run(
      "deregister",
      [terminateEvent()],
      {
        SendCommand: () => awsError("InvalidInstanceId", `Instances [[${INSTANCE}]] not in a valid state for account 123456789012`),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", [[INSTANCE, "Warmed:Terminating:Wait"]]),
        DescribeInstances: () => powerState(INSTANCE, "stopped"),
        CompleteLifecycleAction: () => completion,
      },
      () => ({}),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand", "DescribeAutoScalingInstances", "DescribeInstances", "CompleteLifecycleAction"]);
    assert.deepEqual(metrics(result), { StopFailures: 1 });
    assert.equal(functions.gitHub.seen.length, 0);
  });

  it("throws when Systems Manager throttles the stop, after the SDK's retries and the cordon", async () => {
    const result = await functions.run(
      "deregister",
      [terminateEvent()],
      { SendCommand: () => awsError("ThrottlingException", "Rate exceeded") },
      () => listed(),
    );
    assert.notEqual(result.code, 0);
    assert.equal(result.awsCalls.filter((call) => call === "SendCommand").length, 3);
    assert.ok(functions.gitHub.calls.includes(`GET ${RUNNERS}`));
  });

  it("removes the runner and the secret of a terminated instance", async () => {
    const result = await functions.run(
      "deregister",
      [terminatedEvent()],
      {
        DeleteSecret: () => awsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", []),
      },
      ({ method }) => (method === "GET" ? listed(runner({ status: "offline" })) : { status: 204 }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.equal(functions.gitHub.calls.at(-1), `DELETE ${RUNNERS}/7`);
    assert.equal(result.parameters("DeleteSecret").ForceDeleteWithoutRecovery, true);
  });
});
