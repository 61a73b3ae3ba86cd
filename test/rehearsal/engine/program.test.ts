import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { openStack, type StackHandle } from "../../../rehearsal/engine/engine";
import { locate } from "../../../rehearsal/engine/locate";
import { ProviderBackend, type ProviderOptions } from "../../../rehearsal/provider/backend";
import { serveProvider, type ProviderServer } from "../../../rehearsal/provider/server";
import { missingFrom, type SeenCall, type Writes } from "../../examples/recorded-writes";
import { FakeAutoScaling } from "../provider/fake-auto-scaling";
import { ENGINE_TEST_TIMEOUT } from "./fixture";

const PROJECT = resolve(__dirname, "../../..");
const GROUP = "aws:autoscaling/group:Group";

/** What exists in prod's account: a custom image, pinned by a parameter. */
const PROD_IMAGE = "ami-0abcdef0123456789";
const FACTS: Record<string, ProviderOptions["facts"]> = {
  prod: {
    parameters: { "/example-org/images/runner-ubuntu-22.04-arm64": PROD_IMAGE },
    images: { [PROD_IMAGE]: { architecture: "arm64", rootDeviceName: "/dev/sda1" } },
  },
};

/** What the setup function of a source of demand answers. */
const WEBHOOK = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners-webhook/jobs-AbCdEf", left: [] };

/** The writes that the bootstrap example permits to a stack's role. */
const WRITES: Writes[] = JSON.parse(readFileSync(join(PROJECT, "examples/bootstrap/writes.json"), "utf8"));

/** One digest over the contents of the project's files. */
function digestOf(...files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(PROJECT, file)));
  return hash.digest("hex");
}

for (const stackName of ["dev", "sandbox", "prod"]) {
  describe(`the real program as stack ${stackName}, on the real engine`, function () {
    this.timeout(ENGINE_TEST_TIMEOUT);
    const dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
    const store = new MemoryStore();
    const autoscaling = new FakeAutoScaling();
    const settings = ["Pulumi.yaml", `Pulumi.${stackName}.yaml`];
    const digestBefore = digestOf(...settings);
    let server: ProviderServer;
    let stack: StackHandle;
    let groupName = "";
    const seen: SeenCall[] = [];
    let lookups = 0;
    const invocations: {
      functionName: string;
      pool: string;
      check?: string;
      task?: string;
      action: string;
      groups: number;
      functions: number;
    }[] = [];

    before(async () => {
      const invoke: ProviderOptions["invoke"] = async (functionName, payload) => {
        const { pool, check, task, tf } = payload as { pool: string; check?: string; task?: string; tf?: { action: string } };
        if (tf === undefined) {
          assert.deepEqual([functionName, check, autoscaling.groups.size], [`${pool}-sweep`, "readiness", 1]);
          lookups += 1;
          return { result: { ageSeconds: lookups === 1 ? 0 : 86_400, inService: 1, wanted: 1, underway: {}, failedLaunches: 0 } };
        }
        invocations.push({
          functionName,
          pool,
          ...(check === undefined ? {} : { check }),
          ...(task === undefined ? {} : { task }),
          action: tf.action,
          groups: autoscaling.groups.size,
          // Those for which events wait; a source of demand has functions of its own.
          functions: store.list("aws:lambda/function:Function").filter(({ id }) => /-(register|deregister|sweep)$/.test(id)).length,
        });
        return { result: task === "own-webhook" ? WEBHOOK : null };
      };
      const authorise: ProviderOptions["authorise"] = (call, token) => void seen.push({ ...call, token });
      const backend = new ProviderBackend({ store, autoscaling, filesDir: join(dir, "files"), facts: FACTS[stackName], invoke, authorise });
      server = await serveProvider(backend, join(dir, "provider.sock"));
      const { command } = await locate({ progress: (message) => console.error(message) });
      stack = await openStack({
        stack: stackName,
        projectDir: PROJECT,
        workDir: join(dir, "work"),
        socketPath: server.socketPath,
        pulumi: command,
      });
    });
    after(async () => {
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    });

    it("previews without creating anything", async () => {
      const preview = await stack.preview();
      assert.ok(preview.changes.create! > 30, JSON.stringify(preview.changes));
      assert.deepEqual(store.all(), []);
      assert.equal(lookups, 0, "a preview invoked a function");
    });

    it("deploys the group's hooks before its first instance", async () => {
      const up = await stack.up();
      assert.ok(up.resources > 30);
      assert.equal(lookups, 1);
      groupName = (await stack.outputs()).groupName!.value;
      const operations = autoscaling.operations();
      assert.deepEqual(operations.slice(0, 4), [
        "CreateAutoScalingGroup",
        "PutLifecycleHook",
        "PutLifecycleHook",
        "UpdateAutoScalingGroup",
      ]);
      assert.ok(autoscaling.groups.get(groupName)!.instances.length > 0);
      assert.equal(store.list("aws:ec2/vpc:Vpc").length, stackName === "dev" ? 1 : 0);
    });

    it("changes nothing in a second run after scaling has changed the desired capacity", async () => {
      const desired = autoscaling.groups.get(groupName)!.instances.length + 1;
      autoscaling.setDesired(groupName, desired);
      const again = await stack.up();
      assert.equal(again.changed, 0, JSON.stringify(again.steps));
      const { drift } = await stack.refresh();
      assert.deepEqual(
        drift.map(({ type, properties }) => [type, Object.keys(properties)]),
        [[GROUP, ["desiredCapacity"]]],
      );
      assert.equal((await stack.up()).changed, 0);
      assert.equal(autoscaling.groups.get(groupName)!.instances.length, desired);
      assert.equal(lookups, 3, "one for each run that is no preview");
    });

    it("leaves nothing behind after destroy, and the project's folder unchanged", async () => {
      await stack.destroy();
      assert.deepEqual(
        store.all().map(({ type, id }) => `${type} ${id}`),
        [],
      );
      assert.equal(autoscaling.groups.size, 0);
      assert.equal(digestOf(...settings), digestBefore);
    });

    it("makes no call of AWS's API that the bootstrap's list of writes lacks, so that its role can deploy this stack, too", () => {
      assert.ok(seen.length > 100, `${seen.length} calls`);
      const names = { region: "us-east-1", account: "123456789012", pool: groupName, name: "runners" };
      assert.deepEqual(missingFrom(WRITES, seen, names), [], "write it anew: see docs/getting-started.md");
    });

    it("checks before the group is deleted, and sweeps once it is deleted and all functions still exist", () => {
      const sweep = { functionName: `${groupName}-sweep`, pool: groupName, groups: 0, functions: 3 };
      const check = { ...sweep, check: "destroy", groups: 1 };
      assert.deepEqual(
        invocations.filter(({ task }) => task === undefined),
        [
          { ...sweep, action: "create" },
          { ...check, action: "create" },
          { ...check, action: "delete" },
          { ...sweep, action: "delete" },
        ],
        "no invocation in between, since a second up changes nothing",
      );
    });

    it("cancels a refresh before the group is updated, and sweeps host bundles only after it", () => {
      const task = (name: string) => invocations.filter((one) => one.task === name).map(({ action, groups }) => `${action} ${groups}`);
      assert.deepEqual(task("cancel-refresh"), ["create 0", "delete 0"]);
      assert.deepEqual(task("sweep-bundles"), ["create 1", "delete 1"]);
    });
  });
}
