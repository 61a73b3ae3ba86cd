import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { sha256 } from "../../components/shared/sha256";
import { VERSION } from "../../components/shared/package-version";
import { ROOT } from "../package/installed-package";
import { OwnInstances } from "../package/own-instances";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import { type PythonProject, pythonProject } from "./python-project";

const EXAMPLE = join(ROOT, "examples", "persistent-python");

describe("the Python example of a persistent runner", function () {
  this.timeout(900_000);
  let instances: OwnInstances;
  let project: PythonProject;
  /** What the control function was asked for. */
  const asked: any[] = [];

  before(async function () {
    instances = await OwnInstances.open();
    const invoke = async (_name: string, payload: unknown) => {
      asked.push(payload);
      return { result: { state: "prepared", detail: "" } };
    };
    project = await pythonProject(this, "persistent-python", {
      store: instances.store,
      autoscaling: new FakeAutoScaling(),
      invoke,
      ...instances.options,
    });
  });
  after(async () => {
    await project?.close();
    await instances?.close();
  });

  it("requires this version of the package, in npm and in the engine", () => {
    const { dependencies } = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8"));
    assert.equal(dependencies["ci-runners"], `^${VERSION}`);
    assert.match(readFileSync(join(EXAMPLE, "ci_runners.py"), "utf8"), new RegExp(`^VERSION = "${VERSION.replaceAll(".", "\\.")}"$`, "m"));
  });

  it("gets the component's own error for invalid arguments, before anything is created", async () => {
    await assert.rejects(project.drive("up", { actionsRef: "main" }), (error: { stderr: string }) => {
      assert.match(error.stderr, /actions\.ref = "main": not a commit/);
      return true;
    });
    assert.deepEqual(instances.store.all(), []);
  });

  it("deploys the machine with the script beside it, waits for its provisioning, and a second run changes nothing", async () => {
    const { outputs } = await project.drive("up");
    assert.match(outputs.instanceId, /^i-[0-9a-f]{17}$/);
    assert.ok(outputs.workflowYaml.includes(outputs.instanceId));
    assert.deepEqual(
      asked.map(({ action, instanceId, last }) => [action, instanceId, last]),
      [
        ["postponed", undefined, undefined],
        ["provision", outputs.instanceId, false],
        ["provision", outputs.instanceId, true],
      ],
    );
    const script = readFileSync(join(EXAMPLE, "setup.sh"), "utf8");
    const objects = instances.store.list("aws:s3/bucketObjectv2:BucketObjectv2").map(({ state }) => state.key as string);
    assert.ok(
      objects.some((key) => key.includes(sha256(script))),
      objects.join(),
    );
    const { same, ...others } = (await project.drive("up")).changes;
    assert.deepEqual(others, {}, "a second run changes something");
    const row = readFileSync(join(ROOT, "examples", "README.md"), "utf8").match(/^\| \[persistent-python\].*\| (\d+) \|$/m);
    // One less for the stack itself.
    assert.equal(row?.[1], String(same! - 1));
  });

  it("destroys the machine and leaves nothing over", async () => {
    await project.drive("destroy");
    assert.deepEqual(
      instances.store.all().map(({ type, id }) => `${type} ${id}`),
      [],
    );
  });

  it("describes each key that its program reads, and its README names each key without a default", () => {
    const { config } = load(readFileSync(join(EXAMPLE, "Pulumi.yaml"), "utf8")) as { config: Record<string, { default?: unknown }> };
    const read = [...readFileSync(join(EXAMPLE, "__main__.py"), "utf8").matchAll(/config\.require\w*\("(\w+)"\)/g)].map(([, key]) => key!);
    assert.deepEqual([...new Set(read)].sort(), Object.keys(config).sort());
    const text = readFileSync(join(EXAMPLE, "README.md"), "utf8");
    for (const [key, schema] of Object.entries(config)) if (schema.default === undefined) assert.ok(text.includes(`\`${key}\``), key);
  });
});
