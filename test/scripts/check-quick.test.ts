import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { quickLanes, quickTests, WAITING } from "../support/quick-tests";
import { ROOT, sources } from "../support/imports";

describe("the quick tests", () => {
  const quick = quickTests();

  it("leave out only what needs an engine, a machine, an installation or minutes of processor time", () => {
    const all = sources().filter((file) => file.endsWith(".test.ts"));
    const folders = new Set(all.filter((file) => !quick.includes(file)).map((file) => file.split("/").slice(0, -1).join("/")));
    assert.deepEqual(
      [...folders].filter((folder) => !`${folder}/`.startsWith("test/proofs/")),
      [
        "test/bench",
        "test/contracts/clients",
        "test/contracts/dynamodb",
        "test/contracts/tokens",
        "test/examples",
        "test/host-config/actions-runner-pool",
        "test/package",
        "test/promotion",
        "test/rehearsal/engine",
        "test/rehearsal/environment",
        "test/rehearsal/hosts",
        "test/rehearsal/provider",
        "test/rehearsal/scenarios/actions-runner-pool",
        "test/rehearsal/scenarios/persistent-runner",
        "test/rehearsal/simulation",
      ],
    );
  });

  it("include a test of each function, of the agent, of the components and of the stand-ins", () => {
    for (const file of [
      "test/functions/actions-runner-pool/sweep/unregistered.test.ts",
      "test/host-config/actions-runner-pool/drain.test.ts",
      "test/components/actions-runner-pool/group.test.ts",
      "test/rehearsal/aws/autoscaling/lifecycle.test.ts",
      "test/rehearsal/simulation/environment.test.ts",
    ]) {
      assert.ok(existsSync(join(ROOT, file)), file);
      assert.ok(quick.includes(file), file);
    }
  });

  it("run in two lanes, each test in one of them", () => {
    const { waiting, computing } = quickLanes();
    assert.deepEqual([...waiting, ...computing].sort(), quick);
    assert.match(waiting[0]!, /rehearsal\/runner\/service/);
    assert.ok(computing.includes("test/components/analyzer.test.ts"));
  });

  it("wait in files that exist, so that a renamed one stays in its lane", () => {
    assert.deepEqual(
      WAITING.filter((part) => !quick.some((file) => file.includes(part))),
      [],
    );
  });

  it("cannot start a machine, because the command is refused while they run", () => {
    const childProcess = require("node:child_process") as typeof import("node:child_process");
    const originals = { ...childProcess };
    const guard = require.resolve("../support/no-machines.cjs");
    try {
      delete require.cache[guard];
      require(guard);
      assert.throws(() => childProcess.spawn("/usr/bin/systemd-nspawn", []), /must not start .*systemd-nspawn/);
      assert.equal(childProcess.execFileSync("echo", ["works"], { encoding: "utf8" }), "works\n");
    } finally {
      Object.assign(childProcess, originals);
      delete require.cache[guard];
    }
  });
});
