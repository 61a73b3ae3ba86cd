import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { VERSION } from "../../components/shared/package-version";
import { MemoryStore } from "../../rehearsal/aws/store";
import { ROOT } from "../package/installed-package";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import { type PythonProject, pythonProject } from "./python-project";

const EXAMPLE = join(ROOT, "examples", "python");

describe("the Python example", function () {
  this.timeout(900_000);
  const store = new MemoryStore();
  const autoscaling = new FakeAutoScaling();
  /** What the sweep function answers in turn: the group's age in seconds, and the instances in service. */
  let readiness: [ageSeconds: number, inService: number][] = [[0, 1]];
  let lookups = 0;
  let project: PythonProject;
  const drive: PythonProject["drive"] = (operation, overrides) => project.drive(operation, overrides);

  before(async function () {
    const invoke = async (_name: string, payload: unknown) => {
      if ((payload as { check?: string }).check !== "readiness") return { result: null };
      const [age, inService] = readiness[Math.min(lookups++, readiness.length - 1)]!;
      return { result: { ageSeconds: age, inService, wanted: 1, underway: {}, failedLaunches: 0 } };
    };
    project = await pythonProject(this, "python", { store, autoscaling, invoke });
  });
  after(() => project?.close());

  it("requires this version of the package, in npm and in the engine", () => {
    const { dependencies } = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8"));
    assert.equal(dependencies["ci-runners"], `^${VERSION}`);
    assert.match(readFileSync(join(EXAMPLE, "ci_runners.py"), "utf8"), new RegExp(`^VERSION = "${VERSION.replaceAll(".", "\\.")}"$`, "m"));
  });

  it("gets the component's own error for invalid arguments, before anything is created", async () => {
    await assert.rejects(drive("up", { maxSize: 0 }), (error: { stderr: string }) => {
      assert.match(error.stderr, /maxSize = 0\. Lower minSize or raise maxSize/);
      return true;
    });
    assert.deepEqual(store.all(), []);
  });

  it("gets the component's own error if the pool does not come into service, and keeps the pool", async () => {
    [readiness, lookups] = [
      [
        [0, 0],
        [1200, 0],
      ],
      0,
    ];
    await assert.rejects(drive("up"), (error: { stderr: string }) => {
      assert.match(
        error.stderr,
        /The pool ci-runners-python-dev-runners was created, but is not in service after 1200 s .*: 0 of 1 in service/,
      );
      return true;
    });
    assert.equal(lookups, 2, "Pulumi did not wait for the plugin while that paused");
    assert.deepEqual([...autoscaling.groups.keys()], ["ci-runners-python-dev-runners"]);
  });

  it("deploys the pool once it is in service, and the output reaches the program", async () => {
    [readiness, lookups] = [
      [
        [0, 0],
        [10, 1],
      ],
      0,
    ];
    const { outputs } = await drive("up");
    assert.equal(lookups, 2, "Pulumi did not wait for the plugin while that paused");
    assert.deepEqual(outputs, { groupName: "ci-runners-python-dev-runners" });
    assert.deepEqual([...autoscaling.groups.keys()], ["ci-runners-python-dev-runners"]);
    assert.equal(store.list("aws:lambda/function:Function").length, 3);
    const [template] = store.list("aws:ec2/launchTemplate:LaunchTemplate");
    // A choice is an enumeration in the schema, and a plain text in Python.
    assert.match(Buffer.from(template!.state.userData as string, "base64").toString(), /"docker":"rootless"/);
    const tags = store.list("aws:sqs/queue:Queue")[0]!.state.tags as Record<string, string>;
    assert.equal(tags["ci-runners:release"], `v${VERSION}`);
    assert.equal(tags.project, "ci-runners-python");
    const row = readFileSync(join(ROOT, "examples", "README.md"), "utf8").match(/^\| \[python\].*\| (\d+) \|$/m);
    const { same, ...others } = (await drive("up")).changes;
    assert.deepEqual(others, {}, "a second run changes something");
    // One less for the stack itself.
    assert.equal(row?.[1], String(same! - 1));
  });

  it("destroys the pool and leaves nothing over", async () => {
    await drive("destroy");
    assert.deepEqual(
      store.all().map(({ type, id }) => `${type} ${id}`),
      [],
    );
    assert.equal(autoscaling.groups.size, 0);
  });

  it("describes each key that its program reads, and its README names each key without a default", () => {
    const { config } = load(readFileSync(join(EXAMPLE, "Pulumi.yaml"), "utf8")) as { config: Record<string, { default?: unknown }> };
    const read = [...readFileSync(join(EXAMPLE, "__main__.py"), "utf8").matchAll(/config\.require\w*\("(\w+)"\)/g)].map(([, key]) => key!);
    assert.deepEqual([...new Set(read)].sort(), Object.keys(config).sort());
    const text = readFileSync(join(EXAMPLE, "README.md"), "utf8");
    for (const [key, schema] of Object.entries(config)) if (schema.default === undefined) assert.ok(text.includes(`\`${key}\``), key);
  });
});
