import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { RUNNER_RELEASE } from "../../../../contract/shared/runner-release";
import type { RehearsalOptions } from "../../../../rehearsal/rehearsal-options";
import { TEAM_ARCHIVE, TEAM_IMAGE } from "../../../../rehearsal/hosts/image-recipe";
import { readStackConfiguration } from "../../../../rehearsal/environment/stack-configuration";
import { configOverrides } from "../../../../rehearsal/scenarios/actions-runner-pool/config-overrides";
import { poolScenario } from "../../../../rehearsal/scenarios/actions-runner-pool/scenario";
import { poolConfiguration } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-configuration";

const ROOT = resolve(__dirname, "../../../..");

describe("a pool's configuration in a rehearsal", () => {
  it("is the stack's configuration over the project's defaults, as in the engine", () => {
    const { maxSize, minSize, rootVolumeSize } = poolConfiguration(readStackConfiguration(ROOT, ROOT, "dev"));
    assert.deepEqual([minSize, maxSize, rootVolumeSize], [1, 6, 0]);
  });

  it("pins the stand-in's own digest and the release with it, because one without the other is refused", () => {
    const options = { instances: 2 } as RehearsalOptions;
    const pinOf = (stack: string) => {
      const overrides = configOverrides(options, poolConfiguration(readStackConfiguration(ROOT, ROOT, stack)), "7".repeat(64));
      return [overrides.runnerVersion, overrides.runnerSha256];
    };
    assert.deepEqual(pinOf("dev"), [RUNNER_RELEASE.version, "7".repeat(64)]);
    assert.deepEqual(pinOf("sandbox"), [readStackConfiguration(ROOT, ROOT, "sandbox").get("runnerVersion"), "7".repeat(64)]);
    // The runner is on the image.
    assert.deepEqual(pinOf("prod"), [undefined, undefined]);
  });

  it("begins without a source of demand, which would undo the first scale-ins, in every test that opens a pool", () => {
    const stack = readStackConfiguration(ROOT, ROOT, "dev");
    assert.ok(Object.keys(stack.get("demand")).length > 0, "the stack that is rehearsed by default has no source of demand");
    assert.deepEqual(configOverrides({ instances: 2 } as RehearsalOptions, poolConfiguration(stack), "7".repeat(64)).demand, {});
  });

  it("asks for the machines that the stack's options need, and for the usual ones if it has none of these", () => {
    const required = (stack: string) => {
      const dir = poolScenario.stackDir(ROOT, stack);
      return poolScenario.requirements(readStackConfiguration(ROOT, dir, stack), { instances: 2, drain: true } as RehearsalOptions);
    };
    const { systems, proxy, command } = required("team");
    assert.deepEqual(systems, { ...TEAM_IMAGE, features: { containers: true, engineFolder: true } });
    assert.deepEqual(proxy, { names: ["proxy.team.internal"], inspect: true, aws: false });
    assert.match(command!({ name: "job-01", seconds: 7 }), /docker run --rm .*sleep 7$/);
    for (const stack of ["dev", "sandbox", "prod"]) {
      const usual = required(stack);
      assert.deepEqual([usual.systems, usual.proxy, usual.command], [undefined, undefined, undefined], stack);
      assert.equal(usual.configOverrides("7".repeat(64)).caBundle, undefined, stack);
    }
  });

  /** The dev stack with other values. */
  const requiredBy = (values: Record<string, unknown>) => {
    const stack = readStackConfiguration(ROOT, poolScenario.stackDir(ROOT, "dev"), "dev");
    const get = (key: string) => (key in values ? values[key] : stack.get(key));
    return poolScenario.requirements({ ...stack, get }, { instances: 2, drain: true } as RehearsalOptions);
  };

  it("asks for machines that can format a volume, for a stack that has any", () => {
    assert.deepEqual(requiredBy({ volumes: [{ mountPoint: "/data", size: 1 }] }).systems, { ...TEAM_IMAGE, features: {} });
  });

  it("asks for an archive that has the stack's packages, or each launch would be abandoned and promotion's gate stay closed", () => {
    const { systems, configOverrides: overrides } = requiredBy({ packages: ["git", "jq", "make=4.3-4.1build1"] });
    assert.deepEqual(systems?.archive, [...TEAM_ARCHIVE, "git", "make"]);
    assert.deepEqual(systems?.features, {}, "packages need no containers");
    assert.deepEqual(overrides("7".repeat(64)).packages, ["git", "jq", "make"], "Debian has no version of another archive");
  });

  it("asks for machines on which the engine can be installed, also by the deprecated name of that option", () => {
    for (const values of [{ jobsMayUseDocker: true }, { docker: "root" }, { docker: "rootless" }]) {
      const { systems, command } = requiredBy(values);
      assert.deepEqual(systems, { ...TEAM_IMAGE, features: { containers: true, engineFolder: true } });
      assert.equal(command !== undefined, values.docker === "rootless", "jobs run containers that their end removes");
    }
  });

  it("leaves the engine's folder to a volume, which could not be mounted over another file system", () => {
    const { systems } = requiredBy({ docker: "rootless", volumes: [{ mountPoint: "docker", size: 4 }] });
    assert.deepEqual(systems?.features, { containers: true, engineFolder: false });
  });

  it("adds the proxy's authority to those of the stack, which its jobs need as before, and keeps the stack's other options", () => {
    const stack = readStackConfiguration(ROOT, poolScenario.stackDir(ROOT, "team"), "team");
    const overrides = configOverrides({ instances: 2 } as RehearsalOptions, poolConfiguration(stack), "7".repeat(64), "PROXY'S OWN");
    assert.equal(overrides.caBundle, `${stack.get("caBundle")}\nPROXY'S OWN`);
    const replaced = Object.keys(overrides).filter((key) => overrides[key] !== undefined);
    const host = ["docker", "setupScript", "jobEnvironment", "httpProxy", "httpsProxy", "noProxy", "hostLogs", "diskFloor"];
    assert.deepEqual(
      replaced.filter((key) => host.includes(key)),
      [],
    );
  });

  it("is rejected if it has no pool", () => {
    const folder = mkdtempSync(join(tmpdir(), "ci-runners-configuration-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: x\nconfig:\n  maxSize:\n    type: integer\n    default: 0\n");
      writeFileSync(join(folder, "Pulumi.bare.yaml"), "config:\n  aws:region: us-east-1\n");
      assert.throws(() => poolConfiguration(readStackConfiguration(folder, folder, "bare")), /sets no maxSize/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
