import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PERSISTENT_RUNNER_TAG } from "../../contract/persistent-runner/names";
import { MemoryStore } from "../../rehearsal/aws/store";
import { API_CALLS } from "../../rehearsal/provider/api-calls";
import type { ApiCall } from "../../rehearsal/provider/api-calls/api-call";
import { ACCOUNT, DEV, deployer, KEY, PROD, REGION, tags } from "./bootstrap-decisions";
import { examplesOf, type Writes } from "./recorded-writes";

describe("the policies of the bootstrap example, for a stack with a persistent runner", () => {
  it("have each call that a machine adds to a deployment, only with it, and on no other stack's machine", () => {
    const list = JSON.parse(readFileSync(join(__dirname, "../../examples/bootstrap/writes.json"), "utf8")) as Writes[];
    const of = (pool: string) =>
      examplesOf(
        list.filter(({ group }) => group.startsWith("machine-")),
        { region: REGION, account: ACCOUNT, pool, name: "runners" },
      );
    const [allows, without] = [deployer({ machine: true, demand: true }), deployer({ demand: true })];
    const named = (calls: ApiCall[]) => calls.map(({ action, resource }) => `${action} ${resource}`);
    assert.deepEqual(named(of(DEV).filter((call) => !allows(call))), []);
    // What a launch uses and has no tag. EC2 decides on the instance, the volume and the group as well.
    const shared = of(DEV).filter(without);
    assert.deepEqual([...new Set(shared.map(({ action }) => action))], ["ec2:RunInstances"]);
    const others = of(PROD)
      .filter(({ resource, context }) => JSON.stringify([resource, context]).includes(PROD))
      // What the launch of a pool's instances takes already.
      .filter(({ action }) => action !== "ec2:RunInstances");
    assert.ok(others.length > 20, `${others.length} calls`);
    assert.deepEqual(named(others.filter(allows)), []);
    const protection = {
      action: "ec2:ModifyInstanceAttribute",
      resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-1`,
      context: { [`aws:ResourceTag/${PERSISTENT_RUNNER_TAG}`]: `${DEV}-machine` },
    };
    assert.ok(allows(protection), "or a protected machine could never be destroyed");
    assert.ok(!allows({ ...protection, context: tags("Resource", DEV) }), "of an instance of the pool");
  });

  it("open a key of one's own to the volumes of a machine through EC2 alone, whose grants are EC2's, and only with a machine", () => {
    const seen: ApiCall[] = API_CALLS["aws:ebs/volume:Volume"]!({
      ...{ kind: "create", id: "", state: { kmsKeyId: KEY }, before: {}, changed: [], tags: {}, tagsBefore: {} },
      ...{ account: { partition: "aws", region: REGION, accountId: ACCOUNT }, store: new MemoryStore() },
    }).filter(({ resource }) => resource === KEY);
    assert.equal(seen.length, 4);
    const [allows, without] = [deployer({ kmsKeyArn: KEY, machine: true }), deployer({ kmsKeyArn: KEY })];
    // To describe any key is among the reads.
    for (const call of seen.filter(({ action }) => action !== "kms:DescribeKey")) {
      assert.deepEqual([allows(call), without(call)], [true, false], call.action);
      assert.ok(!allows({ ...call, context: {} }), `${call.action} of its own`);
    }
    const grant = seen.find(({ action }) => action === "kms:CreateGrant")!;
    const { "kms:GrantIsForAWSResource": _, ...context } = grant.context;
    assert.ok(!allows({ ...grant, context }), "a grant to anyone");
  });
});
