import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import type { Instance } from "../../../../rehearsal/aws/ec2";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { deployRole, ACCOUNT, startHarness, type AwsHarness } from "../harness";

const AGENT = [
  { Effect: "Allow", Action: "ssm:UpdateInstanceInformation", Resource: "arn:aws:ec2:*:*:instance/*" },
  { Effect: "Allow", Action: "ssmmessages:*", Resource: "*" },
];

describe("Run Command, on virtual time", () => {
  let harness: AwsHarness;
  let clock: VirtualClock;
  let host: Instance;

  beforeEach(async () => {
    clock = new VirtualClock();
    harness = await startHarness({ clock });
    deployRole(harness.store, "host", AGENT, "ec2.amazonaws.com");
    deployRole(harness.store, "deregister", [
      { Effect: "Allow", Action: "ssm:SendCommand", Resource: `arn:aws:ssm:*:*:document/p-stop` },
      {
        Effect: "Allow",
        Action: "ssm:SendCommand",
        Resource: "arn:aws:ec2:*:*:instance/*",
        Condition: { StringEquals: { "aws:ResourceTag/ci-runners:pool": "p" } },
      },
    ]);
    document("p-stop", ["systemctl stop --no-block actions-runner.service"]);
    host = await launch({ "ci-runners:pool": "p" });
    await clock.sleep(60_000);
  });
  afterEach(async () => {
    await harness.end();
    clock.close();
  });

  function document(name: string, runCommand: string[], parameters?: object): void {
    const content = JSON.stringify({
      schemaVersion: "2.2",
      parameters,
      mainSteps: [{ action: "aws:runShellScript", name: "run", inputs: { runCommand } }],
    });
    harness.store.put({ type: "aws:ssm/document:Document", id: name, state: { name, content } });
  }

  async function launch(tags: Record<string, string>): Promise<Instance> {
    const instance = harness.fleet.create({
      userData: "",
      instanceType: "t4g.small",
      subnetId: "s",
      availabilityZone: "a",
      tags,
      profile: { arn: "arn:aws:iam::1:instance-profile/host", roleName: "host" },
    });
    await harness.fleet.powerOn(instance);
    return instance;
  }

  const deregister: Principal = { kind: "function", functionName: "deregister", roleName: "deregister" };
  const send = (params: Shape, principal: Principal = deregister) => harness.gateway.call(principal, "ssm:SendCommand", params);

  it("must deliver a command to one host late or more than once if a test requires it", async () => {
    harness.ssm.deliveryTimes = (id) => (id === host.id ? [5_000, 90_000] : undefined);
    const sentAt = clock.now();
    await send({ DocumentName: "p-stop", InstanceIds: [host.id] });
    await clock.sleep(120_000);
    const arrivals = harness.timeline.events.flatMap((event) => (event.kind === "command" ? [event.at - sentAt] : []));
    assert.deepEqual(arrivals, [5_000, 90_000]);
  });

  it("must deliver the document's own commands to the host about a second later", async () => {
    const sentAt = clock.now();
    const { Command } = await send({ DocumentName: "p-stop", InstanceIds: [host.id] });
    assert.deepEqual(harness.driver.commands, [], "the command must not arrive during the call");
    const { at, outcome } = (await harness.timeline.when((event) => event.kind === "command")) as { at: number; outcome: string };
    assert.ok(at - sentAt >= 400 && at - sentAt <= 1200);
    assert.equal(outcome, "Success");
    assert.deepEqual(harness.driver.commands, [{ instanceId: host.id, commands: ["systemctl stop --no-block actions-runner.service"] }]);
    const CommandId = (Command as Shape)["CommandId"];
    const detail = await harness.gateway.call({ kind: "operator" }, "ssm:GetCommandInvocation", { CommandId, InstanceId: host.id });
    assert.deepEqual([detail["Status"], detail["StandardOutputContent"]], ["Success", "done"]);
  });

  it("must deny an instance of another pool, and another document [A8.2]", async () => {
    const other = await launch({ "ci-runners:pool": "q" });
    await clock.sleep(60_000);
    await assert.rejects(
      send({ DocumentName: "p-stop", InstanceIds: [host.id, other.id] }),
      new RegExp(`ssm:SendCommand on resource: arn:aws:ec2:${ACCOUNT.region}:${ACCOUNT.accountId}:instance/${other.id}`),
    );
    await assert.rejects(
      send({ DocumentName: "AWS-RunShellScript", InstanceIds: [host.id], Parameters: { commands: ["id"] } }),
      /document\/AWS-RunShellScript/,
    );
    assert.deepEqual(harness.driver.commands, []);
  });

  const invalidInstance = (id: string) => ({
    name: "InvalidInstanceId",
    message: `Instances [[${id}]] not in a valid state for account ${ACCOUNT.accountId}`,
  });

  it("must return AWS's error before the agent has registered, and once the host is off [A9.1]", async () => {
    const fresh = await launch({ "ci-runners:pool": "p" });
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: [fresh.id] }), invalidInstance(fresh.id));
    await harness.fleet.stop(host);
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: [host.id] }), invalidInstance(host.id));
  });

  it("must record a denial if the host role lacks a permission that the agent needs to register", async () => {
    deployRole(harness.store, "host", [AGENT[0]!], "ec2.amazonaws.com");
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: [host.id] }), invalidInstance(host.id));
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: [host.id] }), invalidInstance(host.id));
    assert.deepEqual(harness.denied(), [{ principal: "instance", action: "ssmmessages:CreateControlChannel", resource: "*" }]);
  });

  it("must report a delivery timeout if the machine disappears between the call and the command [A9.2]", async () => {
    harness.driver.reply = async () => Promise.reject(new Error("gone"));
    await send({ DocumentName: "p-stop", InstanceIds: [host.id] });
    const event = (await harness.timeline.when((entry) => entry.kind === "command")) as { outcome: string };
    assert.equal(event.outcome, "DeliveryTimedOut");
  });

  it("must fill in parameters, and reject those that are missing, unknown or do not match the pattern", async () => {
    document("greet", ["echo {{ who }}"], { who: { type: "String", allowedPattern: "[a-z]+" } });
    const operator: Principal = { kind: "operator" };
    for (const Parameters of [{}, { who: ["x; rm -rf /"] }, { who: ["x"], other: ["y"] }]) {
      await assert.rejects(send({ DocumentName: "greet", InstanceIds: [host.id], Parameters }, operator), { name: "InvalidParameters" });
    }
    await send({ DocumentName: "greet", InstanceIds: [host.id], Parameters: { who: ["me"] } }, operator);
    await harness.timeline.when((event) => event.kind === "command");
    assert.deepEqual(harness.driver.commands.at(-1)?.commands, ["echo me"]);
  });

  it("must reject more than 50 instances, and truncate output to 24 000 characters [A9.4]", async () => {
    const operator: Principal = { kind: "operator" };
    const many = Array.from({ length: 51 }, () => host.id);
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: many }, operator), {
      name: "ValidationException",
      message: /at most 50 instances/,
    });
    harness.driver.reply = async () => ({ exitCode: 0, stdout: "x".repeat(24_001), stderr: "" });
    const { Command } = await send({ DocumentName: "p-stop", InstanceIds: [host.id] }, operator);
    await harness.timeline.when((event) => event.kind === "command");
    const detail = await harness.gateway.call(operator, "ssm:GetCommandInvocation", {
      CommandId: (Command as Shape)["CommandId"],
      InstanceId: host.id,
    });
    assert.equal(String(detail["StandardOutputContent"]).length, 24_000);
  });

  it("must reject a document that does not exist and a delivery timeout that AWS rejects [A9.3]", async () => {
    const operator: Principal = { kind: "operator" };
    await assert.rejects(send({ DocumentName: "none", InstanceIds: [host.id] }, operator), { name: "InvalidDocument" });
    await assert.rejects(send({ DocumentName: "p-stop", InstanceIds: [host.id], TimeoutSeconds: 29 }, operator), {
      name: "ValidationException",
    });
  });
});
