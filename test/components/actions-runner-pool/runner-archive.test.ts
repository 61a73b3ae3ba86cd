import assert from "node:assert/strict";
import type { ActionsRunnerPoolArgs } from "../../../components";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { installedVersion } from "../../../components/shared/runner-archive";
import { RUNNER_RELEASE } from "../../../contract/shared/runner-release";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { runnerViolations } from "../../../components/actions-runner-pool/validation/runner";
import { PROGRAM, poolArgs } from "./pool-args";

const settingsWith = (runner: ActionsRunnerPoolArgs["runner"]) => resolveSettings("runners", poolArgs({ runner }), PROGRAM);

describe("the runner that instances install", () => {
  for (const architecture of ["x64", "arm64"] as const) {
    it(`is by default the pinned release with the digest for ${architecture}, or its download would be refused`, () => {
      for (const runner of [undefined, {}, { user: "ci" }]) {
        const settings = settingsWith(runner);
        assert.deepEqual(runnerViolations(settings), []);
        const { version, sha256 } = RUNNER_RELEASE;
        assert.deepEqual(hostConfig(settings, "us-east-1", architecture).runnerArchive, {
          url: `https://github.com/actions/runner/releases/download/v${version}/actions-runner-linux-${architecture}-${version}.tar.gz`,
          sha256: sha256[architecture],
        });
      }
    });
  }

  it("is never the program's own release with the digest of the pinned one", () => {
    const own = settingsWith({ version: "2.350.0", sha256: "7".repeat(64) });
    assert.deepEqual(hostConfig(own, "us-east-1", "x64").runnerArchive?.sha256, "7".repeat(64));
    assert.throws(() => hostConfig(settingsWith({ version: "2.350.0" }), "us-east-1", "x64"), /not validated/);
  });

  it("is of unknown release if the image contains it, whatever the package pins", () => {
    assert.equal(installedVersion({ onImage: true }), undefined);
    assert.equal(installedVersion({ onImage: false }), RUNNER_RELEASE.version);
    assert.equal(installedVersion({ onImage: false, version: "2.350.0" }), "2.350.0");
  });
});

describe("the pinned release of the runner", () => {
  it("has for each architecture a digest from at least two sources, so that no single party can replace the archive", () => {
    const { version, pinnedOn, sha256, sources } = RUNNER_RELEASE;
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.match(pinnedOn, /^20\d\d-\d\d-\d\d$/);
    assert.deepEqual(Object.keys(sources), Object.keys(sha256));
    for (const architecture of ["x64", "arm64"] as const) {
      assert.match(sha256[architecture], /^[0-9a-f]{64}$/);
      assert.ok(new Set<string>(sources[architecture]).size >= 2, `${architecture}: ${sources[architecture].join(", ")}`);
    }
    assert.notEqual(sha256.x64 as string, sha256.arm64 as string);
  });
});
